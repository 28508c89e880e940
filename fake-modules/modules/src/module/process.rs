//! Series that count no events: what runs, since when, and what an incident adds.
//!
//! Made by a module for itself.

use sim::world::Module;

use crate::{
    exposition::{FamilyKind, LabelSet},
    metrics::{Family, Unit},
};

/// What the shown version was built from; fixed, because nothing in an exposition may depend on the machine.
const REVISION: &str = "simulated";

/// `{module}_build_info`, always 1.
pub(super) fn build_info(module: Module) -> Family {
    let labels = LabelSet::from([
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("revision", REVISION.into()),
    ]);
    let name = format!("{}_build_info", module.prefix()).into();
    let help = "What runs: always 1, labelled by version and revision.";
    let info = Family::new(name, help, FamilyKind::Gauge, Unit::One, vec![labels]);
    info.fill(1);
    info
}

/// `process_start_time_seconds`, filled in milliseconds.
pub(super) fn start_time() -> Family {
    let help = "When the process started, in seconds since 1970.";
    let name = "process_start_time_seconds".into();
    Family::new(name, help, FamilyKind::Gauge, Unit::Milli, vec![LabelSet::default()])
}

/// A counter with one series for each of `n` users, each at 1 for ever.
pub(super) fn user_requests(module: Module, n: u32) -> Family {
    let users = (1..=n).map(|user| LabelSet::from([("user", format!("u{user:06}").into())]));
    let name = format!("{}_user_requests", module.prefix()).into();
    let help = "Requests of each user.";
    let family = Family::new(name, help, FamilyKind::Counter, Unit::One, users.collect());
    family.fill(1);
    family
}
