//! A panel's question put to Grafana: the request, the same questions to the ledger, and the verdict on its answer.
//!
//! What Grafana's page asks and what Prometheus must get of it, `grafana` knows; what is true, `ask`. An answer that
//! was judged true is compared once more with what was predicted of it: the query that the server says it ran, its step,
//! and every name.

use grafana::{Answered, Asking, NotAsked, Predicted, Request, Shown};
use monitoring::grafana::{dashboard::Panel, legend, variables::Selection};
use prom::series::{Answer, Series, Value};
use truth::{
    contract::{DashboardContract, TargetContract},
    fact::{Condition, Fact},
    judge::Finding,
    oracle::Arithmetic,
};

use crate::verify::{
    ask::{self, Truth, Verdict},
    look::Occasion,
    question::{Form, Place, Question, window_ms},
};

/// A panel's request and, for each of its queries that has a contract, the question to the ledger.
#[derive(Clone, Debug)]
pub struct PanelAsked {
    /// What is sent.
    pub request: Request,
    /// By query, in the order of the request; none without a contract.
    pub questions: Vec<Option<Question>>,
}

/// A verdict on an answer that came through Grafana.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whether it is true, and named as the contract says.
    pub verdict: Verdict,
    /// Where Grafana did otherwise than predicted, in words.
    pub unlike: Vec<String>,
}

impl Seen {
    /// Whether the answer is true and nothing of it was otherwise than predicted.
    #[must_use]
    pub fn held(&self) -> bool {
        self.verdict.held() && self.unlike.is_empty()
    }
}

/// The request of a panel and its questions; `why` says why it is asked then.
///
/// # Errors
/// If the page could not ask, or would ask for something that is not modelled.
pub fn of_panel(
    asking: &Asking<'_>,
    panel: &Panel,
    contract: &DashboardContract,
    why: Occasion,
) -> Result<PanelAsked, NotAsked> {
    let request = asking.request(panel.id)?;
    let bound = contract.panels.get(&panel.title);
    let question = |predicted: &Predicted| -> Result<Option<Question>, NotAsked> {
        let bound = bound.and_then(|bound| bound.targets.get(&predicted.ref_id));
        let place = Place {
            dashboard: asking.page.dashboard.uid.clone(),
            panel: panel.title.clone(),
            ref_id: predicted.ref_id.clone(),
            selection: selection(asking),
        };
        bound.map(|bound| of_query(asking, place, predicted, contract, bound, why)).transpose()
    };
    let questions = request.predicted.iter().map(question).collect::<Result<_, _>>()?;
    Ok(PanelAsked { request, questions })
}

fn of_query(
    asking: &Asking<'_>,
    place: Place,
    predicted: &Predicted,
    contract: &DashboardContract,
    bound: &TargetContract,
    why: Occasion,
) -> Result<Question, NotAsked> {
    if predicted.instant != bound.instant {
        let words = |instant| if instant { "an instant" } else { "a range" };
        let (is, should) = (words(predicted.instant), words(bound.instant));
        return Err(NotAsked(format!("asks for {is} where the contract says {should}")));
    }
    let plan = &predicted.plan;
    let form = match predicted.instant {
        true => Form::Instant(plan.instant_at_ms),
        false => {
            Form::Range { start_ms: plan.start_ms, end_ms: plan.end_ms, step_ms: plan.step_ms }
        }
    };
    Ok(Question {
        place,
        expr: predicted.expr.clone(),
        form,
        fact: narrowed(asking, contract, &bound.fact),
        window_ms: window_ms(bound.over, plan).map_err(NotAsked)?,
        legend: bound.legend.clone().map(|expected| (predicted.legend.clone(), expected)),
        why,
    })
}

/// The fact about what is selected.
fn narrowed(asking: &Asking<'_>, contract: &DashboardContract, fact: &Fact) -> Fact {
    let mut fact = fact.clone();
    for (variable, selection) in &asking.view.selected {
        if let (Some(label), Selection::Values(values)) =
            (contract.variables.get(variable), selection)
        {
            fact = fact.narrowed(&Condition { label: label.clone(), values: values.clone() });
        }
    }
    fact
}

/// What is selected, as places say it.
fn selection(asking: &Asking<'_>) -> String {
    let chosen = asking.view.selected.iter().filter_map(|(variable, selection)| match selection {
        Selection::All => None,
        Selection::Values(values) => Some(format!("{variable}={}", values.join("+"))),
    });
    chosen.collect::<Vec<_>>().join(" ")
}

/// Judges what Grafana answered to one query.
#[must_use]
pub fn judged(
    question: Question,
    predicted: &Predicted,
    answered: &Answered,
    arithmetic: Arithmetic,
    truth: &Truth,
) -> Seen {
    let shown = match (&answered.error, answered.shown(&predicted.ref_id)) {
        (None, Ok(shown)) => shown,
        (Some(error), _) => return refused(question, error.clone()),
        (None, Err(error)) => return refused(question, error.to_string()),
    };
    let unlike = unlike(predicted, answered, &shown);
    let misnamed = misnamed(&question, &shown);
    let answer = Answer {
        value: Value::Matrix(shown.into_iter().map(series).collect()),
        warnings: answered.notices(),
        infos: Vec::new(),
    };
    let mut verdict = ask::judged(question, answer, arithmetic, truth);
    // The names that the server gave count, not those that it would give.
    verdict.misnamed = misnamed;
    Seen { verdict, unlike }
}

fn refused(question: Question, words: String) -> Seen {
    let verdict = Verdict {
        question,
        finding: Finding::default(),
        refused: Some(words),
        misnamed: None,
        remarks: Vec::new(),
        blind: None,
        evidence: None,
        picture: None,
    };
    Seen { verdict, unlike: Vec::new() }
}

/// A series as it came.
#[must_use]
pub fn series(shown: Shown) -> Series {
    Series { labels: shown.labels.into_iter().collect(), points: shown.points }
}

/// Where the server did otherwise than predicted.
#[must_use]
pub fn unlike(predicted: &Predicted, answered: &Answered, shown: &[Shown]) -> Vec<String> {
    let mut unlike = Vec::new();
    for frame in &answered.frames {
        let (ours, step) = (predicted.executed(), predicted.plan.step_ms as f64);
        if let Some(words) = frame.executed().filter(|words| *words != ours) {
            unlike.push(format!("Grafana says it ran {words:?}, predicted was {ours:?}"));
        }
        if let Some(interval) = frame.interval_ms().filter(|interval| *interval != step) {
            unlike.push(format!(
                "the times have an interval of {interval} ms, predicted was {step} ms"
            ));
        }
    }
    for one in shown {
        let ours = predicted.name(&one.labels);
        if one.name != ours {
            unlike.push(format!("a series is named {:?}, predicted was {ours:?}", one.name));
        }
    }
    unlike.dedup();
    unlike
}

/// The first series whose name is not the contract's: shown, expected.
#[must_use]
pub fn misnamed(question: &Question, shown: &[Shown]) -> Option<(String, String)> {
    let (_, contract) = question.legend.as_ref()?;
    shown.iter().find_map(|one| {
        let wanted =
            legend::display_name(contract, &one.labels, &question.expr).unwrap_or_default();
        let name = one.name.clone().unwrap_or_default();
        (name != wanted).then_some((name, wanted))
    })
}
