//! The teeth of a verification: does it notice when a query is wrong?
//!
//! Every target of every dashboard and every recording rule is mutated, and each mutant is asked of a real Prometheus
//! exactly as verification would ask the original, and judged by the same contract. A mutant that breaks the contract,
//! or that the engine refuses, is killed; one that holds at every look of every scenario shows a gap: the panel is
//! unproven. Nothing here prints; the subcommand and the tests render a [`MutationReport`].

mod fate;
mod query;
mod subject;
mod surroundings;
mod text;

use std::sync::Arc;

use serde::Serialize;

use proof::verify::{Files, Notice, Staged, Staging, Verifier, VerifyError, question::Place};
use scenario::Scenario;
use stack::bounded;
use truth::judge::BreachKind;

use crate::mutate::MutantKind;
use fate::Trial;
use subject::Subject;

/// What became of all mutants.
#[derive(Clone, Debug, Serialize)]
pub struct MutationReport {
    /// The scenarios under which mutants were asked, in order; later ones only where earlier ones left survivors.
    pub scenarios: Vec<String>,
    /// One for each target and each recording rule.
    pub places: Vec<PlaceScore>,
}

/// What became of the mutants of one query.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceScore {
    /// The target or the recording rule.
    pub place: Place,
    /// The query as written.
    pub expr: String,
    /// Why its mutants prove less than they should, or nothing.
    pub doubt: Option<String>,
    /// In the order in which they were made.
    pub mutants: Vec<MutantResult>,
}

/// One mutant and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct MutantResult {
    /// The kind of mistake.
    pub kind: MutantKind,
    /// The mistake in words.
    pub description: String,
    /// The mutated expression, with the original's variables.
    pub expr: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Some answer gave it away.
    Killed {
        /// Under which scenario.
        scenario: String,
        /// At which look.
        look: String,
        /// What was selected in the dashboard's variables.
        selection: String,
        /// By what.
        by: Sign,
    },
    /// No data can tell it from the original.
    Equivalent {
        /// Why.
        reason: String,
    },
    /// It held wherever the original did.
    Survived {
        /// How many of its answers were judged.
        answers: usize,
    },
}

/// What gave a mutant away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// The first point that broke the contract.
    Breach(BreachKind),
    /// The engine refused it, in its own words.
    Refused(String),
}

/// How many mutants there were, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Killed.
    pub killed: usize,
    /// Equivalent.
    pub equivalent: usize,
    /// Survived.
    pub survived: usize,
}

impl Score {
    fn add(&mut self, fate: &Fate) {
        match fate {
            Fate::Killed { .. } => self.killed += 1,
            Fate::Equivalent { .. } => self.equivalent += 1,
            Fate::Survived { .. } => self.survived += 1,
        }
    }

    /// Mutants that could be killed.
    #[must_use]
    pub fn killable(&self) -> usize {
        self.killed + self.survived
    }
}

impl PlaceScore {
    /// This query's score.
    #[must_use]
    pub fn score(&self) -> Score {
        let mut score = Score::default();
        self.mutants.iter().for_each(|mutant| score.add(&mutant.fate));
        score
    }

    /// Whether every mistake in the query would have been noticed.
    #[must_use]
    pub fn proven(&self) -> bool {
        let score = self.score();
        self.doubt.is_none() && score.survived == 0 && score.killed > 0
    }

    /// The mutants that nothing gave away and that are no equivalents.
    pub fn gaps(&self) -> impl Iterator<Item = &MutantResult> {
        self.mutants.iter().filter(|mutant| matches!(mutant.fate, Fate::Survived { .. }))
    }
}

impl MutationReport {
    /// The score of all queries together.
    #[must_use]
    pub fn score(&self) -> Score {
        let mut score = Score::default();
        let mutants = self.places.iter().flat_map(|place| &place.mutants);
        mutants.for_each(|mutant| score.add(&mutant.fate));
        score
    }

    /// Whether every mistake in every query would have been noticed.
    #[must_use]
    pub fn proven(&self) -> bool {
        self.places.iter().all(PlaceScore::proven)
    }
}

/// Asks the mutants of every query of `verifier`'s monitoring under one scenario after the other, until none is left
/// that could be killed.
///
/// # Errors
/// If a scenario could not be staged, or the engine does not answer; a survivor is no error.
pub async fn run(
    verifier: &Verifier,
    scenarios: &[Scenario],
    notice: &mut impl FnMut(Notice),
) -> Result<MutationReport, VerifyError> {
    let mut report = MutationReport { scenarios: Vec::new(), places: Vec::new() };
    let mut subjects: Option<Vec<Subject>> = None;
    let records = surroundings::read(&verifier.files.monitoring);
    for scenario in scenarios {
        if subjects.as_ref().is_some_and(|all| all.iter().all(|subject| !subject.waits())) {
            break;
        }
        let staging = Staging { records: Some(records.clone()), ..Staging::default() };
        let staged = verifier.stage(scenario, &staging, notice).await?;
        report.scenarios.push(scenario.name.clone());
        let all = match &mut subjects {
            Some(all) => all,
            None => subjects.insert(subject::subjects(&verifier.files, scenario, &staged).await?),
        };
        ask_all(&verifier.files, scenario, &staged, all, notice).await?;
        staged.engine.stop().await;
    }
    report.places = subjects.unwrap_or_default().into_iter().map(Subject::scored).collect();
    Ok(report)
}

/// Asks every mutant that is still alive under a staged scenario.
async fn ask_all(
    files: &Files,
    scenario: &Scenario,
    staged: &Staged,
    subjects: &mut [Subject],
    notice: &mut impl FnMut(Notice),
) -> Result<(), VerifyError> {
    let surroundings = surroundings::Surroundings::of(files, scenario, staged).await?;
    let of = subjects.iter().map(|subject| subject.alive().count()).sum();
    // Trials are made when their first mutant is due, so that few of them hold their expectations at once.
    let waiting = subjects.iter().enumerate().flat_map(|(nth, subject)| {
        let mut alive = subject.alive().peekable();
        let trial = alive.peek().is_some().then(|| {
            let questions = surroundings.questions(&subject.query, &subject.query.expr);
            Arc::new(Trial::new(scenario, staged, &subject.query, questions))
        });
        let surroundings = &surroundings;
        alive.filter_map(move |mutant| {
            let asked = surroundings.questions(&subject.query, &subject.mutants[mutant].0.expr);
            let exprs: Vec<String> = asked.into_iter().map(|question| question.expr).collect();
            Some((nth, mutant, Arc::clone(trial.as_ref()?), exprs))
        })
    });
    let fates = waiting.map(|(nth, mutant, trial, exprs)| async move {
        Ok::<_, VerifyError>((nth, mutant, trial.judge(&exprs).await?))
    });
    let fates = bounded::all(fates, |done| notice(Notice::Asked { done, of })).await?;
    for (nth, mutant, outcome) in fates {
        subjects[nth].learn(mutant, outcome);
    }
    Ok(())
}
