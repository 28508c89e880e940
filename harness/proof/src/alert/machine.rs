//! The rule manager's state machine: inactive, pending, firing, for one alert.
//!
//! Mirrors `AlertingRule.Eval` of Prometheus (`rules/alerting.go`; 2.42 and 3.5 agree). It is given the evaluations at
//! which the expression has the alert's labels and knows neither expressions nor engines.

use prom::evaluations::Evaluations;

/// How long a condition must hold, and how long an alert outlives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timing {
    /// `for`, in milliseconds: pending until the condition has held this long.
    pub for_ms: i64,
    /// `keep_firing_for`, in milliseconds: fires on until the condition has been gone this long.
    pub keep_firing_for_ms: i64,
}

/// One life of an alert, from the first evaluation at which its condition held. Instants are evaluations, in Unix
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Episode {
    /// Pending from here (`ActiveAt`).
    pub pending_ms: i64,
    /// Firing from here; `None` if the condition did not hold long enough.
    pub firing_ms: Option<i64>,
    /// Inactive again; `None` if it still lived at the last evaluation.
    pub ended_ms: Option<i64>,
}

impl Episode {
    /// How long it fired, in milliseconds; until `last_ms` if it did not end.
    #[must_use]
    pub fn firing_for_ms(&self, last_ms: i64) -> i64 {
        self.firing_ms.map_or(0, |firing| self.ended_ms.unwrap_or(last_ms) - firing)
    }
}

/// The lives of an alert whose condition holds at the instants `active`: ascending, each one of `evaluations`.
#[must_use]
pub fn episodes(
    active: impl IntoIterator<Item = i64>,
    evaluations: Evaluations,
    timing: Timing,
) -> Vec<Episode> {
    let Evaluations { last_ms, interval_ms, .. } = evaluations;
    let mut found = Vec::new();
    let mut alive: Option<(Episode, i64)> = None;
    for at in active {
        if let Some((episode, seen)) = &mut alive {
            let gone = gone(episode, *seen, interval_ms, timing);
            // An evaluation that finds the condition again comes before the one that would end the alert.
            if at <= gone {
                *seen = at;
            } else {
                found.push(Episode { ended_ms: Some(gone), ..*episode });
                alive = None;
            }
        }
        let (episode, _) =
            alive.get_or_insert((Episode { pending_ms: at, firing_ms: None, ended_ms: None }, at));
        if episode.firing_ms.is_none() && at - episode.pending_ms >= timing.for_ms {
            episode.firing_ms = Some(at);
        }
    }
    if let Some((episode, seen)) = alive {
        let gone = gone(&episode, seen, interval_ms, timing);
        found.push(Episode { ended_ms: (gone <= last_ms).then_some(gone), ..episode });
    }
    found
}

/// What an alert is at an evaluation; instants are Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its condition does not hold.
    Inactive,
    /// Its condition holds since then, not yet for long enough.
    Pending(i64),
    /// It fires since then.
    Firing(i64),
    /// It fires since then, and its condition no longer holds.
    Kept(i64),
}

/// What an alert is at each of `evaluations`, given whether its condition holds there.
#[must_use]
pub fn states(holds: &[bool], evaluations: Evaluations, timing: Timing) -> Vec<State> {
    let active = evaluations.instants().zip(holds).filter(|(_, holds)| **holds).map(|(at, _)| at);
    let lives = episodes(active, evaluations, timing);
    let mut lives = lives.iter().peekable();
    let state = |(at, holds): (i64, &bool)| {
        while lives.next_if(|life| life.ended_ms.is_some_and(|ended| ended <= at)).is_some() {}
        match lives.peek() {
            Some(life) if life.pending_ms <= at => match life.firing_ms {
                Some(firing) if firing <= at && *holds => State::Firing(firing),
                Some(firing) if firing <= at => State::Kept(firing),
                _ => State::Pending(life.pending_ms),
            },
            _ => State::Inactive,
        }
    };
    evaluations.instants().zip(holds).map(state).collect()
}

/// The evaluation at which an alert that was last `seen` ends, unless the condition comes back.
fn gone(episode: &Episode, seen: i64, interval_ms: i64, timing: Timing) -> i64 {
    // `keep_firing_for` counts from the first evaluation without the condition, and only for an alert that fires.
    let kept = episode.firing_ms.map_or(0, |_| timing.keep_firing_for_ms.max(0));
    let n_kept = (kept + interval_ms - 1) / interval_ms;
    seen + interval_ms * (1 + n_kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn lives(active: &[i64], for_min: i64, keep_min: i64) -> Vec<(i64, Option<i64>, Option<i64>)> {
        let evaluations = Evaluations { first_ms: 0, last_ms: 30 * MINUTE, interval_ms: MINUTE };
        let timing = Timing { for_ms: for_min * MINUTE, keep_firing_for_ms: keep_min * MINUTE };
        let active = active.iter().map(|minute| minute * MINUTE);
        let minutes = |at: Option<i64>| at.map(|at| at / MINUTE);
        episodes(active, evaluations, timing)
            .into_iter()
            .map(|e| (e.pending_ms / MINUTE, minutes(e.firing_ms), minutes(e.ended_ms)))
            .collect()
    }

    #[test]
    fn without_for_an_alert_fires_at_once_and_ends_at_the_next_evaluation() {
        assert_eq!(lives(&[3, 4, 7], 0, 0), [(3, Some(3), Some(5)), (7, Some(7), Some(8))]);
    }

    #[test]
    fn for_needs_every_evaluation_in_between() {
        assert_eq!(lives(&[0, 1, 2], 2, 0), [(0, Some(2), Some(3))]);
        assert_eq!(lives(&[0, 1, 3, 4], 2, 0), [(0, None, Some(2)), (3, None, Some(5))]);
    }

    #[test]
    fn keep_firing_for_counts_from_the_first_evaluation_without_the_condition() {
        assert_eq!(lives(&[0], 0, 2), [(0, Some(0), Some(3))]);
        // Found again at the very evaluation that would have ended it: it is the same alert.
        assert_eq!(lives(&[0, 3], 0, 2), [(0, Some(0), Some(6))]);
        assert_eq!(lives(&[0, 4], 0, 2), [(0, Some(0), Some(3)), (4, Some(4), Some(7))]);
        // An alert that is only pending is not kept.
        assert_eq!(lives(&[0, 2], 1, 5), [(0, None, Some(1)), (2, None, Some(3))]);
    }

    #[test]
    fn each_evaluation_has_its_state() {
        let evaluations = Evaluations { first_ms: 0, last_ms: 80, interval_ms: 10 };
        let timing = Timing { for_ms: 10, keep_firing_for_ms: 10 };
        let holds = [false, true, true, true, false, false, false, true, true];
        let expected = [
            State::Inactive,
            State::Pending(10),
            State::Firing(20),
            State::Firing(20),
            State::Kept(20),
            State::Inactive,
            State::Inactive,
            State::Pending(70),
            State::Firing(80),
        ];
        assert_eq!(states(&holds, evaluations, timing), expected);
    }

    #[test]
    fn what_still_lives_at_the_last_evaluation_has_no_end() {
        assert_eq!(lives(&[28, 29, 30], 2, 0), [(28, Some(30), None)]);
        assert_eq!(lives(&[29], 0, 5), [(29, Some(29), None)]);
    }

    #[test]
    fn a_part_of_an_interval_counts_as_a_whole_one() {
        let evaluations = Evaluations { first_ms: 0, last_ms: 100, interval_ms: 10 };
        let timing = Timing { for_ms: 15, keep_firing_for_ms: 15 };
        let found = episodes([0, 10, 20], evaluations, timing);
        let expected = Episode { pending_ms: 0, firing_ms: Some(20), ended_ms: Some(50) };
        assert_eq!(found, [expected]);
    }
}
