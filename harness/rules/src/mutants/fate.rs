//! One query on trial under one scenario: its mutants answer where the original does.
//!
//! The original is asked first, and once, at each question: only where it holds can a mutant be told from it. What is
//! expected is worked out once for all mutants.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{
    Fate, Sign,
    query::{Query, Source},
};
use prom::series::Answer;
use proof::verify::{
    Staged,
    ask::{self, Truth},
    question::{Form, Question},
};
use scenario::Scenario;
use stack::client::prometheus::{ClientError, Problem, Prometheus};
use truth::{fact::Expectation, judge::Observed, oracle::Arithmetic};

/// A query on trial.
#[derive(Debug)]
pub(super) struct Trial {
    client: Prometheus,
    arithmetic: Arithmetic,
    truth: Arc<Truth>,
    scenario: String,
    /// Labels that the rule adds.
    labels: Vec<(String, String)>,
    /// Other rules record the same metric with other labels.
    shared: bool,
    questions: Vec<Asked>,
}

#[derive(Debug)]
struct Asked {
    question: Question,
    original: OnceCell<Original>,
}

/// What the original's answer is worth, and what any answer is judged by.
#[derive(Debug)]
struct Original {
    expected: Vec<Expectation>,
    holds: bool,
}

/// What a scenario showed of a mutant.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The first answer that gave it away.
    pub(super) killed: Option<Fate>,
    /// Answers that were judged.
    pub(super) answers: usize,
    /// Where the original itself broke its contract.
    pub(super) original_broken: Option<String>,
}

impl Trial {
    pub(super) fn new(
        scenario: &Scenario,
        staged: &Staged,
        query: &Query,
        questions: Vec<Question>,
    ) -> Self {
        let (labels, shared) = match &query.source {
            Source::Target(..) => (Vec::new(), false),
            Source::Rule { labels, shared } => (labels.clone(), *shared),
        };
        let asked = |question| Asked { question, original: OnceCell::new() };
        Self {
            client: staged.engine.client(),
            arithmetic: staged.arithmetic,
            truth: Arc::clone(&staged.truth),
            scenario: scenario.name.clone(),
            labels,
            shared,
            questions: questions.into_iter().map(asked).collect(),
        }
    }

    /// Asks a mutant, whose expression in each question is one of `exprs`, until an answer gives it away.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub(super) async fn judge(&self, exprs: &[String]) -> Result<Outcome, ClientError> {
        let mut outcome = Outcome { killed: None, answers: 0, original_broken: None };
        for (asked, expr) in self.questions.iter().zip(exprs) {
            let original = asked.original.get_or_try_init(|| self.original(asked)).await?;
            if !original.holds {
                outcome.original_broken.get_or_insert_with(|| {
                    let why = &asked.question.why;
                    format!("breaks its contract itself: {}, {why}", self.scenario)
                });
                continue;
            }
            outcome.answers += 1;
            if let Some(by) = self.sign(&asked.question, expr, &original.expected).await? {
                outcome.killed = Some(Fate::Killed {
                    scenario: self.scenario.clone(),
                    look: asked.question.why.clone(),
                    selection: asked.question.place.selection.clone(),
                    by,
                });
                break;
            }
        }
        Ok(outcome)
    }

    async fn original(&self, asked: &Asked) -> Result<Original, ClientError> {
        let mut expected = ask::expected(&asked.question, self.arithmetic, &self.truth);
        if self.shared {
            expected.retain(|series| self.labels.iter().all(|label| series.labels.contains(label)));
        }
        let holds = self.sign(&asked.question, &asked.question.expr, &expected).await?.is_none();
        Ok(Original { expected, holds })
    }

    /// What gives `expr` away as not the original, if anything does.
    async fn sign(
        &self,
        question: &Question,
        expr: &str,
        expected: &[Expectation],
    ) -> Result<Option<Sign>, ClientError> {
        let answer = match question.form {
            Form::Instant(at) => self.client.query(expr, at).await,
            Form::Range { start_ms, end_ms, step_ms } => {
                self.client.query_range(expr, start_ms, end_ms, step_ms).await
            }
        };
        let observed = match answer {
            Ok(answer) => self.recorded(answer),
            // An engine without the time to answer has said nothing of the query.
            Err(ClientError { problem: Problem::Refused { error, error_type, .. }, .. })
                if matches!(error_type.as_str(), "bad_data" | "execution") =>
            {
                return Ok(Some(Sign::Refused(format!("{error_type}: {error}"))));
            }
            Err(error) => return Err(error),
        };
        let (finding, _) = ask::compare(question, expected, &observed, &self.truth);
        Ok(finding.breaches.first().map(|breach| Sign::Breach(breach.kind)))
    }

    /// The series of an answer, with the labels that a rule adds.
    fn recorded(&self, answer: Answer) -> Vec<Observed> {
        let mut series = ask::observed(answer.value);
        for found in &mut series {
            found.labels.retain(|(name, _)| self.labels.iter().all(|(added, _)| added != name));
            found.labels.extend(self.labels.iter().cloned());
            found.labels.sort_unstable();
        }
        series
    }
}
