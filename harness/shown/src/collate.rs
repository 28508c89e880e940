//! Texts in a browser's English order: ASCII, Latin letters with accents, emoji and CJK.
//!
//! Of any other character no order is guessed.

use std::cmp::Ordering;

/// Signs in their order, before digits and letters.
const SIGNS: &str = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~";

/// Accents in their order, each with the letters that have it and those letters without.
const ACCENTS: &[(&str, &str)] = &[
    ("áéíóúý", "aeiouy"),
    ("àèìòù", "aeiou"),
    ("âêîôû", "aeiou"),
    ("å", "a"),
    ("äëïöüÿ", "aeiouy"),
    ("ãñõ", "ano"),
    ("i\u{307}", "i"),
    ("ç", "c"),
];

/// What a character is ordered by first, and by its accent when all else is equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    class: u8,
    rank: u32,
}

const SIGN: u8 = 0;
const EMOJI: u8 = 1;
const DOLLAR: u8 = 2;
const NUMBER: u8 = 3;
const LETTER: u8 = 4;
const IDEOGRAPH: u8 = 5;

/// The weights of a character with their accents; `None` of one whose order is not known.
fn weights(character: char) -> Option<Vec<(Weight, u8)>> {
    let weight = |class, rank| Weight { class, rank };
    let letter = |letter: char, accent| (weight(LETTER, u32::from(letter)), accent);
    let lower = character.to_lowercase().collect::<String>();
    if let Some(place) = SIGNS.find(character) {
        return Some(vec![(weight(SIGN, u32::try_from(place).ok()?), 0)]);
    }
    Some(match character {
        '$' => vec![(weight(DOLLAR, 0), 0)],
        'ß' => vec![letter('s', 0), letter('s', 1)],
        'ﬀ' => vec![letter('f', 0), letter('f', 0)],
        'ﬁ' => vec![letter('f', 0), letter('i', 0)],
        'ﬂ' => vec![letter('f', 0), letter('l', 0)],
        '\u{1F300}'..='\u{1FAFF}' => vec![(weight(EMOJI, u32::from(character)), 0)],
        '\u{4E00}'..='\u{9FFF}' => vec![(weight(IDEOGRAPH, u32::from(character)), 0)],
        _ if character.is_ascii_alphabetic() => vec![letter(character.to_ascii_lowercase(), 0)],
        _ if lower == "i\u{307}" => vec![letter('i', 7)],
        _ => {
            let (accent, plain) =
                ACCENTS.iter().zip(1..).find_map(|((with, without), accent)| {
                    let at = with.chars().position(|it| lower.chars().eq([it]))?;
                    Some((accent, without.chars().nth(at)?))
                })?;
            vec![letter(plain, accent)]
        }
    })
}

/// What a text is compared by: weights, a number's digits where digits are one, accents.
type Key = (Vec<(Weight, String)>, Vec<u8>);

fn key(text: &str, numeric: bool) -> Option<Key> {
    let (mut weighed, mut accents) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let (number, after) = rest.split_at(if numeric { digits } else { 1 });
            let number = if numeric { number.trim_start_matches('0') } else { number };
            let rank = u32::try_from(number.len()).ok()?;
            weighed.push((Weight { class: NUMBER, rank }, number.to_owned()));
            accents.push(0);
            rest = after;
            continue;
        }
        for (weight, accent) in weights(character)? {
            weighed.push((weight, String::new()));
            accents.push(accent);
        }
        rest = &rest[character.len_utf8()..];
    }
    Some((weighed, accents))
}

/// Two texts without regard to case and accents; `None` where the order is not known.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    Some(key(a, false)?.0.cmp(&key(b, false)?.0))
}

/// The same, with runs of digits by the number that they are.
pub fn compare_numeric(a: &str, b: &str) -> Option<Ordering> {
    Some(key(a, true)?.0.cmp(&key(b, true)?.0))
}

/// The same, with accents where all else is equal.
pub fn compare_natural(a: &str, b: &str) -> Option<Ordering> {
    Some(key(a, true)?.cmp(&key(b, true)?))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{compare, compare_natural, compare_numeric};

    #[test]
    fn signs_come_before_digits_and_digits_before_letters() {
        let texts = ["", "_a", "-a", "😀", "$", "1", "10", "2", "A", "a1", "B", "日"];
        for pair in texts.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
        }
        assert_eq!(compare("Öpen", "oPEN"), Some(Ordering::Equal));
        assert_eq!(compare("ж", "u"), None);
        assert_eq!(compare_numeric("a10", "a9"), Some(Ordering::Greater));
        assert_eq!(compare_numeric("a010", "a10"), Some(Ordering::Equal));
        assert_eq!(compare_numeric("a1.5", "a1.10"), Some(Ordering::Less));
        assert_eq!(compare_numeric("a", "1"), Some(Ordering::Greater));
        assert_eq!(compare_natural("ä", "a"), Some(Ordering::Greater));
        assert_eq!(compare_natural("äb", "ac"), Some(Ordering::Less));
        assert_eq!(compare_natural("ß", "ss"), Some(Ordering::Greater));
        assert_eq!(compare_natural("ﬁ", "FI"), Some(Ordering::Equal));
        assert_eq!(compare_natural("é", "ê"), Some(Ordering::Less));
    }
}
