//! Time series, state timeline, status history and heatmap: series over time.

use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::panel::{Drawn, Point, ShownSeries, legend, stack};
use crate::{Display, NotModelled, name, reduce};

/// A field of a frame with moments.
struct Line<'a> {
    frame: &'a Frame,
    field: &'a Field,
    time: &'a Field,
}

pub(super) fn time_series(
    drawn: &Drawn<'_>,
    frames: &[Frame],
) -> Result<Vec<ShownSeries>, NotModelled> {
    let lines = lines(frames, |field| matches!(field.kind, FieldType::Number | FieldType::Bool));
    // Rows of several series in one frame are connected to one line.
    if let Some(line) = lines.iter().find(|line| !rises(line.time)) {
        let id = line.frame.ref_id.as_deref().unwrap_or_default();
        return Err(NotModelled::new(format!("a table of query {id} in a time series")));
    }
    let visible: Vec<Line<'_>> =
        lines.into_iter().filter(|line| !line.field.config.custom_flag("hideFrom.viz")).collect();
    let fields: Vec<(&Field, &Field)> =
        visible.iter().map(|line| (line.time, line.field)).collect();
    let drawings = stack::drawings(&fields)?;
    visible
        .iter()
        .zip(drawings)
        .map(|(line, drawing)| {
            let mut series = series(drawn, line, frames)?;
            for (point, drawn) in series.points.iter_mut().zip(drawing) {
                point.drawn = drawn.filter(|at| is_in_view(line.field, *at));
            }
            Ok(series)
        })
        .collect()
}

pub(super) fn timeline(
    drawn: &Drawn<'_>,
    frames: &[Frame],
) -> Result<Vec<ShownSeries>, NotModelled> {
    let mut frames = frames.to_vec();
    if drawn.kind == "heatmap" {
        if drawn.flag("calculate") {
            return Err(NotModelled::new("options.calculate of a heatmap"));
        }
        let unit = drawn.text("cellValues.unit");
        for field in frames.iter_mut().flat_map(|frame| &mut frame.fields) {
            if field.kind == FieldType::Number {
                field.config.unit = unit.map(str::to_owned);
                let decimals = drawn.option("cellValues.decimals");
                field.config.decimals = decimals.and_then(serde_json::Value::as_f64);
            }
        }
    }
    let silent = drawn.text("showValue") == Some("never");
    let lines = lines(&frames, |field| field.kind != FieldType::Time);
    lines
        .iter()
        .filter(|line| !line.field.config.custom_flag("hideFrom.viz"))
        .map(|line| {
            let mut series = series(drawn, line, &frames)?;
            // The names stand beside the rows, whatever the legend is.
            series.named = true;
            series.legend.clear();
            for point in &mut series.points {
                point.drawn = point.value.number();
                if silent && point.text.is_ok() {
                    point.text = Ok(String::new());
                }
            }
            Ok(series)
        })
        .collect()
}

/// The fields that are drawn, of frames that have moments.
fn lines(frames: &[Frame], is_drawn: impl Fn(&Field) -> bool) -> Vec<Line<'_>> {
    frames
        .iter()
        .filter_map(|frame| Some((frame, frame.time_field()?)))
        .flat_map(|(frame, time)| {
            let fields = frame.fields.iter().filter(|field| is_drawn(field));
            fields.map(move |field| Line { frame, field, time }).collect::<Vec<_>>()
        })
        .collect()
}

fn series(
    drawn: &Drawn<'_>,
    line: &Line<'_>,
    frames: &[Frame],
) -> Result<ShownSeries, NotModelled> {
    let config = &line.field.config;
    let display = Display::new(line.field, drawn.zone);
    let last = reduce::one(line.field, "last")?.unwrap_or(Scalar::Missing);
    let points = line.time.values.iter().zip(&line.field.values).map(|(time, value)| {
        let printed = display.print(value);
        Point {
            time: time.as_number(),
            value: value.clone(),
            text: printed.text,
            colour: printed.colour,
            drawn: None,
        }
    });
    let in_legend = legend::is_shown(drawn) && !config.custom_flag("hideFrom.legend");
    Ok(ShownSeries {
        name: name::of_field(line.field, line.frame, frames),
        ref_id: line.frame.ref_id.clone(),
        named: in_legend,
        legend: if in_legend { legend::calcs(drawn, line.field)? } else { Vec::new() },
        axis: config.custom_text("axisLabel").filter(|it| !it.is_empty()).map(str::to_owned),
        colour: display.series_colour(&last),
        thresholds: threshold_lines(line.field),
        points: points.collect(),
    })
}

/// The lines that are drawn at thresholds.
fn threshold_lines(field: &Field) -> Vec<(f64, String)> {
    let mode = field.config.custom_text("thresholdsStyle.mode").unwrap_or("off");
    let thresholds = field.config.thresholds.as_ref().filter(|_| mode != "off");
    let steps = thresholds.into_iter().flat_map(|thresholds| thresholds.steps.iter().skip(1));
    steps.map(|step| (step.value, step.colour.clone())).collect()
}

fn is_in_view(field: &Field, at: f64) -> bool {
    field.config.min.is_none_or(|min| at >= min) && field.config.max.is_none_or(|max| at <= max)
}

/// Whether moments rise, none twice.
fn rises(time: &Field) -> bool {
    time.values.windows(2).all(|pair| pair[0].as_number() < pair[1].as_number())
}
