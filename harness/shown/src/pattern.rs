//! Regular expressions and replacements as a browser reads them, on top of `fancy-regex`.
//!
//! It must not know what is matched. Sources: ECMAScript's pattern syntax;
//! `stringToJsRegex` of `@grafana/data`: `/pattern/flags`, else the whole text.

use fancy_regex::{Captures, Regex};

use crate::NotModelled;

/// A regular expression of a dashboard.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    all: bool,
}

impl Pattern {
    /// The expression of a text: `/pattern/flags`, or what the whole text must be.
    ///
    /// # Errors
    ///
    /// For one that is malformed, or has a flag that makes matches depend on earlier ones.
    pub fn of_text(text: &str) -> Result<Self, NotModelled> {
        if !text.starts_with('/') {
            return Self::compile(&format!("^{text}$"), "", text);
        }
        let refused = || NotModelled::new(format!("the regular expression {text}"));
        let end = text.rfind('/').filter(|end| *end > 0).ok_or_else(refused)?;
        let flags = &text[end + 1..];
        if !in_order(flags, "gimy") {
            return Err(refused());
        }
        Self::compile(&text[1..end], flags, text)
    }

    /// The expression of a pattern without slashes.
    ///
    /// # Errors
    ///
    /// For one that is malformed.
    pub fn of_pattern(pattern: &str) -> Result<Self, NotModelled> {
        Self::compile(pattern, "", pattern)
    }

    fn compile(pattern: &str, flags: &str, text: &str) -> Result<Self, NotModelled> {
        let refused = || NotModelled::new(format!("the regular expression {text}"));
        if flags.contains('y') {
            return Err(refused());
        }
        let mut source = String::new();
        for (flag, inline) in [('i', "(?i)"), ('m', "(?m)")] {
            if flags.contains(flag) {
                source.push_str(inline);
            }
        }
        source.push_str(&translated(pattern));
        let regex = Regex::new(&source).map_err(|_error| refused())?;
        Ok(Self { regex, all: flags.contains('g') })
    }

    /// Whether a flag asks for every match, which makes `test` remember where it was.
    pub fn is_global(&self) -> bool {
        self.all
    }

    /// Whether it occurs in the text. An expression that gives up does not match.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text).unwrap_or(false)
    }

    /// The groups of every match: first the whole, then each by number.
    pub fn matches(&self, text: &str) -> Vec<Match> {
        let names: Vec<Option<&str>> = self.regex.capture_names().collect();
        self.regex
            .captures_iter(text)
            .map_while(Result::ok)
            .map(|captures| Match::new(&captures, &names))
            .collect()
    }

    /// `text.replace(expression, with)`: the first match, or each with flag `g`.
    pub fn replace(&self, text: &str, with: &str) -> String {
        let mut result = String::new();
        let mut from = 0;
        for captures in self.regex.captures_iter(text).map_while(Result::ok) {
            let Some(whole) = captures.get(0) else { break };
            result.push_str(&text[from..whole.start()]);
            expand(&mut result, with, &captures, text);
            from = whole.end();
            if !self.all {
                break;
            }
        }
        result.push_str(&text[from..]);
        result
    }
}

/// One match of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The whole match, then each group; `None` where a group took no part.
    pub groups: Vec<Option<String>>,
    /// The groups that have a name.
    pub named: Vec<(String, Option<String>)>,
}

impl Match {
    fn new(captures: &Captures<'_, str>, names: &[Option<&str>]) -> Self {
        let group = |index: usize| captures.get(index).map(|group| group.as_str().to_owned());
        Self {
            groups: (0..names.len()).map(group).collect(),
            named: names
                .iter()
                .enumerate()
                .filter_map(|(index, name)| Some(((*name)?.to_owned(), group(index))))
                .collect(),
        }
    }

    /// The group of a name.
    pub fn name(&self, name: &str) -> Option<&str> {
        self.named.iter().find(|(known, _)| known == name)?.1.as_deref()
    }
}

/// Writes a replacement with `$1`, `$<name>`, `$&`, `` $` ``, `$'` and `$$`.
fn expand(result: &mut String, with: &str, captures: &Captures<'_, str>, text: &str) {
    let Some(whole) = captures.get(0) else { return };
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let simple = match rest.chars().next() {
            Some('$') => Some("$"),
            Some('&') => Some(whole.as_str()),
            Some('`') => Some(&text[..whole.start()]),
            Some('\'') => Some(&text[whole.end()..]),
            _ => None,
        };
        if let Some(simple) = simple {
            result.push_str(simple);
            rest = &rest[1..];
            continue;
        }
        let group = |index: usize| captures.get(index).map_or("", |group| group.as_str());
        let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let number = (1..=digits).rev().find_map(|length| {
            let index: usize = rest[..length].parse().ok()?;
            (index >= 1 && index < captures.len()).then_some((length, index))
        });
        if let Some((length, index)) = number {
            result.push_str(group(index));
            rest = &rest[length..];
        } else if let Some((name, after)) =
            rest.strip_prefix('<').and_then(|named| named.split_once('>'))
        {
            result.push_str(captures.name(name).map_or("", |group| group.as_str()));
            rest = after;
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
}

/// Whether the flags come at most once each, in this order.
fn in_order(flags: &str, order: &str) -> bool {
    let mut rest = order.chars();
    flags.chars().all(|flag| rest.any(|known| known == flag))
}

/// The pattern with the classes that mean less in a browser than in Rust: `\d` is 0 to 9.
fn translated(pattern: &str) -> String {
    let mut result = String::new();
    let mut in_class = false;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let escaped = characters.next();
                let class = match (escaped, in_class) {
                    (Some('d'), false) => "[0-9]",
                    (Some('d'), true) => "0-9",
                    (Some('D'), false) => "[^0-9]",
                    (Some('w'), false) => "[0-9A-Za-z_]",
                    (Some('w'), true) => "0-9A-Za-z_",
                    (Some('W'), false) => "[^0-9A-Za-z_]",
                    (Some('/'), _) => "/",
                    (Some('b'), true) => r"\x08",
                    (Some('-'), _) => r"\-",
                    (Some(quoted), _) if !quoted.is_ascii_alphanumeric() && quoted.is_ascii() => {
                        result.push('\\');
                        result.push(quoted);
                        continue;
                    }
                    (Some(other), _) => {
                        result.push('\\');
                        result.push(other);
                        continue;
                    }
                    (None, _) => r"\",
                };
                result.push_str(class);
            }
            '[' if in_class => result.push_str(r"\["),
            '[' => {
                in_class = true;
                result.push('[');
                if characters.peek() == Some(&'^') {
                    characters.next();
                    result.push('^');
                }
            }
            ']' if in_class => {
                in_class = false;
                result.push(']');
            }
            '&' | '~' if in_class => {
                result.push('\\');
                result.push(character);
            }
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_text_without_slashes_is_the_whole_name() {
        let whole = Pattern::of_text("open").unwrap();
        assert!(!whole.is_match("openai"));
        assert!(Pattern::of_text("/open/").unwrap().is_match("openai"));
        assert!(Pattern::of_text("/OPEN/i").unwrap().is_match("openai"));
        assert!(Pattern::of_text("/open").is_err());
        assert!(Pattern::of_text("/open/ig").is_err());
        assert!(Pattern::of_text("(").is_err());
    }

    #[test]
    fn replacements_have_groups() {
        let pattern = Pattern::of_text(r"/(\w+)-(?<end>\w+)/").unwrap();
        assert_eq!(pattern.replace("a-b c-d", "$2$1$3$<end>$$"), "ba$3b$ c-d");
        let every = Pattern::of_text("/[^a]/g").unwrap();
        assert_eq!(every.replace("abab", "$&$&"), "abbabb");
        assert_eq!(Pattern::of_text("(.*)").unwrap().replace("x", "all"), "all");
    }
}
