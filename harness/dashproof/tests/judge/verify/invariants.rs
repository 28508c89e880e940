//! The invariants of the metric contract, as sums over an exposition's series.
//!
//! Made once for each list of series, checked at every scrape. I5 and I6 equate figures that here are the same series
//! (the overview adds up what the modules' dashboards show, the pie what llm-provider paid); that each series shows
//! the ledger's count is checked beside this. I8 (nothing decreases) needs two scrapes, see `agreement`.

use std::collections::BTreeSet;

use modules::exposition::{SeriesDescription, SeriesKind};
use sim::{
    incident::Invariant,
    label::Label,
    world::{
        Module,
        llm::{Deployment, LlmOperation, Provider},
        manager::{ManagerModel, ManagerOperation},
        price::Price,
        security::{SecurityModel, SecurityOperation},
    },
};

use crate::verify::exposed;

/// Positions in the exposition, each with a factor.
type Weighted = Vec<(usize, f64)>;

/// A relation between two sums that holds at every scrape.
#[derive(Debug)]
pub(crate) struct Law {
    invariant: Invariant,
    about: String,
    left: Weighted,
    right: Weighted,
    /// The left side may also be less.
    at_most: bool,
}

impl Law {
    /// What is wrong, or `None` where the law holds.
    pub(crate) fn broken(&self, values: &[f64]) -> Option<String> {
        let sum =
            |side: &Weighted| side.iter().map(|(at, factor)| values[*at] * factor).sum::<f64>();
        let (left, right) = (sum(&self.left), sum(&self.right));
        let holds = if self.at_most {
            left <= right
        } else {
            // Counts are whole numbers, and cost is a sum whose order is not ours.
            (left - right).abs() <= 1e-9 * right.abs()
        };
        (!holds).then(|| {
            format!("{:?} is broken for {}: {left} against {right}", self.invariant, self.about)
        })
    }
}

/// The laws of a module's exposition, but those of `broken`, which an incident breaks by design.
pub(crate) fn laws(
    module: Module,
    series: &[SeriesDescription],
    broken: &BTreeSet<Invariant>,
) -> Vec<Law> {
    let of = Series { prefix: module.prefix(), series };
    let mut laws = of.histograms();
    match module {
        Module::PromptManager => {
            laws.extend(of.operations::<ManagerOperation>());
            laws.extend(of.operation_errors::<ManagerOperation>());
            laws.extend(
                ManagerModel::ALL
                    .iter()
                    .map(|model| of.cost(&[("model", model.as_str())], model.price())),
            );
        }
        Module::PromptSecurity => {
            laws.extend(of.operations::<SecurityOperation>());
            laws.extend(of.operation_errors::<SecurityOperation>());
            laws.extend(
                SecurityModel::ALL
                    .iter()
                    .map(|model| of.cost(&[("model", model.as_str())], model.price())),
            );
            laws.push(Law {
                at_most: true,
                ..of.equal(
                    Invariant::I7,
                    "injections",
                    of.all("injections_detected_total", &[]),
                    of.all("validations_total", &[("result", "blocked")]),
                )
            });
        }
        Module::LlmProvider => {
            laws.extend(of.operations::<LlmOperation>());
            laws.extend(Provider::ALL.iter().map(|provider| {
                let by = ("provider", provider.as_str());
                of.equal(
                    Invariant::I2,
                    provider.as_str(),
                    of.all("requests_total", &[by, ("status", "error")]),
                    of.all("errors_total", &[by]),
                )
            }));
            laws.extend(Deployment::ALL.iter().map(|deployment| {
                let (provider, model) = (deployment.provider(), deployment.model());
                of.cost(
                    &[("provider", provider.as_str()), ("model", model.as_str())],
                    model.price(),
                )
            }));
        }
    }
    laws.retain(|law| !broken.contains(&law.invariant));
    laws
}

struct Series<'a> {
    prefix: &'a str,
    series: &'a [SeriesDescription],
}

impl Series<'_> {
    /// All series of a metric with these labels, among others.
    fn all(&self, metric: &str, labels: &[(&str, &str)]) -> Weighted {
        let name = format!("{}_{metric}", self.prefix);
        let has = |series: &SeriesDescription, label: &(&str, &str)| {
            series.labels.iter().any(|(name, value)| *name == label.0 && value == label.1)
        };
        let found = self.series.iter().enumerate().filter(|(_, series)| {
            series.name == name && labels.iter().all(|label| has(series, label))
        });
        found.map(|(at, _)| (at, 1.0)).collect()
    }

    fn equal(&self, invariant: Invariant, about: &str, left: Weighted, right: Weighted) -> Law {
        Law { invariant, about: format!("{} {about}", self.prefix), left, right, at_most: false }
    }

    /// I1 for every operation.
    fn operations<O: Label>(&self) -> Vec<Law> {
        let law = |operation: &O| {
            let by = [(O::NAME, operation.as_str())];
            self.equal(
                Invariant::I1,
                operation.as_str(),
                self.all("operations_total", &by),
                self.all("operation_duration_seconds_count", &by),
            )
        };
        O::ALL.iter().map(law).collect()
    }

    /// I2 for a module that counts its operations' errors.
    fn operation_errors<O: Label>(&self) -> Vec<Law> {
        // An incident may show the operations under another name, and then I1 is broken by design.
        if self.all("operations_total", &[]).is_empty() {
            return Vec::new();
        }
        let law = |operation: &O| {
            let by = (O::NAME, operation.as_str());
            self.equal(
                Invariant::I2,
                operation.as_str(),
                self.all("operations_total", &[by, ("status", "error")]),
                self.all("errors_total", &[by]),
            )
        };
        O::ALL.iter().map(law).collect()
    }

    /// I3 for every histogram: buckets do not fall, and the last is the count.
    fn histograms(&self) -> Vec<Law> {
        let mut laws = Vec::new();
        for (at, series) in
            self.series.iter().enumerate().filter(|(_, series)| series.kind == SeriesKind::Bucket)
        {
            let last = exposed::le(series) == Some(f64::INFINITY);
            // After the last bucket come the sum and the count.
            let next = if last { at + 2 } else { at + 1 };
            let law = self.equal(
                Invariant::I3,
                &format!("{} {:?}", series.name, series.labels),
                vec![(at, 1.0)],
                vec![(next, 1.0)],
            );
            laws.push(Law { at_most: !last, ..law });
        }
        laws
    }

    /// I4 for one model.
    fn cost(&self, labels: &[(&str, &str)], price: Price) -> Law {
        let tokens = |kind: &str, price: u64| {
            let mut found = self.all("tokens_total", &[labels, &[("type", kind)]].concat());
            found.iter_mut().for_each(|(_, factor)| *factor = price as f64 / 1e9);
            found
        };
        let right = [
            tokens("input", price.input),
            tokens("output", price.output),
            tokens("cached_input", price.cached_input),
        ];
        self.equal(
            Invariant::I4,
            &format!("{labels:?}"),
            self.all("cost_total", labels),
            right.concat(),
        )
    }
}
