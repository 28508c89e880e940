//! What `--help` says: that it is true of what is typed, and readable where it is shown.

use std::process::Output;

use crate::{command, expect};

const COMMANDS: [&str; 16] = [
    "", "verify", "check", "mutants", "alerts", "why", "capacity", "export", "bracket", "live",
    "serve", "demo", "stack", "list", "schema", "gc",
];

/// The help of a command on a terminal of this width.
fn help(name: &str, columns: usize) -> String {
    let arguments: Vec<&str> = name.split_whitespace().chain(["--help"]).collect();
    let mut command = command(&arguments);
    let Output { status, stdout, .. } =
        command.env("COLUMNS", columns.to_string()).output().unwrap();
    assert!(status.success(), "{arguments:?}");
    String::from_utf8(stdout).unwrap()
}

/// Paragraphs are filled at every width: no line ends where the first word of the next would have fitted. Each example
/// has a line of its own where there is room for it.
#[test]
fn what_follows_the_options_is_wrapped_as_text() {
    for (name, columns) in COMMANDS.iter().flat_map(|name| [(*name, 72), (name, 100)]) {
        let text = help(name, columns);
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2) {
            let [line, next] = [pair[0], pair[1]];
            let is_text = |line: &str| line.starts_with(|c: char| c.is_alphanumeric());
            let ends =
                line.ends_with(':') || line.starts_with("Usage") || line.starts_with("Each ");
            if is_text(line) && is_text(next) && !ends {
                let word = next.split(' ').next().unwrap_or_default();
                let fits = line.chars().count() + 1 + word.chars().count() <= columns;
                assert!(!fits, "{name} at {columns}: {line:?} breaks before {word:?}\n{text}");
            }
        }
        if columns == 100 {
            let examples = lines.iter().skip_while(|line| **line != "Examples:").skip(1);
            for line in examples.take_while(|line| !line.is_empty()) {
                let begins = ["  dashproof ", "  promtool "].iter().any(|b| line.starts_with(b));
                assert!(begins, "{name}: {line:?} is the rest of an example\n{text}");
            }
        }
    }
}

/// A heading of options that several commands share must not go on over the options that follow.
#[test]
fn options_stand_under_their_own_heading() {
    for name in COMMANDS.into_iter().chain(["stack up"]) {
        let text = help(name, 100);
        let mut heading = "";
        for line in text.lines() {
            if line.ends_with(':') && !line.starts_with(' ') {
                heading = line;
            }
            let is_of_files_or_servers =
                ["Files:", "Prometheus:", "Alertmanager:", "Stack:"].contains(&heading);
            let is_of_the_report = ["--quiet", "--format", "--output"]
                .iter()
                .any(|flag| line.trim_start().trim_start_matches("-q, ").starts_with(flag));
            assert!(
                !(is_of_files_or_servers && is_of_the_report),
                "{name}: {heading} {line}\n{text}"
            );
        }
    }
}

/// What `verify` asks of a database that runs already, in the words of its documentation.
#[test]
fn the_flags_that_an_external_prometheus_needs_are_named() {
    let words = help("verify", 100).split_whitespace().collect::<Vec<_>>().join(" ");
    let readme = std::fs::read_to_string(crate::root().join("docs/src/external.md")).unwrap();
    for flag in [
        "--web.enable-remote-write-receiver",
        "--storage.tsdb.retention.time=100y",
        "--storage.tsdb.min-block-duration=74h",
        "--storage.tsdb.max-block-duration=74h",
        "out_of_order_time_window",
        "-retentionPeriod=100y",
    ] {
        assert!(readme.contains(flag), "the page names {flag}");
        assert!(words.contains(flag), "{flag} is not in {words}");
    }
}

#[test]
fn only_tells_how_alerts_and_recording_rules_are_named() {
    let texts = ["`dashboard uid/panel title`", "`recording rules/NAME`", "`alerts/NAME`"];
    let said = expect(&["verify", "--help"], 0, &["dashproof verify --only alerts/ModuleDown "]);
    let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in texts {
        assert!(words.contains(text), "{text} is not in {}", said.out);
    }
    // The example and the form that it tells of are taken.
    let short = ["verify", "restart", "--only"];
    expect(&[&short[..], &["alerts/ModuleDown"]].concat(), 0, &["✓ held: 1 alert "]);
    expect(&[&short[..], &["recording rules/module:cost"]].concat(), 0, &["✓ held: "]);
}
