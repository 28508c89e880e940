//! What a query variable of the Prometheus data source asks.
//!
//! The harness asks the real Prometheus; the variable's `regex` and `sort` are the caller's to apply.
//! Source of the forms: grafana packages/grafana-prometheus/src/metric_find_query.ts
//! and migrations/variableMigration.ts.

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
}
