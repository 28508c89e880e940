//! What a real Grafana asked and answered, predicted by this crate: every recorded case.
//!
//! Data: `tests/data`. Grafana 9.3.2 with its page in Chromium, and the query code of its Prometheus
//! data source of August 2026 (13.1.7), each over a Prometheus 2.42.0 that held six scenarios.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its data must fail")]

mod arithmetic;
mod browser;
mod comparison;
mod data;
mod frames;
mod panels;

use data::Held;

/// A check of all cases of one file.
type Check = fn() -> Vec<Held>;

/// Every check by the file that it is of.
const CHECKS: &[(&str, Check)] = &[
    ("arithmetic.json", arithmetic::of_9_3),
    ("arithmetic-newest.json", arithmetic::newest),
    ("panels", panels::of_9_3),
    ("panels-newest.json", panels::newest),
    ("browser.json", browser::of_9_3),
    ("frames.json", frames::of_9_3),
    ("frames-newest.json", frames::newest),
    ("comparison.json", comparison::of_9_3),
    ("comparison-newest.json", comparison::newest),
];

/// How many cases there are of each thing that is predicted: a case that is read no more would be missed.
const COUNTS: &[(&str, &str, usize)] = &[
    ("arithmetic.json", "queries as Prometheus got them", 936),
    ("arithmetic.json", "min steps that the server refuses", 30),
    ("arithmetic.json", "intervalMs of the request", 936),
    ("arithmetic.json", "executedQueryString and step of the frame", 936),
    ("arithmetic-newest.json", "queries as Prometheus got them", 966),
    ("arithmetic-newest.json", "intervalMs of the request", 966),
    ("panels", "requests, body and headers", 208),
    ("panels", "queries as Prometheus got them", 240),
    ("panels", "executedQueryString and step of each frame", 1_141),
    ("panels", "names of series", 1_141),
    ("panels", "series: labels, first and last point, number of points", 1_141),
    ("panels-newest.json", "queries as Prometheus got them", 240),
    ("panels-newest.json", "what 9.3 asked otherwise", 240),
    ("browser.json", "requests of panels, body and headers", 157),
    ("browser.json", "requests for the values of a variable", 25),
    ("frames.json", "queries as Prometheus got them", 85),
    ("frames.json", "executedQueryString", 233),
    ("frames.json", "names of series", 232),
    ("frames.json", "values and errors as the case's name says", 85),
    ("frames.json", "values of variables, and what has no health", 5),
    ("frames-newest.json", "queries as Prometheus got them", 85),
    ("frames-newest.json", "executedQueryString", 85),
    ("frames-newest.json", "names of series", 232),
    ("frames-newest.json", "values and errors as the case's name says", 84),
    ("comparison.json", "examples, as 9.3 asked and as the newest asks", 100),
    ("comparison.json", "panel targets that are among the recorded panels", 117),
    ("comparison-newest.json", "names that were wrong", 2),
    ("comparison-newest.json", "counts of then", 2),
];

#[test]
fn every_recorded_case_is_predicted() {
    let (mut failures, mut counts) = (Vec::new(), Vec::new());
    for (file, check) in CHECKS {
        for held in check() {
            println!("{:>6} of {:>6}  {file}: {}", held.held(), held.cases, held.what);
            counts.push((*file, held.what, held.cases));
            failures.extend(held.failures.iter().map(|failure| format!("{file}: {failure}")));
        }
    }
    let listed: Vec<&String> = failures.iter().take(40).collect();
    assert!(failures.is_empty(), "{} do not hold, first of them: {listed:#?}", failures.len());
    assert_eq!(counts, COUNTS, "cases that were read");
}
