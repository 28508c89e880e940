//! The samples of a scenario, stored many times over under other labels.

use std::{collections::BTreeMap, fmt};

use prom::{
    evaluations::Evaluations,
    remote_write::{EncodedLabels, SeriesRef},
    series::{Labels, Series, Value},
};
use stack::client::{
    prometheus::{ClientError, Prometheus},
    remote_write::{RemoteWriter, WriteError},
};

/// Samples are stored in windows of this length, as scraping would bring them.
const WINDOW_MS: i64 = 1_800_000;

/// What there is more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Copies of each module: each series as often, with another `instance`.
    Instances,
    /// Values of labels: each series of the application as often, with a label that it did not have.
    Labels,
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Growth::Instances => "instances",
            Growth::Labels => "label values",
        })
    }
}

/// The label that grows beside `instance`.
const GROWN: &str = "tenant";

/// The samples as they are once.
#[derive(Debug)]
pub(super) struct Original {
    series: Vec<Series>,
    from_ms: i64,
    until_ms: i64,
}

impl Original {
    /// Reads back what was stored, but for recorded series.
    pub(super) async fn read(
        engine: &Prometheus,
        from_ms: i64,
        until_ms: i64,
        recorded: &BTreeMap<String, Evaluations>,
    ) -> Result<Original, ClientError> {
        let expr = format!("{{__name__!=\"\"}}[{}ms]", until_ms - from_ms + 1);
        let Value::Matrix(mut series) = engine.query(&expr, until_ms).await?.value else {
            return Ok(Original { series: Vec::new(), from_ms, until_ms });
        };
        let name = |series: &Series| series.labels.metric_name().unwrap_or_default().to_owned();
        series.retain(|series| !recorded.contains_key(&name(series)));
        Ok(Original { series, from_ms, until_ms })
    }

    /// Stores everything `factor` times; how many series and samples that are.
    pub(super) async fn store(
        &self,
        writer: &RemoteWriter,
        growth: Growth,
        factor: u32,
    ) -> Result<(usize, usize), WriteError> {
        let copies: Vec<(EncodedLabels, &Series)> = (0..factor)
            .flat_map(|nth| {
                self.series.iter().filter_map(move |s| Some((copy(s, growth, nth)?, s)))
            })
            .collect();
        let mut session = writer.session();
        let mut from = self.from_ms;
        while from <= self.until_ms {
            let until = from + WINDOW_MS;
            let window: Vec<SeriesRef<'_>> = copies
                .iter()
                .map(|(labels, series)| {
                    let points = &series.points;
                    let first = points.partition_point(|(at, _)| *at < from);
                    let last = points.partition_point(|(at, _)| *at < until);
                    SeriesRef { labels, samples: &points[first..last] }
                })
                .filter(|series| !series.samples.is_empty())
                .collect();
            session.push(&window).await?;
            from = until;
        }
        let samples = session.finish().await?.samples;
        Ok((copies.len(), samples))
    }
}

/// The labels of a copy; the first is the original. `None` for what does not grow.
fn copy(series: &Series, growth: Growth, nth: u32) -> Option<EncodedLabels> {
    let labels = grown(&series.labels, growth, nth)?;
    Some(EncodedLabels::new(&labels.iter().collect::<Vec<_>>()))
}

fn grown(labels: &Labels, growth: Growth, nth: u32) -> Option<Labels> {
    if nth == 0 {
        return Some(labels.clone());
    }
    // Prometheus' own target and what it says of a target are not the application's.
    labels.get("module")?;
    let of_target = ["up", "scrape_", "process_"];
    let name = labels.metric_name().unwrap_or_default();
    let (label, value) = match growth {
        Growth::Instances => ("instance", format!("{}-{nth}", labels.get("instance")?)),
        Growth::Labels if of_target.iter().any(|prefix| name.starts_with(prefix)) => return None,
        Growth::Labels => (GROWN, format!("{nth}")),
    };
    let own = labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(Labels::new(own.chain([(label.to_owned(), value)]).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_differ_in_one_label_and_the_first_is_the_original() {
        let series: Labels =
            [("__name__", "x_total"), ("module", "m"), ("instance", "i:1")].into_iter().collect();
        let shown = |growth, nth| grown(&series, growth, nth).map(|labels| labels.to_string());
        assert_eq!(shown(Growth::Instances, 0), Some(series.to_string()));
        let expected = r#"x_total{instance="i:1-3",module="m"}"#;
        assert_eq!(shown(Growth::Instances, 3).as_deref(), Some(expected));
        let expected = r#"x_total{instance="i:1",module="m",tenant="3"}"#;
        assert_eq!(shown(Growth::Labels, 3).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_not_the_applications_does_not_grow() {
        let up: Labels =
            [("__name__", "up"), ("module", "m"), ("instance", "i")].into_iter().collect();
        assert!(
            grown(&up, Growth::Labels, 1).is_none() && grown(&up, Growth::Instances, 1).is_some()
        );
        let own: Labels = [("__name__", "up"), ("instance", "p")].into_iter().collect();
        assert!(grown(&own, Growth::Instances, 1).is_none());
    }
}
