//! Which option is chosen when a dashboard is opened.

use crate::variable::{ALL, ALL_TEXT, Choice};

/// One value, or those of a variable that takes several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// One.
    One(String),
    /// Any number of them.
    Many(Vec<String>),
}

impl Chosen {
    /// Whether the value stands for every option.
    pub fn is_all(&self) -> bool {
        match self {
            Self::One(value) => value == ALL,
            Self::Many(values) => values.first().is_some_and(|first| first == ALL),
        }
    }
}

/// What a dashboard was saved with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Whether several values can be chosen.
    pub multi: bool,
    /// Whether all can be chosen at once.
    pub include_all: bool,
    /// The value that was chosen.
    pub value: Chosen,
    /// The text of it, where there was one.
    pub text: Option<String>,
}

/// Value and text that are chosen, given the options that there are now.
///
/// What is gone is no longer chosen: the first option is, or All of no option at all.
pub fn opened(saved: &Saved, options: &[Choice]) -> (Chosen, Chosen) {
    let all = || (Chosen::One(ALL.to_owned()), Chosen::One(ALL_TEXT.to_owned()));
    let Some(first) = options.first() else {
        return match (saved.include_all, saved.multi) {
            (true, _) => all(),
            (_, true) => (Chosen::Many(Vec::new()), Chosen::Many(Vec::new())),
            _ => (Chosen::One(String::new()), Chosen::One(String::new())),
        };
    };
    if saved.value.is_all() && saved.include_all {
        return (saved.value.clone(), all().1);
    }
    if saved.multi {
        let wanted = match &saved.value {
            Chosen::One(value) => std::slice::from_ref(value),
            Chosen::Many(values) => values,
        };
        let known = |value: &String| options.iter().find(|option| option.value == *value);
        let mut valid: Vec<&Choice> = wanted.iter().filter_map(known).collect();
        if valid.is_empty() {
            valid.push(first);
        }
        let values = valid.iter().map(|option| option.value.clone()).collect();
        let texts = valid.iter().map(|option| option.text.clone()).collect();
        return (Chosen::Many(values), Chosen::Many(texts));
    }
    let by_value =
        |option: &&Choice| matches!(&saved.value, Chosen::One(it) if *it == option.value);
    // The browser goes on to a later option of that value, and keeps the last of the text.
    let by_text = |option: &&Choice| saved.text.as_ref() == Some(&option.text);
    let option = match saved.value.is_all() {
        true => first,
        false => options
            .iter()
            .find(by_value)
            .or_else(|| options.iter().rev().find(by_text))
            .unwrap_or(first),
    };
    (Chosen::One(option.value.clone()), Chosen::One(option.text.clone()))
}
