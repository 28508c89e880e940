//! Whether an engine's answer and ours are the same.
//!
//! The same elements at the same evaluations, with values that differ by no more than the order of a sum explains.

use std::{collections::BTreeMap, fmt};

use super::{EvaluateError, Ties, near, row::Row, store::Store};
use prom::{
    evaluations::Evaluations,
    promql::{
        expr::Expr,
        plain::{self, Plain},
    },
    series::Labels,
};

/// An engine adds elements in an order of its own: the share by which sums, and what is made of them, may differ.
const RELATIVE: f64 = 1e-9;
/// The same near zero, where a difference of two sums has no share that means anything.
const ABSOLUTE: f64 = 1e-12;

/// The same for a difference of two values that are much larger, as a share of these: some thousands of additions.
const CANCELLED: f64 = 1e-12;

/// The first difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The element.
    pub labels: Labels,
    /// The evaluation in Unix milliseconds.
    pub at_ms: i64,
    /// The engine's value.
    pub theirs: Option<f64>,
    /// Ours.
    pub ours: Option<f64>,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: Option<f64>| value.map_or("nothing".to_owned(), |v| v.to_string());
        let at = self.at_ms as f64 / 1000.0;
        let (theirs, ours) = (shown(self.theirs), shown(self.ours));
        write!(out, "{} at {at}: Prometheus has {theirs}, dashproof {ours}", self.labels)
    }
}

/// The first difference between an engine's answer to an expression and ours; `None` where they agree.
///
/// # Errors
/// If the expression fails here.
pub fn compare(
    plain: &Plain,
    store: &mut Store,
    evaluations: Evaluations,
    theirs: &[Row],
) -> Result<Option<Difference>, EvaluateError> {
    let expr = plain.expr();
    let ours = near(expr, store, evaluations, Ties::default())?;
    if first_difference(&ours, &[], &[], evaluations, theirs).is_none() {
        return Ok(None);
    }
    // What hangs on the last bits: differences of sums that are nearly the same, comparisons of them, and ranks that
    // meet a count.
    let slack = slack(expr, store, evaluations)?;
    let widest = slack.iter().copied().fold(0.0, f64::max);
    let mut around = Vec::new();
    for shift in [-4.0 * RELATIVE, 4.0 * RELATIVE] {
        for hold in [false, true] {
            let ties = Ties { shift, hold: Some((hold, widest)) };
            // Undecided, it may be refused.
            around.push(near(expr, store, evaluations, ties).unwrap_or_default());
        }
    }
    Ok(first_difference(&ours, &around, &slack, evaluations, theirs))
}

/// How far answers may be apart at each evaluation because what they are made of is so much larger.
fn slack(
    expr: &Expr,
    store: &mut Store,
    evaluations: Evaluations,
) -> Result<Vec<f64>, EvaluateError> {
    let mut largest = vec![0.0_f64; evaluations.count()];
    let mut waiting = plain::below(expr);
    while let Some(part) = waiting.pop() {
        for row in near(part, store, evaluations, Ties::default())? {
            for (largest, value) in largest.iter_mut().zip(&row.values) {
                *largest = largest.max(value.map_or(0.0, f64::abs));
            }
        }
        waiting.extend(plain::below(part));
    }
    Ok(largest.into_iter().map(|largest| largest * CANCELLED).collect())
}

/// The first difference between two sets of rows, where neither `around` nor `slack` explains it.
pub fn first_difference(
    ours: &[Row],
    around: &[Vec<Row>],
    slack: &[f64],
    evaluations: Evaluations,
    theirs: &[Row],
) -> Option<Difference> {
    let empty = vec![None; evaluations.count()];
    let by_labels = |rows: &'_ [Row]| -> BTreeMap<Labels, Vec<Option<f64>>> {
        rows.iter().map(|row| (Labels::clone(&row.labels), row.values.clone())).collect()
    };
    let (ours, theirs) = (by_labels(ours), by_labels(theirs));
    let around: Vec<_> = around.iter().map(|rows| by_labels(rows)).collect();
    let mut all: Vec<&Labels> = ours.keys().chain(theirs.keys()).collect();
    all.sort_unstable();
    all.dedup();
    for labels in all {
        let column = |rows: &'_ BTreeMap<Labels, Vec<Option<f64>>>, nth: usize| {
            rows.get(labels).unwrap_or(&empty)[nth]
        };
        for (nth, at_ms) in evaluations.instants().enumerate() {
            let (own, other) = (column(&ours, nth), column(&theirs, nth));
            let slack = slack.get(nth).copied().unwrap_or(0.0);
            let edges: Vec<_> = around.iter().map(|rows| column(rows, nth)).collect();
            if !same(own, other, slack) && !between(&edges, other, slack) {
                let labels = labels.clone();
                return Some(Difference { labels, at_ms, theirs: other, ours: own });
            }
        }
    }
    None
}

fn same(one: Option<f64>, other: Option<f64>, slack: f64) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => close(one, other, slack),
        _ => false,
    }
}

/// Whether two values may be the same, but for the last bits of what they are made of.
pub(super) fn close(one: f64, other: f64, slack: f64) -> bool {
    one == other
        || one.is_nan() && other.is_nan()
        || (one - other).abs() <= RELATIVE * one.abs().max(other.abs()) + ABSOLUTE + slack
}

/// Whether a value lies between those with ties decided either way.
fn between(edges: &[Option<f64>], value: Option<f64>, slack: f64) -> bool {
    let there: Vec<f64> = edges.iter().flatten().copied().collect();
    match value {
        None => there.len() < edges.len(),
        Some(value) => {
            let low = there.iter().copied().fold(f64::INFINITY, f64::min);
            let high = there.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            low <= value && value <= high || there.iter().any(|edge| close(*edge, value, slack))
        }
    }
}
