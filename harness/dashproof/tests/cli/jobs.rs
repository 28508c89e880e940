//! Changed scrape jobs: what they make of samples counts, for the better and for the worse.

use std::{fs, path::Path};

use crate::{changed::copy, expect, root};

/// A copy of the shipped files with texts replaced, each in the files whose path contains its first part.
fn changed(texts: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    copy(&root().join("monitoring"), directory.path());
    for (part, from, to) in texts {
        assert!(replace(directory.path(), part, from, to) > 0, "{from:?} is in no {part}");
    }
    directory
}

fn replace(directory: &Path, part: &str, from: &str, to: &str) -> usize {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            if path.is_dir() {
                return replace(&path, part, from, to);
            }
            if !path.to_str().unwrap().contains(part) {
                return 0;
            }
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replace(from, to)).unwrap();
            text.matches(from).count()
        })
        .sum()
}

/// A job of llm-provider with these steps.
fn steps(steps: &str) -> (&'static str, &'static str, String) {
    let target = "        replacement: llm-provider\n";
    ("prometheus.yml", target, format!("{target}    metric_relabel_configs: [{steps}]\n"))
}

const RENAMED: &str = "{ source_labels: [__name__], regex: 'llm_provider_requests_(.*)', target_label: __name__, replacement: 'llm_requests_$1' }";

#[test]
fn a_metric_that_a_job_renames_is_read_by_its_new_name() {
    let (file, from, to) = steps(RENAMED);
    let everywhere = ("llm_provider_requests_total", "llm_requests_total");
    let directory = changed(&[
        (file, from, &to),
        ("recording.yml", everywhere.0, everywhere.1),
        ("dashboards", everywhere.0, everywhere.1),
    ]);
    let monitoring = directory.path().to_str().unwrap();
    expect(&["check", "--monitoring", monitoring], 0, &["0 errors"]);
    let call = ["verify", "provider-outage", "--duration", "20m", "--monitoring", monitoring];
    expect(&[&call[..], &["--only", "llm-provider/"]].concat(), 0, &["✓ held"]);
}

#[test]
fn a_metric_that_a_job_renames_is_missed_by_its_old_name() {
    let (file, from, to) = steps(RENAMED);
    let directory = changed(&[(file, from, &to)]);
    let monitoring = directory.path().to_str().unwrap();
    let texts = ["panel \"Error rate\" A: llm_provider_requests_total is never emitted"];
    expect(&["check", "--monitoring", monitoring], 1, &texts);
    let call = ["verify", "provider-outage", "--duration", "20m", "--monitoring", monitoring];
    let texts = ["✗ llm-provider/Error rate A under provider-outage"];
    expect(&[&call[..], &["--only", "llm-provider/Error rate"]].concat(), 1, &texts);
}

#[test]
fn a_limit_that_a_module_exceeds_is_named() {
    let directory = changed(&[("prometheus.yml", "label_limit: 30", "label_limit: 5")]);
    let monitoring = directory.path().to_str().unwrap();
    let call = ["verify", "provider-outage", "--duration", "20m", "--monitoring", monitoring];
    let texts = ["module=llm-provider 240 scrapes were refused by the job's label_limit: raise it"];
    expect(&[&call[..], &["--only", "llm-provider/Error rate"]].concat(), 1, &texts);
}
