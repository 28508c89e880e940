//! The few colours of text reports, and none where they are not wanted.
//!
//! Colour repeats what a sign or a word says already; nothing is told by colour alone.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_text_is_as_it_was() {
        assert_eq!(Paint::PLAIN.bad("x"), "x");
        assert_eq!(Paint { colours: true }.bad("x"), "\x1b[31mx\x1b[0m");
        assert_eq!(Paint { colours: true }.bad(""), "");
    }
}
