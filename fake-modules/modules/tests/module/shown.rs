//! An exposition as a table from series to value, for tests to look things up in.

use std::{borrow::Cow, collections::BTreeMap};

use modules::{exposition::Exposition, lie::Lie, module::Module};
use sim::{
    event::{Event, EventKind},
    label::Label,
    time::Nanos,
    world::{self, Instance},
};

/// Sorted label pairs.
pub(crate) type Labels = BTreeMap<String, String>;

/// What one scrape showed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown(pub(crate) BTreeMap<(String, Labels), f64>);

impl Shown {
    /// Scrapes a running module.
    #[track_caller]
    pub(crate) fn by(module: &mut Module) -> Shown {
        Shown::of(&module.scrape().expect("the module runs"))
    }

    pub(crate) fn of(exposition: &Exposition<'_>) -> Shown {
        assert_eq!(exposition.series().len(), exposition.values().len());
        let shown: BTreeMap<_, _> = exposition
            .series()
            .iter()
            .zip(exposition.values())
            .map(|(series, &value)| {
                let owned =
                    |(name, value): &(&str, Cow<'_, str>)| (name.to_string(), value.to_string());
                ((series.name.clone(), series.labels.iter().map(owned).collect()), value)
            })
            .collect();
        assert_eq!(shown.len(), exposition.values().len(), "a series is shown twice");
        Shown(shown)
    }

    /// The value of one series, by name and exactly these labels.
    pub(crate) fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        self.0.get(&(name.to_owned(), labels.collect())).copied()
    }

    /// The sum over all series of this name that have these labels, among others.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.all(name, labels).map(|(_, value)| value).sum()
    }

    /// All series of this name that have these labels, among others.
    pub(crate) fn all(
        &self,
        name: &str,
        labels: &[(&str, &str)],
    ) -> impl Iterator<Item = (&Labels, f64)> {
        self.0
            .iter()
            .filter(move |((its_name, its_labels), _)| {
                its_name == name
                    && labels.iter().all(|(k, v)| its_labels.get(*k).is_some_and(|its| its == v))
            })
            .map(|((_, labels), &value)| (labels, value))
    }
}

/// 2026-01-01 00:00:00.250 UTC.
pub(crate) const EPOCH_UNIX_MS: i64 = 1_767_225_600_250;

pub(crate) fn module(module: world::Module, lie: Option<Lie>) -> Module {
    Module::new(Instance { module, replica: 0 }, EPOCH_UNIX_MS, lie)
}

pub(crate) fn modules() -> impl Iterator<Item = world::Module> {
    world::Module::ALL.iter().copied()
}

pub(crate) fn at_second(second: u64, kind: EventKind) -> Event {
    Event { at: Nanos(second * 1_000_000_000), replica: 0, kind }
}
