//! `histogram`: how many values of each field are in each bucket.

use serde_json::Value;

use crate::frame::{Field, FieldType, Frame, Scalar};
use crate::number::{of_text, round, to_text};
use crate::transform::{Transformed, flag, join, number};

/// About how many buckets there are where no size is given.
const COUNT: f64 = 30.0;
/// What sizes of buckets begin with, in a decade.
const SIZES: [f64; 5] = [1.0, 2.0, 2.5, 4.0, 5.0];

/// The rule of bucket sizes.
pub(crate) struct Buckets {
    /// The size; one is chosen where there is none.
    pub(crate) size: Option<f64>,
    /// Where buckets begin.
    pub(crate) offset: f64,
    /// About how many there are where a size is chosen.
    pub(crate) count: f64,
    /// Whether all fields are counted together.
    pub(crate) combine: bool,
}

pub(super) fn histogram(frames: Vec<Frame>, options: &Value) -> Transformed {
    if frames.is_empty() {
        return Ok(frames);
    }
    let buckets = Buckets {
        size: number(options, "bucketSize"),
        offset: number(options, "bucketOffset").unwrap_or(0.0),
        count: COUNT,
        combine: flag(options, "combine"),
    };
    Ok(build(&frames, &buckets)?.into_iter().collect())
}

/// The counts of every field of numbers; nothing where there is none.
pub(crate) fn build(
    frames: &[Frame],
    buckets: &Buckets,
) -> Result<Option<Frame>, crate::NotModelled> {
    let fields: Vec<(&Field, Vec<f64>)> = frames
        .iter()
        .flat_map(|frame| &frame.fields)
        .filter(|field| field.kind == FieldType::Number)
        .map(|field| (field, counted(field)))
        .collect();
    if fields.is_empty() {
        return Ok(None);
    }
    let size = match buckets.size.filter(|size| *size > 0.0) {
        Some(size) => size,
        None => chosen(&fields, buckets.count),
    };
    let bucket =
        |value: f64| nine_places(((value - buckets.offset) / size).floor() * size + buckets.offset);
    let tables = fields
        .iter()
        .map(|(_, values)| {
            let mut counts: Vec<(f64, f64)> = Vec::new();
            for value in values.iter().map(|value| bucket(*value)) {
                match counts.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, count)) => *count += 1.0,
                    None => counts.push((value, 1.0)),
                }
            }
            counts.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            let (starts, counts): (Vec<f64>, Vec<f64>) = counts.into_iter().unzip();
            vec![scalars(starts), scalars(counts)]
        })
        .collect();
    let columns = join::outer(tables, &[])?;
    Ok(Some(frame(&fields, columns, size, buckets.combine)))
}

fn scalars(numbers: Vec<f64>) -> Vec<Scalar> {
    numbers.into_iter().map(Scalar::Number).collect()
}

/// The values that are counted: finite ones, and null where a number stands for it.
fn counted(field: &Field) -> Vec<f64> {
    let no_value = field.config.no_value.as_deref().map(of_text).filter(|it| !it.is_nan());
    match no_value {
        Some(no_value) => {
            field.values.iter().map(|value| value.number().unwrap_or(no_value)).collect()
        }
        None => {
            field.values.iter().filter_map(Scalar::number).filter(|it| it.is_finite()).collect()
        }
    }
}

/// A round size, above the share of the range and not below the least distance.
fn chosen(fields: &[(&Field, Vec<f64>)], count: f64) -> f64 {
    let mut values: Vec<f64> = fields.iter().flat_map(|(_, values)| values).copied().collect();
    values.sort_by(f64::total_cmp);
    let distance = |least: f64, pair: &[f64]| match pair[1] - pair[0] {
        0.0 => least,
        distance => least.min(distance),
    };
    let least = match values.len() {
        1 => 1.0,
        _ => values.windows(2).fold(f64::INFINITY, distance),
    };
    let range = match (values.first(), values.last()) {
        (Some(first), Some(last)) => last - first,
        _ => f64::NAN,
    };
    let target = range / count;
    sizes().find(|size| target < *size && *size >= least).unwrap_or(f64::NAN)
}

/// 1e-9, 2e-9, 2.5e-9 … 5e9; of 1 to 5 there is no 2.5.
fn sizes() -> impl Iterator<Item = f64> {
    (-9..=9).flat_map(|power| {
        SIZES
            .iter()
            .filter(move |size| power != 0 || **size != 2.5)
            .map(move |size| format!("{size}e{power}").parse().unwrap_or(f64::NAN))
    })
}

/// Rounded to nine places, as the browser rounds where buckets begin.
fn nine_places(value: f64) -> f64 {
    if value.fract() == 0.0 {
        return value;
    }
    round(value * 1e9 * (1.0 + f64::EPSILON)) / 1e9
}

fn frame(
    fields: &[(&Field, Vec<f64>)],
    columns: Vec<Vec<Scalar>>,
    size: f64,
    combine: bool,
) -> Frame {
    let mut columns = columns.into_iter();
    let starts = columns.next().unwrap_or_default();
    let with_unit = fields
        .iter()
        .find(|(field, _)| field.config.unit.as_deref().is_some_and(|unit| !unit.is_empty()));
    let mut min = Field::new("xMin", FieldType::Number, starts.clone());
    if let Some((field, _)) = with_unit {
        min.config = field.config.clone();
    }
    if let Some((_, places)) = to_text(size).split_once('.')
        && places.bytes().all(|byte| byte.is_ascii_digit())
    {
        min.config.decimals = Some(places.len() as f64);
    }
    let mut max = Field { name: "xMax".to_owned(), ..min.clone() };
    max.values = scalars(starts.iter().map(|start| start.as_number() + size).collect());
    let zero = |value: Scalar| if value.is_nothing() { Scalar::Number(0.0) } else { value };
    let mut counts: Vec<Field> = fields
        .iter()
        .zip(columns)
        .map(|((field, kept), values)| {
            let mut count = (*field).clone();
            count.range = None;
            let scaled = field.config.min.is_some() && field.config.max.is_some();
            count.reduced = (!kept.is_empty() && !scaled).then(|| scalars(kept.clone()));
            count.config.unit = count.config.unit.filter(|unit| unit == "short");
            count.values = values.into_iter().map(zero).collect();
            count
        })
        .collect();
    if combine {
        let sum =
            |row: usize| -> f64 { counts.iter().map(|field| field.values[row].as_number()).sum() };
        let sums = (0..starts.len()).map(sum).collect();
        counts.truncate(1);
        for count in &mut counts {
            count.name = "count".to_owned();
            count.values = scalars(Vec::clone(&sums));
        }
    }
    let fields = [min, max].into_iter().chain(counts).collect();
    Frame { ref_id: Some("histogram".to_owned()), name: None, fields }
}
