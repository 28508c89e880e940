//! Colours that mean something: those that change with the number, and those of health.
//!
//! A colour that a series has whatever its number tells series apart and is not judged. It must not know mappings or
//! thresholds; it sees colours only.

use std::collections::BTreeMap;

use shown::Colour;
use truth::{contract::PanelContract, fact::Fact};

use crate::{
    expected::Bound,
    notes::{Kind, Notes, Seen},
};

pub(crate) fn judge(
    kind: &str,
    contract: &PanelContract,
    targets: &[Bound<'_>],
    notes: &mut Notes,
) {
    let seen = std::mem::take(&mut notes.seen);
    for (at, bound) in targets.iter().enumerate() {
        let seen: Vec<&Seen> =
            seen.iter().filter(|seen| seen.target == at && !seen.number.is_nan()).collect();
        one(kind, bound, contract, &seen, notes);
    }
    notes.seen = seen;
}

fn one(kind: &str, bound: &Bound<'_>, contract: &PanelContract, seen: &[&Seen], notes: &mut Notes) {
    let ref_id = bound.target.ref_id.as_str();
    // The colours of a legend or slice are those of series; `palette` and `fixed` are no colours of numbers.
    let by_number = by_number(seen);
    let stated = &contract.display.colours;
    if !stated.is_empty() && kind != "timeseries" {
        for seen in seen {
            let wanted = contract.display.colour(seen.number);
            let shown = match &seen.colour {
                Some(Colour::Named(colour)) => colour.as_str(),
                Some(Colour::Palette(_)) => "one of a palette",
                None => "no",
            };
            if wanted.is_some_and(|wanted| wanted != shown) {
                let wanted = wanted.unwrap_or_default();
                let message = format!(
                    "gives {} the colour {shown} where the contract says {wanted}",
                    seen.number
                );
                notes.wrong(ref_id, Kind::Colour, message);
                return;
            }
        }
        return;
    }
    if matches!(bound.contract.fact, Fact::Health(_)) {
        health(ref_id, seen, by_number.is_some(), notes);
        return;
    }
    if let Some((number, colour, other, others)) = by_number
        && stated.is_empty()
    {
        let message = format!(
            "gives {number} the colour {colour} and {other} {others}: state `colours` if they are meant so"
        );
        notes.unproven(ref_id, Kind::Colour, message);
    }
}

/// Two numbers of one series with different colours.
fn by_number(seen: &[&Seen]) -> Option<(f64, String, f64, String)> {
    let mut first: BTreeMap<&str, (f64, &str)> = BTreeMap::new();
    for seen in seen {
        let Some(Colour::Named(colour)) = &seen.colour else { continue };
        let (number, other) = first.entry(&seen.name).or_insert((seen.number, colour));
        if other != colour {
            return Some((*number, (*other).to_owned(), seen.number, colour.clone()));
        }
    }
    None
}

/// What answers is green and nothing else is, where colours tell them apart at all.
fn health(ref_id: &str, seen: &[&Seen], tells: bool, notes: &mut Notes) {
    for seen in seen {
        let Some(Colour::Named(colour)) = &seen.colour else { continue };
        let message = match (seen.number == 1.0, green(colour), tells) {
            (true, false, true) => format!("gives 1, which is healthy, the colour {colour}"),
            (false, true, _) => {
                format!("gives {}, which is not healthy, the colour {colour}", seen.number)
            }
            _ => continue,
        };
        notes.wrong(ref_id, Kind::Colour, message);
        return;
    }
}

/// Whether a colour is green: by its name, or because its green part is by far the strongest.
fn green(colour: &str) -> bool {
    if let Some(parts) = colour.strip_prefix('#').filter(|hex| hex.len() == 6) {
        let part =
            |at: usize| parts.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let [Some(red), Some(green), Some(blue)] = [part(0), part(2), part(4)] else {
            return false;
        };
        return green > red && green > blue;
    }
    colour.contains("green")
}
