//! What a query variable of the Prometheus data source asks.
//!
//! The harness asks the real Prometheus and passes the values through
//! [`sorted`]; the variable's `regex` is the caller's to apply.
//! Source of the forms: grafana packages/grafana-prometheus/src/metric_find_query.ts
//! and migrations/variableMigration.ts.

use std::cmp::Ordering;

use super::definition::VariableSort;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableQuery {
    /// `label_values(label)` or `label_values(selector, label)`:
    /// `/api/v1/label/<label>/values`, with `match[]=<selector>`.
    LabelValues {
        /// Which series; `None` for all.
        selector: Option<String>,
        /// Whose values.
        label: String,
    },
    /// `label_names()` or `label_names(part of a metric's name)`.
    LabelNames {
        /// Part of the metric's name.
        metric: Option<String>,
    },
    /// `metrics(regex)`: metric names that the unanchored expression finds.
    Metrics {
        /// The expression.
        pattern: String,
    },
    /// `query_result(query)`: `/api/v1/query` at the end of the range; each value
    /// is `name{l="v"} value timestamp_ms`.
    QueryResult {
        /// The expression.
        query: String,
    },
    /// Anything else: `/api/v1/series` with it as selector.
    Series {
        /// The selector.
        selector: String,
    },
}

impl VariableQuery {
    /// The question that `text` stands for; never fails, as in Grafana.
    pub fn parse(text: &str) -> Self {
        let text = text.trim_end();
        if let Some(inside) = call(text, "label_values") {
            let (selector, label) = match inside.rsplit_once(',') {
                Some((selector, label)) => (selector.trim(), label.trim()),
                None => ("", inside.trim()),
            };
            if is_label(label) {
                // A blank or empty selector is none.
                let blank = matches!(selector.replace(' ', "").as_str(), "" | "{}");
                let selector = (!blank).then(|| selector.to_owned());
                return Self::LabelValues { selector, label: label.to_owned() };
            }
        }
        if let Some(inside) = call(text, "label_names") {
            return Self::LabelNames { metric: Some(inside.to_owned()).filter(|m| !m.is_empty()) };
        }
        if let Some(pattern) = call(text, "metrics").filter(|inside| !inside.is_empty()) {
            return Self::Metrics { pattern: pattern.to_owned() };
        }
        if let Some(query) = call(text, "query_result").filter(|inside| !inside.is_empty()) {
            return Self::QueryResult { query: query.to_owned() };
        }
        Self::Series { selector: text.to_owned() }
    }
}

fn call<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
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
    fn every_form_of_query_is_recognised() {
        let label_values = |selector: Option<&str>, label: &str| VariableQuery::LabelValues {
            selector: selector.map(str::to_owned),
            label: label.to_owned(),
        };
        let table = [
            ("label_values(module)", label_values(None, "module")),
            ("label_values(up, module)", label_values(Some("up"), "module")),
            ("label_values({},module) ", label_values(None, "module")),
            (
                "label_values(up{a=~\"x,y\", b=\"(z)\"}, job)",
                label_values(Some("up{a=~\"x,y\", b=\"(z)\"}"), "job"),
            ),
            ("label_names()", VariableQuery::LabelNames { metric: None }),
            ("label_names(llm)", VariableQuery::LabelNames { metric: Some("llm".into()) }),
            ("metrics(llm_.*)", VariableQuery::Metrics { pattern: "llm_.*".into() }),
            ("query_result(sum(up))", VariableQuery::QueryResult { query: "sum(up)".into() }),
            ("up{job=\"x\"}", VariableQuery::Series { selector: "up{job=\"x\"}".into() }),
            ("label_values()", VariableQuery::Series { selector: "label_values()".into() }),
        ];
        for (text, query) in table {
            assert_eq!(VariableQuery::parse(text), query, "{text}");
        }
    }

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
