//! Bad scenario files, and what is said about them: file, line, what was expected, what to do. All of it at once.

use std::path::Path;

use scenario::Scenario;

/// The start of a good file; what is wrong follows on line 4.
const GOOD: &str = "about: A story.\nduration: 2h\ntraffic: { profile: chat, rate: 5/s }\n";

/// Every kind of incident.
const KINDS: &str = "provider_outage, provider_latency, provider_throttling, injection_attack, cache_flush, \
    model_shift, price_missing, guard_slow, guard_bypassed, traffic_stop, module_down, module_restart, \
    module_removed, metric_renamed, cardinality_growth, metrics_slow";

const DEPLOYMENTS: &str = "openai/gpt-4o, openai/gpt-4o-mini, anthropic/claude-sonnet-4-6, \
    anthropic/claude-haiku-4-5, azure_openai/gpt-4o, azure_openai/gpt-4o-mini, local/gpt-oss-120b, \
    local/llama-3.3-70b, other/other";

/// What is said about a text, without the file's name.
fn said(text: &str) -> Vec<String> {
    match Scenario::parse(Path::new("story.yaml"), text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| {
                problem
                    .to_string()
                    .strip_prefix("story.yaml:")
                    .expect("the file is named")
                    .to_owned()
            })
            .collect(),
    }
}

/// Each row is what stands in the file and what is said about it, line by line.
fn check_all(rows: &[(&str, &str)], file: impl Fn(&str) -> String) {
    for (row, expected) in rows {
        let text = file(row);
        let expected = expected.replace("KINDS", KINDS).replace("DEPLOYMENTS", DEPLOYMENTS);
        assert_eq!(said(&text).join("\n"), expected, "of\n{text}");
    }
}

#[test]
fn a_good_file_is_good() {
    assert_eq!(said(GOOD), [""; 0]);
    assert_eq!(said(&format!("{GOOD}timeline:\n  - {{ at: 1h, cache_flush: }}\n")), [""; 0]);
}

#[test]
fn what_is_no_mapping_of_known_keys_is_refused() {
    check_all(
        &[
            (
                "",
                "1: missing key about; expected text\n\
                 1: missing key duration; expected a duration such as 90s, 10m or 2h30m\n\
                 1: missing key traffic; expected a mapping",
            ),
            (
                "- a\n",
                "1: expected a mapping with the keys about, seed, epoch, duration, traffic, replicas, scrape_phase, \
                 pace, world, timeline, expect, found a list",
            ),
            (
                "about: a\nabout: b\n",
                "2: duplicate mapping key: about (in YAML, keys are unique, indentation is by spaces, and text with \
                 \": \" in it is quoted)",
            ),
            (
                "about: a: b\n",
                "1: mapping values are not allowed in this context (in YAML, keys are unique, indentation is by \
                 spaces, and text with \": \" in it is quoted)",
            ),
            (
                "abuot: A story.\nduration: 2h\ntraffic: { profile: chat, rate: 5/s }\n",
                "1: unknown key \"abuot\"; expected one of about, seed, epoch, duration, traffic, replicas, \
                 scrape_phase, pace, world, timeline, expect (did you mean about?)\n\
                 1: missing key about; expected text",
            ),
        ],
        str::to_owned,
    );
}

#[test]
fn values_say_what_they_expected() {
    check_all(
        &[
            ("seed: -1", "4: seed: expected a whole number from 0, found -1"),
            (
                "epoch: 2026-01-05",
                "4: epoch: expected an instant in UTC such as 2026-01-05T09:00:00Z, found \"2026-01-05\"",
            ),
            (
                "replicas: { llm-provider: 0 }",
                "4: llm-provider: expected from 1 to 8 copies, found 0",
            ),
            (
                "replicas: { llm_provider: 2 }",
                "4: unknown module \"llm_provider\"; expected one of prompt-manager, prompt-security, llm-provider \
                 (did you mean llm-provider?)",
            ),
            (
                "scrape_phase: random",
                "4: scrape_phase: unknown scrape phase \"random\"; expected one of seeded, aligned",
            ),
            ("pace: fast", "4: pace: unknown pace \"fast\"; expected one of short, shipped"),
            (
                "world: { attacks: 2, cache_hits: { exact: 70%, semantic: 50% }, operations: { run: 1 } }",
                "4: attacks: expected a share from 0 to 1, or from 0% to 100%, found 2\n\
                 4: expected shares of cache hits that are together at most 1\n\
                 4: unknown operation \"run\"; expected one of create, read, update, delete, render, execute",
            ),
            (
                "world: { llm_operations: { chat: 0, completion: 0, embedding: 0 } }",
                "4: expected at least one operation with a weight above 0",
            ),
            ("timeline: 5", "4: timeline: expected a list, found 5"),
        ],
        |row| format!("{GOOD}{row}\n"),
    );
}

#[test]
fn traffic_fits_the_scenario() {
    check_all(
        &[
            (
                "chat",
                "3: traffic: expected a mapping with the keys profile, rate, shape, bursts, trace, found \"chat\"",
            ),
            (
                "{ profile: chatt, rate: 5 }",
                "3: profile: unknown profile \"chatt\"; expected one of chat, code, api, rag, agent (did you mean chat?)\n\
                 3: rate: expected a rate such as 5/s, 300/min or 20/h, found 5",
            ),
            (
                "{ profile: chat }",
                "3: missing key rate; expected a rate such as 5/s, 300/min or 20/h",
            ),
            (
                "{ profile: chat, rate: 5/s, shape: [{ for: 1h, constant: 1 }] }",
                "3: the phases are together 1h shorter than the scenario (leave out `for` of the last one, which then \
                 lasts until the end)",
            ),
            (
                "{ profile: chat, rate: 5/s, shape: [{ for: 3h, constant: 1 }] }",
                "3: the phases are together 1h longer than the scenario (shorten them, or leave out `for` of the last \
                 one)",
            ),
            (
                "{ profile: chat, rate: 5/s, shape: [{ constant: 1 }, { for: 1h, stop: }] }",
                "3: missing key for; expected a duration such as 90s, 10m or 2h30m",
            ),
            (
                "{ profile: chat, rate: 5/s, shape: [{ constant: 1, diurnal: 1 }] }",
                "3: expected exactly one of constant, ramp, diurnal, stop in a phase",
            ),
            (
                "{ profile: chat, rate: 5/s, shape: [{ ramp: { from: -1 } }] }",
                "3: from: expected a number of 0 or more, such as 0.3, found -1\n\
                 3: missing key to; expected a number of 0 or more, such as 0.3",
            ),
            (
                "{ profile: chat, rate: 5/s, bursts: [{ at: 110m, for: 20m, factor: 0 }] }",
                "3: factor: expected a factor above 0, such as 2.5, found 0\n\
                 3: ends at 2h10m, after the scenario's end at 2h (let it begin or end earlier, or make the scenario \
                 longer)",
            ),
            (
                "{ profile: chat, rate: 5/s, trace: { file: x.csv } }",
                "3: rate does not go with a trace, which has its own (remove it; `speed` changes a trace's rate)\n\
                 3: missing key source; expected text",
            ),
            (
                "{ profile: chat, trace: { file: a/x.csv, source: s, from: 2h, to: 1h, speed: fast } }",
                "3: speed: expected a factor above 0, such as 2.5, found \"fast\"\n\
                 3: expected an end of the trace's window after its beginning\n\
                 3: expected the name of a trace without a path (name its directory by --trace-dir)",
            ),
        ],
        |row| format!("about: A story.\nduration: 2h\ntraffic: {row}\n"),
    );
}

#[test]
fn incidents_fit_the_scenario() {
    check_all(
        &[
            ("{ at: 1h, for: 10m }", "5: expected an incident: one of KINDS"),
            (
                "{ at: 1h, for: 10m, provider_outage: { provider: opnai, failing: 190% } }",
                "5: provider: unknown provider \"opnai\"; expected one of openai, anthropic, azure_openai, local, other \
                 (did you mean openai?)\n\
                 5: failing: expected a share from 0 to 1, or from 0% to 100%, found \"190%\"",
            ),
            (
                "{ at: 1h, for: 10m, provider_outage: openai }",
                "5: provider_outage: expected a mapping with the keys provider, failing, found \"openai\"",
            ),
            (
                "{ at: 1h, for: 10m, provider_outages: { provider: openai, failing: 90% } }",
                "5: unknown key \"provider_outages\"; expected one of at, for, KINDS (did you mean provider_outage?)\n\
                 5: expected an incident: one of KINDS",
            ),
            (
                "{ at: 1h, for: 10m, guard_bypassed: , traffic_stop: }",
                "5: expected one incident in an entry, found guard_bypassed, traffic_stop (give each an entry of its own)",
            ),
            (
                "{ at: 115m, for: 10m, traffic_stop: }",
                "5: ends at 2h5m, after the scenario's end at 2h (let it begin or end earlier, or make the scenario \
                 longer)",
            ),
            (
                "{ at: 1h, traffic_stop: }",
                "5: missing key for; expected a duration such as 90s, 10m or 2h30m",
            ),
            (
                "{ at: 1h, for: 1m, cache_flush: }",
                "5: a cache flush is an instant and has no length (remove `for`)",
            ),
            (
                "{ at: 2h, cache_flush: }",
                "5: begins at or after the scenario's end (let it begin earlier)",
            ),
            (
                "{ at: 1h, for: 0s, traffic_stop: }",
                "5: expected a length above 0 for `for`, found 0",
            ),
            (
                "{ at: 1h, for: 1m, module_down: { module: llm-provider, replica: 1 } }",
                "5: expected a copy of llm-provider from 0 to 0, found 1 (`replicas` says how many copies run)",
            ),
            (
                "{ at: 1h, for: 1m, model_shift: { to: openai/gpt4o, share: 0.5 } }",
                "5: to: unknown deployment \"openai/gpt4o\"; expected one of DEPLOYMENTS (did you mean openai/gpt-4o?)",
            ),
            (
                "{ at: 1h, for: 1m, cardinality_growth: { module: prompt-manager, series: 1000000 } }",
                "5: series: expected from 1 to 100000 series, found 1000000",
            ),
            (
                "{ at: 1h, for: 1m, price_missing: { } }",
                "5: missing key deployment; expected a deployment (DEPLOYMENTS)",
            ),
            (
                "{ at: 1.5h, for: -1m, injection_attack: { share: many, size: 3 } }",
                "5: unknown key \"size\"; expected one of share\n\
                 5: at: expected a duration such as 90s, 10m or 2h30m, found \"1.5h\"\n\
                 5: for: expected a duration such as 90s, 10m or 2h30m, found \"-1m\"\n\
                 5: share: expected a share from 0 to 1, or from 0% to 100%, found \"many\"",
            ),
        ],
        |row| format!("{GOOD}timeline:\n  - {row}\n"),
    );
}

#[test]
fn expectations_are_of_alerts_and_hold_no_values() {
    check_all(
        &[
            ("values: [1]", "4: unknown key \"values\"; expected one of alerts"),
            (
                "alerts: [{ fires: A b }]",
                "4: expected the name of an alert, or \"everything else\" after silent, found \"A b\"",
            ),
            (
                "alerts: [{ silent: Up, told: critical }, { fires: Up, told: 5, tell: critical }]",
                "4: unknown key \"tell\"; expected one of fires, within, labels, resolves, told, silent (did you mean \
                 told?)\n\
                 4: within, labels, resolves and told cannot be used with silent (remove them)\n\
                 4: told: expected text, found 5 (put it in quotes)",
            ),
            (
                "alerts: [{ within: 5m }]",
                "4: expected exactly one of fires and silent in an entry of alerts",
            ),
            (
                "alerts: [{ silent: everything else, within: 5m }, { fires: Up, labels: { a: 1 } }]",
                "4: within, labels, resolves and told cannot be used with silent (remove them)\n\
                 4: a: expected text, found 1 (put it in quotes)",
            ),
        ],
        |row| format!("{GOOD}expect: {{ {row} }}\n"),
    );
}

#[test]
fn all_flaws_of_a_file_are_said_in_the_order_of_its_lines() {
    let text = "\
about: 7
seed: x
duration: 1h
traffic:
  profile: chat
  rate: 0/s
timeline:
  - { at: 2h, for: 5m, traffic_stop: }
  - oops
  - { at: 5m, for: 5m, guard_slow: { factor: 2 } }
  - { at: 10m, for: 5m, module_restart: { module: guard } }
worlds: {}
";
    let lines: Vec<String> =
        said(text).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["1", "2", "6", "8", "9", "11", "12"]);
}

#[test]
fn a_file_that_is_not_there_says_so() {
    let problems = Scenario::load(Path::new("no/such/story.yaml")).unwrap_err();
    let said = problems[0].to_string();
    assert!(said.starts_with("no/such/story.yaml: cannot be read: "), "{said}");
    assert!(said.ends_with("(check the path and its permissions)"), "{said}");
}

#[test]
fn a_name_that_no_report_could_show_is_refused() {
    let problems = Scenario::parse(Path::new("A story.yaml"), GOOD).unwrap_err();
    let expected =
        "A story.yaml: expected a file name of a-z, 0-9 and -, found \"A story\" (rename the file)";
    assert_eq!(problems[0].to_string(), expected);
}
