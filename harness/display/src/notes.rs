//! What differs in a panel, and what was seen of its numbers on the way.
//!
//! It must not know how either is found.

use std::collections::BTreeMap;

use shown::Colour;

use crate::Certainty;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The panel's type is not the contract's.
    Type,
    /// Something is not modelled.
    Model,
    /// A target is hidden.
    Hidden,
    /// A series is not seen.
    Missing,
    /// Something is seen that nobody expects.
    Extra,
    /// A series has another name.
    Name,
    /// A series has no name that could be read.
    NoName,
    /// The number is another one.
    Number,
    /// Every row is shown instead of one number for a series.
    Rows,
    /// The number is not written.
    NoText,
    /// The text is another one: unit, factor or mapping.
    Text,
    /// A word stands for another value.
    Mapping,
    /// Places behind the decimal point.
    Decimals,
    /// A number where there is no data.
    NoValue,
    /// The colour is another one, or none is stated.
    Colour,
    /// Lines at thresholds.
    Lines,
    /// A series is drawn elsewhere than at its number.
    Drawn,
    /// A series is out of view.
    View,
    /// Numbers beside names, below columns, or of a change.
    Beside,
    /// What is written on an axis.
    Axis,
    /// The heading of a column.
    Heading,
}

/// Something that differs, before its member is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Observation {
    pub(crate) ref_id: String,
    pub(crate) kind: Kind,
    pub(crate) certainty: Certainty,
    pub(crate) message: String,
}

/// A number as it was seen.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Which of the bound targets.
    pub(crate) target: usize,
    pub(crate) name: String,
    pub(crate) number: f64,
    pub(crate) text: Option<Result<String, String>>,
    pub(crate) colour: Option<Colour>,
}

/// Collects what differs; of each kind and target only the first.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) found: BTreeMap<(String, Kind), Observation>,
    pub(crate) seen: Vec<Seen>,
    /// Texts that are shown where there is no data.
    pub(crate) empty: Vec<String>,
}

impl Notes {
    pub(crate) fn wrong(&mut self, ref_id: &str, kind: Kind, message: impl Into<String>) {
        self.add(ref_id, kind, Certainty::Wrong, message.into());
    }

    pub(crate) fn unproven(&mut self, ref_id: &str, kind: Kind, message: impl Into<String>) {
        self.add(ref_id, kind, Certainty::Unproven, message.into());
    }

    fn add(&mut self, ref_id: &str, kind: Kind, certainty: Certainty, message: String) {
        let key = (ref_id.to_owned(), kind);
        let observation = Observation { ref_id: ref_id.to_owned(), kind, certainty, message };
        let kept = self.found.entry(key).or_insert_with(|| observation.clone());
        if certainty < kept.certainty {
            *kept = observation;
        }
    }
}
