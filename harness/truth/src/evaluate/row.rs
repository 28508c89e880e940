//! Series over the evaluations of a group.

use std::{collections::BTreeMap, sync::Arc};

use prom::{
    evaluations::Evaluations,
    series::{Labels, Series},
};

/// A series over the evaluations of a group: its value at each, where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its labels.
    pub labels: Arc<Labels>,
    /// One for each evaluation.
    pub values: Vec<Option<f64>>,
}

/// An answer, or several of one span after the other, as rows over `evaluations`, in the order of their labels.
#[must_use]
pub fn rows(series: Vec<Series>, evaluations: Evaluations) -> Vec<Row> {
    let Evaluations { first_ms, interval_ms, .. } = evaluations;
    let mut rows: BTreeMap<Labels, Vec<Option<f64>>> = BTreeMap::new();
    for series in series {
        let values = rows.entry(series.labels).or_insert_with(|| vec![None; evaluations.count()]);
        for (at, value) in series.points {
            let nth = (at - first_ms).div_euclid(interval_ms);
            if let Some(slot) = usize::try_from(nth).ok().and_then(|nth| values.get_mut(nth)) {
                *slot = Some(value);
            }
        }
    }
    rows.into_iter().map(|(labels, values)| Row { labels: Arc::new(labels), values }).collect()
}

impl Row {
    /// A number as an element without labels.
    pub(crate) fn of_scalar(values: Vec<f64>) -> Row {
        Row { labels: Arc::default(), values: values.into_iter().map(Some).collect() }
    }

    /// The same without the metric's name.
    pub fn nameless(self) -> Row {
        Row { labels: Arc::new(self.labels.without("__name__")), ..self }
    }

    /// Its values with their instants in Unix milliseconds.
    pub fn points(&self, evaluations: Evaluations) -> impl Iterator<Item = (i64, f64)> {
        let instants = evaluations.instants();
        instants.zip(&self.values).filter_map(|(at, value)| Some((at, (*value)?)))
    }
}

/// Without those that never have a value.
pub fn without_empty(mut rows: Vec<Row>) -> Vec<Row> {
    rows.retain(|row| row.values.iter().any(Option::is_some));
    rows
}
