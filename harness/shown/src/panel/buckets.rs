//! Bar chart and histogram: bars that are read like the rows of a table.

use serde_json::Value;

use crate::config::numeric;
use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::panel::{Cell, Drawn, ShownTable};
use crate::transform::{Buckets, build_histogram};
use crate::{Display, NotModelled, name, overrides};

/// About how many bars a histogram has that says nothing.
const BUCKETS: f64 = 30.0;

/// One frame: a field of names or moments, and a bar in each of the numbers.
pub(super) fn bar_chart(drawn: &Drawn<'_>, frames: &[Frame]) -> Result<ShownTable, NotModelled> {
    let frame = match frames {
        [] => return Ok(ShownTable::default()),
        [frame] => frame,
        _ => return Err(NotModelled::new("several frames in a bar chart")),
    };
    let wanted = drawn.text("xField").filter(|name| !name.is_empty());
    let is_x = |field: &&Field| match wanted {
        Some(wanted) => name::of_field(field, frame, frames) == wanted || field.name == wanted,
        None => field.kind == FieldType::Text,
    };
    let x = frame.fields.iter().find(is_x).or_else(|| frame.time_field());
    let is_bar = |field: &&Field| {
        field.kind == FieldType::Number
            && !field.config.custom_flag("hideFrom.viz")
            && !x.is_some_and(|x| std::ptr::eq(x, *field))
    };
    let fields: Vec<&Field> = x.into_iter().chain(frame.fields.iter().filter(is_bar)).collect();
    Ok(rows(drawn, frame, frames, &fields))
}

/// Counts of the values of every field, by bucket.
pub(super) fn histogram(drawn: &Drawn<'_>, frames: &[Frame]) -> Result<ShownTable, NotModelled> {
    let number = |name: &str| drawn.option(name).and_then(numeric).filter(|it| *it != 0.0);
    let buckets = Buckets {
        size: number("bucketSize"),
        offset: number("bucketOffset").unwrap_or(0.0),
        count: number("bucketCount").unwrap_or(BUCKETS),
        combine: drawn.flag("combine"),
    };
    let configured = overrides::apply(frames, &drawn.source)?;
    let Some(mut frame) = build_histogram(&configured, &buckets)? else {
        return Ok(ShownTable::default());
    };
    for count in frame.fields.iter_mut().skip(2) {
        count.reduced = None;
    }
    let frames = [frame];
    let fields: Vec<&Field> =
        frames[0].fields.iter().filter(|field| !field.config.custom_flag("hideFrom.viz")).collect();
    Ok(rows(drawn, &frames[0], &frames, &fields))
}

fn rows(drawn: &Drawn<'_>, frame: &Frame, frames: &[Frame], fields: &[&Field]) -> ShownTable {
    let columns: Vec<String> =
        fields.iter().map(|field| name::of_field(field, frame, frames)).collect();
    let displays: Vec<Display<'_>> =
        fields.iter().map(|field| Display::new(field, drawn.zone)).collect();
    let cell = |row: usize, at: usize| {
        let value = fields[at].values.get(row).cloned().unwrap_or(Scalar::Missing);
        let printed = displays[at].print(&value);
        let colour = (at > 0).then_some(printed.colour);
        Cell { value, text: printed.text, colour }
    };
    let rows =
        (0..frame.rows()).map(|row| (0..fields.len()).map(|at| cell(row, at)).collect()).collect();
    let legend = drawn.option("legend.showLegend") != Some(&Value::Bool(false));
    ShownTable {
        headings: columns.iter().map(|column| legend.then(|| column.clone())).collect(),
        footers: vec![Vec::new(); columns.len()],
        columns,
        rows,
        other_frames: 0,
    }
}
