//! What a real Grafana answered, judged by what really happened.
//!
//! The answers were recorded from Grafana 9.3.2 over a Prometheus 2.42.0 that held three scenarios at instants of their
//! own, with the dashboards and contracts of Dashproof 399a880. Events are fixed by a scenario's seed, so the ledger of
//! today knows the truth of then. No server is asked; promtool says who is scraped.
//! Where an answer was shortened, the points that were kept are judged.

mod changed;
mod recorded;
mod story;

use libtest_mimic::{Failed, Trial};
use testkit::lines::lines;

use recorded::{Judged, Recorded};

/// Ranges over several stories on one time axis, which one ledger does not know.
const LEFT_OUT: &str = ".720h";

/// All trials of this suite.
pub(crate) fn trials() -> Vec<Trial> {
    let reason = lines().iter().find_map(|(_, binary)| binary.as_ref().err().cloned());
    if lines().iter().all(|(_, binary)| binary.is_err()) {
        let name = "grafana::recorded (not run: no promtool to be had here)";
        let failed = move || Err(Failed::from(reason.unwrap_or_default()));
        return vec![Trial::test(name, failed).with_ignored_flag(true)];
    }
    vec![
        Trial::test("grafana::recorded answers are true", all_held),
        Trial::test(
            "grafana::recorded answers that were changed are red",
            changed::every_change_is_red,
        ),
    ]
}

fn all_held() -> Result<(), Failed> {
    let recorded = Recorded::read()?;
    let (mut held, mut broken) = (Judged::default(), Vec::new());
    let mut left_out = Vec::new();
    for case in recorded.cases() {
        if case.name().ends_with(LEFT_OUT) {
            left_out.push(case.name().to_owned());
            continue;
        }
        match recorded.judge(&case, case.answer()) {
            Ok(found) => held.add(&found),
            Err(found) => {
                broken.extend(found.into_iter().map(|words| format!("{}: {words}", case.name())))
            }
        }
    }
    if !broken.is_empty() {
        let first: Vec<&String> = broken.iter().take(20).collect();
        return Err(format!("{} broken, first of them: {first:#?}", broken.len()).into());
    }
    let expected = Judged { cases: 202, queries: 234, empty: 11, series: 1_129, points: 25_671 };
    if held != expected || left_out.len() != 6 {
        return Err(format!("judged {held:?}, left out {left_out:?}").into());
    }
    Ok(())
}
