//! What is mutated: each query with its mutants.
//!
//! Made once, from the metrics that the first scenario shows; the same mutants are asked under every scenario.

use super::{
    Fate, MutantResult, PlaceScore,
    fate::Outcome,
    query::{Query, queries},
    surroundings,
};
use proof::verify::{Files, Staged, VerifyError};
use scenario::Scenario;

use crate::mutate::{self, Mutant, MutationContext};

/// A query and what became of its mutants so far.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) query: Query,
    pub(super) mutants: Vec<(Mutant, Option<Fate>)>,
    doubt: Option<String>,
}

/// Every query that has a contract, in the order of the files; those without one are unproven already.
///
/// # Errors
/// If the engine does not list its series.
pub(super) async fn subjects(
    files: &Files,
    scenario: &Scenario,
    staged: &Staged,
) -> Result<Vec<Subject>, VerifyError> {
    let metrics = surroundings::metrics(scenario, staged).await?;
    let looks = files.looks(scenario);
    let mut found = Vec::new();
    for query in queries(files) {
        let variables = surroundings::variables(files, &query.source, &looks);
        let context = MutationContext { variables, metrics: metrics.clone() };
        let made = mutate::mutants(&query.expr, &context);
        let (mutants, doubt) = match made {
            Ok(mutants) => (mutants, None),
            Err(error) => (Vec::new(), Some(format!("has no mutants: {error}"))),
        };
        let fated = mutants.into_iter().map(|mutant| {
            let fate =
                mutant.equivalent.map(|reason| Fate::Equivalent { reason: reason.to_owned() });
            (mutant, fate)
        });
        found.push(Subject { query, mutants: fated.collect(), doubt });
    }
    Ok(found)
}

impl Subject {
    /// The mutants that may still be killed.
    pub(super) fn alive(&self) -> impl Iterator<Item = usize> {
        let alive = self
            .mutants
            .iter()
            .enumerate()
            .filter(|(_, (_, fate))| matches!(fate, None | Some(Fate::Survived { .. })));
        alive.map(|(nth, _)| nth)
    }

    /// Whether there are such mutants.
    pub(super) fn waits(&self) -> bool {
        self.alive().next().is_some()
    }

    /// Takes in what a scenario showed of a mutant.
    pub(super) fn learn(&mut self, mutant: usize, outcome: Outcome) {
        if let Some(broken) = outcome.original_broken {
            self.doubt.get_or_insert(broken);
        }
        let fate = &mut self.mutants[mutant].1;
        *fate = Some(match (outcome.killed, &fate) {
            (Some(killed), _) => killed,
            (None, Some(Fate::Survived { answers })) => {
                Fate::Survived { answers: answers + outcome.answers }
            }
            (None, _) => Fate::Survived { answers: outcome.answers },
        });
    }

    /// The result, once no scenario is left.
    pub(super) fn scored(self) -> PlaceScore {
        let mutants = self.mutants.into_iter().map(|(mutant, fate)| MutantResult {
            kind: mutant.kind,
            description: mutant.description,
            expr: mutant.expr,
            fate: fate.unwrap_or(Fate::Survived { answers: 0 }),
        });
        PlaceScore {
            place: self.query.place,
            expr: self.query.expr,
            doubt: self.doubt,
            mutants: mutants.collect(),
        }
    }
}
