//! A run made by hand, with one of everything, and what each renderer makes of it.

use std::path::Path;

use sim::world::{Instance, Module};

use super::*;
use paint::Paint;
use prom::problem::Code;
use proof::verify::{
    ask::Verdict,
    bind::Unproven,
    evidence::Evidence,
    question::{Form, Place, Question},
};
use replay::Road;
use truth::{
    fact::{Condition, Expected, Fact, Total},
    judge::{Breach, BreachKind, Finding},
    quantity::Quantity,
};

const EPOCH_MS: i64 = 1_767_571_200_000;

fn scenario(name: &str, more: &str) -> Scenario {
    let text = format!("about: A story.\nseed: 7\nduration: 2h\n{more}");
    Scenario::parse(Path::new(&format!("{name}.yaml")), &text).unwrap()
}

fn place(panel: &str) -> Place {
    Place {
        dashboard: "llm-provider".to_owned(),
        panel: panel.to_owned(),
        ref_id: "A".to_owned(),
        selection: String::new(),
    }
}

fn requests(conditions: Vec<Condition>) -> Total {
    Total {
        quantities: vec![Quantity::LlmRequests],
        conditions,
        by: vec!["provider".to_owned()],
        per_second: true,
        times: 1.0,
        hides_zero: false,
    }
}

fn verdict(panel: &str, finding: Finding) -> Verdict {
    let error = Condition { label: "status".to_owned(), values: vec!["error".to_owned()] };
    let at_ms = EPOCH_MS + 2_490_000;
    let evidence = finding.breaches.first().map(|_| Evidence {
        from_ms: at_ms - 20_000,
        at_ms,
        samples: vec![(
            Instance { module: Module::LlmProvider, replica: 0 },
            (1..5).map(|nth| at_ms - 5_000 * nth + 1_234).rev().collect(),
        )],
        labels: None,
    });
    Verdict {
        question: Question {
            place: place(panel),
            expr: "sum by (provider) (irate(x[20s]))".to_owned(),
            form: Form::Range {
                start_ms: EPOCH_MS + 2_460_000,
                end_ms: EPOCH_MS + 6_060_000,
                step_ms: 15_000,
            },
            fact: Fact::Ratio { part: requests(vec![error]), whole: requests(vec![]) },
            window_ms: 20_000,
            legend: None,
            why: "the last hour".to_owned(),
        },
        finding,
        refused: None,
        misnamed: None,
        remarks: Vec::new(),
        blind: None,
        evidence,
        picture: None,
    }
}

fn red() -> Verdict {
    let breach = Breach {
        labels: vec![("provider".to_owned(), "openai".to_owned())],
        at_ms: EPOCH_MS + 2_490_000,
        observed: Some(0.9),
        expected: Some(Expected::Value { exact: (0.45, 0.45), real: (0.4, 0.5) }),
        kind: BreachKind::Inexact,
    };
    verdict("Error rate", Finding { points: 1000, values: 900, broken: 12, breaches: vec![breach] })
}

fn green() -> Verdict {
    verdict("Cost", Finding { points: 1000, values: 900, broken: 0, breaches: vec![] })
}

fn judged(scenario: Scenario, verdicts: Vec<Verdict>, unproven: Vec<Unproven>) -> Outcome {
    let report = ScenarioReport {
        epoch: scenario.epoch,
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        verdicts,
        wiring: Vec::new(),
        alerts: Vec::new(),
        unproven,
        changed: Vec::new(),
        remarks: Vec::new(),
        requests: 36_000,
        events: 252_000,
        samples: 1_180_000,
        kept: None,
    };
    Outcome { scenario, cut: Vec::new(), end: End::Judged { report, seconds: 9.25 } }
}

fn run(outcomes: Vec<Outcome>) -> Run {
    Run {
        stack: Stack {
            chosen: "native",
            why: "no URL is given".to_owned(),
            name: "Prometheus".to_owned(),
            version: "2.42.0".to_owned(),
            engine: "Prometheus 2.42.0 (/usr/bin/prometheus; found on PATH)".to_owned(),
            exactly: true,
        },
        problems: Vec::new(),
        outcomes,
        alerts: Vec::new(),
        brackets: None,
        whole: false,
        interrupted: false,
        replay: Replay {
            road: Road::Backfill,
            flags: vec!["--duration".to_owned(), "2h".to_owned()],
        },
    }
}

const CHAT: &str = "traffic: { profile: chat, rate: 5/s }\n";
const TRACE: &str = "traffic: { profile: chat, trace: { file: t.csv, source: https://t } }\n";

/// A red panel under two scenarios, an unproven one, a wrong file, a trace that is missing, a scenario that failed.
fn everything() -> Run {
    let doubt = Unproven { place: place("New"), reason: "has no contract: write one".to_owned() };
    let mut run = run(vec![
        judged(scenario("burst", CHAT), vec![green(), red(), red()], vec![doubt.clone()]),
        Outcome {
            scenario: scenario("flaky", CHAT),
            cut: Vec::new(),
            end: End::NotJudged {
                error: "prometheus ended".to_owned(),
                remedy: "name another Prometheus".to_owned(),
            },
        },
        judged(scenario("outage", CHAT), vec![green(), red(), green()], vec![doubt]),
        Outcome {
            scenario: scenario("trace", TRACE),
            cut: Vec::new(),
            end: End::NotRun {
                needs: "t.csv".to_owned(),
                remedy: "get it from https://t and name its directory: --trace-dir DIR".to_owned(),
                named: false,
            },
        },
    ]);
    run.problems = vec![
        Problem::new(Code::DashboardWithoutUid, Path::new("d.json"), 3, "no uid").remedy("add one"),
        Problem::new(Code::NoDescription, Path::new("d.json"), 4, "no description"),
    ];
    run
}

#[test]
fn a_red_verdict_says_what_was_asked_what_came_and_what_should_have() {
    let expected = "\
Prometheus 2.42.0 (/usr/bin/prometheus; found on PATH)
stack: native: no URL is given; judged exactly and truly
Grafana: not used: Prometheus was asked directly, with the queries that Grafana would send

          llm-
scenario  provider     points  seconds
burst     1 ✓ 1 ✗ 1 ?   3,000      9.2
flaky     not judged: see below
outage    1 ✓ 1 ✗ 1 ?   3,000      9.2
trace     not run: needs t.csv

trace: not run, needs t.csv: get it from https://t and name its directory: --trace-dir DIR

✗ d.json:3: no uid [dashboard-without-uid] (add one)

1 warning about the files: see `dashproof check`

✗ llm-provider/Error rate A under burst
    query     sum by (provider) (irate(x[20s]))
    asked     2026-01-05 00:41:00Z to 01:41:00Z every 15s: the last hour
    series    {provider=\"openai\"}
    at        2026-01-05 00:41:30Z, 41m30s after the start
    observed  0.9 (differs from Prometheus' own arithmetic on the simulated samples)
    expected  0.45 from the samples; 0.4 to 0.5 possible given the real events
    truth     share with status=error of llm_provider.requests by provider over 20s
    window    2026-01-05 00:41:10Z to 00:41:30Z
    scraped   llm-provider 00:41:11.234Z 00:41:16.234Z 00:41:21.234Z 00:41:26.234Z
    run       seed 7, backfill mode, Prometheus 2.42.0
    replay    dashproof verify burst --seed 7 --only 'llm-provider/Error rate' --duration 2h
    broken    2 of 2 views, 24 of 2,000 points
    also      outage (1 of 1)

? unproven llm-provider/New A has no contract: write one

✗ not judged flaky: prometheus ended
    name another Prometheus

✗ broken: 1 of 2 queries, under 2 of 2 scenarios · 1 error in files · 1 unproven · 1 not judged · 1 not run · exit 1
";
    let found = text::text(&everything(), Paint::PLAIN, false);
    assert_eq!(found, expected, "\n{found}");
}

#[test]
fn colours_change_nothing_but_colours() {
    let painted = text::text(&everything(), Paint { colours: true }, false);
    let mut plain = String::new();
    for part in painted.split("\x1b[") {
        let text = if plain.is_empty() { Some(part) } else { part.split_once('m').map(|p| p.1) };
        plain.push_str(text.unwrap_or_default());
    }
    assert_eq!(plain, text::text(&everything(), Paint::PLAIN, false));
}

#[test]
fn a_brief_report_of_what_holds_is_one_line() {
    let run = run(vec![judged(scenario("burst", CHAT), vec![green()], vec![])]);
    let line = "✓ held: 1 query under 1 scenario, 1,000 points · exit 0\n";
    assert_eq!(text::text(&run, Paint::PLAIN, true), line);
}

#[test]
fn json_says_the_same_to_programs() {
    let document: serde_json::Value = serde_json::from_str(&json::json(&everything())).unwrap();
    assert_eq!(document["schema"], 1);
    assert_eq!((&document["conclusion"], &document["exit_code"]), (&"broken".into(), &1.into()));
    assert_eq!(document["problems"][0]["message"], "no uid");
    assert_eq!(document["unproven"][0]["scenarios"], serde_json::json!(["burst", "outage"]));
    let states: Vec<&str> =
        (0..4).map(|nth| document["scenarios"][nth]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["judged", "not_judged", "judged", "not_run"]);
    let verdict = &document["scenarios"][0]["verdicts"][1];
    assert_eq!(verdict["held"], false);
    assert_eq!(verdict["at"]["range"]["step"], "15s");
    assert_eq!(verdict["breaches"][0]["observed"], 0.9);
    assert_eq!(verdict["breaches"][0]["expected"]["real"], serde_json::json!([0.4, 0.5]));
    assert_eq!(verdict["samples"]["llm-provider/0"][0], "2026-01-05T00:41:11.234Z");
    assert!(verdict["replay"].as_str().unwrap().starts_with("dashproof verify burst --seed 7"));
    assert_eq!(document["scenarios"][0]["verdicts"][0]["replay"], serde_json::Value::Null);
}

#[test]
fn every_member_of_the_json_is_in_its_schema() {
    let schema: serde_json::Value = serde_json::from_str(&json::schema()).unwrap();
    let document: serde_json::Value = serde_json::from_str(&json::json(&everything())).unwrap();
    let members = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let described = |pointer: &str| members(schema.pointer(pointer).unwrap());
    assert_eq!(members(&document), described("/properties"));
    assert_eq!(
        members(&document["scenarios"][0]["verdicts"][0]),
        described("/$defs/verdict/properties")
    );
}

#[test]
fn numbers_that_json_lacks_are_texts() {
    let mut broken = red();
    let real = (f64::NEG_INFINITY, f64::INFINITY);
    broken.finding.breaches[0].observed = Some(f64::NAN);
    broken.finding.breaches[0].expected = Some(Expected::Value { exact: (1.0, 1.0), real });
    let run = run(vec![judged(scenario("burst", CHAT), vec![broken], vec![])]);
    let document: serde_json::Value = serde_json::from_str(&json::json(&run)).unwrap();
    let breach = &document["scenarios"][0]["verdicts"][0]["breaches"][0];
    assert_eq!(breach["observed"], "NaN");
    assert_eq!(breach["expected"]["real"], serde_json::json!(["-Inf", "+Inf"]));
}

#[test]
fn junit_has_a_suite_for_each_scenario_and_a_case_for_each_target() {
    let xml = junit::junit(&everything());
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    let suites: Vec<(&str, usize, usize, usize, usize)> = report
        .test_suites
        .iter()
        .map(|s| (s.name.as_str(), s.tests, s.failures, s.errors, s.skipped))
        .collect();
    assert_eq!(
        suites,
        [
            ("files", 1, 1, 0, 0),
            ("burst", 3, 2, 0, 0),
            ("flaky", 1, 0, 1, 0),
            ("outage", 3, 2, 0, 0),
            ("trace", 1, 0, 0, 1),
        ]
    );
    assert!(xml.contains("irate(x[20s])") && xml.contains("has no contract"), "{xml}");
}

#[test]
fn the_conclusion_is_the_worst_that_is_certain() {
    let burst = |verdict| judged(scenario("burst", CHAT), vec![verdict], vec![]);
    let end = |end| Outcome { scenario: scenario("trace", TRACE), cut: vec![], end };
    let not_run =
        |named| end(End::NotRun { needs: "t.csv".to_owned(), remedy: String::new(), named });
    let failed = || end(End::NotJudged { error: "no".to_owned(), remedy: String::new() });
    let table = [
        (vec![burst(green())], Conclusion::Held),
        (vec![burst(green()), not_run(false)], Conclusion::Held),
        (vec![burst(green()), not_run(true)], Conclusion::NotJudged),
        (vec![burst(green()), failed()], Conclusion::NotJudged),
        (vec![burst(red()), failed()], Conclusion::Broke),
        (vec![not_run(false)], Conclusion::NotJudged),
        (vec![], Conclusion::NotJudged),
    ];
    for (outcomes, conclusion) in table {
        assert_eq!(run(outcomes).conclusion(), conclusion);
    }
    let mut stopped = run(vec![burst(red())]);
    stopped.interrupted = true;
    assert_eq!(stopped.conclusion().exit_code(), 130);
    let mut flawed = run(vec![burst(green())]);
    flawed.problems = vec![Problem::new(Code::NoUnit, Path::new("d"), None, "odd")];
    assert_eq!(flawed.conclusion(), Conclusion::Held);
    flawed.problems = vec![Problem::new(Code::WrongType, Path::new("d"), None, "wrong")];
    assert_eq!(flawed.conclusion(), Conclusion::Broke);
}
