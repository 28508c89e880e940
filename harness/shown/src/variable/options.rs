//! The options of a query variable: its expression with groups, doubles left out, sorted.

use std::cmp::Ordering;

use crate::pattern::{Match, Pattern};
use crate::variable::Choice;
use crate::{NotModelled, collate};

/// The options that a variable makes of the values that its query gave.
///
/// `regex` as the dashboard has it, empty for none; `sort`: the code of the dashboard.
///
/// # Errors
///
/// For an expression or an order that is not modelled.
pub fn of_answers(values: &[&str], regex: &str, sort: u64) -> Result<Vec<Choice>, NotModelled> {
    let pattern = match regex {
        "" => None,
        regex => Some(Pattern::of_text(regex)?),
    };
    let mut options = Vec::new();
    for value in values {
        match &pattern {
            None => options.push(Choice::of(*value)),
            Some(pattern) => options.extend(matched(pattern, value)),
        }
    }
    let mut unique: Vec<Choice> = Vec::new();
    for option in options {
        if !unique.iter().any(|known| known.value == option.value) {
            unique.push(option);
        }
    }
    sorted(unique, sort)
}

/// What an expression takes of a value: the named groups, each first group of many
/// matches, the first group of one, or the whole value.
fn matched(pattern: &Pattern, value: &str) -> Vec<Choice> {
    let mut matches = pattern.matches(value);
    if !pattern.is_global() {
        matches.truncate(1);
    } else if let Some(end) = matches.iter().position(|it| whole(it).is_empty()) {
        // A browser stops at a match without length.
        matches.truncate(end + 1);
    }
    if matches.is_empty() {
        return Vec::new();
    }
    let named =
        |name: &str| matches.iter().find_map(|it| it.name(name).filter(|group| !group.is_empty()));
    let (value_group, text_group) = (named("value"), named("text"));
    if value_group.is_some() || text_group.is_some() {
        let value = value_group.or(text_group).unwrap_or_default().to_owned();
        return vec![Choice { text: text_group.map_or(value.clone(), str::to_owned), value }];
    }
    let first_group =
        |it: &Match| Choice::of(it.groups.get(1).cloned().flatten().unwrap_or_default());
    let grouped = matches.iter().find(|it| it.groups.len() > 1);
    match grouped {
        Some(_) if matches.len() > 1 => matches.iter().map(first_group).collect(),
        Some(first) => vec![first_group(first)],
        None => vec![Choice::of(value)],
    }
}

fn whole(found: &Match) -> &str {
    found.groups.first().and_then(Option::as_deref).unwrap_or_default()
}

/// Options in the order of a dashboard's code: 0 as they are, 1 and 2 by letters, 3 and 4
/// by the first number, 5 and 6 by letters without case, 7 and 8 naturally; the even codes
/// turned round.
///
/// # Errors
///
/// For a natural order of characters whose order is not known.
pub fn sorted(mut options: Vec<Choice>, code: u64) -> Result<Vec<Choice>, NotModelled> {
    match code {
        1 | 2 => options.sort_by(|a, b| units(&a.text).cmp(units(&b.text))),
        3 | 4 => options.sort_by(|a, b| first_number(&a.text).total_cmp(&first_number(&b.text))),
        5 | 6 => {
            options.sort_by_key(|option| units(&option.text.to_lowercase()).collect::<Vec<u16>>())
        }
        7 | 8 => {
            if let Some(option) =
                options.iter().find(|it| collate::compare_natural(&it.text, "").is_none())
            {
                return Err(NotModelled::new(format!("the order of {}", option.text)));
            }
            options.sort_by(|a, b| {
                collate::compare_natural(&a.text, &b.text).unwrap_or(Ordering::Equal)
            });
        }
        _ => return Ok(options),
    }
    if code.is_multiple_of(2) {
        options.reverse();
    }
    Ok(options)
}

/// The units that a browser compares texts by.
fn units(text: &str) -> impl Iterator<Item = u16> + '_ {
    text.encode_utf16()
}

/// The first run of digits, -1 of none.
fn first_number(text: &str) -> f64 {
    let Some(start) = text.find(|it: char| it.is_ascii_digit()) else { return -1.0 };
    let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count();
    text[start..start + digits].parse().unwrap_or(-1.0)
}
