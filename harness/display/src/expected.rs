//! The series that a fact has, and the frames that the data source would make of a faithful answer.
//!
//! Source of the frames' shapes: `parseTimeSeriesResponse` and `parseTableResponse` of the data source's plugin. It must
//! not know what a panel does with them.

use std::collections::{BTreeMap, BTreeSet};

use monitoring::grafana::{
    dashboard::{QueryFormat, QueryKind, Target},
    legend,
};
use shown::frame::{Field, FieldType, Frame, Labels, Scalar};
use truth::{
    contract::TargetContract,
    fact::{Condition, Fact, Total},
    quantity::Quantity,
};

/// When the first moment of made-up frames is, in milliseconds since 1970 UTC; a whole minute.
const START_MS: f64 = 1_767_222_000_000.0;
/// Between moments, in milliseconds.
const STEP_MS: f64 = 15_000.0;

/// A target with the contract that it has.
#[derive(Debug, Clone)]
pub(crate) struct Bound<'a> {
    pub(crate) target: &'a Target,
    /// Where it stands among the panel's targets.
    pub(crate) at: usize,
    pub(crate) contract: &'a TargetContract,
    /// The labels of each series that it may have.
    pub(crate) series: Vec<Labels>,
}

impl<'a> Bound<'a> {
    pub(crate) fn new(target: &'a Target, at: usize, contract: &'a TargetContract) -> Bound<'a> {
        Bound { target, at, contract, series: series(&contract.fact) }
    }

    /// Whether one moment is asked.
    pub(crate) fn instant(&self) -> bool {
        self.target.kind == QueryKind::Instant
    }

    /// The name that a series should have; `None` where the contract names none, or where only a choice of variables
    /// makes it.
    pub(crate) fn name(&self, labels: &Labels) -> Option<String> {
        if self.target.legend_format.contains('$') {
            return None;
        }
        let template = self.contract.legend.as_deref()?;
        legend::display_name(template, labels, &self.target.expr)
    }
}

/// The label sets of a fact's series, each once.
pub(crate) fn series(fact: &Fact) -> Vec<Labels> {
    match fact {
        Fact::Total(total)
        | Fact::Ratio { whole: total, .. }
        | Fact::Quantile { of: total, .. }
        | Fact::ShareAbove { of: total, .. } => of_total(total),
        Fact::Health(conditions) => {
            let modules: BTreeSet<String> =
                Quantity::ALL.iter().map(|quantity| quantity.module().to_string()).collect();
            let labels = modules.into_iter().map(|module| vec![("module".to_owned(), module)]);
            labels
                .filter(|labels| conditions.iter().all(|condition| condition.admits(labels)))
                .map(|labels| labels.into_iter().collect())
                .collect()
        }
        Fact::Constant(values) => {
            values.iter().map(|(labels, _)| labels.iter().cloned().collect()).collect()
        }
    }
}

fn of_total(total: &Total) -> Vec<Labels> {
    let mut found: BTreeSet<Labels> = BTreeSet::new();
    for quantity in &total.quantities {
        for set in quantity.label_sets() {
            let mut labels: Vec<(String, String)> =
                set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            labels.push(("module".to_owned(), quantity.module().to_string()));
            if total.conditions.iter().all(|condition: &Condition| condition.admits(&labels)) {
                labels.retain(|(name, _)| total.by.contains(name));
                found.insert(labels.into_iter().collect());
            }
        }
    }
    found.into_iter().collect()
}

/// The numbers of each series of each target, `None` where there is no sample; a target has none if it is hidden.
pub(crate) type Numbers = Vec<Vec<Vec<Option<f64>>>>;

/// The frames of an answer.
pub(crate) fn frames(targets: &[Bound<'_>], numbers: &Numbers) -> Vec<Frame> {
    let asked = targets.iter().filter(|bound| !bound.target.hide).count();
    let mut frames = Vec::new();
    for (bound, numbers) in targets.iter().zip(numbers) {
        if bound.target.hide {
            continue;
        }
        let series: Vec<(&Labels, Vec<(f64, f64)>)> = bound
            .series
            .iter()
            .zip(numbers)
            .map(|(labels, numbers)| (labels, points(numbers)))
            .collect();
        if bound.target.format == QueryFormat::Table {
            frames.push(table(bound.target, &series, asked));
        } else {
            let there = series.iter().filter(|(_, points)| !points.is_empty());
            frames.extend(there.map(|(labels, points)| one(bound.target, labels, points)));
        }
    }
    frames
}

fn points(numbers: &[Option<f64>]) -> Vec<(f64, f64)> {
    let at = |index: usize| START_MS + STEP_MS * index as f64;
    numbers.iter().enumerate().filter_map(|(index, number)| Some((at(index), (*number)?))).collect()
}

fn one(target: &Target, labels: &Labels, points: &[(f64, f64)]) -> Frame {
    let values = points.iter().map(|point| Scalar::Number(point.1)).collect();
    let mut field = Field::new("Value", FieldType::Number, values);
    field.config.display_name_from_ds =
        legend::display_name(&target.legend_format, labels, &target.expr);
    field.labels = Some(labels.clone());
    let time = Field::time(points.iter().map(|point| point.0));
    Frame { ref_id: Some(target.ref_id.clone()), name: None, fields: vec![time, field] }
}

fn table(target: &Target, series: &[(&Labels, Vec<(f64, f64)>)], asked: usize) -> Frame {
    let rows: Vec<(&Labels, f64, f64)> = series
        .iter()
        .flat_map(|(labels, points)| points.iter().map(|point| (*labels, point.0, point.1)))
        .collect();
    let names: BTreeMap<&String, ()> =
        rows.iter().flat_map(|row| row.0.keys()).map(|name| (name, ())).collect();
    let mut fields = vec![Field::time(rows.iter().map(|row| row.1))];
    for name in names.into_keys() {
        let cells = rows.iter().map(|row| Scalar::from(row.0.get(name).map_or("", String::as_str)));
        fields.push(Field::new(name.clone(), FieldType::Text, cells.collect()));
    }
    let value = if asked > 1 { format!("Value #{}", target.ref_id) } else { "Value".to_owned() };
    let cells = rows.iter().map(|row| Scalar::Number(row.2)).collect();
    fields.push(Field::new(value, FieldType::Number, cells));
    Frame { ref_id: Some(target.ref_id.clone()), name: None, fields }
}
