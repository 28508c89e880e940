//! Value mappings: the text and the colour that a value has by itself; the first that
//! fits counts. It must not know units or thresholds.
//!
//! Source: `getValueMappingResult` of `@grafana/data`.

use serde_json::Value;

use crate::config::numeric;
use crate::number;
use crate::pattern::Pattern;
use crate::{NotModelled, Scalar};

/// What a mapping makes of a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapped {
    /// The text; `None` leaves the number's.
    pub text: Option<String>,
    /// The colour by the name that the dashboard has for it.
    pub colour: Option<String>,
}

/// Which values without a number a special mapping is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// Null.
    Null,
    /// NaN.
    Nan,
    /// Null and NaN.
    NullAndNan,
    /// True.
    True,
    /// False.
    False,
    /// A text of no length.
    Empty,
}

/// One mapping of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapping {
    /// By the value as it is written.
    Value(Vec<(String, Mapped)>),
    /// By range, both ends included; an end that is not there is infinite.
    Range {
        /// The smallest value.
        from: f64,
        /// The largest value.
        to: f64,
        /// What it is mapped to.
        result: Mapped,
    },
    /// By regular expression, of texts only.
    Regex {
        /// The expression.
        pattern: String,
        /// What it is mapped to.
        result: Mapped,
    },
    /// By what is no number.
    Special {
        /// Which.
        of: Special,
        /// What it is mapped to.
        result: Mapped,
    },
    /// One of a type that the browser leaves out.
    Ignored,
}

/// The mappings of a list; `None` of what is none.
pub fn read(value: &Value) -> Option<Vec<Mapping>> {
    Some(value.as_array()?.iter().map(one).collect())
}

fn one(value: &Value) -> Mapping {
    let options = value.get("options").unwrap_or(&Value::Null);
    let result = || mapped(options.get("result").unwrap_or(&Value::Null));
    match value.get("type").and_then(Value::as_str) {
        Some("value") => Mapping::Value(
            options
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(_, result)| result.is_object())
                .map(|(key, result)| (key.clone(), mapped(result)))
                .collect(),
        ),
        Some("range") => Mapping::Range {
            from: end(options.get("from"), f64::NEG_INFINITY),
            to: end(options.get("to"), f64::INFINITY),
            result: result(),
        },
        Some("regex") => Mapping::Regex {
            pattern: options.get("pattern").and_then(Value::as_str).unwrap_or_default().to_owned(),
            result: result(),
        },
        Some("special") => {
            let of = match options.get("match").and_then(Value::as_str) {
                Some("null") => Special::Null,
                Some("nan") => Special::Nan,
                Some("null+nan") => Special::NullAndNan,
                Some("true") => Special::True,
                Some("false") => Special::False,
                Some("empty") => Special::Empty,
                _ => return Mapping::Ignored,
            };
            Mapping::Special { of, result: result() }
        }
        _ => Mapping::Ignored,
    }
}

fn end(value: Option<&Value>, missing: f64) -> f64 {
    value.and_then(numeric).unwrap_or(missing)
}

fn mapped(result: &Value) -> Mapped {
    let text = |name: &str| match result.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    Mapped { text: text("text"), colour: text("color") }
}

/// What the first mapping that fits makes of the value; `None` where none fits.
///
/// # Errors
///
/// For a regular expression that is malformed.
pub fn apply(mappings: &[Mapping], value: &Scalar) -> Result<Option<Mapped>, NotModelled> {
    for mapping in mappings {
        let result = match mapping {
            Mapping::Value(options) if !value.is_nothing() => {
                let key = value.key();
                options.iter().find(|(known, _)| *known == key).map(|(_, result)| result.clone())
            }
            Mapping::Range { from, to, result } => {
                let number = match value {
                    Scalar::Number(number) => *number,
                    Scalar::Text(text) => number::parse_float(text),
                    Scalar::Null | Scalar::Missing | Scalar::Bool(_) => f64::NAN,
                };
                (*from <= number && number <= *to).then(|| result.clone())
            }
            Mapping::Regex { pattern, result } => match value {
                Scalar::Text(text) => by_regex(pattern, result, text)?,
                _ => None,
            },
            Mapping::Special { of, result } => fits(*of, value).then(|| result.clone()),
            Mapping::Value(_) | Mapping::Ignored => None,
        };
        if result.is_some() {
            return Ok(result);
        }
    }
    Ok(None)
}

fn by_regex(pattern: &str, result: &Mapped, text: &str) -> Result<Option<Mapped>, NotModelled> {
    let regex = Pattern::of_text(pattern)?;
    Ok(regex.is_match(text).then(|| Mapped {
        text: result.text.as_ref().map(|with| regex.replace(text, with)),
        colour: result.colour.clone(),
    }))
}

fn fits(of: Special, value: &Scalar) -> bool {
    let text = match value {
        Scalar::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let nan = value.number().is_some_and(f64::is_nan);
    match of {
        Special::Null => value.is_nothing(),
        Special::Nan => nan,
        Special::NullAndNan => nan || value.is_nothing(),
        Special::True => *value == Scalar::Bool(true) || text == Some("true"),
        Special::False => *value == Scalar::Bool(false) || text == Some("false"),
        Special::Empty => text == Some(""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{apply, read};
    use crate::Scalar;

    #[test]
    fn texts_are_mapped_by_expression_and_by_name() {
        let mappings = read(&json!([
            {"type": "regex", "options": {"pattern": "gpt-(.*)", "result": {"text": "G $1", "color": "red"}}},
            {"type": "special", "options": {"match": "empty", "result": {"text": "nobody"}}},
            {"type": "value", "options": {"local": {"text": "here"}}}
        ]))
        .unwrap();
        let text = |value: &str| {
            apply(&mappings, &Scalar::from(value)).unwrap().and_then(|mapped| mapped.text)
        };
        assert_eq!(text("gpt-4o").as_deref(), Some("G 4o"));
        assert_eq!(text("my gpt-4o"), None);
        assert_eq!(text("").as_deref(), Some("nobody"));
        assert_eq!(text("local").as_deref(), Some("here"));
    }
}
