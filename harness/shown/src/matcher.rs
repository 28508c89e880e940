//! Which fields an override or a transformation is of; it must not know what it does.
//!
//! Source: the field matchers of `@grafana/data`.

use serde_json::Value;

use crate::frame::{Field, FieldType, Frame, Scalar, VALUE};
use crate::pattern::Pattern;
use crate::{NotModelled, name, number, reduce};

/// A matcher of fields.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// By type.
    Type(Option<FieldType>),
    /// By name, or by what is none of the names.
    Names {
        /// The names.
        names: Vec<String>,
        /// Whether fields of other names are meant.
        exclude: bool,
    },
    /// By an expression of the name; without one none.
    Regexp(Option<Pattern>),
    /// By names or expression.
    RegexpOrNames(Option<Pattern>, Vec<String>),
    /// By the query that the frame answers.
    FrameRefId(String),
    /// The first field of a frame.
    First,
    /// The first field of moments.
    FirstTime,
    /// By a reduced value; without a reducer none.
    Value(Option<Comparison>),
}

/// A reduced value that is compared.
#[derive(Debug, Clone)]
pub struct Comparison {
    reducer: String,
    operator: String,
    value: Value,
}

impl Matcher {
    /// The matcher of an id; `None` of one that the browser does not have.
    ///
    /// # Errors
    ///
    /// For an expression that is not modelled.
    pub fn read(id: &str, options: &Value) -> Result<Option<Self>, NotModelled> {
        let text = || options.as_str().unwrap_or_default().to_owned();
        let names = || -> Vec<String> {
            let names = options.get("names").and_then(Value::as_array);
            names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Ok(Some(match id {
            "byName" => Self::Names { names: vec![text()], exclude: false },
            "byNames" => Self::Names {
                names: names(),
                exclude: options.get("mode").and_then(Value::as_str) == Some("exclude"),
            },
            "byRegexp" => Self::Regexp(expression(options.as_str())?),
            "byRegexpOrNames" => {
                let pattern = options.get("pattern").and_then(Value::as_str);
                Self::RegexpOrNames(expression(pattern)?, names())
            }
            "byFrameRefID" => Self::FrameRefId(text()),
            "byType" => Self::Type(options.as_str().and_then(FieldType::parse)),
            "numeric" => Self::Type(Some(FieldType::Number)),
            "time" => Self::Type(Some(FieldType::Time)),
            "first" => Self::First,
            "firstTimeField" => Self::FirstTime,
            "byValue" => Self::Value(comparison(options)),
            "byTypes" => return Err(NotModelled::new("the matcher byTypes")),
            _ => return Ok(None),
        }))
    }

    /// Whether a field of a frame is meant; `frames` tell its name apart.
    ///
    /// # Errors
    ///
    /// For a reducer that is not modelled.
    pub fn matches(
        &self,
        field: &Field,
        frame: &Frame,
        frames: &[Frame],
    ) -> Result<bool, NotModelled> {
        let by_regexp = |pattern: &Option<Pattern>| {
            pattern
                .as_ref()
                .is_some_and(|pattern| pattern.is_match(&name::of_field(field, frame, frames)))
        };
        Ok(match self {
            Self::Type(kind) => Some(field.kind) == *kind,
            Self::Names { names, exclude } => named(names, field, frame, frames) != *exclude,
            Self::Regexp(pattern) => by_regexp(pattern),
            Self::RegexpOrNames(pattern, names) => {
                named(names, field, frame, frames) || by_regexp(pattern)
            }
            Self::FrameRefId(id) => frame.ref_id.as_deref() == Some(id),
            Self::First => frame.fields.first().is_some_and(|first| std::ptr::eq(first, field)),
            Self::FirstTime => frame.time_field().is_some_and(|first| std::ptr::eq(first, field)),
            Self::Value(None) => false,
            Self::Value(Some(comparison)) => comparison.holds(field)?,
        })
    }

    /// Whether each field of the frame is meant.
    ///
    /// # Errors
    ///
    /// As [`Matcher::matches`].
    pub fn of_frame(&self, frame: &Frame, frames: &[Frame]) -> Result<Vec<bool>, NotModelled> {
        frame.fields.iter().map(|field| self.matches(field, frame, frames)).collect()
    }
}

/// An expression whose matches do not depend on earlier ones.
fn expression(text: Option<&str>) -> Result<Option<Pattern>, NotModelled> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let pattern = Pattern::of_text(text)?;
    if pattern.is_global() {
        return Err(NotModelled::new(format!("the regular expression {text}")));
    }
    Ok(Some(pattern))
}

/// By the data source's name, the shown one, or what `Value` and `Time` stand for.
fn named(names: &[String], field: &Field, frame: &Frame, frames: &[Frame]) -> bool {
    let has = |name: &str| names.iter().any(|known| known == name);
    if has(&field.name) || has(&name::of_field(field, frame, frames)) {
        return true;
    }
    if has(VALUE) {
        return field.labels.as_ref().is_some_and(|labels| {
            labels.get("__name__").is_some_and(|metric| *metric == field.name)
        });
    }
    (has("Time") || has("time")) && field.kind == FieldType::Time
}

fn comparison(options: &Value) -> Option<Comparison> {
    let text = |name: &str| options.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    Some(Comparison {
        reducer: text("reducer")?.to_owned(),
        operator: text("op").unwrap_or("eq").to_owned(),
        value: options.get("value").cloned().unwrap_or(Value::Null),
    })
}

impl Comparison {
    fn holds(&self, field: &Field) -> Result<bool, NotModelled> {
        let left = reduce::one(field, &self.reducer)?.unwrap_or(Scalar::Null);
        if matches!(self.reducer.as_str(), "allIsNull" | "allIsZero") {
            return Ok(left == Scalar::Bool(true));
        }
        let right = match &self.value {
            Value::Number(number) => Scalar::from(number.as_f64()),
            Value::String(text) => Scalar::from(text.as_str()),
            Value::Bool(value) => Scalar::Bool(*value),
            _ => Scalar::Null,
        };
        let missing = left.is_nothing() || right.is_nothing();
        let text =
            |value: &Scalar| if value.is_nothing() { "null".to_owned() } else { value.key() };
        let (a, b) = (text(&left), text(&right));
        let order = || of(&left).partial_cmp(&of(&right));
        Ok(match self.operator.as_str() {
            "eq" => a == b,
            "neq" => a != b,
            // What is missing is compared by its name, which is no number.
            "gte" | "lte" if missing => a == b,
            _ if missing => false,
            "gt" => order().is_some_and(std::cmp::Ordering::is_gt),
            "gte" => order().is_some_and(std::cmp::Ordering::is_ge),
            "lt" => order().is_some_and(std::cmp::Ordering::is_lt),
            "lte" => order().is_some_and(std::cmp::Ordering::is_le),
            _ => false,
        })
    }
}

fn of(value: &Scalar) -> f64 {
    match value {
        Scalar::Text(text) => number::of_text(text),
        other => other.as_number(),
    }
}

/// Which frames a transformation is of.
#[derive(Debug, Clone)]
pub enum FrameMatcher {
    /// By the query's id.
    RefId(String),
    /// By one of several ids.
    RefIds(Vec<String>),
    /// By an expression of the id.
    RefIdRegexp(Pattern),
    /// By an expression of the name.
    Name(Pattern),
}

impl FrameMatcher {
    /// The matcher of an id.
    ///
    /// # Errors
    ///
    /// For one that is not modelled.
    pub fn read(id: &str, options: &Value) -> Result<Self, NotModelled> {
        let text = options.as_str().unwrap_or_default();
        match id {
            "byRefId" => Self::of_ref_id(text),
            "byName" => expression(Some(text))?
                .map(Self::Name)
                .ok_or_else(|| NotModelled::new("a frame matcher without an expression")),
            _ => Err(NotModelled::new(format!("the frame matcher {id}"))),
        }
    }

    /// By the query's id: an expression, several with `|` between them, or one.
    ///
    /// # Errors
    ///
    /// For an expression that is not modelled.
    pub fn of_ref_id(text: &str) -> Result<Self, NotModelled> {
        if text.starts_with('/') {
            let pattern = expression(Some(text))?;
            return Ok(pattern.map_or_else(|| Self::RefId(text.to_owned()), Self::RefIdRegexp));
        }
        if text.contains('|') {
            return Ok(Self::RefIds(text.split('|').map(str::to_owned).collect()));
        }
        Ok(Self::RefId(text.to_owned()))
    }

    /// Whether a frame is meant.
    pub fn matches(&self, frame: &Frame) -> bool {
        let ref_id = frame.ref_id.as_deref();
        match self {
            Self::RefId(id) => ref_id == Some(id),
            Self::RefIds(ids) => ids.iter().any(|id| id == ref_id.unwrap_or_default()),
            Self::RefIdRegexp(pattern) => pattern.is_match(ref_id.unwrap_or_default()),
            Self::Name(pattern) => pattern.is_match(frame.name.as_deref().unwrap_or_default()),
        }
    }
}
