//! The units in which a quantity may be shown, where its contract names none.
//!
//! It must not know what a panel has.

use truth::{
    contract::PanelContract,
    fact::{Fact, Total},
    quantity::Unit,
};

/// Units of something per second, besides those that name it themselves (`count:errors/s`).
const PER_SECOND: &[&str] = &["ops", "reqps", "rps", "wps", "iops", "eps", "cps", "mps", "recps"];
const PER_MINUTE: &[&str] = &["opm", "reqpm", "rpm", "wpm", "cpm", "mpm", "recpm"];
const NUMBERS: &[&str] = &["short", "none"];

/// The units that the numbers of a target may have: the contract's own, else those of its quantity; `named` are the
/// panel's own, of which the ones that name what is counted are taken as well.
pub(crate) fn wanted(
    bound: &PanelContract,
    ref_id: &str,
    fact: &Fact,
    named: &[String],
) -> Vec<String> {
    if let Some(unit) = bound.units.get(ref_id).or(bound.unit.as_ref()) {
        return vec![unit.clone()];
    }
    let mut units: Vec<String> = of_fact(fact).iter().map(|unit| (*unit).to_owned()).collect();
    let counts = match fact {
        Fact::Total(total) if is_money(total) => None,
        Fact::Total(total) => Some(ending(total)),
        _ => None,
    };
    if let Some(ending) = counts {
        let names_it = |unit: &&String| {
            let rest = unit.strip_prefix("count:").or_else(|| unit.strip_prefix("suffix:"));
            rest.is_some_and(|rest| match ending {
                "" => !rest.contains('/'),
                ending => rest.ends_with(ending),
            })
        };
        units.extend(named.iter().filter(names_it).cloned());
    }
    units
}

fn is_money(total: &Total) -> bool {
    total.quantities.iter().all(|quantity| quantity.unit() == Unit::NanoUsd)
}

/// How the name of a unit ends that counts things.
fn ending(total: &Total) -> &'static str {
    match (total.per_second, total.times) {
        (false, _) => "",
        (true, 60.0) => "/min",
        (true, 3600.0) => "/h",
        (true, _) => "/s",
    }
}

fn of_fact(fact: &Fact) -> &'static [&'static str] {
    match fact {
        Fact::Total(total) if is_money(total) => match (total.per_second, total.times) {
            (false, 1.0) => &["currencyUSD"],
            (true, 1.0) => &["suffix:USD/s"],
            (true, 60.0) => &["suffix:USD/min"],
            (true, 3600.0) => &["suffix:USD/h"],
            (true, 86400.0) => &["suffix:USD/d"],
            _ => &[],
        },
        Fact::Total(total) => match (total.per_second, total.times) {
            (false, _) => NUMBERS,
            (true, 1.0) => PER_SECOND,
            (true, 60.0) => PER_MINUTE,
            _ => &[],
        },
        Fact::Ratio { part, .. } => match part.times {
            100.0 => &["percent"],
            _ => &["percentunit"],
        },
        Fact::Quantile { of, .. } => match of.times {
            1000.0 => &["ms"],
            _ => &["s"],
        },
        Fact::ShareAbove { of, .. } => match of.times {
            100.0 => &["percent"],
            _ => &["percentunit"],
        },
        Fact::Health(_) | Fact::Constant(_) => NUMBERS,
    }
}
