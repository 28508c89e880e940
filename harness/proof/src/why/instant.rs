//! The evaluation of a rule that tells most about it.

use prom::evaluations::Evaluations;
use scenario::Scenario;
use stack::client::prometheus::Prometheus;

use crate::alert::{AlertRule, Timeline, timeline, weaker::weaker};

/// Why an instant is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It was asked for.
    Asked,
    /// The alert fires here first.
    FirstFiring,
    /// It never fires; here it is pending for the longest time.
    LongestPending,
    /// It is never even pending; here a weaker rule would fire.
    Nearest,
    /// No weaker rule fires either; an incident is under way here.
    Incident,
    /// Nothing happens at all; this is the end.
    End,
}

impl Choice {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Choice::Asked => "as asked",
            Choice::FirstFiring => "the first evaluation at which it fires",
            Choice::LongestPending => "it never fires; the end of its longest time pending",
            Choice::Nearest => "it is never pending; here a weaker rule would fire",
            Choice::Incident => {
                "it is never pending, nor would a weaker rule be; in the middle of an incident"
            }
            Choice::End => "it is never pending and nothing goes wrong; the last evaluation",
        }
    }
}

/// The latest evaluation at or before an instant, or the first one.
pub(super) fn snapped(at_ms: i64, evaluations: Evaluations) -> i64 {
    let Evaluations { first_ms, last_ms, interval_ms } = evaluations;
    let at = at_ms.clamp(first_ms, last_ms.max(first_ms));
    first_ms + (at - first_ms).div_euclid(interval_ms) * interval_ms
}

pub(super) async fn most_telling(
    rule: &AlertRule,
    found: &Timeline,
    scenario: &Scenario,
    engine: &Prometheus,
) -> Result<(i64, Choice), super::WhyError> {
    if let Some(firing) = first_firing(found) {
        return Ok((firing, Choice::FirstFiring));
    }
    let step = rule.evaluations.interval_ms;
    let lives = found.alerts.iter().flat_map(|alert| &alert.episodes);
    let ended = |end: Option<i64>| end.map_or(rule.evaluations.last_ms, |end| end - step);
    let longest = lives.max_by_key(|life| ended(life.ended_ms) - life.pending_ms);
    if let Some(longest) = longest {
        return Ok((ended(longest.ended_ms), Choice::LongestPending));
    }
    for weaker in weaker(rule) {
        if let Some(firing) = first_firing(&timeline(&weaker.rule, engine).await?) {
            return Ok((firing, Choice::Nearest));
        }
    }
    let epoch_ms = scenario.epoch.as_millisecond();
    Ok(match scenario.incidents.first() {
        Some(incident) => {
            let middle = incident.at.as_millis() + incident.lasts.as_millis() / 2;
            (snapped(epoch_ms + middle as i64, rule.evaluations), Choice::Incident)
        }
        None => (rule.evaluations.last_ms, Choice::End),
    })
}

fn first_firing(timeline: &Timeline) -> Option<i64> {
    timeline.firings().filter_map(|(_, life)| life.firing_ms).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_snap_to_the_evaluation_before_them() {
        let evaluations = Evaluations { first_ms: 7, last_ms: 37, interval_ms: 10 };
        let snapped = |at| super::snapped(at, evaluations);
        assert_eq!([0, 7, 16, 17, 36, 99].map(snapped), [7, 7, 7, 17, 27, 37]);
    }
}
