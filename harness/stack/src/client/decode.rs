//! Reads the JSON of the Prometheus query API straight into [`Value`]s.
//!
//! Called by the query client only. Numbers go from the text to `i64` milliseconds and `f64`
//! without an intermediate tree, because one answer may hold a hundred thousand points.
//! The order of keys is not relied upon. Native histograms are refused rather than dropped.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use prom::series::{Labels, Sample, Series, Value};

/// The frame around every answer of the HTTP API.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) status: Status,
    pub(super) data: Option<T>,
    #[serde(default, rename = "errorType")]
    pub(super) error_type: String,
    #[serde(default)]
    pub(super) error: String,
    #[serde(default)]
    pub(super) warnings: Vec<String>,
    #[serde(default)]
    pub(super) infos: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Success,
    Error,
}

/// The `data` of `/api/v1/query` and `/api/v1/query_range`.
#[derive(Debug, Deserialize)]
pub(super) struct QueryData {
    #[serde(rename = "resultType")]
    result_type: ResultType,
    result: Vec<Element>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ResultType {
    Scalar,
    Vector,
    Matrix,
    String,
}

impl QueryData {
    /// The typed value, or what is wrong with the shape.
    pub(super) fn into_value(self) -> Result<Value, String> {
        let mismatch = || String::from("the result does not have the shape of its resultType");
        let items = |elements: Vec<Element>| {
            elements.into_iter().map(|element| match element {
                Element::Item(item) => Ok(item),
                Element::Number(_) | Element::Text(_) => Err(mismatch()),
            })
        };
        match self.result_type {
            ResultType::Scalar => match self.result.as_slice() {
                [Element::Number(seconds), Element::Text(value)] => {
                    Ok(Value::Scalar { at: milliseconds(*seconds), value: number(value)? })
                }
                _ => Err(mismatch()),
            },
            ResultType::Vector => items(self.result)
                .map(|item| {
                    let item = item?;
                    let Point { at, value } = item.value.ok_or_else(mismatch)?;
                    Ok(Sample { labels: item.labels, at, value })
                })
                .collect::<Result<_, _>>()
                .map(Value::Vector),
            ResultType::Matrix => items(self.result)
                .map(|item| {
                    let item = item?;
                    let points = item.values.ok_or_else(mismatch)?.0;
                    Ok(Series { labels: item.labels, points })
                })
                .collect::<Result<_, _>>()
                .map(Value::Matrix),
            ResultType::String => Err("the query yields a string, not a number".into()),
        }
    }
}

/// One element of `result`: an object for vectors and matrices, a bare time and text for scalars.
#[derive(Debug)]
enum Element {
    Number(f64),
    Text(String),
    Item(Item),
}

#[derive(Debug, Default)]
struct Item {
    labels: Labels,
    value: Option<Point>,
    values: Option<Points>,
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementVisitor;
        impl<'de> Visitor<'de> for ElementVisitor {
            type Value = Element;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a sample, a series, a time or a value")
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Element, E> {
                Ok(Element::Number(value))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Element, E> {
                Ok(Element::Number(value as f64))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Element, E> {
                Ok(Element::Number(value as f64))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Element, E> {
                Ok(Element::Text(value.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Element, A::Error> {
                let mut item = Item::default();
                while let Some(key) = map.next_key::<&str>()? {
                    match key {
                        "metric" => item.labels = map.next_value()?,
                        "value" => item.value = Some(map.next_value()?),
                        "values" => item.values = Some(map.next_value()?),
                        "histogram" | "histograms" => {
                            return Err(A::Error::custom("native histograms are not supported"));
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Element::Item(item))
            }
        }
        deserializer.deserialize_any(ElementVisitor)
    }
}

/// `[<float seconds>, "<value>"]`.
#[derive(Debug)]
struct Point {
    at: i64,
    value: f64,
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (seconds, value): (f64, ValueText) = Deserialize::deserialize(deserializer)?;
        Ok(Self { at: milliseconds(seconds), value: value.0 })
    }
}

#[derive(Debug)]
struct Points(Vec<(i64, f64)>);

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PointsVisitor;
        impl<'de> Visitor<'de> for PointsVisitor {
            type Value = Points;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an array of points")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Points, A::Error> {
                let mut points = Vec::new();
                while let Some(Point { at, value }) = seq.next_element()? {
                    points.push((at, value));
                }
                Ok(Points(points))
            }
        }
        deserializer.deserialize_seq(PointsVisitor)
    }
}

/// A sample value: JSON has no NaN, so Prometheus writes numbers as strings.
struct ValueText(f64);

impl<'de> Deserialize<'de> for ValueText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = ValueText;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number in a string")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<ValueText, E> {
                number(text).map(ValueText).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// Reads `1.5`, `1e+06`, `NaN`, `+Inf` and `-Inf`; the standard parser knows them all.
fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number"))
}

/// Prometheus stores whole milliseconds and prints them as seconds; rounding undoes the print.
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

#[cfg(test)]
mod tests;
