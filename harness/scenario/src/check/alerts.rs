//! What the alerts are expected to do: each entry either fires or stays silent.

use super::Checker;
use crate::{AlertExpectation, NamedReceiver, file::RawAlert, values::Span};
use prom::problem::Code;

/// What stands for all alerts that no other entry names.
const EVERYTHING_ELSE: &str = "everything else";

impl Checker<'_> {
    pub(super) fn alert(&mut self, line: usize, raw: RawAlert) -> Option<AlertExpectation> {
        match (raw.fires, raw.silent) {
            (Some(fires), None) => {
                let alert = self.given(Some(fires));
                let within = self.given(raw.within).map(|Span(span)| span);
                let resolves = self.given(raw.resolves).map(|Span(span)| span);
                let labels = self.part(raw.labels, |c, _, table| Some(c.table(table)));
                let labels = labels
                    .unwrap_or_default()
                    .into_iter()
                    .map(|(_, name, value)| (name, value))
                    .collect();
                let line_of_told = raw.told.as_ref().map_or(line, |told| told.line);
                let told = self.given(raw.told);
                Some(AlertExpectation::Fires {
                    alert: self.alert_name(line, alert?)?,
                    line,
                    within,
                    labels,
                    resolves,
                    told: told.map(|name| NamedReceiver { name, line: line_of_told }),
                })
            }
            (None, Some(silent)) => {
                let of_firing = raw.within.is_some()
                    || raw.labels.is_some()
                    || raw.resolves.is_some()
                    || raw.told.is_some();
                if of_firing {
                    self.problem(
                        Code::MisplacedKey,
                        line,
                        "within, labels, resolves and told cannot be used with silent",
                        Some("remove them"),
                    );
                }
                let alert = self.given(Some(silent))?;
                if alert == EVERYTHING_ELSE {
                    return Some(AlertExpectation::SilentOtherwise);
                }
                Some(AlertExpectation::Silent { alert: self.alert_name(line, alert)?, line })
            }
            _ => {
                self.problem(
                    Code::NotExactlyOne,
                    line,
                    "expected exactly one of fires and silent in an entry of alerts",
                    None,
                );
                None
            }
        }
    }

    /// A name that Prometheus takes for an alert's.
    fn alert_name(&mut self, line: usize, name: String) -> Option<String> {
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Some(name);
        }
        let message = format!(
            "expected the name of an alert, or {EVERYTHING_ELSE:?} after silent, found {name:?}"
        );
        self.problem(Code::InvalidValue, line, message, None);
        None
    }
}
