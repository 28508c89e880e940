//! One frame: times and numbers in columns.
//!
//! `null` is a value that JSON cannot hold where `entities` names it, else none.
//! Source: grafana-plugin-sdk-go data/frame_json.go.

use monitoring::grafana::legend::Labels;
use serde::Deserialize;
use serde_json::Value;

use super::Shown;

/// One frame as it came.
#[derive(Debug, Clone, Deserialize)]
pub struct Frame {
    schema: Schema,
    #[serde(default)]
    data: Data,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    #[serde(default)]
    meta: Meta,
    #[serde(default)]
    fields: Vec<FieldSchema>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    executed_query_string: Option<String>,
    #[serde(default)]
    notices: Vec<Notice>,
    #[serde(default)]
    custom: Custom,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Custom {
    result_type: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Notice {
    text: String,
}

#[derive(Debug, Clone, Deserialize)]
struct FieldSchema {
    r#type: String,
    labels: Option<Labels>,
    #[serde(default)]
    config: Config,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(rename = "displayNameFromDS")]
    display_name: Option<String>,
    interval: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Data {
    #[serde(default)]
    values: Vec<Vec<Value>>,
    #[serde(default)]
    entities: Vec<Option<Entities>>,
    #[serde(default)]
    nanos: Vec<Option<Vec<i64>>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Entities {
    #[serde(default, rename = "NaN")]
    nan: Vec<usize>,
    #[serde(default, rename = "Inf")]
    inf: Vec<usize>,
    #[serde(default, rename = "NegInf")]
    neg_inf: Vec<usize>,
}

impl Frame {
    /// The server's own words on what it ran; newer versions give them with the first frame only.
    #[must_use]
    pub fn executed(&self) -> Option<&str> {
        self.schema.meta.executed_query_string.as_deref()
    }

    /// `matrix`, `vector`, `scalar`, `exemplar`.
    #[must_use]
    pub fn result_type(&self) -> Option<&str> {
        self.schema.meta.custom.result_type.as_deref()
    }

    /// The step in milliseconds, which stands at the field of times.
    #[must_use]
    pub fn interval_ms(&self) -> Option<f64> {
        self.schema.fields.iter().find_map(|field| field.config.interval)
    }

    /// What the server remarked.
    pub(super) fn notices(&self) -> impl Iterator<Item = &str> {
        self.schema.meta.notices.iter().map(|notice| notice.text.as_str())
    }

    pub(super) fn shown(&self) -> Result<Vec<Shown>, &'static str> {
        let fields = &self.schema.fields;
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let n_columns = self.data.values.len();
        if fields.len() != n_columns {
            return Err("it has not as many columns as fields");
        }
        let time =
            fields.iter().position(|field| field.r#type == "time").ok_or("it has no times")?;
        let mut times = Vec::new();
        for (row, value) in self.data.values[time].iter().enumerate() {
            let nanos = self.data.nanos.get(time).and_then(Option::as_ref);
            if nanos.and_then(|nanos| nanos.get(row)).is_some_and(|nanos| *nanos != 0) {
                return Err("a time has fractions of a millisecond");
            }
            times.push(value.as_i64().ok_or("a time is no whole number of milliseconds")?);
        }
        let mut found = Vec::new();
        for (column, field) in fields.iter().enumerate().filter(|(column, _)| *column != time) {
            if field.r#type != "number" {
                return Err("a field holds neither times nor numbers");
            }
            let numbers = self.numbers(column)?;
            if numbers.len() != times.len() {
                return Err("a column is not as long as that of the times");
            }
            let points = times.iter().zip(numbers);
            found.push(Shown {
                labels: field.labels.clone().unwrap_or_default(),
                name: field.config.display_name.clone(),
                points: points.filter_map(|(at, value)| Some((*at, value?))).collect(),
            });
        }
        Ok(found)
    }

    /// The values of a column: a number, NaN, an infinity, or none.
    fn numbers(&self, column: usize) -> Result<Vec<Option<f64>>, &'static str> {
        let mut numbers = Vec::new();
        for value in &self.data.values[column] {
            numbers.push(match value {
                Value::Null => None,
                value => Some(value.as_f64().ok_or("a value is no number")?),
            });
        }
        let named = self.data.entities.get(column).and_then(Option::as_ref);
        let named = named.map(|named| {
            [
                (&named.nan, f64::NAN),
                (&named.inf, f64::INFINITY),
                (&named.neg_inf, f64::NEG_INFINITY),
            ]
        });
        for (rows, value) in named.into_iter().flatten() {
            for row in rows {
                let place =
                    numbers.get_mut(*row).ok_or("`entities` names a row that is not there")?;
                if place.replace(value).is_some() {
                    return Err("`entities` names a value that is a number");
                }
            }
        }
        Ok(numbers)
    }
}
