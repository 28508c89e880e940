//! When, and over which ranges, a person would look at a dashboard: what every panel is asked.

use std::fmt;

use sim::time::Nanos;

/// A time range of a dashboard, in Unix milliseconds, and why it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Start.
    pub from_ms: i64,
    /// End.
    pub to_ms: i64,
    /// Why.
    pub why: Occasion,
}

/// Why something is asked when it is asked. Displayed in a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// The shortest range.
    LastMinutes,
    /// The range that a person has most of the time.
    LastHour,
    /// The longest range.
    WholeScenario,
    /// A range of which the first half has no data.
    BeforeData,
    /// Just before an incident begins or ends, which is `at_ms` milliseconds after the start.
    BeforeEdge {
        /// After the scenario's start.
        at_ms: i64,
    },
    /// Just after an incident begins or ends.
    AfterEdge {
        /// After the scenario's start.
        at_ms: i64,
    },
    /// A rule's evaluations of the last minutes.
    LastEvaluations,
    /// A rule's evaluations of the last hour.
    LastHourOfEvaluations,
    /// All evaluations of a rule.
    EveryEvaluation,
    /// All evaluations of a rule that a running rule manager made.
    RuleManager,
    /// An alert is explained.
    Explained,
    /// A running Grafana was asked it, and its answer kept.
    Recorded,
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match *self {
            Self::Recorded => "recorded",
            Self::LastMinutes => "the last 5 minutes",
            Self::LastHour => "the last hour",
            Self::WholeScenario => "the whole scenario",
            Self::BeforeData => "a range that begins before the data",
            Self::BeforeEdge { at_ms } => {
                return write!(f, "one scrape before the edge of an incident at {}", clock(at_ms));
            }
            Self::AfterEdge { at_ms } => {
                return write!(f, "one scrape after the edge of an incident at {}", clock(at_ms));
            }
            Self::LastEvaluations => "the last evaluations",
            Self::LastHourOfEvaluations => "the evaluations of the last hour",
            Self::EveryEvaluation => "every evaluation",
            Self::RuleManager => "every evaluation of the rule manager",
            Self::Explained => "an alert is explained",
        };
        f.write_str(words)
    }
}

const MINUTE: i64 = 60_000;

/// Incident edges that are looked at, at the most: the first and the last of many.
const MAX_EDGES: usize = 8;

/// The looks at a scenario that starts at `epoch_ms` and lasts `duration`: the shortest and the longest range, one
/// that begins before the data, the usual hour at the end, and the edges of incidents, one scrape before and after.
#[must_use]
pub fn looks(epoch_ms: i64, duration: Nanos, edges: &[Nanos], scrape_ms: i64) -> Vec<Look> {
    let end = epoch_ms + duration.as_millis() as i64;
    // A person's "now" is on no grid; queries that end exactly on a sample are the business of aligned scenarios.
    let off_grid = 137;
    let to = end - scrape_ms + off_grid;
    let mut looks = Vec::new();
    let mut look = |from_ms: i64, to_ms: i64, why: Occasion| {
        looks.push(Look { from_ms, to_ms, why });
    };
    look(to - 5 * MINUTE, to, Occasion::LastMinutes);
    look(to - (60 * MINUTE).min(to - epoch_ms), to, Occasion::LastHour);
    look(epoch_ms, to, Occasion::WholeScenario);
    let (before, after) = (epoch_ms - 20 * MINUTE, epoch_ms + 20 * MINUTE + off_grid);
    look(before, after, Occasion::BeforeData);
    let mut edges: Vec<i64> = edges.iter().map(|edge| epoch_ms + edge.as_millis() as i64).collect();
    edges.sort_unstable();
    edges.dedup();
    edges.retain(|edge| *edge > epoch_ms + scrape_ms && *edge < end - 2 * scrape_ms);
    if edges.len() > MAX_EDGES {
        edges.drain(MAX_EDGES / 2..edges.len() - MAX_EDGES / 2);
    }
    for edge in edges {
        let at_ms = edge - epoch_ms;
        for (shift, why) in [
            (-scrape_ms, Occasion::BeforeEdge { at_ms }),
            (scrape_ms, Occasion::AfterEdge { at_ms }),
        ] {
            let to = edge + shift + off_grid;
            look(to - 15 * MINUTE, to, why);
        }
    }
    looks
}

/// `3:07:05` for milliseconds after the start.
fn clock(at_ms: i64) -> String {
    let seconds = at_ms / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_look_ends_within_the_data() {
        let edges = [Nanos::HOUR, Nanos(2 * Nanos::HOUR.0)];
        let found = looks(1_000_000, Nanos(2 * Nanos::HOUR.0), &edges, 5_000);
        assert_eq!(found.len(), 6, "the edge at the very end is none");
        for look in &found {
            assert!(look.from_ms < look.to_ms && look.to_ms <= 1_000_000 + 7_200_000, "{look:?}");
        }
    }

    #[test]
    fn many_edges_are_thinned_to_the_first_and_the_last() {
        let edges: Vec<Nanos> = (1..100).map(|minute| Nanos(minute * Nanos::MINUTE.0)).collect();
        let found = looks(0, Nanos(2 * Nanos::HOUR.0), &edges, 5_000);
        assert_eq!(found.len(), 4 + 2 * MAX_EDGES);
    }
}
