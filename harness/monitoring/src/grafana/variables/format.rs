//! How one variable's value is written into a text.
//!
//! [`prometheus`] is the data source's own formatter for expressions; the named
//! formats (`${name:csv}`) are the registry's. Those that make no sense in an
//! expression or a legend are refused by name, never approximated.
//!
//! Sources: grafana packages/grafana-prometheus/src/escaping.ts (without the feature
//! toggle `prometheusSpecialCharsInLabelValues`) and scenes
//! packages/scenes/src/variables/interpolation/formatRegistry.ts.

use crate::grafana::behaviour::Behaviour;

/// A variable's value, after "All" is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of a variable that takes one value.
    One(String),
    /// Of a variable that takes several, also when it has one or none.
    Several(Vec<String>),
}

impl Value {
    fn all(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        }
    }
}

/// A named format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `raw`, `csv`: joined by commas.
    Csv,
    /// `pipe`: joined by bars.
    Pipe,
    /// `join:x`: joined by `x`.
    Join(String),
    /// `glob`: `{a,b}` from two values on.
    Glob,
    /// `regex`: escaped alternatives.
    Regex,
    /// `json`: a list, or the bare value of a variable that takes one.
    Json,
    /// `singlequote`.
    SingleQuote,
    /// `doublequote`.
    DoubleQuote,
    /// `sqlstring`.
    SqlString,
    /// `distributed`: `a,name=b`.
    Distributed,
    /// `percentencode`: as a glob, URL-escaped.
    PercentEncode,
    /// `queryparam`: `var-name=a&var-name=b`.
    QueryParam,
    /// `text`: what the person sees; the value itself here, as texts are not kept.
    Text,
    /// `date` and `date:iso`.
    DateIso,
    /// `date:seconds`.
    DateSeconds,
}

impl Format {
    /// The format that `text` (`name` or `name:arguments`) stands for; `Err` names
    /// one that Grafana knows and this crate does not emulate. Names that Grafana
    /// does not know are [`Format::Glob`] to it.
    pub fn parse(text: &str) -> Result<Self, &str> {
        let (name, arguments) = text.split_once(':').unwrap_or((text, ""));
        Ok(match (name, arguments) {
            ("raw" | "csv", _) => Self::Csv,
            ("pipe", _) => Self::Pipe,
            ("join", "") => Self::Csv,
            ("join", separator) => Self::Join(separator.to_owned()),
            ("regex", _) => Self::Regex,
            ("json", _) => Self::Json,
            ("singlequote", _) => Self::SingleQuote,
            ("doublequote", _) => Self::DoubleQuote,
            ("sqlstring", _) => Self::SqlString,
            ("distributed", _) => Self::Distributed,
            ("percentencode", _) => Self::PercentEncode,
            ("queryparam", _) => Self::QueryParam,
            ("text", _) => Self::Text,
            ("date", "" | "iso") => Self::DateIso,
            ("date", "seconds") => Self::DateSeconds,
            ("date", "ms") => Self::Csv,
            ("date" | "html" | "lucene" | "uriencode" | "customqueryparam", _) => return Err(text),
            _ => Self::Glob,
        })
    }

    /// `value` of the variable `name` in this format.
    pub fn apply(&self, name: &str, value: &Value) -> String {
        let values = value.all();
        let each = |write: &dyn Fn(&String) -> String, separator: &str| {
            values.iter().map(write).collect::<Vec<_>>().join(separator)
        };
        match self {
            Self::Csv => values.join(","),
            Self::Pipe => values.join("|"),
            Self::Join(separator) => values.join(separator),
            Self::Text => values.join(" + "),
            Self::Glob if values.len() > 1 => format!("{{{}}}", values.join(",")),
            Self::Glob => values.concat(),
            Self::Regex if values.len() == 1 => regex_escape(&values[0]),
            Self::Regex => format!("({})", each(&|value| regex_escape(value), "|")),
            Self::Json => match value {
                Value::One(value) => value.clone(),
                Value::Several(values) => serde_json::Value::from(values.clone()).to_string(),
            },
            Self::SingleQuote => each(&|value| format!("'{}'", value.replace('\'', "\\'")), ","),
            Self::DoubleQuote => each(&|value| format!("\"{}\"", value.replace('"', "\\\"")), ","),
            Self::SqlString => {
                each(&|value| format!("'{}'", value.replace('\'', "''").replace('"', "\\\"")), ",")
            }
            Self::Distributed => values.join(&format!(",{name}=")),
            Self::PercentEncode => match value {
                Value::One(value) => percent_encode(value),
                Value::Several(values) => percent_encode(&format!("{{{}}}", values.join(","))),
            },
            Self::QueryParam => each(&|value| format!("var-{name}={}", percent_encode(value)), "&"),
            Self::DateIso | Self::DateSeconds => date(values, self),
        }
    }
}

/// The Prometheus data source's formatter, for references without a format.
///
/// A variable that takes one value and has no "All" may stand in any string, so
/// only the string is kept intact; the others may only stand in a regular expression.
pub fn prometheus(value: &Value, multi: bool, include_all: bool, behaviour: Behaviour) -> String {
    let plain = |value: &String| value.replace('\\', r"\\").replace('\'', r"\\'");
    match value {
        Value::One(value) if !multi && !include_all => plain(value),
        Value::One(value) => prometheus_regex(value, behaviour),
        // A list is inserted unescaped when the variable is not meant to have one.
        Value::Several(values) if !multi && !include_all => values.join(","),
        Value::Several(values) if values.len() == 1 => prometheus_regex(&values[0], behaviour),
        Value::Several(values) => {
            let values: Vec<_> =
                values.iter().map(|value| prometheus_regex(value, behaviour)).collect();
            format!("({})", values.join("|"))
        }
    }
}

/// Escapes twice: once for the regular expression, once for the string around it.
fn prometheus_regex(value: &str, behaviour: Behaviour) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        match character {
            '\\' => escaped.push_str(r"\\\\"),
            '$' | '^' | '*' | '{' | '}' | '[' | ']' | '+' | '?' | '.' | '(' | ')' | '|' => {
                escaped.push_str(r"\\");
                escaped.push(character);
            }
            '\'' if behaviour.escapes_apostrophe => escaped.push_str(r"\\'"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// grafana-data's `escapeRegex`.
fn regex_escape(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        if r"\^$*+?.()|[]{}/".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// RFC 3986: everything but unreserved characters is escaped.
fn percent_encode(value: &str) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn date(values: &[String], format: &Format) -> String {
    let millis = values.first().and_then(|value| value.parse::<i64>().ok());
    let timestamp = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    match (millis, timestamp, format) {
        (Some(millis), _, Format::DateSeconds) => (millis + 500).div_euclid(1_000).to_string(),
        (_, Some(at), _) => at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        _ => "NaN".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grafana::behaviour::NEWEST;

    fn several(values: &[&str]) -> Value {
        Value::Several(values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn named_formats_write_none_one_and_several_values() {
        let table = [
            ("csv", "", "a", "a,b.c"),
            ("raw", "", "a", "a,b.c"),
            ("pipe", "", "a", "a|b.c"),
            ("join:;", "", "a", "a;b.c"),
            ("glob", "", "a", "{a,b.c}"),
            ("nonsense", "", "a", "{a,b.c}"),
            ("regex", "()", "a", r"(a|b\.c)"),
            ("json", "[]", r#"["a"]"#, r#"["a","b.c"]"#),
            ("singlequote", "", "'a'", "'a','b.c'"),
            ("doublequote", "", "\"a\"", "\"a\",\"b.c\""),
            ("distributed", "", "a", "a,x=b.c"),
            ("percentencode", "%7B%7D", "%7Ba%7D", "%7Ba%2Cb.c%7D"),
            ("queryparam", "", "var-x=a", "var-x=a&var-x=b.c"),
        ];
        for (name, none, one, two) in table {
            let format = Format::parse(name).unwrap();
            assert_eq!(format.apply("x", &several(&[])), none, "{name} of none");
            assert_eq!(format.apply("x", &several(&["a"])), one, "{name} of one");
            assert_eq!(format.apply("x", &several(&["a", "b.c"])), two, "{name} of two");
        }
        let one = Value::One("it's".into());
        assert_eq!(Format::Json.apply("x", &one), "it's");
        assert_eq!(Format::SingleQuote.apply("x", &one), r"'it\'s'");
        assert_eq!(Format::SqlString.apply("x", &one), "'it''s'");
        assert_eq!(Format::PercentEncode.apply("x", &one), "it%27s");
    }

    #[test]
    fn dates_are_utc() {
        let at = Value::One("1700000000600".into());
        let table = [
            ("date", "2023-11-14T22:13:20.600Z"),
            ("date:iso", "2023-11-14T22:13:20.600Z"),
            ("date:seconds", "1700000001"),
            ("date:ms", "1700000000600"),
        ];
        for (name, text) in table {
            assert_eq!(Format::parse(name).unwrap().apply("__from", &at), text);
        }
    }

    #[test]
    fn formats_that_are_not_emulated_are_refused() {
        for name in ["date:YYYY-MM", "html", "lucene"] {
            assert_eq!(Format::parse(name), Err(name));
        }
    }

    #[test]
    fn expressions_escape_for_strings_or_for_regular_expressions() {
        let value = r"a.b\c'd|e";
        let one = Value::One(value.into());
        let newest = |value: &Value, multi, all| prometheus(value, multi, all, NEWEST);
        assert_eq!(newest(&one, false, false), r"a.b\\c\\'d|e");
        let escaped = r"a\\.b\\\\c'd\\|e";
        assert_eq!(newest(&one, false, true), escaped);
        assert_eq!(newest(&several(&[value]), true, false), escaped);
        assert_eq!(newest(&several(&["x", "y.z"]), true, true), r"(x|y\\.z)");
        assert_eq!(newest(&several(&[]), true, false), "()");
        let old = Behaviour::of("9.3.2").unwrap();
        assert_eq!(prometheus(&one, false, true, old), r"a\\.b\\\\c\\'d\\|e");
    }
}
