//! The series that really stand behind leaves: one of its own for each, where selectors overlap what is left for it.
//!
//! `errors / requests` reads the errors twice: the requests' own series carry only the rest. Knows label sets and
//! levels, no time.

use super::{
    labels::{self, Group, LabelMap, Naming},
    node::{LeafKind, Levels, Model},
};

/// The leaves' own series, and which leaf selects which.
#[derive(Clone, Debug)]
pub(super) struct Atoms {
    /// The labels of each leaf's own series.
    pub(super) series: Vec<LabelMap>,
    /// For each leaf, the other leaves whose own series it selects too.
    inside: Vec<Vec<usize>>,
    /// Leaves that read the values of series of which another leaf reads the age: both are there, or neither.
    twins: Vec<(usize, usize)>,
}

/// Why leaves cannot have levels of their own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AtomError {
    #[error("no label values are known that `{0}` selects")]
    Labels(String),
    #[error("`{0}` and `{1}` read the same series in different ways")]
    Overlap(String, String),
}

impl Atoms {
    pub(super) fn new(model: &Model, naming: &Naming, group: &Group) -> Result<Atoms, AtomError> {
        let mut series = Vec::with_capacity(model.leaves.len());
        for (nth, leaf) in model.leaves.iter().enumerate() {
            let labels = labels::series(model, nth, naming, group)
                .ok_or_else(|| AtomError::Labels(leaf.text.clone()))?;
            series.push(labels);
        }
        let mut inside = vec![Vec::new(); model.leaves.len()];
        let mut twins = Vec::new();
        for (outer, leaf) in model.leaves.iter().enumerate() {
            for (inner, other) in model.leaves.iter().enumerate() {
                let apart = outer == inner || leaf.offset_ms != other.offset_ms;
                if apart || !labels::selects(leaf, &series[inner]) {
                    continue;
                }
                match (leaf.kind, other.kind) {
                    (LeafKind::Gauge, LeafKind::Age) => {
                        twins.push((outer, inner));
                        continue;
                    }
                    (LeafKind::Age, LeafKind::Gauge) => continue,
                    _ => {}
                }
                let error = || AtomError::Overlap(leaf.text.clone(), other.text.clone());
                // A sum can be made of parts; nothing else can.
                let sums = leaf.summed && leaf.kind == other.kind;
                let circular = labels::selects(other, &series[outer]);
                if !sums || circular || matches!(leaf.kind, LeafKind::Quantile(_)) {
                    return Err(error());
                }
                inside[outer].push(inner);
            }
        }
        Ok(Atoms { series, inside, twins })
    }

    /// The level of each leaf's own series: what the leaf has beyond the others that it selects.
    pub(super) fn own(&self, levels: &Levels) -> Levels {
        // Leaves that select fewer come first.
        let mut order: Vec<usize> = (0..levels.len()).collect();
        order.sort_by_key(|leaf| self.inside[*leaf].len());
        let mut own: Levels = vec![None; levels.len()];
        for leaf in order {
            let inner: f64 = self.inside[leaf].iter().filter_map(|inner| own[*inner]).sum();
            let is_there = self.inside[leaf].iter().any(|inner| own[*inner].is_some());
            own[leaf] = levels[leaf].map(|level| level - inner);
            // A leaf that is absent while a part of it is there is impossible, and said to be so below.
            if levels[leaf].is_none() && is_there {
                own[leaf] = Some(f64::NAN);
            }
        }
        own
    }

    /// Whether series can have these levels.
    pub(super) fn possible(&self, model: &Model, levels: &Levels) -> bool {
        let own = self.own(levels);
        let fits = |(nth, level): (usize, &Option<f64>)| {
            let rounding = levels[nth].unwrap_or_default().abs() * 1e-12;
            level.is_none_or(|level| level >= -rounding || !self.shares(nth))
        };
        let agree = |(value, age): &(usize, usize)| {
            levels[*value].is_some() == levels[*age].is_some()
                && levels[*value].is_none_or(|value| value == 1.0)
        };
        own.len() == model.leaves.len()
            && own.iter().enumerate().all(fits)
            && self.twins.iter().all(agree)
    }

    /// Whether another leaf's course writes this leaf's series.
    pub(super) fn is_twin(&self, leaf: usize) -> bool {
        self.twins.iter().any(|(value, _)| *value == leaf)
    }

    /// Whether `outer` selects the own series of `inner` too.
    pub(super) fn is_inside(&self, inner: usize, outer: usize) -> bool {
        self.inside[outer].contains(&inner)
    }

    fn shares(&self, leaf: usize) -> bool {
        !self.inside[leaf].is_empty()
    }
}
