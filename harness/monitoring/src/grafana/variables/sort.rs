//! The order of a variable's options.
//!
//! Where the options come from, it must not know.

use std::cmp::Ordering;

/// Order of the options of a query variable (`sort`, 0 to 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VariableSort {
    /// As the data source answers.
    #[default]
    Disabled,
    /// By text.
    Alphabetical,
    /// By the first number in the text; texts without one first.
    Numerical,
    /// By text in lower case.
    CaseInsensitive,
    /// By text in which runs of digits count as numbers.
    Natural,
    /// By text, downwards.
    AlphabeticalDescending,
    /// By number, downwards.
    NumericalDescending,
    /// By text in lower case, downwards.
    CaseInsensitiveDescending,
    /// By text and numbers, downwards.
    NaturalDescending,
}

impl VariableSort {
    /// The order with this number; none for all others.
    pub(super) fn numbered(number: Option<i64>) -> VariableSort {
        match number {
            Some(1) => VariableSort::Alphabetical,
            Some(2) => VariableSort::AlphabeticalDescending,
            Some(3) => VariableSort::Numerical,
            Some(4) => VariableSort::NumericalDescending,
            Some(5) => VariableSort::CaseInsensitive,
            Some(6) => VariableSort::CaseInsensitiveDescending,
            Some(7) => VariableSort::Natural,
            Some(8) => VariableSort::NaturalDescending,
            _ => VariableSort::Disabled,
        }
    }
}

/// `values` without repetitions, in the order of `sort`.
///
/// Natural order is Grafana's for ASCII texts; other texts go by code point, not
/// by the person's locale.
/// Source: `sortVariableValues` in scenes packages/scenes/src/variables/variants/query/utils.ts.
pub fn sorted(values: &[String], sort: VariableSort) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for value in values {
        if !unique.contains(value) {
            unique.push(value.clone());
        }
    }
    let (compare, descending): (fn(&str, &str) -> Ordering, bool) = match sort {
        VariableSort::Disabled => return unique,
        VariableSort::Alphabetical => (Ord::cmp, false),
        VariableSort::AlphabeticalDescending => (Ord::cmp, true),
        VariableSort::Numerical => (by_first_number, false),
        VariableSort::NumericalDescending => (by_first_number, true),
        VariableSort::CaseInsensitive => (ignoring_case, false),
        VariableSort::CaseInsensitiveDescending => (ignoring_case, true),
        VariableSort::Natural => (natural, false),
        VariableSort::NaturalDescending => (natural, true),
    };
    unique.sort_by(|a, b| compare(a, b));
    if descending {
        // Grafana sorts upwards and reverses, so that ties are reversed too.
        unique.reverse();
    }
    unique
}

fn ignoring_case(a: &str, b: &str) -> Ordering {
    a.to_lowercase().cmp(&b.to_lowercase())
}

fn by_first_number(a: &str, b: &str) -> Ordering {
    let number = |text: &str| {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count();
        text[start..start + digits].parse::<u128>().ok()
    };
    // `None` sorts before every number, as Grafana's -1 does.
    number(a).cmp(&number(b))
}

fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some(first), Some(second)) = (a.chars().next(), b.chars().next()) else {
            return a.len().cmp(&b.len());
        };
        if first.is_ascii_digit() && second.is_ascii_digit() {
            let (number_a, rest_a) = number(a);
            let (number_b, rest_b) = number(b);
            // Without leading zeros, the longer number is the greater.
            let order = (number_a.len(), number_a).cmp(&(number_b.len(), number_b));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (rest_a, rest_b);
        } else {
            let order = first.to_lowercase().cmp(second.to_lowercase());
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[first.len_utf8()..], &b[second.len_utf8()..]);
        }
    }
}

fn number(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (text[..digits].trim_start_matches('0'), &text[digits..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unique_and_in_the_order_asked_for() {
        let values: Vec<String> =
            ["b10", "a", "B2", "a", "b9"].into_iter().map(str::to_owned).collect();
        let table: [(VariableSort, [&str; 4]); 6] = [
            (VariableSort::Disabled, ["b10", "a", "B2", "b9"]),
            (VariableSort::Alphabetical, ["B2", "a", "b10", "b9"]),
            (VariableSort::AlphabeticalDescending, ["b9", "b10", "a", "B2"]),
            (VariableSort::Numerical, ["a", "B2", "b9", "b10"]),
            (VariableSort::CaseInsensitive, ["a", "b10", "B2", "b9"]),
            (VariableSort::Natural, ["a", "B2", "b9", "b10"]),
        ];
        for (sort, expected) in table {
            assert_eq!(sorted(&values, sort), expected, "{sort:?}");
        }
    }
}
