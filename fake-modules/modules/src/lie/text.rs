//! The text of a lie: `<metric>:<kind>` or `<metric>:<kind>=<parameter>`.
//!
//! Printed by reports and read from the command that replays them, so it stays the same from version to version.

use std::{fmt, str::FromStr};

use super::Lie;
use sim::{label::Label, time::Nanos, world::Instance};

use crate::metrics::Metric;

/// A text that names no lie.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no lie: expected {expected}")]
pub struct ParseLieError {
    /// What was given.
    pub text: String,
    /// What would have been understood at the place where understanding ended.
    pub expected: &'static str,
}

impl fmt::Display for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metric = self.metric();
        match self {
            Lie::DropEveryNth { n, .. } => write!(f, "{metric}:drop-every-nth={n}"),
            Lie::DoubleCount { .. } => write!(f, "{metric}:double-count"),
            Lie::Freeze { after: Nanos(nanos), .. } => write!(f, "{metric}:freeze={nanos}ns"),
            Lie::SwapLabels { label, .. } => write!(f, "{metric}:swap-labels={label}"),
            Lie::ShiftBuckets { .. } => write!(f, "{metric}:shift-buckets"),
            Lie::WrongUnit { factor, .. } => write!(f, "{metric}:wrong-unit={factor}"),
            Lie::LateSeries { .. } => write!(f, "{metric}:late-series"),
        }
    }
}

impl FromStr for Lie {
    type Err = ParseLieError;

    fn from_str(text: &str) -> Result<Lie, ParseLieError> {
        parse(text).map_err(|expected| ParseLieError { text: text.to_owned(), expected })
    }
}

fn parse(text: &str) -> Result<Lie, &'static str> {
    let (metric, kind) = text.split_once(':').ok_or("`<metric>:<kind>`")?;
    let metric = Metric::parse(metric).ok_or("a metric's name before the colon")?;
    let (kind, parameter) = match kind.split_once('=') {
        Some((kind, parameter)) => (kind, Some(parameter)),
        None => (kind, None),
    };
    match (kind, parameter) {
        ("drop-every-nth", Some(n)) => Ok(Lie::DropEveryNth { metric, n: positive(n)? }),
        ("double-count", None) => Ok(Lie::DoubleCount { metric }),
        ("freeze", Some(after)) => Ok(Lie::Freeze { metric, after: nanoseconds(after)? }),
        ("swap-labels", Some(label)) => swap_labels(metric, label),
        ("shift-buckets", None) => {
            known(Lie::ShiftBuckets { metric }, "a histogram before the colon")
        }
        ("wrong-unit", Some(factor)) => Ok(Lie::WrongUnit { metric, factor: positive(factor)? }),
        ("late-series", None) => Ok(Lie::LateSeries { metric }),
        _ => Err(
            "`drop-every-nth=<n>`, `double-count`, `freeze=<n>ns`, `swap-labels=<label>`, `shift-buckets`, \
             `wrong-unit=<factor>` or `late-series` after the colon",
        ),
    }
}

fn swap_labels(metric: Metric, name: &str) -> Result<Lie, &'static str> {
    every_lie(metric)
        .into_iter()
        .find(|lie| matches!(lie, Lie::SwapLabels { label, .. } if *label == name))
        .ok_or("a label of the metric after `=`")
}

/// The lie, if it makes sense of its metric.
fn known(lie: Lie, expected: &'static str) -> Result<Lie, &'static str> {
    if every_lie(lie.metric()).contains(&lie) { Ok(lie) } else { Err(expected) }
}

fn every_lie(metric: Metric) -> Vec<Lie> {
    let mut lies = Lie::all_for(Instance { module: metric.module(), replica: 0 });
    lies.retain(|lie| lie.metric() == metric);
    lies
}

fn positive(text: &str) -> Result<u32, &'static str> {
    text.parse().ok().filter(|&n| n > 0).ok_or("a whole number from 1 after `=`")
}

fn nanoseconds(text: &str) -> Result<Nanos, &'static str> {
    let digits = text.strip_suffix("ns").ok_or("nanoseconds such as `600000000000ns` after `=`")?;
    digits.parse().map(Nanos).map_err(|_| "nanoseconds such as `600000000000ns` after `=`")
}
