//! An engine's answer to an expression at all evaluations of a group.
//!
//! Asked over all of them at once; only where a range query refuses what the evaluation of a rule may not, at each one.

use super::error::CampaignError;
use prom::{
    evaluations::Evaluations,
    series::{Labels, Series, Value},
};
use stack::client::prometheus::{ClientError, MAX_POINTS, Prometheus};
use truth::evaluate::row::{Row, rows};

/// The elements of an expression of `rule`.
///
/// # Errors
/// If the engine fails an evaluation, or does not answer.
pub(super) async fn ask(
    client: &Prometheus,
    rule: &str,
    expr: &str,
    evaluations: Evaluations,
) -> Result<Vec<Row>, CampaignError> {
    let found = match at_once(client, expr, evaluations).await {
        // Over a range, elements with the same labels are refused even if they are never there at once.
        Err(error) if error.is_execution() => one_by_one(client, expr, evaluations).await,
        found => found,
    };
    let found = found.map_err(|source| CampaignError::Ask { rule: rule.to_owned(), source })?;
    Ok(rows(found, evaluations))
}

async fn at_once(
    client: &Prometheus,
    expr: &str,
    evaluations: Evaluations,
) -> Result<Vec<Series>, ClientError> {
    let Evaluations { first_ms, last_ms, interval_ms } = evaluations;
    // 2.42 looks through all samples of the range anew for each `timestamp(x)`: short ranges have fewer.
    let n_steps = if expr.contains("timestamp") { 120 } else { MAX_POINTS };
    let mut all = Vec::new();
    let mut from_ms = first_ms;
    while from_ms <= last_ms {
        let to_ms = last_ms.min(from_ms + (n_steps - 1) * interval_ms);
        let answer = client.query_range(expr, from_ms, to_ms, interval_ms).await?;
        if let Value::Matrix(series) = answer.value {
            all.extend(series);
        }
        from_ms = to_ms + interval_ms;
    }
    Ok(all)
}

async fn one_by_one(
    client: &Prometheus,
    expr: &str,
    evaluations: Evaluations,
) -> Result<Vec<Series>, ClientError> {
    let mut all = Vec::new();
    for at in evaluations.instants() {
        match client.query(expr, at).await?.value {
            Value::Vector(samples) => all.extend(
                samples
                    .into_iter()
                    .map(|s| Series { labels: s.labels, points: vec![(at, s.value)] }),
            ),
            Value::Scalar { value, .. } => {
                all.push(Series { labels: Labels::default(), points: vec![(at, value)] });
            }
            Value::Matrix(series) => all.extend(series),
        }
    }
    Ok(all)
}
