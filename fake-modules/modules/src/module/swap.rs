//! Two values of a label, exchanged in a metric's description.
//!
//! Used once by a module that tells [`SwapLabels`](crate::lie::Lie::SwapLabels): its counts are right, its labels wrong.

use std::borrow::Cow;

use crate::exposition::{FamilyDescription, LabelSet};

/// Exchanges the first two values that the label has.
pub(super) fn swap_first_two(description: &mut FamilyDescription, label: &str) {
    let mut values = description.label_sets.iter().filter_map(|set| value_of(set, label));
    let Some(first) = values.next().cloned() else { return };
    let Some(second) = values.find(|&value| *value != first).cloned() else { return };
    description.label_sets = description
        .label_sets
        .iter()
        .map(|set| {
            let mut set = set.clone();
            for (_, value) in set.iter_mut().filter(|(name, _)| *name == label) {
                if *value == first {
                    *value = second.clone();
                } else if *value == second {
                    *value = first.clone();
                }
            }
            set
        })
        .collect();
}

fn value_of<'a>(set: &'a LabelSet, label: &str) -> Option<&'a Cow<'static, str>> {
    set.iter().find(|(name, _)| *name == label).map(|(_, value)| value)
}
