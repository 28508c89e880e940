//! Where the scalars of a YAML text stand: under which keys, on which line, in which bytes.
//!
//! A parser gives values and no places that could be edited, and writing a parsed file anew would lose its comments. So
//! this reads just enough of YAML (block and flow style, quotes, comments, block scalars) to find what is to be
//! replaced; whoever edits must read the result with a real parser and compare. It knows no file kind.

use std::ops::Range;

/// A value that is text: neither a mapping nor a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    /// The keys above it, its own last; sequences leave no trace.
    pub(super) path: Vec<String>,
    /// Line, from 1.
    pub(super) line: usize,
    /// Where its key begins in the line, in bytes; none in flow style and for entries of sequences.
    pub(super) column: Option<usize>,
    /// Its bytes, quotes included.
    pub(super) bytes: Range<usize>,
    /// What it says, without quotes.
    pub(super) text: String,
}

impl Scalar {
    /// Whether the keys above it are exactly these.
    pub(super) fn is(&self, path: &[&str]) -> bool {
        self.path.iter().map(String::as_str).eq(path.iter().copied())
    }
}

/// Every scalar of a text, in order; those of block scalars (`|`, `>`) and aliases are left out.
pub(super) fn scalars(text: &str) -> Vec<Scalar> {
    let mut scanner = Scanner { text, at: 0, line: 1, above: Vec::new(), found: Vec::new() };
    while scanner.at < text.len() {
        scanner.block_line();
    }
    scanner.found
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// Block keys that are open, with their columns.
    above: Vec<(usize, String)>,
    found: Vec<Scalar>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next_is_space(&self) -> bool {
        self.text.as_bytes().get(self.at + 1).is_none_or(u8::is_ascii_whitespace)
    }

    fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// To the beginning of the next line.
    fn skip_line(&mut self) {
        self.at += self.text[self.at..].find('\n').map_or(self.text.len() - self.at, |end| end + 1);
        self.line += 1;
    }

    fn ends_here(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n' | b'#'))
    }

    /// Anchors and tags, which come before a value.
    fn skip_properties(&mut self) {
        while matches!(self.peek(), Some(b'&' | b'!')) {
            while self.peek().is_some_and(|byte| !byte.is_ascii_whitespace()) {
                self.at += 1;
            }
            self.skip_spaces();
        }
    }

    fn block_line(&mut self) {
        let begin = self.at;
        self.skip_spaces();
        let (mut column, mut parent) = (self.at - begin, 0);
        while self.peek() == Some(b'-') && self.next_is_space() {
            parent = column;
            self.at += 1;
            self.skip_spaces();
            column = self.at - begin;
        }
        self.skip_properties();
        let marker =
            column == 0 && (self.text[self.at..].starts_with("---") || self.peek() == Some(b'%'));
        if self.ends_here() || marker {
            return self.skip_line();
        }
        self.above.retain(|(above, _)| *above < column);
        let first = self.at;
        if let Some(key) = self.block_key() {
            self.above.push((column, key));
            self.skip_spaces();
            self.skip_properties();
            self.block_value(Some(column), column);
        } else {
            self.at = first;
            self.block_value(None, parent);
        }
    }

    /// The key at this place, if there is one; then what follows is its value.
    fn block_key(&mut self) -> Option<String> {
        let key = match self.peek()? {
            b'[' | b'{' | b'|' | b'>' | b'*' => return None,
            b'\'' | b'"' => {
                let key = self.quoted();
                self.skip_spaces();
                key
            }
            _ => self.plain(false).1,
        };
        if self.peek() == Some(b':') && self.next_is_space() {
            self.at += 1;
            return Some(key);
        }
        None
    }

    /// The rest of the line, and of what goes on from there; `parent` is the column that a block scalar is deeper than.
    fn block_value(&mut self, column: Option<usize>, parent: usize) {
        match self.peek() {
            Some(b'[' | b'{') => {
                let mut path = self.path();
                self.flow(&mut path);
                self.skip_line();
            }
            Some(b'|' | b'>') => {
                self.skip_line();
                self.skip_deeper_than(parent);
            }
            Some(b'*') => self.skip_line(),
            _ if self.ends_here() => self.skip_line(),
            _ => {
                let path = self.path();
                self.scalar(path, column, false);
                self.skip_line();
            }
        }
    }

    fn skip_deeper_than(&mut self, parent: usize) {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            let indent = line.len() - line.trim_start_matches(' ').len();
            if indent <= parent && !line.trim().is_empty() {
                return;
            }
            self.skip_line();
        }
    }

    fn path(&self) -> Vec<String> {
        self.above.iter().map(|(_, key)| key.clone()).collect()
    }

    fn scalar(&mut self, path: Vec<String>, column: Option<usize>, in_flow: bool) {
        let (line, begin) = (self.line, self.at);
        let (bytes, text) = match self.peek() {
            Some(b'\'' | b'"') => {
                let text = self.quoted();
                (begin..self.at, text)
            }
            _ => self.plain(in_flow),
        };
        self.found.push(Scalar { path, line, column, bytes, text });
    }

    /// A quoted text; escapes are kept as they are, but for the doubled single quote.
    fn quoted(&mut self) -> String {
        let quote = self.text.as_bytes()[self.at];
        self.at += 1;
        let begin = self.at;
        while let Some(byte) = self.peek() {
            let doubled = self.text.as_bytes().get(self.at + 1) == Some(&quote);
            match byte {
                b'\\' if quote == b'"' => self.at += 1,
                b'\'' if quote == byte && doubled => self.at += 1,
                byte if byte == quote => break,
                b'\n' => self.line += 1,
                _ => {}
            }
            self.at += 1;
        }
        let end = self.at.min(self.text.len());
        self.at = (end + 1).min(self.text.len());
        let text = &self.text[begin..end];
        if quote == b'\'' { text.replace("''", "'") } else { text.to_owned() }
    }

    /// A text without quotes: to the end of the line, to a comment, to `: `, in flow style also to what separates.
    fn plain(&mut self, in_flow: bool) -> (Range<usize>, String) {
        let begin = self.at;
        while let Some(byte) = self.peek() {
            let before = self.text.as_bytes()[begin..self.at].last();
            let ends = match byte {
                b'\n' => true,
                b'#' => before.is_some_and(u8::is_ascii_whitespace),
                b':' => self.next_is_space() || (in_flow && self.separator_follows()),
                b',' | b'[' | b']' | b'{' | b'}' => in_flow,
                _ => false,
            };
            if ends {
                break;
            }
            self.at += 1;
        }
        let text = self.text[begin..self.at].trim_end();
        (begin..begin + text.len(), text.to_owned())
    }

    fn separator_follows(&self) -> bool {
        matches!(self.text.as_bytes().get(self.at + 1), Some(b',' | b'[' | b']' | b'{' | b'}'))
    }

    /// Spaces, ends of lines and comments within flow style.
    fn skip_flow_spaces(&mut self) {
        loop {
            self.skip_spaces();
            match self.peek() {
                Some(b'\n' | b'#') => self.skip_line(),
                _ => return,
            }
        }
    }

    /// A sequence or a mapping in flow style, from its opening bracket on.
    fn flow(&mut self, path: &mut Vec<String>) {
        self.at += 1;
        loop {
            self.skip_flow_spaces();
            self.skip_properties();
            match self.peek() {
                None => return,
                Some(b']' | b'}') => {
                    self.at += 1;
                    return;
                }
                Some(b',') => self.at += 1,
                Some(b'[' | b'{') => self.flow(path),
                Some(_) => self.flow_entry(path),
            }
        }
    }

    fn flow_entry(&mut self, path: &mut Vec<String>) {
        let n_found = self.found.len();
        let begin = self.at;
        self.scalar(path.clone(), None, true);
        self.skip_flow_spaces();
        if self.peek() != Some(b':') {
            // A stray character must not stop the scan.
            self.at += usize::from(self.at == begin);
            return;
        }
        self.at += 1;
        // It was a key.
        path.extend(self.found.drain(n_found..).map(|key| key.text));
        self.skip_flow_spaces();
        self.skip_properties();
        match self.peek() {
            None | Some(b',' | b']' | b'}') => {}
            Some(b'[' | b'{') => self.flow(path),
            Some(_) => self.scalar(path.clone(), None, true),
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize, String)> {
        let scalars = scalars(text).into_iter();
        scalars.map(|scalar| (scalar.path.join("."), scalar.line, scalar.text)).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, usize, &str)]) {
        let expected: Vec<(String, usize, String)> = expected
            .iter()
            .map(|(path, line, text)| ((*path).to_owned(), *line, (*text).to_owned()))
            .collect();
        assert_eq!(found(text), expected);
    }

    #[test]
    fn block_style_has_paths_lines_and_no_comments() {
        let text = "# for: 9m\ngroups:\n- name: a  # for: 8m\n  interval: 30s\n  rules:\n    - alert: B\n      for: '5m'\n- name: c\n";
        check(
            text,
            &[
                ("groups.name", 3, "a"),
                ("groups.interval", 4, "30s"),
                ("groups.rules.alert", 6, "B"),
                ("groups.rules.for", 7, "5m"),
                ("groups.name", 8, "c"),
            ],
        );
    }

    #[test]
    fn block_scalars_are_skipped_and_what_follows_is_not() {
        let text =
            "rules:\n- expr: |\n    for: 1m\n\n    interval: 2m\n  for: 3m\n- expr: >-\n   x\n";
        check(text, &[("rules.for", 6, "3m")]);
    }

    #[test]
    fn flow_style_is_read_over_lines() {
        let text = "a: {for: 5m, 'b': [x:1, \"y, z\"], # for: 1m\n  c: {d: e}}\nf: 1\n";
        let expected = [
            ("a.for", 1, "5m"),
            ("a.b", 1, "x:1"),
            ("a.b", 1, "y, z"),
            ("a.c.d", 2, "e"),
            ("f", 3, "1"),
        ];
        check(text, &expected);
    }

    #[test]
    fn anchors_aliases_urls_and_quotes_are_no_obstacle() {
        let text = "r:\n  - &p\n    name: x\n    w:\n      - url: http://h:1/#a\n  - <<: *p\n    wait: &w 30s\n    s: 'it''s'\n";
        let expected = [
            ("r.name", 3, "x"),
            ("r.w.url", 5, "http://h:1/#a"),
            ("r.wait", 7, "30s"),
            ("r.s", 8, "it's"),
        ];
        check(text, &expected);
    }

    #[test]
    fn bytes_are_those_of_the_value_with_its_quotes() {
        let text = "a:\n  - targets: ['h:1', h:2]\n";
        let bytes: Vec<&str> =
            scalars(text).into_iter().map(|scalar| &text[scalar.bytes]).collect();
        assert_eq!(bytes, ["'h:1'", "h:2"]);
    }

    #[test]
    fn every_shipped_scalar_is_where_it_is_said_to_be() {
        let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring");
        for file in [
            "prometheus/prometheus.yml",
            "prometheus/rules/alerts.yml",
            "alertmanager/alertmanager.yml",
        ] {
            let text = std::fs::read_to_string(shipped.join(file)).unwrap();
            let scalars = scalars(&text);
            assert!(20 < scalars.len(), "{file}");
            for scalar in scalars {
                let line = text.lines().nth(scalar.line - 1).unwrap();
                assert!(line.contains(&text[scalar.bytes.clone()]), "{file}: {scalar:?}");
            }
        }
    }
}
