//! The report for build servers: JUnit XML with a suite for each scenario and a case for each target.
//!
//! What is wrong with files is a suite of its own. Texts are cut to a length that servers take.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    End, Outcome, Run,
    group::{self, Red, Subject},
    proven, text,
};
use prom::problem::Severity;
use proof::verify::{ScenarioReport, alerts::AlertVerdict};

/// Longest text of a case, in bytes.
const LONGEST: usize = 16 * 1024;

/// A run as JUnit XML.
#[must_use]
pub fn junit(run: &Run) -> String {
    let mut report = Report::new("dashproof");
    report.add_test_suite(files(run));
    if run.whole && !run.alerts.is_empty() {
        report.add_test_suite(rules(run));
    }
    let reds = group::reds(run);
    for outcome in &run.outcomes {
        report.add_test_suite(suite(outcome, &reds, run));
    }
    report.to_string().expect("texts are XML once they are escaped")
}

/// What is wrong with files: a case for each error, or one that says that there is none.
fn files(run: &Run) -> TestSuite {
    let mut suite = TestSuite::new("files");
    for problem in run.problems.iter().filter(|problem| problem.severity == Severity::Error) {
        let failure =
            failed(NonSuccessKind::Failure, "static", &problem.message, &problem.to_string());
        suite.add_test_case(case("files", problem.file.display().to_string(), failure));
    }
    if suite.test_cases.is_empty() {
        suite.add_test_case(case("files", "all".to_owned(), TestCaseStatus::success()));
    }
    suite
}

fn suite(outcome: &Outcome, reds: &[Red<'_>], run: &Run) -> TestSuite {
    let name = outcome.scenario.name.as_str();
    let mut suite = TestSuite::new(name);
    suite.add_property(("seed", outcome.scenario.seed.to_string().as_str()));
    suite.add_property(("engine", format!("{} {}", run.stack.name, run.stack.version).as_str()));
    let mut whole = |status| {
        suite.add_test_case(case(name, "scenario".to_owned(), status));
    };
    match &outcome.end {
        End::Judged { report, seconds } => {
            suite.set_time(Duration::from_secs_f64(seconds.max(0.0)));
            suite.add_test_cases(cases(name, report, reds, run));
            suite.add_test_cases(alerts(outcome, report, run));
            for wiring in &report.wiring {
                let text = wiring.broken.join("\n");
                let status = match wiring.broken.first() {
                    None => TestCaseStatus::success(),
                    Some(first) => failed(NonSuccessKind::Failure, "broken", first, &text),
                };
                suite.add_test_case(case(name, wiring.path(), status));
            }
        }
        End::NotRun { needs, remedy, .. } => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(format!("not run: needs {needs}; {remedy}"));
            whole(skipped);
        }
        End::NotJudged { error, remedy } => {
            let text = format!("{error}\n{remedy}");
            whole(failed(NonSuccessKind::Error, "not judged", error, &text));
        }
        End::Interrupted => {
            whole(failed(NonSuccessKind::Error, "interrupted", "interrupted", "interrupted"));
        }
    }
    suite
}

fn cases(scenario: &str, report: &ScenarioReport, reds: &[Red<'_>], run: &Run) -> Vec<TestCase> {
    let mut unproven: BTreeMap<Subject<'_>, BTreeSet<&str>> = BTreeMap::new();
    for doubt in &report.unproven {
        unproven.entry(Subject::at(&doubt.place)).or_default().insert(&doubt.reason);
    }
    let asked = report.verdicts.iter().map(|verdict| Subject::at(&verdict.question.place));
    let subjects: BTreeSet<Subject<'_>> = asked.chain(unproven.keys().copied()).collect();
    let status = |subject: &Subject<'_>| {
        let red = reds
            .iter()
            .filter(|red| red.subject == *subject)
            .flat_map(|red| &red.under)
            .find(|under| under.outcome.scenario.name == scenario);
        match (red, unproven.get(subject)) {
            (Some(under), _) => {
                let text = text::red(*subject, under, run);
                let what = format!("{} is broken under {scenario}", subject.path());
                failed(NonSuccessKind::Failure, "broken", &what, &text)
            }
            (None, Some(reasons)) => {
                let reasons = reasons.iter().copied().collect::<Vec<_>>().join("\n");
                failed(NonSuccessKind::Failure, "unproven", &reasons, &reasons)
            }
            (None, None) => TestCaseStatus::success(),
        }
    };
    subjects.iter().map(|subject| case(scenario, subject.path(), status(subject))).collect()
}

fn alerts(outcome: &Outcome, report: &ScenarioReport, run: &Run) -> Vec<TestCase> {
    let name = outcome.scenario.name.as_str();
    let of = |verdict: &AlertVerdict| {
        let status = if verdict.held() {
            TestCaseStatus::success()
        } else {
            let text = text::alert((outcome, report), verdict, run);
            failed(NonSuccessKind::Failure, "broken", &verdict.broken.join("; "), &text)
        };
        case(name, format!("alerts/{}", verdict.alert), status)
    };
    report.alerts.iter().map(of).collect()
}

/// Alert rules that the whole run proves, or does not.
fn rules(run: &Run) -> TestSuite {
    let mut suite = TestSuite::new("alert rules");
    let unproven: BTreeMap<&str, String> = proven::unproven(run).into_iter().collect();
    for rule in &run.alerts {
        let status = match unproven.get(rule.alert.as_str()) {
            Some(lacks) => failed(NonSuccessKind::Failure, "unproven", lacks, lacks),
            None => TestCaseStatus::success(),
        };
        suite.add_test_case(case("alert rules", rule.alert.clone(), status));
    }
    match &run.brackets {
        None => {}
        Some(Err(error)) => {
            let status = failed(NonSuccessKind::Error, "not judged", error, error);
            suite.add_test_case(case("alert rules", "thresholds".to_owned(), status));
        }
        Some(Ok(report)) => {
            for alert in &report.alerts {
                let status = if alert.held() {
                    TestCaseStatus::success()
                } else {
                    let text = alert.to_string();
                    failed(NonSuccessKind::Failure, "broken", "not as its expression says", &text)
                };
                let name = format!("{} at its thresholds", alert.alert);
                suite.add_test_case(case("alert rules", name, status));
            }
        }
    }
    suite
}

fn case(class: &str, name: String, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn failed(kind: NonSuccessKind, ty: &str, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(ty).set_message(cut(message)).set_description(cut(text));
    status
}

/// The beginning of a text that is too long, with a word that it is only that.
fn cut(text: &str) -> String {
    let Some(end) = (text.len() > LONGEST).then(|| text.floor_char_boundary(LONGEST)) else {
        return text.to_owned();
    };
    format!("{}… ({} bytes more)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("short"), "short");
        let long = "é".repeat(LONGEST);
        let cut = cut(&long);
        assert!(cut.len() < LONGEST + 40 && cut.ends_with(&format!("… ({LONGEST} bytes more)")));
    }
}
