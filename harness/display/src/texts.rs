//! The texts of numbers: which unit and how many places explain all of them, and which words stand for values.
//!
//! It must not know where on a panel a text stands.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde_json::Value;

use shown::unit;
use truth::contract::PanelContract;

use crate::{
    expected::Bound,
    notes::{Kind, Notes, Seen},
    units,
};

/// As many places as are tried.
const PLACES: i64 = 12;
/// More places than this say more than is known of a number that was sampled.
const MEANT: i64 = 4;

/// A unit and the places that the panel fixes.
type Hypothesis = (String, Option<i64>);

pub(crate) fn judge(
    json: &Value,
    contract: &PanelContract,
    targets: &[Bound<'_>],
    notes: &mut Notes,
) {
    let named = named_units(json);
    let seen = std::mem::take(&mut notes.seen);
    for (at, bound) in targets.iter().enumerate() {
        let ref_id = bound.target.ref_id.as_str();
        let units = units::wanted(contract, ref_id, &bound.contract.fact, &named);
        if units.is_empty() {
            let message = "has a quantity without a usual unit: state `unit` in the contract";
            notes.unproven(ref_id, Kind::Model, message);
            continue;
        }
        let seen = seen.iter().filter(|seen| seen.target == at);
        one(bound, contract, &units, &named, seen, notes);
    }
    notes.seen = seen;
    no_data(contract, notes);
}

fn one<'a>(
    bound: &Bound<'_>,
    contract: &PanelContract,
    units: &[String],
    named: &[String],
    seen: impl Iterator<Item = &'a Seen>,
    notes: &mut Notes,
) {
    let ref_id = bound.target.ref_id.as_str();
    let mut left: Option<BTreeSet<Hypothesis>> = None;
    for seen in seen {
        let text = match &seen.text {
            Some(Ok(text)) => text,
            Some(Err(refused)) => {
                notes.unproven(ref_id, Kind::Model, refused.clone());
                continue;
            }
            None => continue,
        };
        if seen.number.is_nan() {
            notes.empty.push(text.clone());
            continue;
        }
        if let Some(word) = word(contract, seen.number) {
            if word != text {
                let message =
                    format!("shows {} as {text:?} where the contract says {word:?}", seen.number);
                notes.wrong(ref_id, Kind::Mapping, message);
            }
            continue;
        }
        let both: BTreeSet<Hypothesis> = match left.take() {
            Some(mut left) => {
                left.retain(|(unit, places)| {
                    written(unit, seen.number, *places).as_deref() == Some(text)
                });
                left
            }
            None => explaining(units, seen.number, text),
        };
        if both.is_empty() {
            let wanted = units.first().map_or("", String::as_str);
            notes.wrong(ref_id, Kind::Text, wrong(bound, seen, text, wanted, named));
            return;
        }
        left = Some(both);
    }
    let places: Vec<Option<i64>> = left.into_iter().flatten().map(|(_, places)| places).collect();
    if !places.is_empty() {
        decimals(ref_id, contract, &places, bound, notes);
    }
}

fn decimals(
    ref_id: &str,
    contract: &PanelContract,
    places: &[Option<i64>],
    bound: &Bound<'_>,
    notes: &mut Notes,
) {
    use truth::fact::Fact;
    if let Some(stated) = contract.display.decimals {
        if !places.contains(&Some(stated)) {
            let message = format!("does not show {stated} decimals, as the contract says");
            notes.wrong(ref_id, Kind::Decimals, message);
        }
        return;
    }
    let usual = match bound.contract.fact {
        // A share in tenths of a percent, money in cents, a state in whole numbers.
        Fact::Ratio { .. } | Fact::ShareAbove { .. } => Some(1..=2),
        Fact::Health(_) => Some(0..=0),
        Fact::Constant(_) => Some(0..=MEANT),
        _ => None,
    };
    let plain = places.iter().any(|places| {
        places.is_none_or(|places| usual.as_ref().is_some_and(|usual| usual.contains(&places)))
    });
    if plain {
        return;
    }
    let fixed = places.iter().flatten().min().copied().unwrap_or_default();
    if fixed > MEANT {
        let message = format!("shows {fixed} decimals, more than a sampled number means");
        notes.wrong(ref_id, Kind::Decimals, message);
    } else {
        let message =
            format!("rounds to {fixed} decimals: state `decimals: {fixed}` if it is meant so");
        notes.unproven(ref_id, Kind::Decimals, message);
    }
}

/// The word that stands for a number.
fn word(contract: &PanelContract, number: f64) -> Option<&String> {
    let is = |key: &String| key.parse::<f64>().is_ok_and(|key| key == number);
    contract.mappings.iter().find(|(key, _)| is(key)).map(|(_, word)| word)
}

/// Which units and places make this text of the number.
fn explaining(units: &[String], number: f64, text: &str) -> BTreeSet<Hypothesis> {
    let places = std::iter::once(None).chain((0..=PLACES).map(Some));
    let tried =
        units.iter().flat_map(|unit| places.clone().map(move |places| (unit.clone(), places)));
    tried.filter(|(unit, places)| written(unit, number, *places).as_deref() == Some(text)).collect()
}

fn written(unit: &str, number: f64, places: Option<i64>) -> Option<String> {
    let parts = unit::format(unit, number, places.map(|it| it as f64), &TimeZone::UTC, false);
    parts.ok().map(|parts| parts.joined())
}

/// What is wrong with a text, with the unit that explains it, if the panel names one that does.
fn wrong(bound: &Bound<'_>, seen: &Seen, text: &str, wanted: &str, named: &[String]) -> String {
    let none = ["none".to_owned()];
    let explains = |unit: &&String| {
        unit.as_str() != wanted
            && !explaining(std::slice::from_ref(*unit), seen.number, text).is_empty()
    };
    let expr = &bound.target.expr;
    match named.iter().chain(&none).find(explains) {
        Some(unit) => {
            format!("shows its numbers as {unit:?} where the contract says {wanted:?}: {expr}")
        }
        None => {
            let should = written(wanted, seen.number, None);
            match should {
                Some(should) => format!("shows {} as {text:?} where it is {should:?}", seen.number),
                None => format!(
                    "shows {} as {text:?}; the contract's unit {wanted:?} is not modelled",
                    seen.number
                ),
            }
        }
    }
}

/// Every unit that the panel names somewhere.
fn named_units(json: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(json, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.get("id").is_some_and(|id| id == "unit")
                && let Some(unit) = members.get("value").and_then(Value::as_str)
            {
                found.push(unit.to_owned());
            }
            if let Some(unit) = members.get("unit").and_then(Value::as_str) {
                found.push(unit.to_owned());
            }
            members.values().for_each(|value| collect(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// A number, or one of the contract's words, where there is no data.
fn no_data(contract: &PanelContract, notes: &mut Notes) {
    let empty = std::mem::take(&mut notes.empty);
    let misleads = |text: &&String| {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let number = text.trim().parse::<f64>().is_ok_and(f64::is_finite);
        number
            || (!digits.is_empty() && digits.len() == text.len())
            || contract.mappings.values().any(|word| word == *text)
    };
    if let Some(text) = empty.iter().find(misleads) {
        notes.wrong("", Kind::NoValue, format!("shows {text:?} where there is no data"));
    }
}
