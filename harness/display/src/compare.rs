//! Single numbers and series over time, held against the series that a contract has.
//!
//! It must not know tables, nor what units and colours mean.

use monitoring::grafana::dashboard::QueryFormat;
use shown::{
    Shown,
    frame::{Field, FieldType, Scalar},
    panel::{Point, ShownSeries, ShownValue},
    reduce,
};
use truth::contract::PanelContract;

use crate::{
    expected::Bound,
    notes::{Kind, Notes, Seen},
    probes::{self, Round},
};

/// The reducer of a panel that states none.
pub(crate) const DEFAULT_REDUCER: &str = "lastNotNull";

/// A series as it should be seen.
#[derive(Debug, Clone)]
struct Item {
    target: usize,
    /// The name; `None` where the contract has none.
    name: Option<String>,
    numbers: Vec<f64>,
    /// Labels in words, for messages.
    words: String,
}

/// A series as it is seen.
struct Found {
    name: Option<String>,
    numbers: Vec<f64>,
}

/// The same, also where both are NaN.
fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

fn all_same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(*a, *b))
}

fn items(
    targets: &[Bound<'_>],
    round: &Round,
    of: impl Fn(&[Option<f64>]) -> Result<Vec<f64>, String>,
    notes: &mut Notes,
) -> Vec<Item> {
    let mut found = Vec::new();
    for (at, (bound, numbers)) in targets.iter().zip(&round.numbers).enumerate() {
        for (labels, numbers) in bound.series.iter().zip(numbers) {
            match of(numbers) {
                Ok(numbers) => {
                    let pairs = labels.iter().map(|(name, value)| format!("{name}={value}"));
                    let words = pairs.collect::<Vec<_>>().join(", ");
                    found.push(Item { target: at, name: bound.name(labels), numbers, words });
                }
                Err(message) => notes.unproven(&bound.target.ref_id, Kind::Model, message),
            }
        }
    }
    found
}

/// Whether an item may be what was found.
type Fits<'a> = dyn Fn(&Item, &Found) -> bool + 'a;

/// Which of `found` is which of `items`: by name and numbers, by numbers alone, by name alone.
fn matched(items: &[Item], found: &[Found]) -> Vec<Option<usize>> {
    let mut taken = vec![false; found.len()];
    let mut of: Vec<Option<usize>> = vec![None; items.len()];
    let by_name = |item: &Item, seen: &Found| item.name.is_some() && item.name == seen.name;
    let by_numbers = |item: &Item, seen: &Found| all_same(&item.numbers, &seen.numbers);
    let both = |item: &Item, seen: &Found| by_name(item, seen) && by_numbers(item, seen);
    let ways: [&Fits<'_>; 3] = [&both, &by_numbers, &by_name];
    for way in ways {
        for (item, of) in items.iter().zip(&mut of).filter(|(_, of)| of.is_none()) {
            let free = (0..found.len()).find(|at| !taken[*at] && way(item, &found[*at]));
            if let Some(at) = free {
                taken[at] = true;
                *of = Some(at);
            }
        }
    }
    of
}

/// Says what is missing, too much, or has another name or number; the pairs that belong together.
fn pair(
    items: &[Item],
    found: &[Found],
    contract: &PanelContract,
    targets: &[Bound<'_>],
    notes: &mut Notes,
) -> Vec<(usize, usize)> {
    let of = matched(items, found);
    let mut pairs = Vec::new();
    for (at, (item, of)) in items.iter().zip(&of).enumerate() {
        let bound = &targets[item.target];
        let ref_id = bound.target.ref_id.as_str();
        let what = match &item.name {
            Some(name) => format!("{name:?}"),
            None => item.words.clone(),
        };
        let Some(of) = *of else {
            let zero = item.numbers.iter().all(|number| *number == 0.0 || number.is_nan());
            if !(bound.target.hide || zero && contract.display.hides_zero) {
                notes.wrong(ref_id, Kind::Missing, format!("does not show the series {what}"));
            }
            continue;
        };
        let seen = &found[of];
        if !all_same(&item.numbers, &seen.numbers) {
            let (shown, number) = (last(&seen.numbers), last(&item.numbers));
            let message = format!("shows {shown} for {what} where the number is {number}");
            notes.wrong(ref_id, Kind::Number, message);
        }
        // Spaces around a name are not seen.
        if let (Some(wanted), Some(name)) = (&item.name, &seen.name)
            && wanted.trim() != name.trim()
        {
            let message = format!("names a series {name:?} where the contract says {wanted:?}");
            notes.wrong(ref_id, Kind::Name, message);
        }
        pairs.push((at, of));
    }
    let extra = (0..found.len()).find(|at| !of.contains(&Some(*at)));
    if let Some(extra) = extra.map(|at| &found[at]) {
        let name = extra.name.as_deref().unwrap_or_default();
        let message = format!(
            "shows {} as {name:?}, of which the contract says nothing",
            last(&extra.numbers)
        );
        notes.wrong("", Kind::Extra, message);
    }
    pairs
}

fn last(numbers: &[f64]) -> String {
    numbers.last().map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// Stat, gauge, bar gauge, pie chart.
pub(crate) fn values(
    kind: &str,
    shown: &[ShownValue],
    contract: &PanelContract,
    targets: &[Bound<'_>],
    round: &Round,
    notes: &mut Notes,
) {
    let reducer = contract.reducer.as_deref().unwrap_or(DEFAULT_REDUCER);
    let reduced = |numbers: &[Option<f64>]| {
        let values = numbers.iter().copied().map(Scalar::from).collect();
        let field = Field::new("Value", FieldType::Number, values);
        match reduce::one(&field, reducer) {
            Ok(Some(scalar)) => Ok(vec![scalar.as_number()]),
            Ok(None) => Err(format!("the contract's reducer {reducer:?} is none of Grafana's")),
            Err(refused) => Err(refused.to_string()),
        }
    };
    let items = items(targets, round, reduced, notes);
    // "No data" has no title.
    let there: Vec<&ShownValue> = shown.iter().filter(|value| value.title.is_some()).collect();
    let found: Vec<Found> = there
        .iter()
        .map(|value| Found { name: value.title.clone(), numbers: vec![value.number] })
        .collect();
    for (item, of) in pair(&items, &found, contract, targets, notes) {
        let (item, value) = (&items[item], there[of]);
        let ref_id = targets[item.target].target.ref_id.as_str();
        if value.name.is_none() && items.len() > 1 {
            let message = "does not say which number is whose: no name is shown";
            notes.unproven(ref_id, Kind::NoName, message);
        }
        if value.text.is_none() {
            notes.wrong(ref_id, Kind::NoText, "does not show the number");
        }
        if value.change.is_some() {
            let message = "shows a change in percent, which the contract does not state";
            notes.unproven(ref_id, Kind::Beside, message);
        }
        let fact = &targets[item.target].contract.fact;
        if matches!(kind, "gauge" | "bargauge") && probes::is_share(fact) {
            filled(ref_id, value, notes);
        }
        let text = value.text.as_ref().map(|text| text.clone().map_err(|error| error.to_string()));
        notes.seen.push(Seen {
            target: item.target,
            name: item.words.clone(),
            number: value.number,
            text,
            colour: value.colour.clone(),
        });
    }
    full(&there, round, notes);
}

/// A gauge of a share is as full as the share is large.
fn filled(ref_id: &str, value: &ShownValue, notes: &mut Notes) {
    let full = value.share.unwrap_or(f64::NAN);
    if !value.number.is_nan()
        && (full - value.number).abs().is_nan() | ((full - value.number).abs() > 1e-9)
    {
        let message = format!("is {full} full at {}: set `min` to 0 and `max` to 1", value.number);
        notes.unproven(ref_id, Kind::View, message);
    }
}

/// Gauges and bars that are full for different numbers.
fn full(values: &[&ShownValue], round: &Round, notes: &mut Notes) {
    let largest = values.iter().map(|value| value.number).fold(f64::NEG_INFINITY, f64::max);
    let clipped =
        values.iter().any(|value| value.share == Some(1.0) && value.number < largest * 0.99);
    if round.distinct && clipped {
        notes.unproven(
            "",
            Kind::View,
            "is full below the largest number: state no `max`, or a larger one",
        );
    }
}

/// Time series, state timeline, status history.
pub(crate) fn series(
    kind: &str,
    shown: &[ShownSeries],
    contract: &PanelContract,
    targets: &[Bound<'_>],
    round: &Round,
    notes: &mut Notes,
) {
    if targets
        .iter()
        .any(|bound| bound.target.format == QueryFormat::Table && bound.series.len() > 1)
    {
        notes.wrong("", Kind::Number, "draws the rows of a table as one line");
        return;
    }
    let all = |numbers: &[Option<f64>]| Ok(numbers.iter().flatten().copied().collect());
    let items = items(targets, round, all, notes);
    let found: Vec<Found> = shown
        .iter()
        .map(|series| Found {
            name: Some(series.name.clone()),
            numbers: series.points.iter().map(|point| point.value.as_number()).collect(),
        })
        .collect();
    for (item, of) in pair(&items, &found, contract, targets, notes) {
        let (item, series) = (&items[item], &shown[of]);
        let ref_id = targets[item.target].target.ref_id.as_str();
        if !series.named && items.len() > 1 {
            notes.unproven(
                ref_id,
                Kind::NoName,
                "does not say which line is whose: no legend is shown",
            );
        }
        if let Some(axis) = &series.axis {
            let message = format!("writes {axis:?} on an axis, which the contract does not state");
            notes.unproven(ref_id, Kind::Axis, message);
        }
        beside(ref_id, series, contract, notes);
        for point in &series.points {
            place(ref_id, point, contract, notes);
            notes.seen.push(Seen {
                target: item.target,
                name: item.words.clone(),
                number: point.value.as_number(),
                text: Some(point.text.clone().map_err(|error| error.to_string())),
                colour: Some(point.colour.clone()),
            });
        }
        if kind == "timeseries" {
            lines(ref_id, series, contract, notes);
        }
    }
    if contract.display.stacked && shown.len() > 1 && round.distinct {
        let moved = |series: &ShownSeries| {
            series.points.iter().any(|point| point.drawn != point.value.number())
        };
        if !shown.iter().any(moved) {
            notes.wrong("", Kind::Drawn, "does not stack its series, as the contract says");
        }
    }
}

/// The reducers beside a name.
fn beside(ref_id: &str, series: &ShownSeries, contract: &PanelContract, notes: &mut Notes) {
    let named = |id: &String| {
        let reducer = reduce::Found::with_alias(id).ok().flatten();
        reducer.map_or_else(|| id.clone(), reduce::Found::name)
    };
    let wanted: Vec<String> = contract.display.beside.iter().map(named).collect();
    let shown: Vec<&String> = series.legend.iter().map(|(heading, _)| heading).collect();
    if let Some(extra) = shown.iter().find(|heading| !wanted.contains(heading)) {
        let message =
            format!("shows {extra:?} beside the names, which the contract does not state");
        notes.unproven(ref_id, Kind::Beside, message);
    } else if let Some(missing) = wanted.iter().find(|heading| !shown.contains(heading)) {
        let message = format!("does not show {missing:?} beside the names, as the contract says");
        notes.wrong(ref_id, Kind::Beside, message);
    }
}

/// Where a point is drawn.
fn place(ref_id: &str, point: &Point, contract: &PanelContract, notes: &mut Notes) {
    let Some(number) = point.value.number().filter(|number| !number.is_nan()) else { return };
    match point.drawn {
        Some(at) if at == number || contract.display.stacked && at >= number => {}
        Some(at) if at == -number => {
            notes.wrong(ref_id, Kind::Drawn, format!("draws {number} at {at}"));
        }
        Some(at) => {
            let message = format!(
                "draws {number} at {at}: state `stacked: true` if series stand on each other"
            );
            // A sum of other numbers and this one may be meant; a share of them is another number.
            if at > number || at <= 0.0 && number <= 0.0 {
                notes.unproven(ref_id, Kind::Drawn, message);
            } else {
                notes.wrong(ref_id, Kind::Drawn, format!("draws {number} at {at}"));
            }
        }
        None if number <= 1000.0 => {
            notes.wrong(ref_id, Kind::View, format!("has {number} out of view"));
        }
        None => {
            notes.unproven(ref_id, Kind::View, format!("has {number} out of view: state no `max`"));
        }
    }
}

/// The lines at thresholds.
fn lines(ref_id: &str, series: &ShownSeries, contract: &PanelContract, notes: &mut Notes) {
    let stated = contract.display.colours.iter().filter(|(from, _)| from.is_finite());
    let stated: Vec<(f64, String)> = stated.cloned().collect();
    if stated == series.thresholds {
        return;
    }
    if series.thresholds.is_empty() {
        notes.wrong(
            ref_id,
            Kind::Lines,
            "draws no lines at the numbers of the contract's `colours`",
        );
    } else if stated.is_empty() {
        let message = "draws lines at thresholds: state `colours` with their numbers";
        notes.unproven(ref_id, Kind::Lines, message);
    } else {
        let words = |lines: &[(f64, String)]| {
            lines.iter().map(|(at, colour)| format!("{at} {colour}")).collect::<Vec<_>>().join(", ")
        };
        let message = format!(
            "draws lines at {} where the contract says {}",
            words(&series.thresholds),
            words(&stated)
        );
        notes.wrong(ref_id, Kind::Lines, message);
    }
}

/// What is shown where there is no data.
pub(crate) fn without_data(shown: &Shown, notes: &mut Notes) {
    match shown {
        Shown::Values(values) => {
            let texts = values.iter().filter(|value| value.number.is_nan());
            let texts = texts.filter_map(|value| value.text.as_ref()?.as_ref().ok().cloned());
            notes.empty.extend(texts);
        }
        Shown::Series(series) => {
            let points = series.iter().flat_map(|series| &series.points);
            let texts = points.filter(|point| point.value.as_number().is_nan());
            notes.empty.extend(texts.filter_map(|point| point.text.as_ref().ok().cloned()));
        }
        Shown::Table(table) => {
            let cells = table.rows.iter().flatten();
            let gone = cells
                .filter(|cell| matches!(cell.value, Scalar::Number(number) if number.is_nan()));
            notes.empty.extend(gone.filter_map(|cell| cell.text.as_ref().ok().cloned()));
        }
        Shown::Unjudged(_) => {}
    }
}
