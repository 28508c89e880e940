//! Lies that a module's instruments can be made to tell, to prove that each is found out.
//!
//! A [`Module`](crate::module::Module) is given at most one when it is made, applies it to what it counts and shows, and
//! pays nothing without one. The harness takes [`Lie::all_for`] and demands a red verdict for each. A lie has a stable
//! text, such as `llm_provider_cost_total:wrong-unit=100`, which reports print and [`str::parse`] reads back.

mod text;

use sim::{time::Nanos, world::Instance};

use crate::{
    exposition::{FamilyDescription, FamilyKind},
    metrics::{Families, Instruments},
};

pub use crate::metrics::Metric;
pub use text::ParseLieError;

/// One thing that is wrong with one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lie {
    /// Every `n`-th increment or observation is lost.
    DropEveryNth {
        /// Of this metric.
        metric: Metric,
        /// At least 1; 1 loses everything.
        n: u32,
    },
    /// Every increment or observation is counted twice.
    DoubleCount {
        /// Of this metric.
        metric: Metric,
    },
    /// Nothing is counted from an instant on; what was counted stays (until a restart).
    Freeze {
        /// Of this metric.
        metric: Metric,
        /// The first instant whose events are lost.
        after: Nanos,
    },
    /// The first two values of a label are exchanged in what is shown.
    SwapLabels {
        /// Of this metric.
        metric: Metric,
        /// The label's name.
        label: &'static str,
    },
    /// Every observation lands one bucket higher than it should; the sum is right.
    ShiftBuckets {
        /// Of this metric, a histogram.
        metric: Metric,
    },
    /// Everything is counted in a smaller unit than the name says.
    WrongUnit {
        /// Of this metric.
        metric: Metric,
        /// How many of the smaller unit make one: 1000 for milliseconds in place of seconds.
        factor: u32,
    },
    /// A series appears only once it is not zero, in place of standing at 0 from the start.
    LateSeries {
        /// Of this metric.
        metric: Metric,
    },
}

/// How often [`Lie::all_for`] drops: often enough for rare events, seldom enough to look plausible.
const DROPPED: u32 = 3;
/// When [`Lie::all_for`] freezes: late enough that something was counted.
const FROZEN_AFTER: Nanos = Nanos(10 * Nanos::MINUTE.0);

impl Lie {
    /// The metric that is wrong.
    #[must_use]
    pub fn metric(&self) -> Metric {
        match *self {
            Lie::DropEveryNth { metric, .. }
            | Lie::DoubleCount { metric }
            | Lie::Freeze { metric, .. }
            | Lie::SwapLabels { metric, .. }
            | Lie::ShiftBuckets { metric }
            | Lie::WrongUnit { metric, .. }
            | Lie::LateSeries { metric } => metric,
        }
    }

    /// Every lie that makes sense of every metric of this module: units only where the metric has one (seconds, USD),
    /// buckets only of histograms, each label once. (Freezes ten minutes after the start.)
    #[must_use]
    pub fn all_for(instance: Instance) -> Vec<Lie> {
        let (_, Families(families)) = Instruments::new(instance.module);
        families
            .iter()
            .filter_map(|family| Some((family.metric?, &family.description)))
            .flat_map(|(metric, description)| all_of(metric, description))
            .collect()
    }
}

fn all_of(metric: Metric, description: &FamilyDescription) -> Vec<Lie> {
    let mut lies = vec![
        Lie::DropEveryNth { metric, n: DROPPED },
        Lie::DoubleCount { metric },
        Lie::Freeze { metric, after: FROZEN_AFTER },
        Lie::LateSeries { metric },
    ];
    lies.extend(
        label_names(description).into_iter().map(|label| Lie::SwapLabels { metric, label }),
    );
    if let FamilyKind::Histogram { .. } = description.kind {
        lies.push(Lie::ShiftBuckets { metric });
        lies.push(Lie::WrongUnit { metric, factor: 1_000 });
    }
    if description.name.ends_with("_cost") {
        lies.push(Lie::WrongUnit { metric, factor: 100 });
    }
    lies
}

fn label_names(description: &FamilyDescription) -> Vec<&'static str> {
    let first = description.label_sets.first();
    first.map_or(Vec::new(), |set| set.iter().map(|label| label.0).collect())
}
