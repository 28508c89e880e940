//! What every shipped scenario keeps, and what single ones are for.

use std::{fs, path::Path};

use scenario::{Overrides, Traffic};
use sim::time::Nanos;

use super::{census::Census, directory, named, shipped};

#[test]
fn every_scenario_has_a_story_and_the_schema_at_its_head() {
    let scenarios = shipped();
    assert!(14 <= scenarios.len());
    for scenario in &scenarios {
        let text = fs::read_to_string(&scenario.file).unwrap();
        assert!(
            text.starts_with("# yaml-language-server: $schema=schema.json\n"),
            "{}",
            scenario.name
        );
        assert!(scenario.about.ends_with('.'), "{}: one sentence", scenario.name);
        assert!(directory().join("schema.json").is_file());
    }
}

#[test]
fn every_scenario_that_needs_no_trace_runs() {
    for scenario in shipped() {
        if scenario.needs().is_some() {
            assert!(scenario.engine().is_err(), "{}", scenario.name);
            continue;
        }
        let (scenario, _) = scenario.with(&Overrides {
            duration: Some(Nanos(10 * Nanos::MINUTE.0)),
            ..Overrides::default()
        });
        let mut engine = scenario.engine().unwrap();
        let mut events = 0;
        engine.run_until(scenario.duration, &mut |_| events += 1);
        assert!(0 < events, "{}", scenario.name);
        assert_eq!(engine.arrivals().error().map(ToString::to_string), None);
    }
}

#[test]
fn every_trace_scenario_says_where_its_trace_is() {
    let mut files: Vec<String> = Vec::new();
    for scenario in shipped() {
        if let Traffic::Replayed(trace) = scenario.traffic.clone() {
            assert!(trace.source.starts_with("https://"), "{}", scenario.name);
            assert!(scenario.needs().is_some());
            let elsewhere =
                Overrides { trace: Some(Path::new("/elsewhere").into()), ..Overrides::default() };
            assert!(scenario.with(&elsewhere).0.needs().is_none());
            files.push(trace.file);
        }
    }
    files.sort();
    let expected = [
        "AzureLLMInferenceTrace_code.csv.gz",
        "AzureLLMInferenceTrace_conv.csv.gz",
        "ragpulse_0_trace.jsonl.gz",
    ];
    assert_eq!(files, expected);
}

#[test]
fn every_series_of_every_panel_is_distinct_and_not_zero_in_each_hour() {
    let scenario = named("every-series-distinct");
    let mut engine = scenario.engine().unwrap();
    for hour in 1..=scenario.duration.0 / Nanos::HOUR.0 {
        let mut census = Census::default();
        engine.run_until(Nanos(hour * Nanos::HOUR.0), &mut |event| census.count(&event.kind));
        let (zeros, ties) = (census.zeros(), census.ties());
        assert!(
            zeros.is_empty() && ties.is_empty(),
            "hour {hour}: never happened: {zeros:#?}\nequal: {ties:#?}"
        );
    }
}
