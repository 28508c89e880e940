//! Recording rules in virtual time: what the rule manager would have recorded, asked of the real engine.
//!
//! Each rule is asked over its group's own instants (k · interval + a constant offset of the group) and the results
//! are written back, stale markers where a series vanishes included. Rules go in the order in which they may read
//! each other. Whether the results are right, this does not know.

use std::collections::BTreeMap;

use monitoring::{RuleFile, RuleGroup, RuleKind};
use prom::evaluations::Evaluations;
use prom::{
    promql::{self, MetricNames},
    remote_write::{EncodedLabels, SeriesRef},
    series::{Labels, Value},
    staleness,
};
use stack::client::{
    prometheus::{ClientError, Prometheus},
    remote_write::{RemoteWriter, WriteError},
};

/// A recording rule with all that decides when it is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRule {
    /// The recorded metric.
    pub record: String,
    /// The expression.
    pub expr: String,
    /// Labels that are added or replaced.
    pub labels: BTreeMap<String, String>,
    /// When.
    pub evaluations: Evaluations,
}

/// Rules read each other in a circle, or a rule reads a later one of its group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("recording rules read each other in a circle, or one reads a later one of its group: {}", records.join(", "))]
pub struct OrderError {
    /// The rules that are left.
    pub records: Vec<String>,
}

/// Elements of a recording rule that get the same labels at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Prometheus fails its evaluation, as two elements become {labels} at once: do its labels replace what tells them apart?"
)]
pub struct SameLabels {
    /// The labels.
    pub labels: Labels,
}

/// Why rules could not be materialised.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Rules cannot be ordered.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The engine did not answer.
    #[error("recording rule `{record}` could not be evaluated")]
    Ask {
        /// The recorded metric.
        record: String,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// It records one series twice.
    #[error("recording rule `{record}`")]
    SameLabels {
        /// The recorded metric.
        record: String,
        /// Why.
        #[source]
        source: SameLabels,
    },
    /// The engine did not store the results.
    #[error("results of recording rule `{record}` were not stored")]
    Write {
        /// The recorded metric.
        record: String,
        /// Why.
        #[source]
        source: WriteError,
    },
}

/// The recording rules of all files, with the instants within `span` (Unix milliseconds, from
/// exclusive) at which each is evaluated.
/// `offset` gives the offset of a group (file name, group name, interval in milliseconds): in production it depends
/// on the path that the file is deployed at.
#[must_use]
pub fn recording_rules(
    files: &[RuleFile],
    default_interval_ms: i64,
    span: (i64, i64),
    offset: impl Fn(&str, &str, i64) -> i64,
) -> Vec<RecordingRule> {
    let mut rules = Vec::new();
    for (_, group, evaluations) in each_group(files, default_interval_ms, span, offset) {
        for rule in &group.rules {
            if let RuleKind::Record { .. } = rule.kind {
                rules.push(RecordingRule {
                    record: rule.name().to_owned(),
                    expr: rule.expr.clone(),
                    labels: rule.labels.clone(),
                    evaluations,
                });
            }
        }
    }
    rules
}

/// Every group of all files, in their order, with its evaluations after `from_ms` until `until_ms`; the other
/// arguments as for [`recording_rules`].
pub(crate) fn each_group(
    files: &[RuleFile],
    default_interval_ms: i64,
    (from_ms, until_ms): (i64, i64),
    offset: impl Fn(&str, &str, i64) -> i64,
) -> Vec<(&RuleFile, &RuleGroup, Evaluations)> {
    let mut found = Vec::new();
    for file in files {
        let name = file
            .file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        for group in &file.groups {
            let interval_ms = group.interval_ms.unwrap_or(default_interval_ms).max(1);
            let offset = offset(&name, &group.name, interval_ms).rem_euclid(interval_ms);
            let first_ms =
                (from_ms - offset).div_euclid(interval_ms) * interval_ms + interval_ms + offset;
            let last_ms = (until_ms - offset).div_euclid(interval_ms) * interval_ms + offset;
            found.push((file, group, Evaluations { first_ms, last_ms, interval_ms }));
        }
    }
    found
}

/// Evaluates `rules` on the engine and stores the results.
///
/// # Errors
/// If rules cannot be ordered, or the engine does not answer or store.
pub async fn materialise(
    rules: &[RecordingRule],
    engine: &Prometheus,
    writer: &RemoteWriter,
    mut progress: impl FnMut(&str),
) -> Result<(), RuleError> {
    for rule in ordered(rules)? {
        progress(&rule.record);
        evaluate(rule, engine, writer).await?;
    }
    Ok(())
}

/// `rules` so that each stands after those that it reads, by name or by a pattern of names.
///
/// A pattern may cover a rule that the others of its matchers leave out, so that rules only seem to read each other in a
/// circle: then names alone decide.
///
/// # Errors
/// If they read each other in a circle.
pub fn ordered(rules: &[RecordingRule]) -> Result<Vec<&RecordingRule>, OrderError> {
    let reads: Vec<Vec<MetricNames>> =
        rules.iter().map(|rule| promql::metrics_read(&rule.expr)).collect();
    let by_name = |read: &MetricNames, record: &str| match read {
        MetricNames::Listed(_) => read.may_select(record),
        MetricNames::Pattern(_) | MetricNames::Variable => false,
    };
    let by_any = |read: &MetricNames, record: &str| read.may_select(record);
    let mut ordered = Vec::with_capacity(rules.len());
    let mut waiting: Vec<usize> = (0..rules.len()).collect();
    while !waiting.is_empty() {
        let is_ready = |nth: usize, may_read: &dyn Fn(&MetricNames, &str) -> bool| {
            let read =
                |other: &usize| reads[nth].iter().any(|read| may_read(read, &rules[*other].record));
            !waiting.iter().any(read)
        };
        let ready = |may_read: &dyn Fn(&MetricNames, &str) -> bool| -> Vec<usize> {
            waiting.iter().copied().filter(|nth| is_ready(*nth, may_read)).collect()
        };
        let mut next = ready(&by_any);
        if next.is_empty() {
            // One at a time: what it frees may no longer need to be looked at so leniently.
            next = ready(&by_name);
            next.truncate(1);
        }
        if next.is_empty() {
            let records = waiting.iter().map(|nth| rules[*nth].record.clone()).collect();
            return Err(OrderError { records });
        }
        ordered.extend(next.iter().map(|nth| &rules[*nth]));
        waiting.retain(|nth| !next.contains(nth));
    }
    Ok(ordered)
}

async fn evaluate(
    rule: &RecordingRule,
    engine: &Prometheus,
    writer: &RemoteWriter,
) -> Result<(), RuleError> {
    let Evaluations { first_ms, last_ms, interval_ms } = rule.evaluations;
    if last_ms < first_ms {
        return Ok(());
    }
    let answer = engine
        .query_range_in_parts(&rule.expr, first_ms, last_ms, interval_ms)
        .await
        .map_err(|source| RuleError::Ask { record: rule.record.clone(), source })?;
    let Value::Matrix(series) = answer.value else { return Ok(()) };
    let elements = series.into_iter().map(|series| (series.labels, series.points));
    let stored = rule.records(elements).map_err(|source| same_labels(rule, source))?;
    store(rule, &stored, writer).await
}

fn same_labels(rule: &RecordingRule, source: SameLabels) -> RuleError {
    RuleError::SameLabels { record: rule.record.clone(), source }
}

/// A series that a rule records, with its samples.
pub type Recorded = (EncodedLabels, Vec<(i64, f64)>);

/// Stores what a rule records.
///
/// # Errors
/// If the engine does not store it.
pub async fn store(
    rule: &RecordingRule,
    stored: &[Recorded],
    writer: &RemoteWriter,
) -> Result<(), RuleError> {
    let batch: Vec<SeriesRef<'_>> =
        stored.iter().map(|(labels, samples)| SeriesRef { labels, samples }).collect();
    let error = |source| RuleError::Write { record: rule.record.clone(), source };
    let mut session = writer.session();
    session.push(&batch).await.map_err(error)?;
    session.finish().await.map_err(error)?;
    Ok(())
}

impl RecordingRule {
    /// The series that elements of the expression (labels, and values at evaluations in Unix milliseconds) are recorded
    /// as, with a staleness marker wherever one ends. Elements may become one series, if they never are there at once.
    ///
    /// # Errors
    /// If they are: Prometheus then fails the evaluation.
    pub fn records(
        &self,
        elements: impl IntoIterator<Item = (Labels, Vec<(i64, f64)>)>,
    ) -> Result<Vec<Recorded>, SameLabels> {
        let mut series: BTreeMap<EncodedLabels, Vec<(i64, f64)>> = BTreeMap::new();
        for (element, points) in elements {
            series.entry(self.labels_of(&element)).or_default().extend(points);
        }
        let Evaluations { last_ms, interval_ms, .. } = self.evaluations;
        let recorded = series.into_iter().map(|(labels, mut points)| {
            points.sort_by_key(|(at, _)| *at);
            if points.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(SameLabels { labels: labels.iter().collect() });
            }
            Ok((labels, with_stale(points, last_ms, interval_ms)))
        });
        recorded.collect()
    }

    fn labels_of(&self, element: &Labels) -> EncodedLabels {
        let mut all: BTreeMap<&str, &str> =
            element.iter().filter(|(name, _)| *name != "__name__").collect();
        all.extend(self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        all.insert("__name__", &self.record);
        EncodedLabels::new(&all.into_iter().collect::<Vec<_>>())
    }
}

/// A stale marker at each evaluation at which a series is not there any more.
fn with_stale(points: Vec<(i64, f64)>, last_ms: i64, interval_ms: i64) -> Vec<(i64, f64)> {
    let mut samples = Vec::with_capacity(points.len() + 2);
    let mut points = points.into_iter().peekable();
    while let Some((at, value)) = points.next() {
        samples.push((at, value));
        let next = at + interval_ms;
        if next <= last_ms && points.peek().is_none_or(|point| point.0 > next) {
            samples.push((next, staleness::MARKER));
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vanished_series_ends_with_a_stale_marker() {
        let samples = with_stale(vec![(0, 1.0), (10, 2.0), (40, 3.0), (50, 4.0)], 60, 10);
        let instants: Vec<(i64, bool)> =
            samples.iter().map(|(at, value)| (*at, value.is_nan())).collect();
        let expected = [(0, false), (10, false), (20, true), (40, false), (50, false), (60, true)];
        assert_eq!(instants, expected);
    }

    fn rule(record: &str, expr: &str) -> RecordingRule {
        RecordingRule {
            record: record.to_owned(),
            expr: expr.to_owned(),
            labels: [("model".to_owned(), "any".to_owned())].into(),
            evaluations: Evaluations { first_ms: 0, last_ms: 40, interval_ms: 10 },
        }
    }

    #[test]
    fn a_rule_stands_after_those_that_a_pattern_of_it_reads() {
        let rules = [
            rule("my:sum", "sum({__name__=~\"my:part_.*\"})"),
            rule("my:all", "count({job=\"x\"})"),
            rule("my:part_a", "up"),
        ];
        let names = |rules: &[RecordingRule]| -> Vec<String> {
            ordered(rules).unwrap().iter().map(|rule| rule.record.clone()).collect()
        };
        assert_eq!(names(&rules), ["my:part_a", "my:sum", "my:all"]);
        let circle = [rule("a", "b"), rule("b", "{__name__=~\"a|c\"}"), rule("d", "up")];
        assert_eq!(ordered(&circle), Err(OrderError { records: vec!["a".into(), "b".into()] }));
    }

    #[test]
    fn elements_that_take_turns_are_one_series() {
        let element = |model: &str| Labels::new(vec![("model".to_owned(), model.to_owned())]);
        let turns = [(element("a"), vec![(0, 1.0), (30, 3.0)]), (element("b"), vec![(10, 2.0)])];
        let recorded = rule("r", "x").records(turns).unwrap();
        assert_eq!(recorded.len(), 1);
        let instants: Vec<(i64, bool)> =
            recorded[0].1.iter().map(|(at, value)| (*at, value.is_nan())).collect();
        assert_eq!(instants, [(0, false), (10, false), (20, true), (30, false), (40, true)]);
        let both = [(element("a"), vec![(0, 1.0)]), (element("b"), vec![(0, 1.0)])];
        let error = rule("r", "x").records(both).unwrap_err().to_string();
        assert!(error.contains("two elements become r{model=\"any\"} at once"), "{error}");
    }

    #[test]
    fn nothing_is_marked_after_the_last_evaluation() {
        assert_eq!(with_stale(vec![(60, 1.0)], 60, 10).len(), 1);
    }
}
