//! What is printed of a value: its text with unit, or what a mapping makes of it, and its
//! colour. It must not know which panel prints it.
//!
//! Source: `getDisplayProcessor` and `getScaleCalculator` of `@grafana/data`.

use jiff::tz::TimeZone;

use crate::config::FieldConfig;
use crate::frame::{Field, FieldType, Range, Scalar};
use crate::threshold::FALLBACK;
use crate::{NotModelled, mapping, reduce, unit};

/// A colour of a value or a series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colour {
    /// By the name that the dashboard has for it: `green`, `#73BF69`.
    Named(String),
    /// One of a palette or gradient, by the id of its mode; it tells series apart and
    /// says nothing of the value.
    Palette(String),
}

/// A value as it is printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// The text; of a unit or a mapping that is not modelled what is not.
    pub text: Result<String, NotModelled>,
    /// The number; NaN of what is none.
    pub number: f64,
    /// The colour of the value.
    pub colour: Colour,
    /// The share of the range; absent where a mapping gives the colour.
    pub share: Option<f64>,
}

/// The printer of one field's values.
#[derive(Debug)]
pub struct Display<'a> {
    config: &'a FieldConfig,
    kind: FieldType,
    unit: Option<&'a str>,
    milliseconds: bool,
    range: Scale,
    zone: &'a TimeZone,
}

/// Smallest value and the distance to the largest.
#[derive(Debug, Clone, Copy)]
struct Scale {
    min: f64,
    delta: f64,
}

/// Units that are moments besides those that begin with `time:`.
const MOMENTS: &[&str] = &[
    "dateTimeAsIso",
    "dateTimeAsIsoNoDateIfToday",
    "dateTimeAsUS",
    "dateTimeAsUSNoDateIfToday",
    "dateTimeAsLocal",
    "dateTimeAsLocalNoDateIfToday",
    "dateTimeFromNow",
];

impl<'a> Display<'a> {
    /// The printer of a field, for a reader in a time zone.
    pub fn new(field: &'a Field, zone: &'a TimeZone) -> Self {
        let own = field.config.unit.as_deref().filter(|unit| !unit.is_empty());
        let moment = own.is_some_and(|unit| MOMENTS.contains(&unit) || unit.starts_with("time:"));
        let boolean = own.is_some_and(|unit| unit.starts_with("bool"));
        let (unit, milliseconds) = match field.kind {
            FieldType::Time if !moment => (Some("dateTimeAsSystem"), is_short(field)),
            FieldType::Bool if !boolean => (Some("bool"), false),
            FieldType::Text if own.is_none() => (Some("string"), false),
            _ => (own, false),
        };
        Self {
            config: &field.config,
            kind: field.kind,
            unit,
            milliseconds,
            range: scale(field),
            zone,
        }
    }

    /// The value as it is printed.
    pub fn print(&self, value: &Scalar) -> Printed {
        let mut number = if self.unit == Some("string") { f64::NAN } else { value.as_number() };
        if let (true, Scalar::Text(_)) = (self.is_moment(), value) {
            number = f64::NAN;
        }
        let mapped = match self.config.mappings.as_deref() {
            Some(mappings) => mapping::apply(mappings, value),
            None => Ok(None),
        };
        let (mapped, refused) = match mapped {
            Ok(mapped) => (mapped.unwrap_or_default(), None),
            Err(refused) => (mapping::Mapped::default(), Some(refused)),
        };
        let text = match (refused, mapped.text) {
            (Some(refused), _) => Err(refused),
            (None, Some(text)) => Ok(text),
            (None, None) => self.text(value, number),
        };
        if let Some(colour) = mapped.colour.filter(|colour| !colour.is_empty()) {
            return Printed { text, number, colour: Colour::Named(colour), share: None };
        }
        let (colour, share) = self.colour(if number.is_nan() { f64::NEG_INFINITY } else { number });
        Printed { text, number, colour, share: Some(share) }
    }

    fn is_moment(&self) -> bool {
        self.unit.is_some_and(|unit| {
            unit == "dateTimeAsSystem" || MOMENTS.contains(&unit) || unit.starts_with("time:")
        })
    }

    fn text(&self, value: &Scalar, number: f64) -> Result<String, NotModelled> {
        if self.is_moment() && matches!(value, Scalar::Text(text) if !text.is_empty()) {
            return Err(NotModelled::new("a moment that is written as a text"));
        }
        if !number.is_nan() && !matches!(value, Scalar::Bool(_)) {
            let unit = self.unit.unwrap_or("none");
            let parts =
                unit::format(unit, number, self.config.decimals, self.zone, self.milliseconds)?;
            return Ok(parts.joined());
        }
        let text = value.as_text();
        if text.is_empty() {
            return Ok(self.config.no_value.clone().unwrap_or_default());
        }
        Ok(text)
    }

    /// Colour and share of the range.
    fn colour(&self, value: f64) -> (Colour, f64) {
        if self.kind == FieldType::Bool {
            let yes = value != 0.0 && !value.is_nan();
            let colour = Colour::Named(if yes { "green" } else { "red" }.to_owned());
            return (colour, f64::from(u8::from(yes)));
        }
        let mut share = 0.0;
        if value != f64::NEG_INFINITY {
            share = (value - self.range.min) / self.range.delta;
            if share.is_nan() {
                share = 0.0;
            }
        }
        (by_mode(self.config, value, share), share)
    }

    /// The colour of a whole series whose colour is not that of a value.
    pub fn series_colour(&self, last: &Scalar) -> Colour {
        let number = last.as_number();
        self.colour(if number.is_nan() { f64::NEG_INFINITY } else { number }).0
    }
}

fn by_mode(config: &FieldConfig, value: f64, share: f64) -> Colour {
    let named = |colour: &str| Colour::Named(colour.to_owned());
    let mode = config.colour.as_ref();
    match mode.map_or("thresholds", |mode| mode.mode.as_str()) {
        "thresholds" => match &config.thresholds {
            Some(thresholds) => named(thresholds.colour(value, share)),
            None => named(FALLBACK),
        },
        "fixed" => named(mode.and_then(|mode| mode.fixed.as_deref()).unwrap_or(FALLBACK)),
        other => Colour::Palette(other.to_owned()),
    }
}

/// Whether the moments of a field are within a minute.
fn is_short(field: &Field) -> bool {
    match (field.values.first(), field.values.last()) {
        (Some(Scalar::Number(first)), Some(Scalar::Number(last))) if field.values.len() > 1 => {
            (last / 1000.0 - first / 1000.0).abs() < 60.0
        }
        _ => false,
    }
}

/// What values are scaled to: what the panel found, else of this field alone.
fn scale(field: &Field) -> Scale {
    if let Some(Range { min, max }) = field.range {
        let (min, max) = (min.unwrap_or(0.0), max.unwrap_or(0.0));
        return Scale { min, delta: max - min };
    }
    let (min, max) = own_range(field);
    Scale { min, delta: max - min }
}

/// Smallest and largest value of a field, or what its configuration says of them.
pub(crate) fn own_range(field: &Field) -> (f64, f64) {
    if field.kind != FieldType::Number {
        return (0.0, 100.0);
    }
    let (mut min, mut max) = (field.config.min, field.config.max);
    if min.is_none() || max.is_none() {
        if field.values.is_empty() {
            return (0.0, 100.0);
        }
        let own = |id| match reduce::one(field, id) {
            Ok(Some(Scalar::Number(number))) => Some(number),
            _ => None,
        };
        min = min.or_else(|| own("min"));
        max = max.or_else(|| own("max"));
    }
    (min.unwrap_or(0.0), max.unwrap_or(0.0))
}
