//! Labels, samples and series, and what a query yields of them, as plain values.
//!
//! Filled by the query client and read by whoever judges an answer.
//! Labels are always sorted by name, so that equal label sets compare equal.
//! It must not know how an answer came over the wire.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// A label set, `__name__` included, sorted by label name, each name once.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Vec<(String, String)>);

impl Labels {
    /// Sorts `pairs` by name; of pairs with one name, the last is kept.
    #[must_use]
    pub fn new(mut pairs: Vec<(String, String)>) -> Self {
        // A stable sort: the last of equal names is the one that was given last.
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        pairs.reverse();
        pairs.dedup_by(|one, other| one.0 == other.0);
        pairs.reverse();
        Self(pairs)
    }

    /// The value of the label `name`, if the set has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(label, _)| label.as_str().cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// The metric's name (`__name__`), if the set has one.
    #[must_use]
    pub fn metric_name(&self) -> Option<&str> {
        self.get("__name__")
    }

    /// The same set without the label `name`.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(label, _)| label != name).cloned().collect())
    }

    /// Name and value of every label, in the order of names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether the set has no label at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self::new(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// PromQL notation: `name{label="value"}`, `{}` for the empty set.
impl fmt::Display for Labels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.metric_name();
        out.write_str(name.unwrap_or_default())?;
        let mut separator = '{';
        for (label, value) in self.iter().filter(|(label, _)| *label != "__name__") {
            write!(out, "{separator}{label}={value:?}")?;
            separator = ',';
        }
        match (separator, name) {
            (',', _) => out.write_str("}"),
            (_, None) => out.write_str("{}"),
            _ => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelsVisitor;
        impl<'de> Visitor<'de> for LabelsVisitor {
            type Value = Labels;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of label names and values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Labels::new(pairs))
            }
        }
        deserializer.deserialize_map(LabelsVisitor)
    }
}

/// One element of an instant vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The element's labels.
    pub labels: Labels,
    /// The instant of the evaluation, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The value; may be NaN or infinite.
    pub value: f64,
}

/// One series of a range query.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The series' labels.
    pub labels: Labels,
    /// Instants in milliseconds since the Unix epoch, ascending, each with its value. Steps without
    /// a value are absent.
    pub points: Vec<(i64, f64)>,
}

/// The value of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number without labels, at `at` milliseconds since the Unix epoch.
    Scalar {
        /// The instant of the evaluation.
        at: i64,
        /// The number.
        value: f64,
    },
    /// The elements of an instant vector.
    Vector(Vec<Sample>),
    /// Series over time: a range query, or an instant query of a range selector.
    Matrix(Vec<Series>),
}

/// The value of a query with the remarks that Prometheus made about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What the query yielded.
    pub value: Value,
    /// Problems that may make the value wrong.
    pub warnings: Vec<String>,
    /// Hints at likely mistakes in the query (Prometheus 3.x).
    pub infos: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_unique() {
        let labels: Labels = [("b", "1"), ("a", "2"), ("b", "3")].into_iter().collect();
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
        assert_eq!(labels.get("b"), Some("3"));
        assert_eq!(labels.get("c"), None);
    }

    #[test]
    fn labels_print_in_promql_notation() {
        let show = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Labels>().to_string();
        assert_eq!(show(&[]), "{}");
        assert_eq!(show(&[("__name__", "up")]), "up");
        assert_eq!(show(&[("job", "a\"b")]), r#"{job="a\"b"}"#);
        assert_eq!(show(&[("__name__", "up"), ("a", "1"), ("b", "2")]), r#"up{a="1",b="2"}"#);
    }
}
