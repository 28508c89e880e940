//! The samples of one run, as a time series database would hold them: what instant and range selectors read.
//!
//! Series of one target share their instants, so that what depends on instants alone is found once for all of them.
//! Where samples come from, this does not know.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    range::{self, Reads},
    row::Row,
    seconds,
};
use prom::{
    evaluations::Evaluations,
    promql::{
        expr::{RangeSelector, Selector},
        plain::RangeFunction,
    },
    remote_write::{EncodedLabels, SeriesRef},
    series::Labels,
    staleness,
};

use crate::oracle::Era;

/// The age at which a sample no longer counts for an instant selector: Prometheus' default, in milliseconds.
const LOOKBACK_MS: i64 = 300_000;

const NAME: &str = "__name__";

/// Samples of many series, and what has been read of them.
#[derive(Debug)]
pub struct Store {
    era: Era,
    series: Vec<Stored>,
    known: HashMap<EncodedLabels, usize>,
    /// Series by their metric's name.
    named: BTreeMap<String, Vec<usize>>,
    /// Instants that series share.
    timelines: Vec<Arc<Timeline>>,
    by_instants: HashMap<Arc<Timeline>, usize>,
    levels: HashMap<(usize, Evaluations, i64), Newest>,
    reads: HashMap<(usize, Evaluations, i64, i64), Arc<Reads>>,
}

/// The place of the sample that an instant selector shows at each evaluation.
type Newest = Arc<[Option<usize>]>;

/// When a series has samples, in Unix milliseconds.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
struct Timeline {
    /// Values, ascending.
    instants: Vec<i64>,
    /// Staleness markers, ascending.
    ends: Vec<i64>,
}

/// A series.
#[derive(Debug)]
struct Stored {
    labels: Arc<Labels>,
    /// The same without the metric's name.
    nameless: Arc<Labels>,
    /// As long as samples are added.
    growing: Timeline,
    /// Once they no longer are.
    timeline: Option<usize>,
    values: Vec<f64>,
    /// The samples that are lower than the one before, by their place, ascending.
    resets: Vec<usize>,
}

/// A sample that is not newer than the one before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("samples of {labels} are not in the order of time")]
pub struct OutOfOrder {
    /// The series.
    pub labels: Labels,
}

impl Store {
    /// An empty one, read as an engine of `era` reads it.
    #[must_use]
    pub fn new(era: Era) -> Store {
        Store {
            era,
            series: Vec::new(),
            known: HashMap::new(),
            named: BTreeMap::new(),
            timelines: Vec::new(),
            by_instants: HashMap::new(),
            levels: HashMap::new(),
            reads: HashMap::new(),
        }
    }

    /// How it is read.
    #[must_use]
    pub fn era(&self) -> Era {
        self.era
    }

    /// Adds samples to a series, staleness markers included; answers the series' place.
    ///
    /// # Errors
    /// If they are not newer than those before, or the series has been sealed.
    pub fn append(&mut self, added: &SeriesRef<'_>) -> Result<usize, OutOfOrder> {
        let nth = match self.known.get(added.labels) {
            Some(nth) => *nth,
            None => self.begin(added.labels),
        };
        let series = &mut self.series[nth];
        let out_of_order = |series: &Stored| OutOfOrder { labels: Labels::clone(&series.labels) };
        if series.timeline.is_some() {
            return Err(out_of_order(series));
        }
        let Timeline { instants, ends } = &mut series.growing;
        let mut newest = instants.last().max(ends.last()).copied().unwrap_or(i64::MIN);
        for &(at_ms, value) in added.samples {
            if at_ms <= newest {
                return Err(out_of_order(series));
            }
            newest = at_ms;
            if staleness::is_marker(value) {
                ends.push(at_ms);
                continue;
            }
            if series.values.last().is_some_and(|before| value < *before) {
                series.resets.push(series.values.len());
            }
            instants.push(at_ms);
            series.values.push(value);
        }
        Ok(nth)
    }

    fn begin(&mut self, encoded: &EncodedLabels) -> usize {
        let labels: Labels = encoded.iter().collect();
        let nth = self.series.len();
        let name = labels.metric_name().unwrap_or_default().to_owned();
        self.named.entry(name).or_default().push(nth);
        self.known.insert(encoded.clone(), nth);
        self.series.push(Stored {
            nameless: Arc::new(labels.without(NAME)),
            labels: Arc::new(labels),
            growing: Timeline::default(),
            timeline: None,
            values: Vec::new(),
            resets: Vec::new(),
        });
        nth
    }

    /// Ends what was added so far: from now on it can be read, and no longer be added to.
    pub fn seal(&mut self) {
        for series in self.series.iter_mut().filter(|series| series.timeline.is_none()) {
            let grown = Arc::new(std::mem::take(&mut series.growing));
            let next = self.timelines.len();
            let nth = *self.by_instants.entry(Arc::clone(&grown)).or_insert(next);
            if nth == next {
                self.timelines.push(grown);
            }
            series.timeline = Some(nth);
        }
    }

    /// The labels of a series by its place.
    #[must_use]
    pub fn labels(&self, nth: usize) -> &Labels {
        &self.series[nth].labels
    }

    /// What a selector reads, with each series' timeline.
    fn selected(&self, selector: &Selector) -> Vec<(usize, usize)> {
        let on_name: Vec<_> = selector.matchers.iter().filter(|m| m.label() == NAME).collect();
        let others: Vec<_> = selector.matchers.iter().filter(|m| m.label() != NAME).collect();
        let is_named = |name: &str| {
            selector.metric.as_ref().is_none_or(|metric| metric == name)
                && on_name.iter().all(|m| m.accepts(name))
        };
        let named = self.named.iter().filter(|(name, _)| is_named(name));
        let series = named.flat_map(|(_, places)| places).copied();
        let selected = series.filter_map(|nth| {
            let labels = &self.series[nth].labels;
            let accepts =
                others.iter().all(|m| m.accepts(labels.get(m.label()).unwrap_or_default()));
            self.series[nth].timeline.filter(|_| accepts).map(|timeline| (nth, timeline))
        });
        selected.collect()
    }

    /// An instant selector at each evaluation.
    pub(super) fn levels(&mut self, selector: &Selector, evaluations: Evaluations) -> Vec<Row> {
        self.newest(selector, evaluations, |series, _, at| series.values[at])
    }

    /// When the samples that an instant selector reads were taken, in Unix seconds.
    pub(super) fn timestamps(&mut self, selector: &Selector, evaluations: Evaluations) -> Vec<Row> {
        self.newest(selector, evaluations, |_, timeline, at| seconds(timeline.instants[at]))
    }

    fn newest(
        &mut self,
        selector: &Selector,
        evaluations: Evaluations,
        value: impl Fn(&Stored, &Timeline, usize) -> f64,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        let offset_ms = selector.offset_ms.unwrap_or(0);
        for (nth, timeline) in self.selected(selector) {
            let instants = Arc::clone(&self.timelines[timeline]);
            let key = (timeline, evaluations, offset_ms);
            let era = self.era;
            let newest = self.levels.entry(key).or_insert_with(|| {
                let shown = |at: i64| instants.newest(era, at - offset_ms);
                evaluations.instants().map(shown).collect()
            });
            let series = &self.series[nth];
            let values = newest.iter().map(|at| Some(value(series, &instants, (*at)?)));
            rows.push(Row { labels: Arc::clone(&series.labels), values: values.collect() });
        }
        rows
    }

    /// A function of a range selector at each evaluation; without the metric's name, unless the function keeps it.
    pub(super) fn over(
        &mut self,
        function: RangeFunction,
        read: &RangeSelector,
        evaluations: Evaluations,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        let RangeSelector { selector, window_ms } = read;
        let offset_ms = selector.offset_ms.unwrap_or(0);
        for (nth, timeline) in self.selected(selector) {
            let instants = Arc::clone(&self.timelines[timeline]);
            let key = (timeline, evaluations, offset_ms, *window_ms);
            let era = self.era;
            let reads = self.reads.entry(key).or_insert_with(|| {
                let ends = evaluations.instants().map(|at| at - offset_ms);
                Arc::new(Reads::new(era, *window_ms, ends, &instants.instants))
            });
            let series = &self.series[nth];
            let labels = if function.keeps_name() { &series.labels } else { &series.nameless };
            let values = range::column(function, &series.values, &series.resets, reads);
            rows.push(Row { labels: Arc::clone(labels), values });
        }
        rows
    }
}

impl Timeline {
    /// The place of the sample that an instant selector shows at an instant: the newest that is not too old, unless a
    /// marker came after it.
    fn newest(&self, era: Era, at_ms: i64) -> Option<usize> {
        let newest = era.window(at_ms - LOOKBACK_MS, at_ms, &self.instants).next_back()?;
        let ended = self.ends.partition_point(|end| *end <= at_ms);
        let end = ended.checked_sub(1).map(|nth| self.ends[nth]);
        (end < Some(self.instants[newest])).then_some(newest)
    }
}
