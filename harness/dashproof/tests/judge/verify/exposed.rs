//! Which counts of the ledger each exposed series must show: the one place that knows both vocabularies.
//!
//! Written by hand from the metric contract, so that neither side can supply what the other forgot.

use std::collections::{BTreeMap, BTreeSet};

use modules::exposition::{Exposition, SeriesDescription, SeriesKind};
use truth::{
    ledger::Page,
    quantity::{Quantity, Unit},
};

/// Names and values of labels, sorted.
type Labels = Vec<(String, String)>;

/// Where in a page's row a series' value stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// The sum of these slots, in this many parts of the series' unit.
    Slots { first: usize, n: usize, scale: f64 },
    /// The start of the process.
    Start,
    /// Nothing that the ledger counts: build information, or series that an incident adds.
    Elsewhere,
}

/// The metric of a quantity, as Prometheus stores it, without a histogram's suffix; `None` for what no module shows.
pub(crate) fn metric(quantity: Quantity) -> Option<&'static str> {
    Some(match quantity {
        Quantity::ManagerOperations => "prompt_manager_operations_total",
        Quantity::ManagerDuration => "prompt_manager_operation_duration_seconds",
        Quantity::ManagerTokens => "prompt_manager_tokens_total",
        Quantity::ManagerCost => "prompt_manager_cost_total",
        Quantity::ManagerErrors => "prompt_manager_errors_total",
        Quantity::CacheLookups => "prompt_manager_cache_requests_total",
        Quantity::ManagerValidations => "prompt_manager_security_validation_total",
        Quantity::ManagerLimitHits => "prompt_manager_rate_limit_hits_total",
        Quantity::SecurityOperations => "prompt_security_operations_total",
        Quantity::SecurityDuration => "prompt_security_operation_duration_seconds",
        Quantity::Validations => "prompt_security_validations_total",
        Quantity::Injections => "prompt_security_injections_detected_total",
        Quantity::SecurityEvents => "prompt_security_events_total",
        Quantity::SecurityLimitHits => "prompt_security_rate_limit_hits_total",
        Quantity::SecurityErrors => "prompt_security_errors_total",
        Quantity::SecurityTokens => "prompt_security_tokens_total",
        Quantity::SecurityCost => "prompt_security_cost_total",
        Quantity::LlmOperations => "llm_provider_operations_total",
        Quantity::LlmOperationDuration => "llm_provider_operation_duration_seconds",
        Quantity::LlmRequests => "llm_provider_requests_total",
        Quantity::LlmRequestDuration => "llm_provider_request_duration_seconds",
        Quantity::FirstToken => "llm_provider_time_to_first_token_seconds",
        Quantity::LlmTokens => "llm_provider_tokens_total",
        Quantity::LlmCost => "llm_provider_cost_total",
        Quantity::LlmErrors => "llm_provider_errors_total",
        Quantity::LlmSpend => return None,
    })
}

/// The source of each series of an exposition, in its order.
///
/// # Errors
/// If a series of the contract is missing, shown twice, or shown while the ledger says that it is hidden.
pub(crate) fn sources(
    exposition: &Exposition<'_>,
    page: &Page,
    row: usize,
) -> Result<Vec<Source>, String> {
    let mut known: BTreeMap<(&str, Labels), (Quantity, usize)> = BTreeMap::new();
    for quantity in Quantity::of(page.instance().module) {
        let Some(name) = metric(quantity).filter(|_| page.shows(row, quantity)) else { continue };
        for (position, labels) in quantity.label_sets().iter().enumerate() {
            known.insert((name, sorted(labels.iter().copied())), (quantity, position));
        }
    }
    let mut seen = BTreeSet::new();
    let mut sources = Vec::new();
    for series in exposition.series() {
        if !seen.insert((&series.name, &series.labels)) {
            return Err(format!("{} {:?} is shown twice", series.name, series.labels));
        }
        let family = series.name.trim_end_matches(suffix(series.kind));
        let labels = series.labels.iter().filter(|(name, _)| *name != "le");
        let labels = sorted(labels.map(|(name, value)| (*name, value.as_ref())));
        sources.push(match known.get(&(family, labels)) {
            Some(&(quantity, position)) => of_quantity(series, quantity, position)?,
            None if series.name == "process_start_time_seconds" => Source::Start,
            None => Source::Elsewhere,
        });
    }
    let shown = sources.iter().filter(|source| matches!(source, Source::Slots { .. })).count();
    let expected: usize = known
        .values()
        .map(|(quantity, _)| match quantity.unit() {
            Unit::Seconds(bounds) => bounds.len() + 3,
            Unit::Count | Unit::NanoUsd => 1,
        })
        .sum();
    if shown == expected {
        Ok(sources)
    } else {
        Err(format!("{shown} series of the contract are shown, not {expected}"))
    }
}

fn of_quantity(
    series: &SeriesDescription,
    quantity: Quantity,
    position: usize,
) -> Result<Source, String> {
    let first = quantity.base() + position * quantity.unit().slots();
    Ok(match (quantity.unit(), series.kind) {
        (Unit::Count, SeriesKind::Counter) => Source::Slots { first, n: 1, scale: 1.0 },
        (Unit::NanoUsd, SeriesKind::Counter) => Source::Slots { first, n: 1, scale: 1e9 },
        (Unit::Seconds(bounds), SeriesKind::Sum) => {
            Source::Slots { first: first + bounds.len() + 1, n: 1, scale: 1e9 }
        }
        (Unit::Seconds(bounds), SeriesKind::Count) => {
            Source::Slots { first, n: bounds.len() + 1, scale: 1.0 }
        }
        (Unit::Seconds(bounds), SeriesKind::Bucket) => {
            let le = le(series).ok_or_else(|| format!("{} has no number in `le`", series.name))?;
            let below = bounds.iter().filter(|bound| **bound <= le).count();
            let n = if le == f64::INFINITY { bounds.len() + 1 } else { below };
            Source::Slots { first, n, scale: 1.0 }
        }
        (unit, kind) => return Err(format!("{} is a {kind:?} of {unit:?}", series.name)),
    })
}

/// The upper bound of a bucket.
pub(crate) fn le(series: &SeriesDescription) -> Option<f64> {
    let le = series.labels.iter().find(|(name, _)| *name == "le")?;
    le.1.trim_start_matches('+').parse().ok()
}

fn suffix(kind: SeriesKind) -> &'static str {
    match kind {
        SeriesKind::Counter | SeriesKind::Gauge => "",
        SeriesKind::Bucket => "_bucket",
        SeriesKind::Sum => "_sum",
        SeriesKind::Count => "_count",
    }
}

fn sorted<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Labels {
    let mut labels: Labels =
        labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    labels.sort_unstable();
    labels
}
