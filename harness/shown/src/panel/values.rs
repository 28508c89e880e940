//! Stat, gauge, bar gauge and pie chart: which numbers and names are read.

use crate::NotModelled;
use crate::frame::Frame;
use crate::panel::legend::is_shown;
use crate::panel::{Drawn, ShownValue};
use crate::stat::{self, ReduceOptions, Single};
use crate::unit;

pub(super) fn values(drawn: &Drawn<'_>, frames: &[Frame]) -> Result<Vec<ShownValue>, NotModelled> {
    let options = drawn.option("reduceOptions").map(ReduceOptions::read).unwrap_or_default();
    let no_value = drawn.source.defaults.no_value.as_deref();
    // A field that is hidden has no slice; other panels show it all the same.
    let pie = drawn.kind == "piechart";
    let shown = if pie { visible(frames) } else { frames.to_vec() };
    let singles = stat::values(&shown, &options, no_value, drawn.zone)?;
    Ok(match drawn.kind {
        "piechart" => slices(drawn, singles),
        "gauge" | "bargauge" => bars(drawn, singles),
        _ => numbers(drawn, singles, options.values),
    })
}

fn visible(frames: &[Frame]) -> Vec<Frame> {
    let mut frames = frames.to_vec();
    for frame in &mut frames {
        frame.fields.retain(|field| !field.config.custom_flag("hideFrom.viz"));
    }
    frames
}

/// A value with everything that can be read of it.
fn whole(single: Single) -> ShownValue {
    let printed = single.printed;
    ShownValue {
        name: single.title.clone(),
        title: single.title,
        text: Some(printed.text),
        change: None,
        percent: None,
        number: printed.number,
        colour: Some(printed.colour),
        share: None,
    }
}

fn numbers(drawn: &Drawn<'_>, singles: Vec<Single>, rows: bool) -> Vec<ShownValue> {
    let mode = drawn.text("textMode").unwrap_or("auto");
    let several = singles.len() > 1;
    let named = match mode {
        "value_and_name" | "name" => true,
        "auto" => several,
        _ => false,
    };
    let changes = drawn.flag("showPercentChange") && !rows;
    singles
        .into_iter()
        .map(|single| {
            let change = single.change.filter(|_| changes);
            let mut value = whole(single);
            value.change = change.map(unit::change);
            if !named {
                value.name = None;
            }
            if matches!(mode, "name" | "none") && value.title.is_some() {
                value.text = None;
            }
            if drawn.text("colorMode") == Some("none") {
                value.colour = None;
            }
            value
        })
        .collect()
}

fn bars(drawn: &Drawn<'_>, singles: Vec<Single>) -> Vec<ShownValue> {
    let renamed = drawn.source.defaults.display_name.as_deref().is_some_and(|it| !it.is_empty());
    let bar = drawn.kind == "bargauge";
    let hidden_name = bar && drawn.text("namePlacement") == Some("hidden");
    let named = (singles.len() > 1 || renamed) && !hidden_name;
    let hidden_text = bar && drawn.text("valueMode") == Some("hidden");
    singles
        .into_iter()
        .map(|single| {
            let share = single.printed.share.map(|share| share.clamp(0.0, 1.0));
            let mut value = whole(single);
            value.share = share;
            if !named {
                value.name = None;
            }
            if hidden_text && value.title.is_some() {
                value.text = None;
            }
            value
        })
        .collect()
}

/// Slices of what is a number, with their shares of the sum.
fn slices(drawn: &Drawn<'_>, singles: Vec<Single>) -> Vec<ShownValue> {
    if singles.iter().all(|single| single.title.is_none()) {
        return singles.into_iter().map(whole).collect();
    }
    let legend = is_shown(drawn);
    let labels = drawn.list("displayLabels");
    let columns = drawn.list("legend.values");
    let is_read = |what: &str| labels.contains(&what) || (legend && columns.contains(&what));
    let named = legend || labels.contains(&"name");
    let there = |single: &Single| !single.printed.number.is_nan();
    let sum: f64 = singles.iter().filter(|it| there(it)).map(|it| it.printed.number).sum();
    let places = drawn.source.defaults.decimals.unwrap_or(0.0).clamp(0.0, 100.0) as usize;
    singles
        .into_iter()
        .filter(there)
        .map(|single| {
            let share = single.printed.number / sum;
            let mut value = whole(single);
            value.share = Some(share);
            value.percent = is_read("percent").then(|| {
                if share.is_nan() { "-".to_owned() } else { format!("{:.places$}%", share * 100.0) }
            });
            if !named {
                value.name = None;
            }
            if !is_read("value") {
                value.text = None;
            }
            value
        })
        .collect()
}
