//! A table: one frame's fields as columns, sorted, with what stands below them.
//!
//! Source: the table of `@grafana/ui`.

use serde_json::Value;

use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::panel::{Cell, Drawn, ShownTable, Text};
use crate::reduce::{self, Found};
use crate::{Display, NotModelled, collate, name};

/// What stands below a column: a heading and a text for each reducer.
pub type Footer = Vec<(String, Text)>;

/// Reducers that need no numbers.
const OF_ANYTHING: &[&str] = &[
    "allIsNull",
    "allValues",
    "changeCount",
    "count",
    "countAll",
    "distinctCount",
    "first",
    "firstNotNull",
    "last",
    "lastNotNull",
    "uniqueValues",
];

pub(super) fn table(drawn: &Drawn<'_>, frames: &[Frame]) -> Result<ShownTable, NotModelled> {
    let chosen = drawn.option("frameIndex").and_then(Value::as_u64).unwrap_or(0);
    let chosen = usize::try_from(chosen).unwrap_or(0).min(frames.len().saturating_sub(1));
    let Some(frame) = frames.get(chosen) else { return Ok(ShownTable::default()) };
    let is_visible = |field: &&Field| {
        !field.config.custom_flag("hidden") && !field.config.custom_flag("hideFrom.viz")
    };
    let fields: Vec<&Field> = frame.fields.iter().filter(is_visible).collect();
    let columns: Vec<String> =
        fields.iter().map(|field| name::of_field(field, frame, frames)).collect();
    let order = order(drawn, frame.rows(), &fields, &columns)?;
    let displays: Vec<Display<'_>> =
        fields.iter().map(|field| Display::new(field, drawn.zone)).collect();
    let cell = |row: usize, at: usize| {
        let value = fields[at].values.get(row).cloned().unwrap_or(Scalar::Missing);
        let printed = displays[at].print(&value);
        let colour = shows_colour(fields[at]).then_some(printed.colour);
        Cell { value, text: printed.text, colour }
    };
    let rows =
        order.iter().map(|row| (0..fields.len()).map(|at| cell(*row, at)).collect()).collect();
    let footers = fields
        .iter()
        .enumerate()
        .map(|(at, field)| footer(drawn, field, &columns[at], at == 0))
        .collect::<Result<_, _>>()?;
    let headed = drawn.option("showHeader") != Some(&Value::Bool(false));
    Ok(ShownTable {
        headings: columns.iter().map(|column| headed.then(|| column.clone())).collect(),
        columns,
        rows,
        footers,
        other_frames: frames.len() - 1,
    })
}

/// Whether cells of a column have the colour of their value.
fn shows_colour(field: &Field) -> bool {
    let of_cell = field.config.custom_text("cellOptions.type");
    let kind = of_cell.or_else(|| field.config.custom_text("displayMode"));
    matches!(kind, Some("color-text" | "color-background"))
}

/// The rows in the order of the first columns that are sorted by.
fn order(
    drawn: &Drawn<'_>,
    rows: usize,
    fields: &[&Field],
    columns: &[String],
) -> Result<Vec<usize>, NotModelled> {
    let mut order: Vec<usize> = (0..rows).collect();
    let rules = drawn.option("sortBy").and_then(Value::as_array);
    // The last rule is the weakest, and sorting keeps what is equal where it is.
    for rule in rules.into_iter().flatten().rev() {
        let wanted = rule.get("displayName").and_then(Value::as_str);
        let Some(at) = columns.iter().position(|column| Some(column.as_str()) == wanted) else {
            continue;
        };
        let values = &fields[at].values;
        let reverse = rule.get("desc") == Some(&Value::Bool(true));
        if fields[at].kind == FieldType::Text {
            let texts: Vec<String> = values.iter().map(Scalar::as_text).collect();
            if let Some(text) = texts.iter().find(|text| !text.is_ascii()) {
                return Err(NotModelled::new(format!("the order of {text}")));
            }
            order.sort_by(|a, b| {
                let order = collate::compare_numeric(&texts[*a], &texts[*b]);
                let order = order.unwrap_or(std::cmp::Ordering::Equal);
                if reverse { order.reverse() } else { order }
            });
        } else {
            // What is no number comes before every number.
            let weight = |row: usize| values.get(row).map_or(f64::NAN, Scalar::as_number);
            order.sort_by(|a, b| {
                let (a, b) = (weight(*a), weight(*b));
                let order = a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()));
                if reverse { order.reverse() } else { order }
            });
        }
    }
    Ok(order)
}

/// The reducers below a column: of its own, else those of an older panel for all.
fn reducers<'a>(drawn: &'a Drawn<'_>, field: &'a Field, column: &str) -> Vec<&'a str> {
    if let Some(own) = field.config.custom("footer.reducers").and_then(Value::as_array) {
        return own.iter().filter_map(Value::as_str).collect();
    }
    if !drawn.flag("footer.show") {
        return Vec::new();
    }
    if drawn.flag("footer.countRows") {
        return vec!["countAll"];
    }
    let listed = match drawn.option("footer.fields") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) if !name.is_empty() => vec![name.as_str()],
        _ => Vec::new(),
    };
    if !listed.is_empty() && !listed.contains(&column) && !listed.contains(&field.name.as_str()) {
        return Vec::new();
    }
    match drawn.option("footer.reducer") {
        Some(Value::String(id)) => vec![id.as_str()],
        _ => drawn.list("footer.reducer"),
    }
}

fn footer(
    drawn: &Drawn<'_>,
    field: &Field,
    column: &str,
    first: bool,
) -> Result<Footer, NotModelled> {
    let ids = reducers(drawn, field, column);
    let number = field.kind == FieldType::Number;
    let display = Display::new(field, drawn.zone);
    let results = reduce::all(field, &ids)?;
    ids.iter()
        .zip(results)
        .filter(|(id, _)| number || OF_ANYTHING.contains(id))
        .filter(|(id, _)| first || **id != "countAll")
        .filter_map(|(id, result)| Some((*id, result?)))
        .map(|(id, result)| {
            let heading = match id {
                "countAll" => "Count".to_owned(),
                _ => Found::with_alias(id)?.map_or_else(|| id.to_owned(), Found::name),
            };
            let text = match id {
                "count" | "countAll" => Ok(result.key()),
                _ => display.print(&result).text,
            };
            Ok((heading, text))
        })
        .collect()
}
