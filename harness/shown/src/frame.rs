//! The data frame as the browser holds it: fields of one length, each with a type.
//!
//! It must not know where a frame comes from; whoever has an answer of a data source
//! builds it as that data source's plugin does.

use std::collections::BTreeMap;

use crate::config::FieldConfig;
use crate::number;

/// The name of a value field whose series has no name of its own.
pub const VALUE: &str = "Value";
/// The name of the time field of a series.
pub const TIME: &str = "Time";

/// One value of a field.
///
/// NaN is a number. `Null` counts as 0 in sums of two fields, `Missing` makes them NaN.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// No value: a gap that the data source sent.
    Null,
    /// Not even null: a row that the frame did not have before it was joined.
    Missing,
    /// A number; of a time field milliseconds since 1970 UTC.
    Number(f64),
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
}

impl Scalar {
    /// The number as JavaScript makes it of any value for display; NaN of what is none.
    pub fn as_number(&self) -> f64 {
        match self {
            Self::Null | Self::Missing => f64::NAN,
            Self::Number(number) => *number,
            Self::Text(text) if text.is_empty() => f64::NAN,
            Self::Text(text) => number::of_text(text),
            Self::Bool(value) => f64::from(u8::from(*value)),
        }
    }

    /// The text of the value; empty of null, and NaN and infinities by their names.
    pub fn as_text(&self) -> String {
        match self {
            Self::Null | Self::Missing => String::new(),
            Self::Number(number) if *number == 0.0 && number.is_sign_negative() => "-0".to_owned(),
            other => other.key(),
        }
    }

    /// The text as JavaScript writes the value into a template: `null`, and 0 of -0.
    pub fn key(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Missing => "undefined".to_owned(),
            Self::Number(number) => number::to_text(*number),
            Self::Text(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
        }
    }

    /// Whether there is no value.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Null | Self::Missing)
    }

    /// Whether the value is neither missing nor NaN.
    pub fn is_present(&self) -> bool {
        match self {
            Self::Null | Self::Missing => false,
            Self::Number(number) => !number.is_nan(),
            Self::Text(_) | Self::Bool(_) => true,
        }
    }

    /// The number where the value is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<f64> for Scalar {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<f64>> for Scalar {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Null, Self::Number)
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Moments, in milliseconds since 1970 UTC.
    Time,
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// True or false.
    Bool,
    /// Anything else.
    Other,
}

impl FieldType {
    /// Grafana's word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Number => "number",
            Self::Text => "string",
            Self::Bool => "boolean",
            Self::Other => "other",
        }
    }

    /// The type of Grafana's word.
    pub fn parse(id: &str) -> Option<Self> {
        [Self::Time, Self::Number, Self::Text, Self::Bool, Self::Other]
            .into_iter()
            .find(|kind| kind.id() == id)
    }
}

/// The labels of a series.
pub type Labels = BTreeMap<String, String>;

/// Smallest and largest value that colours and bars are scaled to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The smallest; `None` where there is no number at all.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

/// A column of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name that the data source gave: `Value`, `Time`, a label or a metric.
    pub name: String,
    /// What its values are.
    pub kind: FieldType,
    /// The labels of the series; absent in tables.
    pub labels: Option<Labels>,
    /// How it is displayed.
    pub config: FieldConfig,
    /// Its values, as many as each other field of the frame has.
    pub values: Vec<Scalar>,
    /// What its values are scaled to, once [`crate::overrides::apply`] knows it.
    pub range: Option<Range>,
    /// The values that it had when its reducers were computed, where those are kept: the
    /// browser does not compute the standard reducers of a histogram's counts again.
    pub reduced: Option<Vec<Scalar>>,
}

impl Field {
    /// A field without labels and without any configuration.
    pub fn new(name: impl Into<String>, kind: FieldType, values: Vec<Scalar>) -> Self {
        Self {
            name: name.into(),
            kind,
            labels: None,
            config: FieldConfig::default(),
            values,
            range: None,
            reduced: None,
        }
    }

    /// A time field named `Time` of milliseconds since 1970 UTC.
    pub fn time(milliseconds: impl IntoIterator<Item = f64>) -> Self {
        Self::new(TIME, FieldType::Time, milliseconds.into_iter().map(Scalar::Number).collect())
    }
}

/// What one series or one table of an answer is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    /// The query that it answers; a transformation may make a longer one: `merge-A-B`.
    pub ref_id: Option<String>,
    /// The name that the data source gave.
    pub name: Option<String>,
    /// Its columns.
    pub fields: Vec<Field>,
}

impl Frame {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.fields.first().map_or(0, |field| field.values.len())
    }

    /// The first field of moments.
    pub fn time_field(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.kind == FieldType::Time)
    }
}
