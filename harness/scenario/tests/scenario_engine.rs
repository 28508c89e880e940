//! From a scenario to its events: shapes of traffic, overrides, traces.

use std::{fs, path::Path};

use scenario::{Overrides, Scenario};
use sim::{
    event::{Event, EventKind},
    incident::IncidentKind,
    time::Nanos,
    world::Module,
};

const fn minutes(n: u64) -> Nanos {
    Nanos(n * Nanos::MINUTE.0)
}

fn scenario(rest: &str) -> Scenario {
    let text = format!("about: A story.\n{rest}\n");
    Scenario::parse(Path::new("story.yaml"), &text)
        .unwrap_or_else(|problems| panic!("{problems:?} in\n{text}"))
}

fn events(scenario: &Scenario) -> Vec<Event> {
    let mut events = Vec::new();
    let mut engine = scenario.engine().expect("the story has traffic");
    engine.run_until(scenario.duration, &mut |event| events.push(*event));
    events
}

/// Requests that arrive in each of `parts` equal parts of the scenario.
fn arrivals(scenario: &Scenario, parts: u64) -> Vec<u64> {
    let mut engine = scenario.engine().expect("the story has traffic");
    let mut so_far = 0;
    (1..=parts)
        .map(|part| {
            engine.run_until(Nanos(scenario.duration.0 / parts * part), &mut |_| {});
            let arrived = engine.balance().arrived;
            arrived - std::mem::replace(&mut so_far, arrived)
        })
        .collect()
}

fn near(count: u64, expected: f64) -> bool {
    (count as f64 / expected - 1.0).abs() < 0.15
}

#[test]
fn phases_follow_one_another_and_bursts_lie_on_top() {
    let story = scenario(
        "duration: 50m\ntraffic:\n  profile: rag\n  rate: 20/s\n  shape:\n    - { for: 10m, constant: 0.5 }\n    \
         - { for: 10m, ramp: { from: 0, to: 2 } }\n    - { for: 10m, stop: }\n    - { constant: 1 }\n  \
         bursts:\n    - { at: 40m, for: 10m, factor: 3 }",
    );
    let counted = arrivals(&story, 5);
    for (part, (count, per_second)) in counted.iter().zip([10.0, 20.0, 0.0, 20.0, 60.0]).enumerate()
    {
        let expected = per_second * 600.0;
        assert!(
            *count == 0 && expected == 0.0 || near(*count, expected),
            "part {part}: {counted:?}"
        );
    }
}

#[test]
fn the_day_begins_at_the_hour_of_the_epoch() {
    let of_the_night = |hour: u32| {
        let epoch = format!("epoch: 2026-01-05T{hour:02}:00:00Z");
        let shape = "traffic: { profile: code, rate: 20/s, shape: [{ diurnal: 1 }] }";
        arrivals(&scenario(&format!("{epoch}\nduration: 1h\n{shape}")), 1)[0] as f64
    };
    // Peak to valley is 34.5.
    assert!(15.0 * of_the_night(2) < of_the_night(14));
}

#[test]
fn a_longer_duration_lets_the_last_phase_go_on() {
    let story = scenario(
        "duration: 20m\ntraffic: { profile: rag, rate: 20/s, shape: [{ for: 10m, constant: 0 }, { for: 10m, ramp: \
         { from: 0, to: 1 } }] }",
    );
    let overrides = Overrides { duration: Some(minutes(40)), ..Overrides::default() };
    let (longer, _) = story.with(&overrides);
    let counted = arrivals(&longer, 4);
    assert!(counted[0] == 0 && near(counted[1], 6_000.0), "{counted:?}");
    assert!(near(counted[2], 12_000.0) && near(counted[3], 12_000.0), "{counted:?}");
}

#[test]
fn a_shorter_duration_plays_the_same_beginning_and_names_what_it_cuts() {
    let story = scenario(
        "duration: 1h\ntraffic: { profile: chat, rate: 10/s }\ntimeline:\n  - { at: 50m, for: 5m, traffic_stop: }\n  \
         - { at: 5m, for: 5m, guard_slow: { factor: 3 } }\n  - { at: 18m, for: 5m, guard_bypassed: }",
    );
    let whole = events(&story);
    let (shorter, cut) =
        story.with(&Overrides { duration: Some(minutes(17)), ..Overrides::default() });
    let kinds: Vec<IncidentKind> = cut.iter().map(|incident| incident.kind).collect();
    assert_eq!(kinds, [IncidentKind::TrafficStop, IncidentKind::GuardBypassed]);
    assert_eq!(shorter.edges(), [minutes(5), minutes(10)]);
    let beginning = events(&shorter);
    assert!(beginning == whole[..beginning.len()]);
}

#[test]
fn another_seed_tells_the_story_otherwise() {
    let story = || scenario("duration: 5m\ntraffic: { profile: api, rate: 10/s }");
    let (other, _) = story().with(&Overrides { seed: Some(2), ..Overrides::default() });
    assert!(events(&story()) == events(&story()));
    assert!(events(&story()) != events(&other));
}

#[test]
fn edges_are_in_order_and_told_once() {
    let story = scenario(
        "duration: 1h\ntraffic: { profile: chat, rate: 1/s }\ntimeline:\n  - { at: 30m, for: 30m, traffic_stop: }\n  \
         - { at: 10m, for: 20m, guard_slow: { factor: 3 } }\n  - { at: 20m, cache_flush: }",
    );
    assert_eq!(story.edges(), [10, 20, 30, 60].map(minutes));
}

#[test]
fn the_world_is_as_the_file_says() {
    let story = scenario(
        "duration: 10m\ntraffic: { profile: chat, rate: 20/s }\nreplicas: { llm-provider: 3 }\nworld:\n  \
         deployments: { openai/gpt-4o: 0, openai/gpt-4o-mini: 0 }\n  cache_hits: { exact: 0, semantic: 0 }\n  \
         attacks: 0\n  false_positives: 0\n  operations: { create: 0, read: 0, update: 0, delete: 0, render: 0 }",
    );
    let mut replicas = [0_u64; 3];
    for event in events(&story) {
        match event.kind {
            EventKind::LlmRequest { deployment, error: None, .. } => {
                assert_ne!(deployment.to_string().split("/").next(), Some("openai"));
                replicas[usize::from(event.replica)] += 1;
            }
            EventKind::CacheLookup(result) => assert_eq!(result.to_string(), "miss"),
            EventKind::ManagerOperation { operation, .. } => {
                assert_eq!(operation.to_string(), "execute")
            }
            EventKind::Injection { .. } => panic!("{event:?} without attacks"),
            _ => {}
        }
    }
    assert!(replicas.iter().all(|count| near(*count, replicas[0] as f64)), "{replicas:?}");
}

/// A trace of three requests, at 0, 12 and 22 seconds.
const TRACE: &str = "\
TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.0000000,374,44
2023-11-16 18:15:58.0000000,396,109
2023-11-16 18:16:08.0000000,879,55
";

const REPLAY: &str =
    "duration: 1m\ntraffic: { profile: chat, trace: { file: t.csv, source: \"https://example.com\"";

#[test]
fn a_trace_is_looked_for_in_the_directory_and_replayed() {
    let directory = tempfile::tempdir().unwrap();
    let story = || scenario(&format!("{REPLAY} }} }}"));
    let overrides =
        Overrides { trace_dir: Some(directory.path().to_owned()), ..Overrides::default() };
    let (missing, _) = story().with(&overrides);
    assert_eq!(missing.needs().map(|trace| trace.file.as_str()), Some("t.csv"));
    let error = missing.engine().unwrap_err().to_string();
    assert_eq!(
        error,
        "trace t.csv was not found; get it from https://example.com and name its directory with --trace-dir"
    );
    fs::write(directory.path().join("t.csv"), TRACE).unwrap();
    let (found, _) = story().with(&overrides);
    assert!(found.needs().is_none());
    assert_eq!(arrivals(&found, 6), [1, 1, 1, 0, 0, 0]);
}

#[test]
fn a_trace_is_replayed_faster_in_part_and_over_and_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.csv");
    fs::write(&path, TRACE).unwrap();
    let story = scenario(&format!("{REPLAY}, speed: 2, from: 10s, to: 20s, loop: true }} }}"));
    let (story, _) = story.with(&Overrides { trace: Some(path), ..Overrides::default() });
    // One request in each five seconds.
    assert_eq!(arrivals(&story, 6), [2, 2, 2, 2, 2, 2]);
}

#[test]
fn a_bad_row_is_an_error_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.csv");
    fs::write(&path, format!("{TRACE}2023-11-16 18:16:16.0000000,many,5\n")).unwrap();
    let story = scenario(&format!("{REPLAY} }} }}"));
    let (story, _) = story.with(&Overrides { trace: Some(path.clone()), ..Overrides::default() });
    let error = story.engine().unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}:5: ", path.display())), "{error}");
}

/// Both sides of validation know the same prompts, also across restarts; what counters show of them differs, since what
/// a process did after its last scrape goes with it.
#[test]
fn a_restart_loses_verdicts_only_for_those_who_scrape() {
    let file = Path::new("../../scenarios/restart.yaml");
    let story = Scenario::parse(file, &fs::read_to_string(file).unwrap()).unwrap();
    let events = events(&story);
    let stopped = |module: Module| {
        let of = move |event: &&Event| event.kind == EventKind::Stopped(module);
        events.iter().filter(of).map(|event| event.at).collect::<Vec<_>>()
    };
    let [guard_stops] = stopped(Module::PromptSecurity)[..] else {
        panic!("the guard restarts once")
    };
    let guard_starts = guard_stops + Nanos(12 * Nanos::SECOND.0);
    let judged = events.iter().filter(|event| matches!(event.kind, EventKind::Validation(_)));
    let learnt =
        events.iter().filter(|event| matches!(event.kind, EventKind::ManagerValidation(_)));
    // While there is no guard to ask, prompt-manager notes that it learnt nothing.
    let asked = learnt.clone().filter(|event| !(guard_stops..guard_starts).contains(&event.at));
    assert_eq!(judged.count(), asked.count());
    // A scrape every 5 s may lose as much as happened in 5 s before each of prompt-manager's two restarts.
    let stops = stopped(Module::PromptManager);
    let unscraped = learnt.filter(|event| {
        stops.iter().any(|stop| event.at <= *stop && *stop < event.at + Nanos(5 * Nanos::SECOND.0))
    });
    let unscraped = unscraped.count();
    assert!((13..60).contains(&unscraped), "{unscraped}");
}
