//! What is wrong with rules: what the files show, and what all runs together show.
//!
//! That a rule never fired says nothing; that a part of it never had a value, or that its parts never matched, does.
//! Which part it is, the runs have noted. Rules that depend on what is not simulated are named, not
//! judged: see `not_judged`.

mod not_judged;

use std::path::PathBuf;

use serde::Serialize;

use super::{
    crew::Work,
    incidents::Trouble,
    measure::{self, Measure},
    needs::Needs,
    plan::Settings,
    record::Record,
    setup::Campaign,
    subjects::Subject,
};
use check::EmittedMetrics;
use monitoring::Monitoring;
use prom::{
    problem::Problem,
    promql::{
        self,
        condition::Decision,
        operator::SetOperation,
        parts::{Parts, parts},
    },
};

/// The kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// It can never fire: a part of it never had a value, or its parts never matched.
    NeverFires,
    /// A branch of it can never fire.
    DeadBranch,
    /// A ratio without its denominator.
    NoDenominator,
    /// It fires all the time.
    AlwaysFires,
    /// It fired and never resolved.
    NeverResolves,
    /// Prometheus would fail its evaluations.
    Fails,
    /// A window shorter than four scrapes.
    ShortWindow,
    /// Something else that the files alone show.
    Files,
    /// It depends on what is not simulated or was never evaluated, so that nothing is concluded of it.
    NotSimulated,
}

/// Something that is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: Option<usize>,
    /// The rule.
    pub rule: String,
    /// What kind.
    pub kind: FindingKind,
    /// What is wrong, in words.
    pub message: String,
}

impl FindingKind {
    /// Whether the rule has to be mended; else it is good to know.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        self != FindingKind::NotSimulated
    }
}

/// Everything, in the order of files and lines. Without all runs nothing is concluded from what was not seen.
#[must_use]
pub fn all(
    campaign: &Campaign,
    work: &Work,
    monitoring: &Monitoring,
    emitted: &EmittedMetrics,
) -> Vec<Finding> {
    let problems = check::all(&check::Inputs {
        dashboards: &[],
        datasources: &monitoring.datasources,
        prometheus: &monitoring.config,
        rules: &campaign.files,
        emitted,
    });
    let mut found = of_files(campaign, &problems);
    for (nth, subject) in campaign.subjects.iter().enumerate() {
        let reasons = not_judged::beforehand(campaign, subject, monitoring, emitted);
        if reasons.is_empty() && !work.interrupted {
            found.extend(of_runs(campaign, subject, nth, &work.records));
        }
        found.extend(
            reasons.into_iter().map(|why| finding(subject, FindingKind::NotSimulated, why)),
        );
    }
    found.sort();
    found.dedup();
    found
}

/// The problems of files that concern the campaign's rules or what they read.
fn of_files(campaign: &Campaign, problems: &[Problem]) -> Vec<Finding> {
    let asked = campaign.subjects.iter().map(|subject| subject.rule.name.as_str());
    let names: Vec<&str> = asked.chain(campaign.needs.records.iter().map(String::as_str)).collect();
    let found = problems.iter().filter_map(|problem| {
        // The checks name a rule as `rule "name": what is wrong`.
        let (rule, message) = problem.message.strip_prefix("rule \"")?.split_once("\": ")?;
        let remedy = problem.remedy.as_ref().map(|remedy| format!(" ({remedy})"));
        names.contains(&rule).then(|| Finding {
            file: problem.file.clone(),
            line: problem.line,
            rule: rule.to_owned(),
            kind: if message.contains("less than four scrapes") {
                FindingKind::ShortWindow
            } else {
                FindingKind::Files
            },
            message: format!("{message}{}", remedy.unwrap_or_default()),
        })
    });
    found.collect()
}

fn finding(subject: &Subject, kind: FindingKind, message: String) -> Finding {
    Finding {
        file: subject.rule.file.clone(),
        line: subject.rule.line,
        rule: subject.rule.name.clone(),
        kind,
        message,
    }
}

/// What the runs show of the rule that is the `nth`.
fn of_runs(campaign: &Campaign, subject: &Subject, nth: usize, records: &[Record]) -> Vec<Finding> {
    let mut found = Vec::new();
    let finding = |kind, message| finding(subject, kind, message);
    let runs = records.iter().map(|record| &record.rules[nth]);
    if let Some(failure) = runs.clone().find_map(|record| record.failure.clone()) {
        return vec![match not_judged::template(subject) {
            Some(why) => finding(FindingKind::NotSimulated, why),
            None => finding(FindingKind::Fails, failure),
        }];
    }
    let answered: Vec<bool> = (0..subject.condition.asked.len())
        .map(|asked| runs.clone().any(|record| record.answered[asked]))
        .collect();
    let possible = possible(&subject.condition.decision, &answered);
    for (asked, _) in answered.iter().enumerate().filter(|(_, answered)| !**answered) {
        if !matters(&subject.condition.decision, asked) {
            continue;
        }
        let has_value = |part: &str| runs.clone().any(|record| record.parts.contains(part));
        let why = diagnose(&subject.condition.asked[asked], has_value);
        let Some((no_denominator, why)) = why else { continue };
        let kind = match (possible, no_denominator) {
            (_, true) => FindingKind::NoDenominator,
            (false, false) => FindingKind::NeverFires,
            (true, false) => FindingKind::DeadBranch,
        };
        let so = if possible { "a branch of it can never fire" } else { "it can never fire" };
        found.push(finding(kind, format!("{so}: {why}")));
    }
    // What `unless` excludes may be there on every ordinary day: only all incidents together tell.
    let telling = everything_tried(campaign) || !has_exception(&subject.condition.decision);
    let matched = runs.clone().any(|record| record.matched);
    if possible && telling && !matched {
        let asked = subject.condition.asked.join("`, `");
        let message =
            format!("it can never fire: `{asked}` all have values, but their labels never match");
        found.push(finding(FindingKind::NeverFires, message));
    }
    found.extend(lasting(campaign, subject, nth, records).map(|(k, message)| finding(k, message)));
    found
}

/// Whether every kind of incident was tried.
fn everything_tried(campaign: &Campaign) -> bool {
    let Settings { trials, troubles, .. } = &campaign.settings;
    *trials > 0 && Trouble::all().iter().all(|trouble| troubles.contains(trouble))
}

/// Whether there is an `unless` in it.
fn has_exception(decision: &Decision) -> bool {
    match decision {
        Decision::Ask(_) => false,
        Decision::Compare { left, against, .. } => {
            has_exception(left) || against.as_ref().is_some_and(|(vector, _)| has_exception(vector))
        }
        Decision::Set { operation, left, right, .. } => {
            matches!(operation, SetOperation::Unless) || has_exception(left) || has_exception(right)
        }
    }
}

/// Whether the decision can have an element, given which questions ever had an answer.
fn possible(decision: &Decision, answered: &[bool]) -> bool {
    match decision {
        Decision::Ask(nth) => answered[*nth],
        Decision::Compare { left, against, .. } => {
            possible(left, answered)
                && against.as_ref().is_none_or(|(vector, _)| possible(vector, answered))
        }
        Decision::Set { operation, left, right, .. } => match operation {
            SetOperation::And => possible(left, answered) && possible(right, answered),
            SetOperation::Or => possible(left, answered) || possible(right, answered),
            SetOperation::Unless => possible(left, answered),
        },
    }
}

/// Whether a question without an answer keeps the rule, or a branch of it, from firing; what follows `unless` and what
/// is asked for because it should be absent does not.
fn matters(decision: &Decision, asked: usize) -> bool {
    match decision {
        Decision::Ask(nth) => *nth == asked,
        Decision::Compare { left, against, .. } => {
            matters(left, asked)
                || against.as_ref().is_some_and(|(vector, _)| matters(vector, asked))
        }
        Decision::Set { operation: SetOperation::Unless, left, .. } => matters(left, asked),
        Decision::Set { left, right, .. } => matters(left, asked) || matters(right, asked),
    }
}

/// Why an expression never has a value: whether it is for want of a denominator, and in words. `None` where everything
/// is there and a filter or `absent` within the expression makes nothing of it: other incidents may.
fn diagnose(expression: &str, has_value: impl Fn(&str) -> bool) -> Option<(bool, String)> {
    let mut expression = expression.to_owned();
    loop {
        let found = parts(&expression);
        let Some(Parts::Joined { operator, left, right }) = found else {
            let part = match found {
                Some(Parts::One(part)) => part,
                _ => expression,
            };
            return (!has_value(&part)).then(|| (false, format!("`{part}` never has a value")));
        };
        match (has_value(&left), has_value(&right)) {
            (true, true) => {
                let why = format!(
                    "`{left}` and `{right}` each have values, but no labels match across `{operator}`"
                );
                return Some((false, why));
            }
            (true, false) if operator == "/" => {
                return Some((true, format!("the denominator `{right}` never has a value")));
            }
            (true, false) => expression = right,
            (false, _) => expression = left,
        }
    }
}

/// A rule that does not come to an end.
fn lasting(
    campaign: &Campaign,
    subject: &Subject,
    nth: usize,
    records: &[Record],
) -> Option<(FindingKind, String)> {
    let measure = Measure::of(measure::of_rule(&campaign.runs, records, nth), 0);
    let days = measure.all_days();
    let constant = promql::selectors(&subject.rule.expr).is_ok_and(|found| found.is_empty());
    if constant {
        return None;
    }
    if 0 < days.judged_ms && days.firing_ms == days.judged_ms {
        return Some((
            FindingKind::AlwaysFires,
            "it fires throughout every ordinary day".to_owned(),
        ));
    }
    let (mut unresolved, mut resolved) = (0, 0);
    for trials in measure.trials.values() {
        unresolved += trials.unresolved;
        resolved += trials.resolves.len();
    }
    let timing = subject.rule.timing;
    let reach_ms = Needs::of(&campaign.files, |name| name == subject.rule.name).reach_ms;
    let aftermath_ms = campaign.settings.aftermath.as_millis() as i64;
    // Whoever looks back further than the trials go on may still resolve.
    let seen = reach_ms + timing.keep_firing_for_ms + timing.for_ms < aftermath_ms;
    (seen && 0 < unresolved && resolved == 0).then(|| {
        let message = format!(
            "it fired in {unresolved} trials and had resolved in none when they ended, {} after the incident",
            prom::duration::format(aftermath_ms)
        );
        (FindingKind::NeverResolves, message)
    })
}
