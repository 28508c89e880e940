//! The few colours of text reports, and none where they are not wanted.
//!
//! Colour repeats what a sign or a word says already; nothing is told by colour alone.

use std::borrow::Cow;

/// All that [`Paint`] writes.
const SEQUENCES: [&str; 6] = ["\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[2m", "\x1b[0m"];

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// Whether escape sequences are written.
    pub colours: bool,
}

impl Paint {
    /// Text without any escape sequence.
    pub const PLAIN: Paint = Paint { colours: false };

    /// What holds.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.in_code("32", text)
    }

    /// What is broken.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.in_code("31", text)
    }

    /// What is unproven, or worth a look.
    #[must_use]
    pub fn doubt(self, text: &str) -> String {
        self.in_code("33", text)
    }

    /// What matters.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.in_code("1", text)
    }

    /// What is only there for reference.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.in_code("2", text)
    }

    fn in_code(self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// The text with every control character as an escape that can be read (`\u001b`), but for line breaks, tabs and the sequences of
/// [`Paint`]: titles and labels from files of others must not steer a terminal, nor turn the direction of its text.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (c.is_control() && !matches!(c, '\n' | '\t'))
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let ours = SEQUENCES.iter().find(|sequence| rest.starts_with(**sequence));
        let n_taken = ours.map_or(c.len_utf8(), |sequence| sequence.len());
        match ours {
            // As in JSON, so that a report in that format stays one.
            None if steers(c) => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => shown.push_str(&rest[..n_taken]),
        }
        rest = &rest[n_taken..];
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        let title = "\x1b]0;owned\x07 red \x1b[8m hidden \u{202e}txet\r";
        assert_eq!(
            visible(title),
            "\\u001b]0;owned\\u0007 red \\u001b[8m hidden \\u202etxet\\u000d"
        );
        let ours = ["32", "31", "33", "1", "2"].map(|code| PAINTED.in_code(code, "x"));
        assert_eq!(visible(&ours.concat()), ours.concat());
        assert_eq!(visible("ä\n\tb"), "ä\n\tb");
    }

    const PAINTED: Paint = Paint { colours: true };

    #[test]
    fn without_colours_text_is_as_it_was() {
        assert_eq!(Paint::PLAIN.bad("x"), "x");
        assert_eq!(Paint { colours: true }.bad("x"), "\x1b[31mx\x1b[0m");
        assert_eq!(Paint { colours: true }.bad(""), "");
    }
}
