//! Replaces parts of a text, and tells line by line what became of it.
//!
//! Everything that is not replaced stays byte for byte. It knows no file kind.

use std::ops::Range;

use super::scan::{self, Scalar};

/// A text with what is to be changed in it.
#[derive(Debug)]
pub(super) struct Edit<'a> {
    text: &'a str,
    scalars: Vec<Scalar>,
    replacements: Vec<(Range<usize>, String)>,
}

/// A line that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChangedLine {
    /// In the text as it was, from 1.
    pub(super) line: usize,
    /// As it was, without indentation.
    pub(super) before: String,
    /// As it is; several lines where some were added.
    pub(super) after: String,
}

impl<'a> Edit<'a> {
    pub(super) fn new(text: &'a str) -> Edit<'a> {
        Edit { text, scalars: scan::scalars(text), replacements: Vec::new() }
    }

    /// Every scalar of the text as it was.
    pub(super) fn scalars(&self) -> Vec<Scalar> {
        self.scalars.clone()
    }

    /// Writes `value` instead of a scalar, unless that is what it says already.
    pub(super) fn replace(&mut self, scalar: &Scalar, value: &str) {
        if scalar.text != value {
            self.replacements.push((scalar.bytes.clone(), plain_or_quoted(value)));
        }
    }

    /// Adds `key: value` below a scalar that has a line of its own, for the mapping that this scalar is in. Whether there
    /// was such a line.
    pub(super) fn add_below(&mut self, scalar: &Scalar, key: &str, value: &str) -> bool {
        let Some(column) = scalar.column else { return false };
        let rest = &self.text[scalar.bytes.end..];
        let end = scalar.bytes.end + rest.find('\n').unwrap_or(rest.len());
        let added = format!("\n{}{key}: {}", " ".repeat(column), plain_or_quoted(value));
        self.replacements.push((end..end, added));
        true
    }

    /// The text as it is now, and every line that differs.
    pub(super) fn finish(mut self) -> (String, Vec<ChangedLine>) {
        self.replacements.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
        let mut changed = Vec::new();
        let mut begin = 0;
        for (nth, line) in self.text.split_inclusive('\n').enumerate() {
            let lines = begin..begin + line.trim_end_matches('\n').len();
            begin += line.len();
            let here = |at: &usize| lines.start <= *at && *at <= lines.end;
            let on_it = self.replacements.iter().filter(|(bytes, _)| here(&bytes.start));
            let after = self.applied(lines.clone(), on_it.clone());
            if on_it.count() != 0 {
                let before = self.text[lines].trim().to_owned();
                changed.push(ChangedLine { line: nth + 1, before, after: unindented(&after) });
            }
        }
        (self.applied(0..self.text.len(), self.replacements.iter()), changed)
    }

    /// A part of the text with these replacements, which are in order.
    fn applied<'r>(
        &self,
        part: Range<usize>,
        replacements: impl Iterator<Item = &'r (Range<usize>, String)>,
    ) -> String {
        let (mut out, mut at) = (String::new(), part.start);
        for (bytes, value) in replacements {
            out.push_str(&self.text[at..bytes.start]);
            out.push_str(value);
            at = bytes.end;
        }
        // A value may go on below the part.
        out.push_str(&self.text[at.min(part.end)..part.end]);
        out
    }
}

fn unindented(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Durations, URLs and addresses need no quotes, but for the brackets of IPv6.
fn plain_or_quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_replaced_changes_and_each_line_is_told_once() {
        let text = "a: [x, y]  # both\nb: 1\r\nc:\n  d: 'e'\n  f: g";
        let mut edit = Edit::new(text);
        for scalar in edit.scalars() {
            match scalar.text.as_str() {
                "x" | "y" => edit.replace(&scalar, "[::1]:9"),
                "1" => edit.replace(&scalar, "1"),
                "e" => assert!(edit.add_below(&scalar, "k", "5s")),
                "g" => assert!(edit.add_below(&scalar, "k2", "6s")),
                other => panic!("{other}"),
            }
        }
        let (now, changed) = edit.finish();
        assert_eq!(
            now,
            "a: ['[::1]:9', '[::1]:9']  # both\nb: 1\r\nc:\n  d: 'e'\n  k: 5s\n  f: g\n  k2: 6s"
        );
        let told: Vec<_> =
            changed.iter().map(|c| (c.line, c.before.as_str(), c.after.as_str())).collect();
        let expected = [
            (1, "a: [x, y]  # both", "a: ['[::1]:9', '[::1]:9']  # both"),
            (4, "d: 'e'", "d: 'e'\nk: 5s"),
            (5, "f: g", "f: g\nk2: 6s"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn nothing_to_do_changes_nothing() {
        let text = "a: 1\n\n# b\n";
        let (now, changed) = Edit::new(text).finish();
        assert!(now == text && changed.is_empty());
    }
}
