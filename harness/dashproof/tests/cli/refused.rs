//! What cannot be judged: exit code 2, one error and what to do about it.

use crate::expect;

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let texts = ["error: no scenario `provder-outage`", "hint: did you mean `provider-outage`?"];
    expect(&["verify", "provder-outage"], 2, &texts);
    let texts = [
        "the path of no panel, rule or alert contains `eror rate`",
        "hint: did you mean `llm-provider/Error rate`?",
    ];
    expect(
        &["verify", "--only", "eror rate"],
        2,
        &["the path of no panel, rule or alert contains `eror rate`"],
    );
    expect(&["verify", "--only", "llm-provider/eror rate"], 2, &texts[1..]);
}

#[test]
fn missing_directories_are_named_with_the_flag() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let texts =
        [path, "is no scenarios directory: it has no contracts", "hint: name", "--scenarios DIR"];
    expect(&["verify", "--scenarios", path], 2, &texts);
    let texts = [path, "it has no prometheus/prometheus.yml", "--monitoring DIR"];
    expect(&["check", "--monitoring", path], 2, &texts);
    expect(
        &["verify", "azure-code", "--trace-dir", "/nonexistent"],
        2,
        &["/nonexistent is no directory"],
    );
}

#[test]
fn a_directory_without_files_to_find_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let output = crate::command(&["list"]).current_dir(directory.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("no scenarios/contracts in") && text.contains("--scenarios DIR"),
        "{text}"
    );
}

#[test]
fn a_prometheus_that_is_none_is_no_silent_second_choice() {
    let texts = ["no usable Prometheus; tried:", "/nonexistent/prometheus (named)", "remedies:"];
    expect(&["verify", "chat", "--prometheus", "/nonexistent/prometheus"], 2, &texts);
}

#[test]
fn a_trace_that_is_asked_for_by_name_and_missing_is_a_failure() {
    let texts = [
        "azure-code  not run: needs AzureLLMInferenceTrace_code.csv.gz",
        "name its directory: --trace-dir DIR",
        "✗ not judged",
    ];
    expect(&["verify", "azure-code"], 2, &texts);
}

#[test]
fn a_trace_that_cannot_be_read_stops_no_other_scenario() {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("t.csv");
    std::fs::write(&trace, "TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,2\n").unwrap();
    let trace = trace.to_str().unwrap();
    let call =
        ["verify", "azure-code", "chat", "--duration", "15m", "--only", "module:cost:rate1h"];
    let texts = ["✗ not judged azure-code: ", "t.csv", "--trace FILE", "1 ✓", "1 not judged"];
    expect(&[&call[..], &["--trace", trace]].concat(), 2, &texts);
}

#[test]
fn bad_arguments_are_refused() {
    let call = ["alerts", "--seeds", "0", "--trials", "0"];
    expect(&call, 2, &["nothing to do: --seeds and --trials are both 0"]);
    expect(&["verify", "--duration", "soon"], 2, &["not a duration", "1h30m"]);
    expect(&["verify", "--jobs", "0"], 2, &["1..=64"]);
    expect(
        &["verify", "chat", "--trace", "Cargo.toml"],
        2,
        &["none of the chosen scenarios replays"],
    );
}

#[test]
fn an_expression_may_nest_and_not_without_end() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("own.yml");
    let path = file.to_str().unwrap();
    let write = |n: usize| {
        let sum = vec!["1"; n].join(" + ");
        let rule = format!("{{ alert: Deep, expr: 'up > {sum}' }}");
        std::fs::write(&file, format!("groups:\n- name: g\n  rules:\n  - {rule}\n")).unwrap();
    };
    write(1_000);
    expect(&["bracket", "--rule", path], 0, &["held   Deep"]);
    write(5_000);
    let texts = ["own.yml:4: expr of rule \"Deep\" has more than 2,000 operators", "record parts"];
    expect(&["bracket", "--rule", path], 2, &texts);
}
