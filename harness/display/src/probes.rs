//! Which numbers the made-up answers have: of every size that a fact can have, and around every number that the panel
//! or its contract names.
//!
//! It must not know what is shown of them.

use serde_json::Value;

use truth::{contract::PanelContract, fact::Fact};

use crate::expected::{Bound, Numbers};

/// Moments of a series over time.
const MOMENTS: usize = 4;
/// How the moments of a series differ, so that every reducer gives another number.
const COURSE: [f64; MOMENTS] = [1.0, 1.7, 0.6, 1.25];

/// One made-up answer.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    pub(crate) numbers: Numbers,
    /// Whether no two series have the same numbers.
    pub(crate) distinct: bool,
}

/// All answers that are tried.
pub(crate) fn rounds(
    panel: &Value,
    bound: &PanelContract,
    targets: &[Bound<'_>],
    reduced: bool,
) -> Vec<Round> {
    let longest =
        targets.iter().map(|target| sizes(&target.contract.fact).len()).max().unwrap_or(0);
    let mut rounds: Vec<Round> = (0..longest).map(|nth| of_size(targets, nth, false)).collect();
    if reduced && targets.iter().any(|target| !target.instant()) {
        rounds.push(of_size(targets, 0, true));
    }
    let mut numbers = named(panel, bound);
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    for number in numbers {
        rounds.push(Round { numbers: exactly(targets, number), distinct: false });
    }
    // Zeros among other numbers, where a series of zeros alone may be left out.
    let mut zeros = exactly(targets, 0.0);
    for (target, series) in targets.iter().zip(&mut zeros) {
        let size = sizes(&target.contract.fact)[0];
        series.iter_mut().filter(|it| it.len() > 1).for_each(|numbers| numbers[1] = Some(size));
    }
    rounds.push(Round { numbers: zeros, distinct: false });
    rounds
}

/// An answer without any series.
pub(crate) fn nothing(targets: &[Bound<'_>]) -> Numbers {
    targets.iter().map(|target| vec![Vec::new(); target.series.len()]).collect()
}

/// An answer in which every series is the same number.
pub(crate) fn exactly(targets: &[Bound<'_>], number: f64) -> Numbers {
    let of = |target: &Bound<'_>| {
        let fact = &target.contract.fact;
        let number = if number.is_nan() || can_be(fact, number) { number } else { sizes(fact)[0] };
        let moments = if target.instant() { 1 } else { MOMENTS };
        target
            .series
            .iter()
            .enumerate()
            .map(|(nth, _)| vec![Some(constant(fact, nth).unwrap_or(number)); moments])
            .collect()
    };
    targets.iter().map(of).collect()
}

fn of_size(targets: &[Bound<'_>], round: usize, ends_in_nan: bool) -> Round {
    let mut nth = 0;
    let mut distinct = true;
    let mut of = |target: &Bound<'_>| {
        let fact = &target.contract.fact;
        let sizes = sizes(fact);
        let count = target.series.len();
        let series = (0..count).map(|place| {
            nth += 1;
            let size = sizes[(round + place) % sizes.len()];
            let moments = if target.instant() { 1 } else { MOMENTS };
            if let Some(number) = constant(fact, place) {
                distinct = false;
                return vec![Some(number); moments];
            }
            if matches!(fact, Fact::Health(_)) {
                distinct = false;
                return (0..moments)
                    .map(|moment| Some(sizes[(round + place + moment) % sizes.len()]))
                    .collect();
            }
            // Shares stay below 1: they are made smaller, the others larger.
            let own = 1.0 + 0.0137 * f64::from(nth);
            let mut numbers: Vec<Option<f64>> = COURSE[..moments]
                .iter()
                .map(|factor| {
                    Some(if is_share(fact) {
                        size / own / (2.0 * factor)
                    } else {
                        size * own * factor
                    })
                })
                .collect();
            if ends_in_nan && moments > 1 {
                numbers[moments - 1] = Some(f64::NAN);
            }
            numbers
        });
        series.collect()
    };
    let numbers = targets.iter().map(&mut of).collect();
    Round { numbers, distinct }
}

fn constant(fact: &Fact, nth: usize) -> Option<f64> {
    match fact {
        Fact::Constant(values) => values.get(nth).map(|value| value.1),
        _ => None,
    }
}

pub(crate) fn is_share(fact: &Fact) -> bool {
    match fact {
        Fact::Ratio { part, .. } => part.times == 1.0,
        Fact::ShareAbove { of, .. } => of.times == 1.0,
        _ => false,
    }
}

/// Numbers of every size that a fact has, none of them 0.
fn sizes(fact: &Fact) -> &'static [f64] {
    match fact {
        Fact::Health(_) => &[1.0, 0.0, -1.0],
        Fact::Ratio { .. } | Fact::ShareAbove { .. } if is_share(fact) => {
            &[0.96, 0.37, 0.051, 0.0043, 0.00021]
        }
        Fact::Quantile { .. } => &[1.53, 0.0042, 0.31, 14.7, 95.0, 4321.0],
        _ => &[3.17, 0.0041, 0.26, 41.0, 987.6, 15_243.7, 2_718_281.8],
    }
}

/// Whether a fact can be this number.
fn can_be(fact: &Fact, number: f64) -> bool {
    match fact {
        Fact::Health(_) => [1.0, 0.0, -1.0].contains(&number),
        Fact::Constant(_) => false,
        Fact::Total(total) if total.hides_zero => number > 0.0,
        _ if is_share(fact) => (0.0..=1.0).contains(&number),
        _ => number >= 0.0 && number.is_finite(),
    }
}

/// Numbers at which something may change: those that mappings, thresholds, scales and the contract name, each with
/// what is next to it.
fn named(panel: &Value, bound: &PanelContract) -> Vec<f64> {
    let mut numbers = vec![0.0, 1.0, -1.0];
    let mut add = |number: f64| {
        if number.is_finite() {
            let apart = number.abs().max(1e-3) * 1e-2;
            numbers.extend([number, number + apart, number - apart]);
        }
    };
    bound.display.colours.iter().for_each(|(from, _)| add(*from));
    bound.mappings.keys().filter_map(|key| key.parse().ok()).for_each(&mut add);
    collect(panel.get("fieldConfig").unwrap_or(&Value::Null), &mut add);
    numbers
}

/// Every number below a value, as a number, a text or a key.
fn collect(value: &Value, add: &mut impl FnMut(f64)) {
    match value {
        Value::Number(number) => number.as_f64().into_iter().for_each(add),
        Value::String(text) => text.parse().ok().into_iter().for_each(add),
        Value::Array(list) => list.iter().for_each(|value| collect(value, add)),
        Value::Object(members) => {
            for (name, value) in members {
                name.parse().ok().into_iter().for_each(&mut *add);
                // How lines look has nothing to do with numbers.
                if name != "custom" {
                    collect(value, add);
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}
