//! The teeth of alert rules: would anyone notice if a threshold, a span, a guard or a label were wrong?
//!
//! Each rule is changed in one place ([`mutants`]), and the changed rule is asked in the cases that bracket the
//! original: one that does something else there is killed. What is left can be asked of scenarios
//! ([`RuleMutationReport::survivors`], [`RuleMutationReport::kill`]). Windows of recording rules are not changed here:
//! alert rules read what they record, and contracts judge that.

mod make;
mod text;

use serde::Serialize;

use proof::alert::AlertRule;
use stack::{
    bounded,
    client::prometheus::{ClientError, Prometheus},
    environment::Environment,
    prometheus_binary::PrometheusBinary,
};

use crate::bracket::{
    Behaviour, Bracket, Lack, NotBracketed, Side, What,
    run::{Observed, RunError, Staged},
};

pub use make::mutants;

/// The share of mutants that must be killed; what survives is listed, and is for people to judge.
const ENOUGH: f64 = 0.95;

/// The kind of mistake; the order is that of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleMutantKind {
    /// A threshold halved or doubled.
    Threshold,
    /// A comparison turned round.
    Comparison,
    /// A comparison that includes its threshold, or no longer does.
    Boundary,
    /// A window of the alert rule itself doubled.
    Window,
    /// `for` removed or four times as long.
    For,
    /// `keep_firing_for` removed or four times as long.
    KeepFiringFor,
    /// `and`, `unless` or a comparison inside a number dropped.
    Guard,
    /// One branch of `or` dropped.
    Branch,
    /// A label lost from a grouping, a matching or the rule.
    Label,
}

/// A rule with one mistake in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// The changed rule.
    pub rule: AlertRule,
    /// The kind of mistake.
    pub kind: RuleMutantKind,
    /// The mistake in words.
    pub what: String,
    /// The comparison whose boundary was moved, as cases name it.
    pub operand: Option<String>,
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleFate {
    /// A case that brackets the original gave it away.
    KilledByCase {
        /// The case.
        case: What,
        /// What the mutant did there.
        observed: Observed,
    },
    /// A scenario gave it away.
    KilledByScenario {
        /// The scenario.
        scenario: String,
        /// The expectation that it broke, in words.
        expectation: String,
    },
    /// No data can tell it from the original.
    Equivalent {
        /// Why.
        reason: String,
    },
    /// It did what the original does.
    Survived {
        /// In how many cases.
        cases: usize,
    },
}

/// A mutant and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct RuleMutantResult {
    /// The kind of mistake.
    pub kind: RuleMutantKind,
    /// The mistake in words.
    pub what: String,
    /// What became of it.
    pub fate: RuleFate,
    /// The changed rule.
    #[serde(skip)]
    pub rule: AlertRule,
}

/// A rule's mutants.
#[derive(Clone, Debug, Serialize)]
pub struct RuleScore {
    /// The rule's name.
    pub alert: String,
    /// Cases that say something else than the original does, so that no mutant can be told from it there.
    pub doubtful: Vec<What>,
    /// In the order in which they were made.
    pub mutants: Vec<RuleMutantResult>,
}

/// The mutants of all rules.
#[derive(Clone, Debug, Serialize)]
pub struct RuleMutationReport {
    /// In the order of the rules.
    pub alerts: Vec<RuleScore>,
}

impl RuleMutationReport {
    /// Mutants that nothing gave away yet, each with the places to [`RuleMutationReport::kill`] it by: of its rule,
    /// and among that rule's mutants.
    pub fn survivors(&self) -> impl Iterator<Item = (usize, usize, &RuleMutantResult)> {
        let of_rule = |(nth, score): (usize, &'_ RuleScore)| (nth, score.mutants.len());
        self.alerts.iter().enumerate().map(of_rule).flat_map(move |(nth, n)| {
            (0..n).filter_map(move |index| {
                let mutant = &self.alerts[nth].mutants[index];
                matches!(mutant.fate, RuleFate::Survived { .. }).then_some((nth, index, mutant))
            })
        })
    }

    /// Records what a scenario gave away.
    pub fn kill(&mut self, nth: usize, mutant: usize, scenario: String, expectation: String) {
        self.alerts[nth].mutants[mutant].fate =
            RuleFate::KilledByScenario { scenario, expectation };
    }

    /// Whether so many mutants were killed that the rules count as tested.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        let (killed, killable) = self.score();
        killed as f64 >= ENOUGH * killable as f64
    }

    /// Mutants killed, and mutants that could be.
    #[must_use]
    pub fn score(&self) -> (usize, usize) {
        let mutants = || self.alerts.iter().flat_map(|score| &score.mutants);
        let n_alive = self.survivors().count();
        let is_equivalent = |m: &&RuleMutantResult| matches!(m.fate, RuleFate::Equivalent { .. });
        let n_killable = mutants().count() - mutants().filter(is_equivalent).count();
        (n_killable - n_alive, n_killable)
    }
}

/// Asks every mutant of every rule in the cases of the bracket at the rule's place, until one gives it away.
///
/// # Errors
/// If the cases could not be run; a survivor is no error.
pub async fn run(
    rules: &[AlertRule],
    brackets: &[Bracket],
    binary: &PrometheusBinary,
    environment: &Environment,
    mut asked: impl FnMut(usize, usize),
) -> Result<RuleMutationReport, RunError> {
    let staged = Staged::new(binary, environment, brackets).await?;
    let cases = |nth: usize, bracket: &Bracket| -> Vec<Place> {
        let places = bracket.cases.iter().enumerate().map(|(index, case)| Place {
            what: case.what.clone(),
            start_ms: staged.start_ms(nth, index),
            n_evaluations: case.n_evaluations,
            expected: case.expected.clone(),
        });
        places.collect()
    };
    let mut alerts = Vec::new();
    let mut waiting = Vec::new();
    for (nth, (rule, bracket)) in rules.iter().zip(brackets).enumerate() {
        let (mut sound, mut doubtful) = (Vec::new(), Vec::new());
        for place in cases(nth, bracket) {
            let observed = place.ask(staged.client(), rule).await?;
            if observed == Observed::Behaved(place.expected.clone()) {
                sound.push(place);
            } else {
                doubtful.push(place.what);
            }
        }
        let mutants = mutants(rule).into_iter();
        waiting.extend(mutants.map(|mutant| (nth, mutant, sound.clone())));
        alerts.push(RuleScore { alert: rule.name.clone(), doubtful, mutants: Vec::new() });
    }
    let of = waiting.len();
    let fates = waiting.into_iter().map(|(nth, mutant, places)| {
        let client = staged.client().clone();
        async move {
            let fate = fate(&client, &mutant, &places).await?;
            Ok::<_, ClientError>((nth, mutant, fate))
        }
    });
    let results = bounded::all(fates, |done| asked(done, of)).await?;
    staged.stop().await;
    for (nth, mutant, fate) in results {
        let fate = equivalent(&mutant, &brackets[nth]).filter(|_| survived(&fate)).unwrap_or(fate);
        let Mutant { rule, kind, what, .. } = mutant;
        alerts[nth].mutants.push(RuleMutantResult { kind, what, fate, rule });
    }
    Ok(RuleMutationReport { alerts })
}

/// A case in its place.
#[derive(Clone, Debug)]
struct Place {
    what: What,
    start_ms: i64,
    n_evaluations: usize,
    expected: Behaviour,
}

impl Place {
    async fn ask(&self, client: &Prometheus, rule: &AlertRule) -> Result<Observed, ClientError> {
        crate::bracket::run::ask(client, rule, self.start_ms, self.n_evaluations).await
    }
}

async fn fate(
    client: &Prometheus,
    mutant: &Mutant,
    places: &[Place],
) -> Result<RuleFate, ClientError> {
    for place in places {
        let observed = place.ask(client, &mutant.rule).await?;
        if observed != Observed::Behaved(place.expected.clone()) {
            return Ok(RuleFate::KilledByCase { case: place.what.clone(), observed });
        }
    }
    Ok(RuleFate::Survived { cases: places.len() })
}

fn survived(fate: &RuleFate) -> bool {
    matches!(fate, RuleFate::Survived { .. })
}

/// Why a mutant is none: the boundary that it moves is never met exactly.
fn equivalent(mutant: &Mutant, bracket: &Bracket) -> Option<RuleFate> {
    let moved = mutant.operand.as_ref()?;
    let is_it = |not: &&NotBracketed| {
        let (What::Threshold { operand, side: Side::At } | What::Guard { operand, side: Side::At }) =
            &not.what
        else {
            return false;
        };
        operand == moved && not.lack == Lack::Nothing
    };
    let not = bracket.not_bracketed.iter().find(is_it)?;
    Some(RuleFate::Equivalent { reason: not.reason.clone() })
}
