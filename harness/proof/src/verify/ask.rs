//! Asks one question and judges its answer.

use std::sync::Arc;

use monitoring::grafana::legend;
use prom::series::{Answer, Value};
use stack::client::prometheus::{ClientError, Problem, Prometheus};
use truth::{
    fact::{Asked, Expectation, Fact, Labels, Total},
    judge::{self, Finding, Observed},
    ledger::Ledger,
    oracle::Arithmetic,
    quantity::Quantity,
};

use crate::verify::{
    evidence::Evidence,
    picture::{self, Picture},
    question::{Form, Question},
};

/// What the stack's answer to a question is worth.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The question.
    pub question: Question,
    /// The comparison; nothing was compared where the engine refused.
    pub finding: Finding,
    /// The engine's own words, where it refused the query.
    pub refused: Option<String>,
    /// The first series that is shown under another name than it should: shown, expected.
    pub misnamed: Option<(String, String)>,
    /// What the engine remarked on the query.
    pub remarks: Vec<String>,
    /// Why part of it was not judged truly, where an incident blinds the metric by design.
    pub blind: Option<String>,
    /// What the first point that broke rests on.
    pub evidence: Option<Evidence>,
    /// What a range showed over what happened: of what broke always, of what held where pictures are wanted.
    pub picture: Option<Arc<Picture>>,
}

impl Verdict {
    /// Whether the expectation held.
    #[must_use]
    pub fn held(&self) -> bool {
        self.refused.is_none() && self.misnamed.is_none() && self.finding.held()
    }
}

/// A span in which an incident keeps a quantity from showing the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// The quantity.
    pub quantity: Quantity,
    /// Start in Unix milliseconds.
    pub from_ms: i64,
    /// End in Unix milliseconds.
    pub until_ms: i64,
    /// The incident, and the invariant that it breaks.
    pub why: String,
}

/// The truth and how it may be seen.
#[derive(Debug)]
pub struct Truth {
    /// What really happened.
    pub ledger: Ledger,
    /// Where it cannot be seen.
    pub blinds: Vec<Blind>,
    /// First and last evaluation of the rules that state constants.
    pub constants_ms: (i64, i64),
    /// Whether what holds is kept as a picture too.
    pub pictures: bool,
}

impl Truth {
    fn blinds_of(&self, question: &Question) -> Vec<&Blind> {
        let quantities = quantities(&question.fact);
        self.blinds.iter().filter(|blind| quantities.contains(&blind.quantity)).collect()
    }
}

/// Asks and judges.
///
/// # Errors
/// If the engine cannot be reached. A query that it refuses is a verdict.
pub async fn ask(
    question: Question,
    engine: &Prometheus,
    arithmetic: Arithmetic,
    truth: &Truth,
) -> Result<Verdict, ClientError> {
    let answer = match question.form {
        Form::Instant(at) => engine.query(&question.expr, at).await,
        Form::Range { start_ms, end_ms, step_ms } => {
            engine.query_range(&question.expr, start_ms, end_ms, step_ms).await
        }
    };
    match answer {
        Ok(answer) => Ok(judged(question, answer, arithmetic, truth)),
        Err(error) => match error.problem {
            Problem::Refused { error, error_type, .. } => Ok(Verdict {
                question,
                finding: Finding::default(),
                refused: Some(format!("{error_type}: {error}")),
                misnamed: None,
                remarks: Vec::new(),
                blind: None,
                evidence: None,
                picture: None,
            }),
            _ => Err(error),
        },
    }
}

/// Judges an answer that was obtained elsewhere.
#[must_use]
pub fn judged(
    question: Question,
    answer: Answer,
    arithmetic: Arithmetic,
    truth: &Truth,
) -> Verdict {
    let expected = expected(&question, arithmetic, truth);
    let mut remarks = answer.warnings;
    remarks.extend(answer.infos);
    let observed = observed(answer.value);
    let (finding, blind) = compare(&question, &expected, &observed, truth);
    let misnamed = question
        .legend
        .as_ref()
        .and_then(|(shown, contract)| misnamed(shown, contract, &expected, &question.expr));
    let evidence = finding.breaches.first().map(|breach| {
        let quantities = quantities(&question.fact);
        Evidence::gather(&truth.ledger, &quantities, question.window_ms, breach.at_ms)
            .with_labels(&expected, &observed)
    });
    let wanted = truth.pictures || !finding.held();
    let picture = if wanted { pictured(&question, &expected, &observed, truth) } else { None };
    Verdict { question, finding, refused: None, misnamed, remarks, blind, evidence, picture }
}

/// What a range showed, thinned; an instant is no picture.
fn pictured(
    question: &Question,
    expected: &[Expectation],
    observed: &[Observed],
    truth: &Truth,
) -> Option<Arc<Picture>> {
    let instants = question.form.instants();
    if instants.len() < 2 {
        return None;
    }
    let blinds = truth.blinds_of(question);
    let truly = |at| blinded(&blinds, question.window_ms, at).is_none();
    picture::picture(&instants, expected, observed, truly).map(Arc::new)
}

/// The span that blinds an answer at an instant.
fn blinded<'a>(blinds: &[&'a Blind], window_ms: i64, at: i64) -> Option<&'a Blind> {
    let covers = |blind: &&&Blind| at - window_ms < blind.until_ms && at > blind.from_ms;
    blinds.iter().find(covers).copied()
}

/// What a faithful stack must answer to a question.
#[must_use]
pub fn expected(question: &Question, arithmetic: Arithmetic, truth: &Truth) -> Vec<Expectation> {
    Asked {
        fact: &question.fact,
        ledger: &truth.ledger,
        arithmetic,
        window_ms: question.window_ms,
        instants: question.form.instants(),
        rules_ms: truth.constants_ms,
    }
    .expect()
}

/// Compares the series of an answer with what was [`expected`], and says why part of it was not judged truly.
#[must_use]
pub fn compare(
    question: &Question,
    expected: &[Expectation],
    observed: &[Observed],
    truth: &Truth,
) -> (Finding, Option<String>) {
    let instants = question.form.instants();
    let blinds = truth.blinds_of(question);
    let blinded = |at: i64| blinded(&blinds, question.window_ms, at);
    let blind = instants.iter().find_map(|&at| blinded(at)).map(|blind| blind.why.clone());
    (judge::judge(expected, &instants, observed, |at| blinded(at).is_none()), blind)
}

/// An answer's series without metric names, each with its points.
#[must_use]
pub fn observed(value: Value) -> Vec<Observed> {
    let labels = |labels: &prom::series::Labels| -> Labels {
        let kept = labels.iter().filter(|(name, _)| *name != "__name__");
        kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    match value {
        Value::Matrix(series) => series
            .into_iter()
            .map(|series| Observed { labels: labels(&series.labels), points: series.points })
            .collect(),
        Value::Vector(samples) => samples
            .into_iter()
            .map(|sample| Observed {
                labels: labels(&sample.labels),
                points: vec![(sample.at, sample.value)],
            })
            .collect(),
        Value::Scalar { at, value } => {
            vec![Observed { labels: Vec::new(), points: vec![(at, value)] }]
        }
    }
}

/// The quantities that a fact is about.
#[must_use]
pub fn quantities(fact: &Fact) -> Vec<Quantity> {
    let of = |total: &Total| total.quantities.clone();
    match fact {
        Fact::Total(total)
        | Fact::Quantile { of: total, .. }
        | Fact::ShareAbove { of: total, .. } => of(total),
        Fact::Ratio { part, whole } => [of(part), of(whole)].concat(),
        Fact::Health(_) | Fact::Constant(_) => Vec::new(),
    }
}

/// The first series whose legend is not the contract's.
fn misnamed(
    shown: &str,
    contract: &str,
    expected: &[Expectation],
    expr: &str,
) -> Option<(String, String)> {
    expected.iter().find_map(|series| {
        let labels: legend::Labels = series.labels.iter().cloned().collect();
        let name =
            |template: &str| legend::display_name(template, &labels, expr).unwrap_or_default();
        let (shown, wanted) = (name(shown), name(contract));
        (shown != wanted).then_some((shown, wanted))
    })
}
