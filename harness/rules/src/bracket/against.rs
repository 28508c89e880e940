//! Rules held against an earlier or otherwise trusted version of theirs: the cases of that version say what they must do.
//!
//! Cases are made from a rule as it stands, so a rule whose threshold was changed passes its own. Here they come from
//! the reference. Where both versions are the same in everything that cases are about, nothing is run.

use monitoring::recorded::RecordedLabels;
use prom::words::counted;
use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{
    Behaviour, Bracket, Lack, bracket,
    run::{Observed, Ran, RunError, Staged},
};
use proof::alert::AlertRule;
use stack::{environment::Environment, prometheus_binary::PrometheusBinary};

/// How rules differ from their reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgainstReport {
    /// What the reference is called.
    pub reference: String,
    /// Rules of the same name that are not the same, by name.
    pub changed: Vec<Changed>,
    /// How many are.
    pub unchanged: usize,
    /// Names of rules that only the reference has.
    pub missing: Vec<String>,
    /// Names of rules that it does not have.
    pub added: Vec<String>,
    /// Whether it is wrong for rules to be missing: not where some of many are held against all.
    pub is_whole: bool,
}

/// A rule that is not the same as in the reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its name.
    pub alert: String,
    /// What of it is another.
    pub what: Vec<&'static str>,
    /// The reference's cases in which the reference itself does what they say.
    pub cases: Vec<Ran>,
    /// Why the reference has no case that would be enough to compare.
    pub not_compared: Option<String>,
}

impl Changed {
    /// Whether it still does what every case says, and there are any.
    #[must_use]
    pub fn held(&self) -> bool {
        self.not_compared.is_none() && self.cases.iter().all(Ran::held)
    }
}

impl AgainstReport {
    /// Whether every rule that there was still does what it did, as far as cases tell.
    #[must_use]
    pub fn held(&self) -> bool {
        self.changed.iter().all(Changed::held) && (!self.is_whole || self.missing.is_empty())
    }
}

/// Rules of both sides by name; of several with one name the first goes with the first.
fn pairs<'a>(
    reference: &'a [AlertRule],
    rules: &'a [AlertRule],
) -> BTreeMap<(&'a str, usize), [Option<&'a AlertRule>; 2]> {
    let mut pairs: BTreeMap<(&str, usize), [Option<&AlertRule>; 2]> = BTreeMap::new();
    for (side, all) in [reference, rules].into_iter().enumerate() {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for rule in all {
            let nth = seen.entry(&rule.name).or_default();
            pairs.entry((&rule.name, *nth)).or_default()[side] = Some(rule);
            *nth += 1;
        }
    }
    pairs
}

/// What cases are about and is not the same.
fn differences(old: &AlertRule, new: &AlertRule) -> Vec<&'static str> {
    let words = |rule: &AlertRule| rule.expr.split_whitespace().collect::<Vec<_>>().join(" ");
    [
        ("expression", words(old) != words(new)),
        ("for", old.timing.for_ms != new.timing.for_ms),
        ("keep_firing_for", old.timing.keep_firing_for_ms != new.timing.keep_firing_for_ms),
        ("labels", old.labels != new.labels),
        ("interval", old.evaluations.interval_ms != new.evaluations.interval_ms),
    ]
    .into_iter()
    .filter_map(|(what, differs)| differs.then_some(what))
    .collect()
}

/// Holds `rules` against the rules of the same names of `reference`, whose recorded series have the labels `recorded`.
/// Each is evaluated at the interval of its reference, so that cases mean the same on both sides.
///
/// # Errors
/// If cases could not be run; a rule that does something else is no error.
pub async fn run(
    (reference, recorded, name): (&[AlertRule], &RecordedLabels, String),
    rules: &[AlertRule],
    is_whole: bool,
    (binary, environment): (&PrometheusBinary, &Environment),
    answered: impl FnMut(usize),
) -> Result<AgainstReport, RunError> {
    let mut report = AgainstReport {
        reference: name,
        changed: Vec::new(),
        unchanged: 0,
        missing: Vec::new(),
        added: Vec::new(),
        is_whole,
    };
    let mut both: Vec<(&AlertRule, AlertRule)> = Vec::new();
    for ((name, _), pair) in pairs(reference, rules) {
        match pair {
            [Some(old), Some(new)] if differences(old, new).is_empty() => report.unchanged += 1,
            [Some(old), Some(new)] => {
                both.push((old, AlertRule { evaluations: old.evaluations, ..new.clone() }));
                report.changed.push(Changed {
                    alert: name.to_owned(),
                    what: differences(old, new),
                    cases: Vec::new(),
                    not_compared: None,
                });
            }
            [Some(_), None] => report.missing.push(name.to_owned()),
            _ => report.added.push(name.to_owned()),
        }
    }
    let brackets: Vec<Bracket> = both.iter().map(|(old, _)| bracket(old, recorded)).collect();
    if brackets.is_empty() {
        return Ok(report);
    }
    let staged = Staged::new(binary, environment, &brackets).await?;
    let cases = brackets.iter().enumerate().flat_map(|(nth, bracket)| {
        bracket.cases.iter().enumerate().map(move |(at, case)| (nth, at, case))
    });
    let asked: Vec<_> = cases
        .clone()
        .flat_map(|(nth, at, case)| {
            let (old, new) = &both[nth];
            [(*old, nth, at, case.n_evaluations), (new, nth, at, case.n_evaluations)]
        })
        .collect();
    let observed = staged.ask_all(&asked, answered).await?;
    staged.stop().await;
    for ((nth, _, case), observed) in cases.zip(observed.chunks(2)) {
        let [old, new] = observed else { continue };
        // What the reference does not do itself is nothing that its successor could keep.
        if *old == Observed::Behaved(case.expected.clone()) {
            let (what, expected) = (case.what.clone(), case.expected.clone());
            report.changed[nth].cases.push(Ran { what, expected, observed: new.clone() });
        }
    }
    for (changed, bracket) in report.changed.iter_mut().zip(&brackets) {
        // A rule that no case lets fire is compared in its silence alone, which a dead rule keeps as well.
        let fires = |ran: &Ran| ran.expected != Behaviour::default();
        if !changed.cases.iter().any(fires) {
            let lacks = bracket.not_bracketed.iter().find(|not| not.lack != Lack::Nothing);
            let reason = lacks.map(|not| not.reason.clone());
            changed.not_compared = Some(reason.unwrap_or_else(|| "it never fires".to_owned()));
        }
    }
    Ok(report)
}

impl fmt::Display for AgainstReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reference = &self.reference;
        for changed in &self.changed {
            let (of, what) = (changed.cases.len(), changed.what.join(", "));
            let red: Vec<&Ran> = changed.cases.iter().filter(|case| !case.held()).collect();
            write!(out, "rule {}: ", changed.alert)?;
            match (&changed.not_compared, red.len()) {
                (_, n) if 0 < n => {
                    writeln!(
                        out,
                        "{n} of {of} cases of {reference} now give another result: {what} changed"
                    )?;
                }
                (Some(why), _) => {
                    writeln!(
                        out,
                        "{what} changed, and {reference} has no case that fires it: {why}"
                    )?;
                }
                _ => writeln!(out, "{what} changed, and all {of} cases of {reference} hold")?,
            }
            for case in red {
                writeln!(out, "       {}", case.what)?;
                writeln!(out, "         expected: {}", case.expected)?;
                writeln!(out, "         observed: {}", case.observed)?;
            }
        }
        for (names, place) in
            [(&self.missing, reference.as_str()), (&self.added, "the other rules")]
        {
            if !names.is_empty() {
                writeln!(out, "only in {place}: {}", names.join(", "))?;
            }
        }
        writeln!(
            out,
            "compared with {reference}: {} in both; changed: {}; behave differently: {}",
            counted(self.changed.len() + self.unchanged, "rule"),
            self.changed.len(),
            self.changed.iter().filter(|changed| !changed.held()).count(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use proof::alert::alert_rules;

    fn rules(text: &str) -> Vec<AlertRule> {
        let text = format!("groups:\n- name: g\n  rules: [{text}]\n");
        let file = monitoring::rules::parse(Path::new("r.yml"), &text).unwrap();
        alert_rules(&[file], 30_000, (0, 0), |_, _, _| 0)
    }

    #[test]
    fn rules_go_with_those_of_their_name_in_turn() {
        let old = rules("{alert: A, expr: a}, {alert: B, expr: b}, {alert: A, expr: c}");
        let new = rules("{alert: A, expr: d}, {alert: A, expr: e}, {alert: C, expr: f}");
        let found = pairs(&old, &new);
        let exprs: Vec<[Option<&str>; 2]> =
            found.values().map(|pair| pair.map(|rule| rule.map(|r| r.expr.as_str()))).collect();
        let expected =
            [[Some("a"), Some("d")], [Some("c"), Some("e")], [Some("b"), None], [None, Some("f")]];
        assert_eq!(exprs, expected);
    }

    #[test]
    fn annotations_and_white_space_are_no_difference() {
        let old = rules("{alert: A, expr: 'a  > 1', for: 1m, labels: {s: x}}");
        let same =
            rules("{alert: A, expr: 'a > 1', for: 60s, labels: {s: x}, annotations: {b: c}}");
        assert_eq!(differences(&old[0], &same[0]), [""; 0]);
        let other = rules("{alert: A, expr: 'a > 2', keep_firing_for: 1m}");
        let expected = ["expression", "for", "keep_firing_for", "labels"];
        assert_eq!(differences(&old[0], &other[0]), expected);
    }
}
