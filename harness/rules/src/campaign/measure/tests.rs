//! Days and trials, counted.

use sim::{time::Nanos, traffic::Profile};

use super::*;
use prom::series::Labels;

const MINUTE: i64 = 60_000;

fn run(trial: Option<Trial>) -> Run {
    Run {
        index: 0,
        seed: 1,
        profile: Profile::Chat,
        start_ms: 0,
        duration: Nanos(3 * Nanos::HOUR.0),
        warm_up: Nanos::HOUR,
        trial,
        full_rate: false,
        copy_of: None,
        by_prometheus: false,
    }
}

/// An incident of ten minutes after two hours.
fn trial() -> Run {
    let at = Nanos(2 * Nanos::HOUR.0);
    let (trouble, severity) = (Trouble::named("module-down").unwrap(), 2);
    run(Some(Trial { trouble, severity, at, incidents: Vec::new() }))
}

/// Lives that fire from one minute to another; 0 is no end.
fn lives(firings: &[(i64, i64)]) -> Lives {
    let episode = |(firing, ended): &(i64, i64)| Episode {
        pending_ms: (firing - 1) * MINUTE,
        firing_ms: Some(firing * MINUTE),
        ended_ms: (0 < *ended).then_some(ended * MINUTE),
    };
    Lives { labels: Labels::default(), episodes: firings.iter().map(episode).collect() }
}

#[test]
fn false_alarms_are_counted_where_the_day_is_judged() {
    // The first began before; the second is counted, the third overlaps it and is counted too.
    let alerts = [lives(&[(10, 70), (100, 110)]), lives(&[(105, 0)])];
    let days = day(&run(None), &alerts);
    assert_eq!((days.alarms, days.with_alarm, days.runs), (2, 1, 1));
    assert_eq!(days.judged_ms, 120 * MINUTE);
    assert_eq!(days.firing_ms, (10 + 80) * MINUTE);
    assert!((days.share_of_time() - 0.75).abs() < 1e-12);
    let week = days.per_week().unwrap();
    assert!((week.value - 2.0 * 84.0).abs() < 1e-9, "two in two hours: {week:?}");
    let quiet = day(&run(None), &[lives(&[(10, 59)])]);
    assert_eq!((quiet.alarms, quiet.firing_ms), (0, 0));
}

#[test]
fn a_trial_tells_delay_end_and_flapping() {
    let run = trial();
    let found =
        tried(&run, run.trial.as_ref().unwrap(), &[lives(&[(123, 128), (130, 135)])], 180 * MINUTE);
    assert_eq!((found.of, found.detected, found.alerts, found.flapped), (1, 1, 1, 1));
    assert_eq!(found.delays, [180.0]);
    assert_eq!(found.resolves, [300.0]);
    // Two alerts, one of which never resolves.
    let two = [lives(&[(125, 0)]), lives(&[(121, 122)])];
    let found = tried(&run, run.trial.as_ref().unwrap(), &two, 180 * MINUTE);
    assert_eq!((found.alerts, found.flapped, found.unresolved), (2, 0, 1));
    assert_eq!((found.delays, found.resolves), (vec![60.0], vec![]));
}

#[test]
fn what_fired_before_or_long_after_is_not_the_incidents() {
    let run = trial();
    let trial = run.trial.as_ref().unwrap();
    let before = tried(&run, trial, &[lives(&[(100, 125)])], 180 * MINUTE);
    assert_eq!((before.already, before.of, before.detected), (1, 0, 0));
    let after = tried(&run, trial, &[lives(&[(100, 110), (165, 170)])], 180 * MINUTE);
    assert_eq!((after.of, after.detected), (1, 0));
    let in_time = tried(&run, trial, &[lives(&[(159, 170)])], 180 * MINUTE);
    assert_eq!(in_time.detected, 1);
}
