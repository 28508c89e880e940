//! What a live story expects of alerts must hold wherever its wall clock finds the rule groups and the scrapes.
//!
//! Their phases are hashes of a deployed path and of a host, so that each live run has others: an expectation at the edge
//! of one evaluation is red once in a while. Here they are drawn again and again in virtual time, where a run takes a
//! second, until as long after the story's end as the live road may look.

use libtest_mimic::{Failed, Trial};
use live::SHORT;
use proof::verify::{Verifier, alerts::ALERTS};
use scenario::{Pace, Scenario, load_dir};
use sim::time::Nanos;
use stack::deploy::{Changes, Deployment};

use crate::verify::{bench, lines, red};

/// Draws of phases for each story.
const DRAWS: u64 = 12;

/// The longest interval at which evaluations and scrapes of shipped files come, in milliseconds.
const SHIPPED_MS: i64 = 30_000;

/// How much longer than its story a live run is: two scrapes and what a start takes.
const LONGER: Nanos = Nanos(45 * Nanos::SECOND.0);

pub(crate) fn trials() -> Vec<Trial> {
    let (stories, problems) = load_dir(&bench::root().join("scenarios/live"));
    if !problems.is_empty() {
        return vec![Trial::test("phases::the live stories load", move || {
            Err(Failed::from(format!("{problems:?}")))
        })];
    }
    let trial = |story: Scenario| {
        Trial::test(format!("phases::{}", story.name), move || in_every_phase(&story))
    };
    stories.into_iter().map(trial).collect()
}

/// The shipped files as the live road deploys them for this story, for alerts alone; they are there as long as the copy.
fn verifier(pace: Pace) -> Result<(Verifier, Option<Deployment>), String> {
    let (monitoring, copy) = match pace {
        Pace::Short => {
            let changes = Changes { cadence: Some(SHORT), ..Changes::default() };
            let copy = Deployment::write(&bench::monitoring()?, &changes, &lines::environment())
                .map_err(|error| bench::chain(&error))?;
            (copy.monitoring().clone(), Some(copy))
        }
        Pace::Shipped => (bench::monitoring()?, None),
    };
    let binary = bench::verifier()?.tools.binary.clone();
    let mut contracts = bench::contracts()?;
    if copy.is_some() {
        // They state the shipped windows and timings, and the copy has others.
        contracts.specified.clear();
    }
    let mut verifier = Verifier::new(monitoring, contracts, binary, lines::environment());
    verifier.files.only = Some(format!("{ALERTS}/"));
    Ok((verifier, copy))
}

fn in_every_phase(story: &Scenario) -> Result<(), Failed> {
    let (verifier, _copy) = verifier(story.pace)?;
    let interval_ms = match story.pace {
        Pace::Short => SHIPPED_MS / SHORT.divisor,
        Pace::Shipped => SHIPPED_MS,
    };
    let mut wrong = Vec::new();
    for nth in 0..DRAWS {
        let mut story = story.clone();
        // The seed draws where groups and scrapes lie, and with them other traffic of the same kind.
        story.seed += nth;
        story.epoch += jiff::SignedDuration::from_millis(interval_ms * nth as i64 / DRAWS as i64);
        story.duration += LONGER;
        let report = bench::run(verifier.verify(&story, &mut |_| ()))
            .map_err(|error| bench::chain(&error))?;
        if report.alerts.is_empty() {
            return Err(Failed::from("no alert was judged"));
        }
        wrong.extend(red::alerts(&verifier, &story, &report));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failed::from(wrong.join("\n"))) }
}
