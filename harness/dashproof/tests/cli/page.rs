//! The page of `--report`: complete, the same for the same call, and of nothing but itself.

use std::fs;

use crate::{command, expect, root};

const CALL: [&str; 6] =
    ["verify", "provider-outage", "--duration", "50m", "--only", "llm-provider/Error"];

fn page(directory: &std::path::Path, more: &[&str], code: i32) -> String {
    let at = directory.to_str().unwrap();
    expect(&[&CALL[..], &["--report", at, "-q"], more].concat(), code, &[]);
    let data = fs::read_to_string(directory.join("report.json")).unwrap();
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["schema"], 1);
    fs::read_to_string(directory.join("index.html")).unwrap()
}

#[test]
fn the_same_run_gives_the_same_page_and_it_needs_no_network() {
    let directory = tempfile::tempdir().unwrap();
    let first = page(&directory.path().join("a"), &[], 0);
    assert_eq!(first, page(&directory.path().join("b"), &[], 0));
    for part in ["✓ held", "llm-provider/Error rate", "data-plot=\"0\"", "provider-outage 7"] {
        assert!(first.contains(part), "{part}");
    }
    let strange: Vec<&str> = ["https://", "src=", "@import", "<link"]
        .into_iter()
        .filter(|outside| first.contains(outside))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn what_broke_is_plotted_and_titles_stay_text() {
    let directory = tempfile::tempdir().unwrap();
    let monitoring = directory.path().join("monitoring");
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([root().join("monitoring"), monitoring.clone()])
        .status()
        .unwrap();
    assert!(copied.success());
    let file = monitoring.join("grafana/dashboards/llm-provider.json");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("rate(llm_provider_errors_total"), "the test changes this query");
    fs::write(
        &file,
        text.replace("rate(llm_provider_errors_total", "irate(llm_provider_errors_total"),
    )
    .unwrap();
    let at = monitoring.to_str().unwrap();
    let page = page(&directory.path().join("page"), &["--monitoring", at], 1);
    for part in
        ["✗ broken", "id=\"broken\"", "class=\"broken\"", ">first<", "class=\"incident\"", "irate("]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_told_before_the_run() {
    let call = [&CALL[..], &["--report", "/proc/no/page"]].concat();
    let output = command(&call).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("/proc/no/page") && said.contains("--report DIR"), "{said}");
}
