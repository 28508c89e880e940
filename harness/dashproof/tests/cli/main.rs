//! The command as people type it: the real binary, the shipped files, and what becomes of them when one is changed.

#![expect(clippy::unwrap_used, reason = "tests may panic; these helpers are of tests alone")]

mod alerts;
mod bracket;
mod campaign;
mod changed;
mod help;
mod interrupted;
mod jobs;
mod live;
mod page;
mod refused;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What a call left behind.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// The binary in the repository's root with these arguments.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashproof"));
    command.args(arguments).current_dir(root());
    command
}

fn dashproof(arguments: &[&str]) -> Said {
    let Output { status, stdout, stderr } = command(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// Exit code and texts in both outputs.
#[track_caller]
fn expect(arguments: &[&str], code: i32, texts: &[&str]) -> Said {
    let said = dashproof(arguments);
    let both = format!("{}{}", said.out, said.err);
    assert_eq!(said.code, Some(code), "{arguments:?}\n{both}");
    for text in texts {
        assert!(both.contains(text), "{text:?} is not in\n{both}");
    }
    said
}

#[test]
fn what_is_shipped_holds() {
    let said = expect(
        &["verify", "provider-outage", "--duration", "20m", "--only", "llm-provider"],
        0,
        &[
            "Prometheus ",
            "Grafana: not used",
            "provider-outage: cut by --duration: provider outage (openai) at 40m for 10m",
            "✓ held: 8 queries under 1 scenario",
        ],
    );
    assert!(!said.out.contains('\x1b'), "no colours without a terminal: {}", said.out);
    assert_eq!(said.err.lines().count(), 1, "one line for one scenario: {}", said.err);
}

#[test]
fn the_same_call_gives_the_same_json_from_anywhere_below() {
    let call = ["verify", "chat", "burst", "--duration", "15m", "--only", "Rate limit hits", "-q"];
    let json = |directory: &Path, jobs: &str| {
        let mut command = command(&call);
        command.args(["--format", "json", "--jobs", jobs]).current_dir(directory);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty(), "quiet is quiet: {output:?}");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        document["scenarios"].clone()
    };
    let first = json(&root(), "1");
    assert_eq!(first[0]["name"], "burst");
    assert_eq!(first, json(&root().join("harness/prom/src"), "2"));
}

#[test]
fn a_report_goes_to_a_file_and_the_text_to_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("verify.xml");
    let file = file.to_str().unwrap();
    let call = ["verify", "chat", "--duration", "15m", "--only", "recording rules/module:cost"];
    expect(&[&call[..], &["--format", "junit", "--output", file]].concat(), 0, &["✓ held"]);
    let xml = std::fs::read_to_string(file).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.failures, report.errors), (0, 0), "{xml}");
    let names: Vec<&str> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(names, ["files", "chat"]);
}

#[test]
fn the_files_are_consistent_and_listed() {
    expect(&["check"], 0, &["✓ consistent: 0 errors"]);
    expect(&["list"], 0, &["provider-outage", "needs AzureLLMInferenceTrace_code.csv.gz"]);
    let listed = dashproof(&["list", "--format", "json"]).out;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert!(listed.as_array().unwrap().iter().any(|one| one["name"] == "chat"));
    let committed = std::fs::read_to_string(root().join("scenarios/schema.json")).unwrap();
    assert_eq!(dashproof(&["schema"]).out, committed);
    expect(&["schema", "report"], 0, &["\"Dashproof report\""]);
    expect(&["--help"], 0, &["dashproof verify", "Exit codes"]);
}
