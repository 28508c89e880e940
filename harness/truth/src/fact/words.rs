//! Facts in words, in the application's terms, as reports show them.
//!
//! `rate of llm_provider.requests where status=error by provider`. The window is not the fact's own: whoever asked
//! adds "over 1m". Nothing here names a metric or an expression.

use std::fmt;

use super::{Condition, Fact, Total};

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.values.as_slice() {
            [value] => write!(out, "{}={value}", self.label),
            values => write!(out, "{}={{{}}}", self.label, values.join(", ")),
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.per_second { "rate of " } else { "increase of " })?;
        self.what(out)?;
        if self.times != 1.0 {
            write!(out, " times {}", self.times)?;
        }
        if self.hides_zero {
            out.write_str(", without zeros")?;
        }
        Ok(())
    }
}

impl Total {
    /// Quantities, conditions and grouping, without what is made of them.
    fn what(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.quantities.iter().map(|quantity| quantity.as_str()).collect();
        out.write_str(&names.join(" + "))?;
        conditions(out, &self.conditions)?;
        if !self.by.is_empty() {
            write!(out, " by {}", self.by.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fact::Total(total) => write!(out, "{total}"),
            Fact::Ratio { part, whole } => {
                let counted: Vec<String> = part
                    .conditions
                    .iter()
                    .filter(|condition| !whole.conditions.contains(condition))
                    .map(Condition::to_string)
                    .collect();
                write!(out, "share with {} of ", counted.join(" and "))?;
                whole.what(out)
            }
            Fact::Quantile { q, of } => {
                write!(out, "{q} quantile of ")?;
                of.what(out)
            }
            Fact::ShareAbove { bound, of } => {
                write!(out, "share above {bound} s of ")?;
                of.what(out)
            }
            Fact::Health(admitted) => {
                out.write_str("whether all copies of a module answer")?;
                conditions(out, admitted)?;
                out.write_str(" by module (1 yes, 0 no, -1 none to ask)")
            }
            Fact::Constant(values) => {
                let figures: Vec<String> = values
                    .iter()
                    .map(|(labels, figure)| format!("{figure} for {}", pairs(labels)))
                    .collect();
                write!(out, "stated figures: {}", figures.join("; "))
            }
        }
    }
}

/// `name=value, …`.
pub fn pairs(labels: &[(String, String)]) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(", ")
}

fn conditions(out: &mut fmt::Formatter<'_>, conditions: &[Condition]) -> fmt::Result {
    for (index, condition) in conditions.iter().enumerate() {
        out.write_str(if index == 0 { " where " } else { " and " })?;
        write!(out, "{condition}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Quantity;

    fn condition(label: &str, values: &[&str]) -> Condition {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Condition { label: label.to_owned(), values }
    }

    fn requests(conditions: Vec<Condition>) -> Total {
        Total {
            quantities: vec![Quantity::LlmRequests],
            conditions,
            by: vec!["provider".to_owned()],
            per_second: true,
            times: 1.0,
            hides_zero: false,
        }
    }

    #[test]
    fn every_kind_of_fact_reads_as_words() {
        let error = condition("status", &["error"]);
        let chosen = condition("provider", &["local", "other"]);
        let mut hourly = requests(vec![]);
        hourly.quantities = vec![Quantity::ManagerCost, Quantity::LlmCost];
        (hourly.times, hourly.by, hourly.hides_zero) = (3600.0, vec![], true);
        let duration = Total {
            quantities: vec![Quantity::LlmRequestDuration],
            by: vec![],
            ..requests(vec![chosen.clone()])
        };
        let figures = vec![(vec![("module".to_owned(), "llm-provider".to_owned())], 0.01)];
        let table = [
            (
                Fact::Total(requests(vec![error.clone()])),
                "rate of llm_provider.requests where status=error by provider",
            ),
            (
                Fact::Total(hourly),
                "rate of prompt_manager.cost + llm_provider.cost times 3600, without zeros",
            ),
            (
                Fact::Ratio {
                    part: requests(vec![chosen.clone(), error]),
                    whole: requests(vec![chosen]),
                },
                "share with status=error of llm_provider.requests where provider={local, other} by provider",
            ),
            (
                Fact::Quantile { q: 0.95, of: duration.clone() },
                "0.95 quantile of llm_provider.request_duration where provider={local, other}",
            ),
            (
                Fact::ShareAbove { bound: 2.5, of: duration },
                "share above 2.5 s of llm_provider.request_duration where provider={local, other}",
            ),
            (
                Fact::Health(vec![condition("module", &["llm-provider"])]),
                "whether all copies of a module answer where module=llm-provider by module (1 yes, 0 no, -1 none to ask)",
            ),
            (Fact::Constant(figures), "stated figures: 0.01 for module=llm-provider"),
        ];
        for (fact, words) in table {
            assert_eq!(fact.to_string(), words);
        }
    }
}
