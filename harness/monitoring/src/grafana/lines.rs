//! On which line of a JSON file each value starts.
//!
//! `serde_json` tells positions of syntax errors only; problems of meaning
//! ("panel without description") need a line too.
//! Expects text that `serde_json` has already accepted; knows nothing of dashboards.

use std::collections::BTreeMap;

/// Line of each value by its JSON pointer, e.g. `/panels/3/title`.
#[derive(Debug)]
pub(crate) struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// Scans valid JSON.
    pub(crate) fn of(text: &str) -> Self {
        let mut scanner =
            Scanner { bytes: text.as_bytes(), at: 0, line: 1, lines: BTreeMap::new() };
        scanner.value(&mut String::new());
        Self(scanner.lines)
    }

    /// The line of the value at `pointer`, or of the nearest enclosing value that exists.
    pub(crate) fn at(&self, pointer: &str) -> Option<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.0.get(pointer) {
                return Some(*line);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    lines: BTreeMap<String, usize>,
}

impl Scanner<'_> {
    fn value(&mut self, path: &mut String) {
        self.skip_space();
        self.lines.insert(path.clone(), self.line);
        match self.peek() {
            Some(b'{') => self.members(path),
            Some(b'[') => self.elements(path),
            Some(b'"') => drop(self.string()),
            _ => {
                while self.peek().is_some_and(|byte| !b",]} \t\r\n".contains(&byte)) {
                    self.at += 1;
                }
            }
        }
    }

    fn members(&mut self, path: &mut String) {
        self.at += 1;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'"') => {
                    let key = self.string();
                    self.skip_space();
                    self.at += 1;
                    self.below(path, &key);
                }
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        self.at += 1;
    }

    fn elements(&mut self, path: &mut String) {
        self.at += 1;
        let mut index = 0_usize;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') | None => break,
                Some(_) => {
                    self.below(path, &index.to_string());
                    index += 1;
                }
            }
        }
        self.at += 1;
    }

    fn below(&mut self, path: &mut String, key: &str) {
        let length = path.len();
        path.push('/');
        path.push_str(key);
        self.value(path);
        path.truncate(length);
    }

    /// The raw text between the quotes: keys with escapes are not looked up by anyone.
    fn string(&mut self) -> String {
        self.at += 1;
        let start = self.at;
        while let Some(byte) = self.peek().filter(|byte| *byte != b'"') {
            self.at += if byte == b'\\' { 2 } else { 1 };
        }
        let end = self.at.min(self.bytes.len());
        self.at += 1;
        String::from_utf8_lossy(&self.bytes[start..end]).into_owned()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek().filter(u8::is_ascii_whitespace) {
            self.line += usize::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_the_line_it_starts_on() {
        let text = "{\n \"a\": [1,\n  {\"b\\\"\": \"x\\\\\"}],\n \"c\":\n  null}";
        let lines = Lines::of(text);
        let table = [("", 1), ("/a", 2), ("/a/0", 2), ("/a/1", 3), ("/c", 5)];
        for (pointer, line) in table {
            assert_eq!(lines.at(pointer), Some(line), "{pointer}");
        }
        assert_eq!(lines.at("/a/1/missing/deep"), Some(3));
    }
}
