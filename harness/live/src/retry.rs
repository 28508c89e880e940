//! What follows from a machine that did not keep up: a story in which something is red is played once more.
//!
//! The rule is simple, so that no fault can hide behind it: a red verdict is excused only where a stall was noticed in
//! the same story, and then a second try on a fresh stack decides. If that stalls and is red too, nothing is known.
//! What is unproven is so on any machine, and a green story is green however late somebody was.

use super::{
    run::{Attempt, LiveError, LiveRoad},
    stall::Stall,
};
use proof::verify::{Notice, ScenarioReport, VerifyError, alerts, ask, wiring};
use scenario::Scenario;

/// How many red places are named.
const NAMED: usize = 3;

impl Attempt {
    /// The stall that may be why something is red.
    fn excuse(&self) -> Option<Stall> {
        let nothing = red(&self.report).is_empty();
        self.lateness.longest().filter(|_| !nothing)
    }
}

impl LiveRoad {
    /// Plays a scenario in real time and judges it; once more, where it is red and this machine stalled meanwhile.
    ///
    /// # Errors
    /// If it could not be judged, also because of a stall in both tries; a broken expectation is no error.
    pub async fn verify(
        &self,
        scenario: &Scenario,
        notice: &mut impl FnMut(Notice),
    ) -> Result<ScenarioReport, VerifyError> {
        let first = self.attempt(scenario, notice).await?;
        let Some(stall) = first.excuse() else { return Ok(told(first)) };
        notice(Notice::Again(stall.to_string()));
        let mut second = self.attempt(scenario, notice).await?;
        if let Some(again) = second.excuse() {
            let red = named(&red(&second.report));
            return Err(LiveError::Stalled { first: stall, again, red }.into());
        }
        let kept = first.report.kept.as_ref().map(|path| format!("; kept {}", path.display()));
        second.report.remarks.push(format!(
            "played a second time, because in the first try {stall} and {} broke{}",
            named(&red(&first.report)),
            kept.unwrap_or_default()
        ));
        Ok(told(second))
    }
}

/// The report, with how late somebody was.
fn told(attempt: Attempt) -> ScenarioReport {
    let Attempt { mut report, lateness } = attempt;
    report
        .remarks
        .push(format!("this machine and Prometheus were at most {} ms late", lateness.worst_ms));
    report
}

/// What a stall may have made red.
fn red(report: &ScenarioReport) -> Vec<String> {
    let queries = report.verdicts.iter().filter(|verdict| !ask::Verdict::held(verdict));
    let queries = queries.map(|verdict| &verdict.question.place);
    let queries = queries.map(|place| format!("{}/{}", place.dashboard, place.panel));
    let alerts = report.alerts.iter().filter(|verdict| !alerts::AlertVerdict::held(verdict));
    let alerts = alerts.map(|verdict| format!("{}/{}", alerts::ALERTS, verdict.alert));
    let wiring = report.wiring.iter().filter(|wiring| !wiring::Wiring::held(wiring));
    let wiring = wiring.map(|wiring| {
        format!("wiring/{} ({})", wiring.part, wiring.broken.first().map_or("", String::as_str))
    });
    let mut red: Vec<String> = wiring.chain(alerts).chain(queries).collect();
    red.dedup();
    red
}

/// The first of them, and how many more there are.
fn named(red: &[String]) -> String {
    let names = red.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match red.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
