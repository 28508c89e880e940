//! What is broken and what is unproven, each thing once, however many looks and scenarios say it.
//!
//! Renderers that show people something start here; machine-readable ones list every verdict by itself.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{Outcome, Run, proven};
use proof::verify::{ScenarioReport, alerts, ask::Verdict, question::Place};

/// A target of a panel, or a recording rule, whatever is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject<'a> {
    /// The dashboard's uid, or `recording rules`.
    pub dashboard: &'a str,
    /// The panel's title, or the recorded metric.
    pub panel: &'a str,
    /// The target; empty for a rule.
    pub ref_id: &'a str,
}

impl<'a> Subject<'a> {
    /// The subject at a place.
    #[must_use]
    pub fn at(place: &'a Place) -> Subject<'a> {
        Subject { dashboard: &place.dashboard, panel: &place.panel, ref_id: &place.ref_id }
    }

    /// `llm-provider/Error rate A`.
    #[must_use]
    pub fn path(&self) -> String {
        let parts = [self.dashboard, self.panel].into_iter().filter(|part| !part.is_empty());
        let path = parts.collect::<Vec<_>>().join("/");
        if self.ref_id.is_empty() { path } else { format!("{path} {}", self.ref_id) }
    }
}

/// A subject that is red, under one or more scenarios.
#[derive(Debug)]
pub struct Red<'a> {
    /// What is red.
    pub subject: Subject<'a>,
    /// Where, in the order of the run; at least one.
    pub under: Vec<RedUnder<'a>>,
}

/// How a subject is red under one scenario.
#[derive(Debug)]
pub struct RedUnder<'a> {
    /// The scenario.
    pub outcome: &'a Outcome,
    /// What was judged under it.
    pub report: &'a ScenarioReport,
    /// How many questions were asked about the subject.
    pub asked: usize,
    /// Points judged in all of them.
    pub points: usize,
    /// Points that broke.
    pub broken: usize,
    /// The red verdicts in their order; at least one.
    pub verdicts: Vec<&'a Verdict>,
}

/// All red subjects, in the order in which a scenario first met them.
#[must_use]
pub fn reds(run: &Run) -> Vec<Red<'_>> {
    let mut reds: Vec<Red<'_>> = Vec::new();
    let mut known: BTreeMap<Subject<'_>, usize> = BTreeMap::new();
    for (outcome, report, _) in run.judged() {
        let mut asked: BTreeMap<Subject<'_>, (usize, usize)> = BTreeMap::new();
        let mut order = Vec::new();
        let mut red: BTreeMap<Subject<'_>, Vec<&Verdict>> = BTreeMap::new();
        for verdict in &report.verdicts {
            let subject = Subject::at(&verdict.question.place);
            let counts = asked.entry(subject).or_default();
            counts.0 += 1;
            counts.1 += verdict.finding.points;
            if !verdict.held() {
                let verdicts = red.entry(subject).or_default();
                if verdicts.is_empty() {
                    order.push(subject);
                }
                verdicts.push(verdict);
            }
        }
        for subject in order {
            let verdicts = red.remove(&subject).unwrap_or_default();
            let (asked, points) = asked[&subject];
            let broken = verdicts.iter().map(|verdict| verdict.finding.broken).sum();
            let index = *known.entry(subject).or_insert_with(|| {
                reds.push(Red { subject, under: Vec::new() });
                reds.len() - 1
            });
            reds[index].under.push(RedUnder { outcome, report, asked, points, broken, verdicts });
        }
    }
    reds
}

/// Something unproven, and under how many scenarios.
#[derive(Debug)]
pub struct Doubt<'a> {
    /// What is unproven.
    pub subject: Subject<'a>,
    /// Why, and what to do.
    pub reason: Cow<'a, str>,
    /// The scenarios that say so.
    pub scenarios: BTreeSet<&'a str>,
}

/// Everything unproven, each reason once for each subject.
#[must_use]
pub fn doubts(run: &Run) -> Vec<Doubt<'_>> {
    let mut found: BTreeMap<(Subject<'_>, &str), BTreeSet<&str>> = BTreeMap::new();
    for (outcome, report, _) in run.judged() {
        for unproven in &report.unproven {
            let key = (Subject::at(&unproven.place), unproven.reason.as_str());
            found.entry(key).or_default().insert(&outcome.scenario.name);
        }
    }
    let doubt = |((subject, reason), scenarios)| Doubt {
        subject,
        reason: Cow::Borrowed(reason),
        scenarios,
    };
    let rules = proven::unproven(run).into_iter().map(|(alert, reason)| Doubt {
        subject: Subject { dashboard: alerts::ALERTS, panel: alert, ref_id: "" },
        reason: Cow::Owned(reason),
        scenarios: run.judged().map(|(outcome, _, _)| outcome.scenario.name.as_str()).collect(),
    });
    let nothing = uncompared(run).into_iter().map(|subject| Doubt {
        subject,
        reason: Cow::Borrowed(NOTHING_COMPARED),
        scenarios: run.judged().map(|(outcome, _, _)| outcome.scenario.name.as_str()).collect(),
    });
    found.into_iter().map(doubt).chain(rules).chain(nothing).collect()
}

/// Why a target that no scenario gives a number proves nothing.
const NOTHING_COMPARED: &str =
    "was compared with no number under any scenario: add one in which it has some";

/// Targets and rules that a whole run never compared with a number; none where only a part was run, since a quiet
/// night rightly has no errors.
#[must_use]
pub fn uncompared(run: &Run) -> Vec<Subject<'_>> {
    if !run.whole || run.interrupted {
        return Vec::new();
    }
    let mut compared: BTreeMap<Subject<'_>, bool> = BTreeMap::new();
    for verdict in run.judged().flat_map(|(_, report, _)| &report.verdicts) {
        let compares = verdict.finding.values > 0 || !verdict.held();
        *compared.entry(Subject::at(&verdict.question.place)).or_default() |= compares;
    }
    compared.into_iter().filter(|(_, compares)| !compares).map(|(subject, _)| subject).collect()
}

/// What the engine remarked, and on what.
#[must_use]
pub fn remarks(run: &Run) -> BTreeMap<&str, BTreeSet<Subject<'_>>> {
    let mut found: BTreeMap<&str, BTreeSet<Subject<'_>>> = BTreeMap::new();
    for (_, report, _) in run.judged() {
        for verdict in &report.verdicts {
            for remark in &verdict.remarks {
                let subject = Subject::at(&verdict.question.place);
                found.entry(remark).or_default().insert(subject);
            }
        }
    }
    found
}

/// How the targets of one dashboard did under one scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Targets of which every answer held.
    pub held: usize,
    /// Targets of which some answer is red.
    pub broken: usize,
    /// Targets that were not asked, or not everything that was to be.
    pub unproven: usize,
}

/// The tallies of a scenario by dashboard; `recording rules` and `alerts` are among them.
#[must_use]
pub fn tallies(report: &ScenarioReport) -> BTreeMap<&str, Tally> {
    let mut red: BTreeMap<Subject<'_>, bool> = BTreeMap::new();
    for verdict in &report.verdicts {
        *red.entry(Subject::at(&verdict.question.place)).or_default() |= !verdict.held();
    }
    let unproven: BTreeSet<Subject<'_>> =
        report.unproven.iter().map(|unproven| Subject::at(&unproven.place)).collect();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for verdict in &report.alerts {
        let tally = tallies.entry(alerts::ALERTS).or_default();
        if verdict.held() { tally.held += 1 } else { tally.broken += 1 }
    }
    for (subject, broken) in &red {
        let tally = tallies.entry(subject.dashboard).or_default();
        match (broken, unproven.contains(subject)) {
            (true, _) => tally.broken += 1,
            (false, true) => {}
            (false, false) => tally.held += 1,
        }
    }
    for subject in unproven.iter().filter(|subject| !red.get(subject).is_some_and(|red| *red)) {
        tallies.entry(subject.dashboard).or_default().unproven += 1;
    }
    tallies
}
