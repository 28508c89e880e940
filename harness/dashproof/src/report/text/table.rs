//! The table of a run: a row for each scenario, a column for each dashboard.

use std::collections::BTreeSet;

use crate::report::{
    End, Run,
    group::{self, Tally},
    paint::Paint,
    words,
};

/// Between columns.
const GAP: &str = "  ";

/// Longest name that is written on one line.
const NARROW: usize = 10;

/// A cell: its text, and how it is painted once it is padded.
struct Cell {
    text: String,
    paint: fn(Paint, &str) -> String,
}

impl Cell {
    fn plain(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), paint: |_, text| text.to_owned() }
    }
}

pub(super) fn table(run: &Run, paint: Paint) -> String {
    let columns = columns(run);
    let mut rows = heads(&columns);
    for outcome in &run.outcomes {
        let mut row = vec![Cell::plain(outcome.scenario.name.clone())];
        match &outcome.end {
            End::Judged { report, seconds } => {
                let tallies = group::tallies(report);
                let tally = |column: &&str| tallies.get(column).copied().unwrap_or_default();
                row.extend(columns.iter().map(|column| shown(tally(column))));
                let points: usize = report.verdicts.iter().map(|v| v.finding.points).sum();
                row.push(Cell::plain(words::count(points as u64)));
                row.push(Cell::plain(format!("{seconds:.1}")));
            }
            End::NotRun { needs, .. } => {
                row.push(Cell { text: format!("not run: needs {needs}"), paint: Paint::doubt });
            }
            End::NotJudged { .. } => {
                row.push(Cell { text: "not judged: see below".to_owned(), paint: Paint::bad });
            }
            End::Interrupted => {
                row.push(Cell { text: "interrupted".to_owned(), paint: Paint::doubt });
            }
        }
        rows.push(row);
    }
    let n_columns = columns.len() + 3;
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() == n_columns).map(|row| &row[column].text);
        let names = rows.iter().map(|row| &row[0].text).filter(|_| column == 0);
        cells.chain(names).map(|text| text.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    rows.iter().map(|row| line(row, &widths, paint)).collect()
}

/// The columns' names in two lines, so that the table fits where people look at it.
fn heads(columns: &[&str]) -> Vec<Vec<Cell>> {
    let names = columns.iter().map(|column| split(short(column)));
    let (mut upper, mut lower) = (vec![""], vec!["scenario"]);
    for (first, second) in names.chain([("", "points"), ("", "seconds")]) {
        upper.push(first);
        lower.push(second);
    }
    let row = |texts: Vec<&str>| -> Vec<Cell> {
        texts.into_iter().map(|text| Cell { text: text.to_owned(), paint: Paint::faint }).collect()
    };
    let empty = upper.iter().all(|text| text.is_empty());
    let lines = [upper, lower].into_iter().skip(usize::from(empty));
    lines.map(row).collect()
}

/// A long name in two parts, at its last hyphen.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('-') {
        Some(at) if name.len() > NARROW => name.split_at(at + 1),
        _ => ("", name),
    }
}

fn line(row: &[Cell], widths: &[usize], paint: Paint) -> String {
    let spans = row.len() < widths.len();
    let cells: Vec<String> = row
        .iter()
        .enumerate()
        .map(|(column, cell)| {
            let pad = widths[column].saturating_sub(cell.text.chars().count());
            let pad = " ".repeat(if spans && column > 0 { 0 } else { pad });
            let text = (cell.paint)(paint, &cell.text);
            // Figures stand under each other by their last digit.
            if column + 2 < widths.len() { format!("{text}{pad}") } else { format!("{pad}{text}") }
        })
        .collect();
    format!("{}\n", cells.join(GAP).trim_end())
}

/// The dashboards in the order of their names, recording rules last.
fn columns(run: &Run) -> Vec<&str> {
    let names: BTreeSet<&str> =
        run.judged().flat_map(|(_, report, _)| group::tallies(report).into_keys()).collect();
    let (rules, mut dashboards): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| *name == proof::verify::RECORDING_RULES);
    dashboards.extend(rules);
    dashboards
}

fn short(column: &str) -> &str {
    if column == proof::verify::RECORDING_RULES { "rules" } else { column }
}

fn shown(tally: Tally) -> Cell {
    let parts = [(tally.held, "✓"), (tally.broken, "✗"), (tally.unproven, "?")];
    let parts: Vec<String> =
        parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, sign)| format!("{n} {sign}")).collect();
    let paint = match tally {
        Tally { broken: 1.., .. } => Paint::bad,
        Tally { unproven: 1.., .. } => Paint::doubt,
        Tally { held: 1.., .. } => Paint::good,
        _ => Paint::faint,
    };
    Cell { text: if parts.is_empty() { "-".to_owned() } else { parts.join(" ") }, paint }
}
