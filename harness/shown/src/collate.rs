//! Texts in a browser's English order; only of ASCII, so that no order is guessed.

use std::cmp::Ordering;

/// Signs in their order, before digits and letters.
const SIGNS: &str = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

fn rank(byte: u8) -> Option<usize> {
    let byte = byte.to_ascii_lowercase();
    if byte.is_ascii_alphanumeric() {
        return Some(SIGNS.len() + usize::from(byte));
    }
    SIGNS.bytes().position(|sign| sign == byte)
}

fn ranks(text: &str) -> Option<Vec<usize>> {
    text.bytes().map(rank).collect()
}

/// Two texts without regard to case; `None` of one that is not ASCII.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    Some(ranks(a)?.cmp(&ranks(b)?))
}

/// The same, with runs of digits by the number that they are.
pub fn compare_numeric(a: &str, b: &str) -> Option<Ordering> {
    Some(parts(a)?.cmp(&parts(b)?))
}

/// A sign or letter, or a number by its length and digits.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Sign(usize),
    Number(usize, &'a str),
    Letter(usize),
}

fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(byte) = rest.bytes().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let number = rest[..digits].trim_start_matches('0');
            parts.push(Part::Number(number.len(), number));
            rest = &rest[digits..];
            continue;
        }
        let rank = rank(byte)?;
        parts.push(if byte.is_ascii_alphabetic() { Part::Letter(rank) } else { Part::Sign(rank) });
        rest = &rest[1..];
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{compare, compare_numeric};

    #[test]
    fn signs_come_before_digits_and_digits_before_letters() {
        let texts = ["", "_a", "-a", "$", "1", "10", "2", "A", "a1", "B"];
        for pair in texts.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
        }
        assert_eq!(compare("Open", "oPEN"), Some(Ordering::Equal));
        assert_eq!(compare("ü", "u"), None);
        assert_eq!(compare_numeric("a10", "a9"), Some(Ordering::Greater));
        assert_eq!(compare_numeric("a010", "a10"), Some(Ordering::Equal));
        assert_eq!(compare_numeric("a1.5", "a1.10"), Some(Ordering::Less));
        assert_eq!(compare_numeric("a", "1"), Some(Ordering::Greater));
    }
}
