//! The formats of a reference: `csv`, `regex`, `date:iso` and the others.
//!
//! One that is unknown is `glob`, as in the browser.

use jiff::tz::TimeZone;

use super::encode;
use super::value::{Inserted, Variable, join};
use crate::{NotModelled, number, unit};

pub(super) fn apply(
    format: &str,
    variable: &Variable<'_>,
    zone: &TimeZone,
) -> Result<String, NotModelled> {
    let mut parts = format.split(':');
    let name = parts.next().unwrap_or_default();
    let arguments: Vec<&str> = parts.collect();
    let value = &variable.value;
    let each = |write: &dyn Fn(&str) -> String, separator: &str| match value {
        Inserted::List(values) => {
            let texts: Vec<String> =
                values.iter().map(|it| write(it.as_deref().unwrap_or_default())).collect();
            texts.join(separator)
        }
        other => write(&other.written()),
    };
    let quoted = |quote: char, escaped: &str| {
        each(&|text| format!("{quote}{}{quote}", text.replace(quote, escaped)), ",")
    };
    Ok(match (name, value) {
        ("text", _) => variable.text.clone().unwrap_or_else(|| value.written()),
        ("raw" | "csv", _) => value.written(),
        ("pipe", Inserted::List(values)) => join(values, "|"),
        ("join", Inserted::List(values)) => join(values, arguments.first().unwrap_or(&",")),
        ("pipe" | "join", other) => other.written(),
        ("distributed", Inserted::List(values)) => {
            let named = values.iter().enumerate().map(|(at, value)| match at {
                0 => value.clone().unwrap_or_default(),
                _ => format!("{}={}", variable.name, undefined(value)),
            });
            named.collect::<Vec<_>>().join(",")
        }
        ("distributed", other) => other.written(),
        ("regex", Inserted::List(values)) => {
            let escaped: Vec<String> =
                values.iter().map(|value| encode::regex(&undefined(value))).collect();
            alternatives(&escaped)
        }
        ("regex", other) => encode::regex(&other.written()),
        ("lucene", Inserted::List(values)) if values.is_empty() => "__empty__".to_owned(),
        ("lucene", Inserted::List(values)) => {
            let quoted: Vec<String> = values
                .iter()
                .map(|value| {
                    format!("\"{}\"", encode::lucene(value.as_deref().unwrap_or_default()))
                })
                .collect();
            format!("({})", quoted.join(" OR "))
        }
        ("lucene", other) => encode::lucene(&other.written()),
        ("json", Inserted::List(values)) => {
            serde_json::to_string(values).map_err(|_error| NotModelled::new("the format json"))?
        }
        ("json", other) => other.written(),
        ("html", Inserted::List(values)) => encode::html(&join(values, ", ")),
        ("html", other) => encode::html(&other.written()),
        ("singlequote", _) => quoted('\'', r"\'"),
        ("doublequote", _) => quoted('"', r#"\""#),
        ("sqlstring", _) => {
            each(&|text| format!("'{}'", text.replace('\'', "''").replace('"', r#"\""#)), ",")
        }
        ("percentencode", Inserted::List(values)) => {
            encode::component(&format!("{{{}}}", join(values, ",")))
        }
        ("percentencode", other) => encode::component(&other.written()),
        ("uriencode", Inserted::List(values)) => encode::uri(&format!("{{{}}}", join(values, ","))),
        ("uriencode", other) => encode::uri(&other.written()),
        ("queryparam", _) => match &variable.url {
            Some(url) => url.clone(),
            None => {
                let pair =
                    |text: &str| format!("var-{}={}", variable.name, encode::component(text));
                each(&pair, "&")
            }
        },
        ("customqueryparam", _) => {
            let argument = |at: usize| arguments.get(at).filter(|it| !it.is_empty());
            let name = encode::component(argument(0).unwrap_or(&variable.name));
            let prefix = encode::component(argument(1).unwrap_or(&""));
            each(&|text| format!("{name}={prefix}{}", encode::component(text)), "&")
        }
        ("date", _) => date(value, &arguments, zone)?,
        (_, Inserted::List(values)) if values.len() > 1 => format!("{{{}}}", join(values, ",")),
        (_, other) => other.written(),
    })
}

/// A text as JavaScript writes one that may be missing into another.
fn undefined(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| "undefined".to_owned())
}

fn alternatives(values: &[String]) -> String {
    match values {
        [one] => one.clone(),
        several => format!("({})", several.join("|")),
    }
}

/// The value as it stands in an expression: escaped for a string, and where a variable
/// may have several values for a regular expression in it.
pub(super) fn expression(value: &Inserted, several: bool) -> String {
    if !several {
        return encode::string(&value.written());
    }
    match value {
        Inserted::List(values) => {
            let escaped: Vec<String> =
                values.iter().map(|value| encode::regex_in_string(&undefined(value))).collect();
            alternatives(&escaped)
        }
        other => encode::regex_in_string(&other.written()),
    }
}

fn date(value: &Inserted, arguments: &[&str], zone: &TimeZone) -> Result<String, NotModelled> {
    let milliseconds = match value {
        Inserted::Number(number) => *number,
        Inserted::Text(text) => {
            let text = text.trim_start();
            let sign = usize::from(text.starts_with(['-', '+']));
            let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 { f64::NAN } else { text[..sign + digits].parse().unwrap_or(f64::NAN) }
        }
        Inserted::List(_) | Inserted::Nothing => f64::NAN,
    };
    if milliseconds.is_nan() {
        return Ok("NaN".to_owned());
    }
    match arguments {
        ["ms"] | ["ms", ..] => Ok(value.written()),
        ["seconds", ..] => Ok(number::to_text(number::round(milliseconds / 1000.0))),
        [] | ["iso", ..] => {
            unit::format_time(milliseconds, "YYYY-MM-DD[T]HH:mm:ss.SSS[Z]", &TimeZone::UTC)
        }
        pattern => unit::format_time(milliseconds, &pattern.join(":"), zone),
    }
}
