//! Tables: a row for each set of labels, a column for each label and each query, under headings that say which.
//!
//! It must not know other panels.

use std::collections::BTreeMap;

use shown::{
    frame::{Labels, Scalar},
    panel::{Cell, ShownTable},
};
use truth::{
    contract::PanelContract,
    fact::{Fact, Total},
};

use crate::{
    expected::Bound,
    notes::{Kind, Notes, Seen},
    probes::Round,
};

/// In which column the numbers of each target stand.
#[derive(Debug, Default)]
pub(crate) struct Columns(BTreeMap<usize, usize>);

pub(crate) fn judge(
    shown: &ShownTable,
    contract: &PanelContract,
    targets: &[Bound<'_>],
    round: &Round,
    columns: &mut Columns,
    notes: &mut Notes,
) {
    if round.distinct {
        find(shown, contract, targets, round, columns, notes);
        beside(shown, contract, notes);
    }
    for (at, (bound, numbers)) in targets.iter().zip(&round.numbers).enumerate() {
        let Some(column) = columns.0.get(&at) else { continue };
        for (labels, numbers) in bound.series.iter().zip(numbers) {
            let row = shown.rows.iter().find(|row| has(row, labels));
            let cell = row.and_then(|row| row.get(*column));
            let wanted = numbers.iter().rev().flatten().next();
            let (Some(cell), Some(wanted)) = (cell, wanted) else { continue };
            if cell.value.number() != Some(*wanted) {
                continue;
            }
            notes.seen.push(Seen {
                target: at,
                name: words(labels),
                number: *wanted,
                text: Some(cell.text.clone().map_err(|error| error.to_string())),
                colour: cell.colour.clone(),
            });
        }
    }
}

fn words(labels: &Labels) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

/// Whether a row names all of these labels.
fn has(row: &[Cell], labels: &Labels) -> bool {
    labels.values().all(|value| row.iter().any(|cell| cell.value == Scalar::Text(value.clone())))
}

/// Finds every number and what stands above it.
fn find(
    shown: &ShownTable,
    contract: &PanelContract,
    targets: &[Bound<'_>],
    round: &Round,
    columns: &mut Columns,
    notes: &mut Notes,
) {
    let mut used = vec![false; shown.columns.len()];
    for (at, (bound, numbers)) in targets.iter().zip(&round.numbers).enumerate() {
        let ref_id = bound.target.ref_id.as_str();
        for (labels, numbers) in bound.series.iter().zip(numbers) {
            let Some(number) = numbers.iter().rev().flatten().next() else { continue };
            let places = shown.rows.iter().enumerate().find_map(|(row, cells)| {
                let at = cells.iter().position(|cell| cell.value.number() == Some(*number))?;
                Some((row, at))
            });
            let Some((row, column)) = places else {
                if !bound.target.hide {
                    let message = format!("does not show the number of {}", words(labels));
                    notes.wrong(ref_id, Kind::Missing, message);
                }
                continue;
            };
            used[column] = true;
            if *columns.0.entry(at).or_insert(column) != column {
                notes.unproven(ref_id, Kind::Model, "has its numbers in several columns");
            }
            heading(shown, column, contract, targets, at, notes);
            for (name, value) in labels {
                let cells = &shown.rows[row];
                let says = |cell: &Cell| cell.value == Scalar::Text(value.clone());
                // Two labels may have the same value; the heading tells them apart.
                let all = cells.iter().enumerate().filter(|(_, cell)| says(cell));
                let headed = all.clone().find(|(at, _)| is_heading(shown, *at, name, contract));
                let place = headed.or_else(|| all.clone().next()).map(|(at, _)| at);
                match place {
                    Some(place) => {
                        used[place] = true;
                        label_heading(shown, place, name, contract, ref_id, notes);
                    }
                    None => notes.wrong(
                        ref_id,
                        Kind::Missing,
                        format!("does not say which {name} a number is of"),
                    ),
                }
            }
        }
    }
    for (column, _) in used.iter().enumerate().filter(|(_, used)| !**used) {
        let is_number = shown
            .rows
            .iter()
            .any(|row| row.get(column).is_some_and(|cell| cell.value.number().is_some()));
        let name = &shown.columns[column];
        if is_number && name != "Time" {
            let message = format!("has a column {name:?}, of which the contract says nothing");
            notes.unproven("", Kind::Extra, message);
        }
    }
}

/// The heading of a target's numbers: as the contract says, else it names what is counted.
fn heading(
    shown: &ShownTable,
    column: usize,
    contract: &PanelContract,
    targets: &[Bound<'_>],
    at: usize,
    notes: &mut Notes,
) {
    let ref_id = targets[at].target.ref_id.as_str();
    let Some(heading) = shown.headings.get(column).cloned().flatten() else {
        if targets.len() > 1 {
            notes.unproven(ref_id, Kind::Heading, "has numbers without headings");
        }
        return;
    };
    if let Some(wanted) = contract.display.headings.get(ref_id) {
        if *wanted != heading {
            let message = format!("has the heading {heading:?} where the contract says {wanted:?}");
            notes.wrong(ref_id, Kind::Heading, message);
        }
        return;
    }
    let own = things(&targets[at].contract.fact);
    let says = |things: &[String]| {
        things.iter().any(|thing| heading.to_lowercase().contains(thing.as_str()))
    };
    if says(&own) {
        return;
    }
    let others = targets.iter().enumerate().filter(|(other, _)| *other != at);
    let other = others.map(|(_, bound)| bound).find(|bound| says(&things(&bound.contract.fact)));
    match other {
        Some(other) => {
            let message = format!(
                "has its numbers under {heading:?}, which is what {} counts",
                other.target.ref_id
            );
            notes.wrong(ref_id, Kind::Heading, message);
        }
        None if targets.len() == 1 && heading == "Value" => {}
        None => {
            let message = format!(
                "has its numbers under {heading:?}: state `headings: {{ {ref_id}: {heading:?} }}` if it is meant so"
            );
            notes.unproven(ref_id, Kind::Heading, message);
        }
    }
}

/// What a fact counts, in words that a heading may have; without the plural's ending.
fn things(fact: &Fact) -> Vec<String> {
    let of = |total: &Total| -> Vec<String> {
        let names = total.quantities.iter().map(|quantity| quantity.as_str());
        let last = names.filter_map(|name| name.rsplit('.').next());
        last.map(|name| name.replace('_', " ").trim_end_matches('s').to_owned()).collect()
    };
    match fact {
        Fact::Total(total) => of(total),
        Fact::Quantile { of: total, .. } => of(total),
        Fact::Ratio { .. } | Fact::ShareAbove { .. } | Fact::Constant(_) => Vec::new(),
        Fact::Health(_) => vec!["health".to_owned(), "state".to_owned(), "status".to_owned()],
    }
}

/// Whether a column has the heading of a label: the contract's, else the label's name, however it is written.
fn is_heading(shown: &ShownTable, column: usize, label: &str, contract: &PanelContract) -> bool {
    let Some(heading) = shown.headings.get(column).cloned().flatten() else { return true };
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    match contract.display.headings.get(label) {
        Some(wanted) => *wanted == heading,
        None => plain(&heading) == plain(label),
    }
}

fn label_heading(
    shown: &ShownTable,
    column: usize,
    label: &str,
    contract: &PanelContract,
    ref_id: &str,
    notes: &mut Notes,
) {
    if is_heading(shown, column, label, contract) {
        return;
    }
    let heading = shown.headings.get(column).cloned().flatten().unwrap_or_default();
    let message = match contract.display.headings.get(label) {
        Some(wanted) => {
            let message = format!("has the heading {heading:?} where the contract says {wanted:?}");
            return notes.wrong(ref_id, Kind::Heading, message);
        }
        None => format!(
            "has the values of {label} under {heading:?}: state `headings: {{ {label}: {heading:?} }}` if it is meant so"
        ),
    };
    notes.unproven(ref_id, Kind::Heading, message);
}

/// What stands below columns, and frames that are not seen at first.
fn beside(shown: &ShownTable, contract: &PanelContract, notes: &mut Notes) {
    let stated = &contract.display.beside;
    let footer = shown.footers.iter().flatten().next();
    if let Some((heading, _)) = footer.filter(|_| stated.is_empty()) {
        let message =
            format!("shows {heading:?} below a column, which the contract does not state");
        notes.unproven("", Kind::Beside, message);
    }
}
