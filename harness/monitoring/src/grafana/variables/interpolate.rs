//! Inserting selected values into expressions, legends and titles.
//!
//! Done as the browser does it, so that each variable can be tried as All, one
//! and several values. Built-in interval and range variables stay literal, as the
//! backend inserts them later; unknown names stay literal, as in Grafana.
//!
//! Sources: scenes packages/scenes/src/variables/constants.ts (`VARIABLE_REGEX`),
//! interpolation/sceneInterpolator.ts and variants/MultiValueVariable.ts.

use super::definition::{ALL_VALUE, Variable};
use super::format::{self, Format, Value};
use crate::grafana::behaviour::{Behaviour, NEWEST};

/// What a person has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// "All".
    All,
    /// One or several values.
    Values(Vec<String>),
}

impl Selection {
    /// The selection that a dashboard was saved with.
    pub fn saved(variable: &Variable) -> Self {
        match variable.current.first() {
            Some(value) if value == ALL_VALUE => Self::All,
            _ => Self::Values(variable.current.clone()),
        }
    }
}

/// A variable with its selection and with the options that "All" stands for.
#[derive(Debug, Clone)]
pub struct Binding<'a> {
    /// The variable.
    pub variable: &'a Variable,
    /// What is chosen.
    pub selection: Selection,
    /// All options, in the order in which Grafana lists them.
    pub options: Vec<String>,
}

/// What a text is interpolated with.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// The dashboard's variables.
    pub bindings: Vec<Binding<'a>>,
    /// Start of the time range, milliseconds since the epoch (`$__from`).
    pub from_ms: i64,
    /// End of the time range (`$__to`).
    pub to_ms: i64,
}

/// Where a text stands, which decides how references without a format are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// A PromQL expression or selector.
    Expression,
    /// A legend or any other option of a query.
    Legend,
    /// A title or description.
    Title,
}

/// A reference that Grafana would replace and this crate cannot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reference} is not emulated: {reason}; write it without, or judge this panel by hand")]
pub struct InterpolationError {
    /// The reference as written.
    pub reference: String,
    /// What about it is not emulated.
    pub reason: &'static str,
}

/// A reference found in a text.
struct Reference<'a> {
    name: &'a str,
    field: Option<&'a str>,
    format: Option<&'a str>,
    length: usize,
}

/// `text` with all references replaced, as the newest Grafana does it.
///
/// # Errors
/// When a reference uses a format, field or global that is not emulated.
pub fn interpolate(
    text: &str,
    scope: &Scope<'_>,
    context: Context,
) -> Result<String, InterpolationError> {
    interpolate_as(text, scope, context, NEWEST)
}

/// As [`interpolate()`], by a Grafana that behaves otherwise.
///
/// # Errors
/// When a reference uses a format, field or global that is not emulated.
pub fn interpolate_as(
    text: &str,
    scope: &Scope<'_>,
    context: Context,
    behaviour: Behaviour,
) -> Result<String, InterpolationError> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(['$', '[']) {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        match reference(rest) {
            Some(found) => {
                let written = &rest[..found.length];
                result.push_str(&write(written, &found, scope, context, behaviour)?);
                rest = &rest[found.length..];
            }
            None => {
                result.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    result.push_str(rest);
    Ok(result)
}

/// Names of all variables that `text` refers to, built-in ones included, in order.
pub fn references(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['$', '[']) {
        rest = &rest[start..];
        let length = match reference(rest) {
            Some(found) => {
                names.push(found.name);
                found.length
            }
            None => 1,
        };
        rest = &rest[length..];
    }
    names
}

fn write(
    written: &str,
    reference: &Reference<'_>,
    scope: &Scope<'_>,
    context: Context,
    behaviour: Behaviour,
) -> Result<String, InterpolationError> {
    let refuse = |reason| InterpolationError { reference: written.to_owned(), reason };
    let format = match (reference.format, context) {
        (Some(name), _) => Some(Format::parse(name).map_err(|_| refuse("its format"))?),
        (None, Context::Expression) => None,
        (None, Context::Legend) => Some(Format::Glob),
        (None, Context::Title) => Some(Format::Text),
    };
    let instant = match reference.name {
        "__from" => Some(scope.from_ms),
        "__to" => Some(scope.to_ms),
        "__org" | "__user" | "__dashboard" | "__timezone" | "__url" => {
            return Err(refuse("it depends on the session"));
        }
        _ => None,
    };
    if let Some(millis) = instant {
        let value = Value::One(millis.to_string());
        return Ok(format.unwrap_or(Format::Csv).apply(reference.name, &value));
    }
    let Some(binding) = scope.bindings.iter().find(|b| b.variable.name == reference.name) else {
        return Ok(written.to_owned());
    };
    if reference.field.is_some() {
        return Err(refuse("its field path"));
    }
    let variable = binding.variable;
    let value = match (&binding.selection, &variable.all_value) {
        (Selection::All, _) if format == Some(Format::Text) => return Ok("All".to_owned()),
        (Selection::All, Some(all_value)) => {
            let format = format.as_ref();
            return custom_all_value(all_value, variable, format, scope, context, behaviour);
        }
        (Selection::All, None) => Value::Several(binding.options.clone()),
        (Selection::Values(values), _) if variable.multi => Value::Several(values.clone()),
        (Selection::Values(values), _) => Value::One(values.first().cloned().unwrap_or_default()),
    };
    Ok(match format {
        Some(format) => format.apply(&variable.name, &value),
        None => format::prometheus(&value, variable.multi, variable.include_all, behaviour),
    })
}

/// A custom "All" value is inserted as it is, and may refer to other variables.
fn custom_all_value(
    all_value: &str,
    variable: &Variable,
    format: Option<&Format>,
    scope: &Scope<'_>,
    context: Context,
    behaviour: Behaviour,
) -> Result<String, InterpolationError> {
    let text = match format {
        Some(Format::PercentEncode) => {
            Format::PercentEncode.apply(&variable.name, &Value::One(all_value.to_owned()))
        }
        Some(Format::QueryParam) => {
            Format::QueryParam.apply(&variable.name, &Value::One("All".to_owned()))
        }
        _ => all_value.to_owned(),
    };
    // Without the variable itself, or a value that names it would never end.
    let others = scope.bindings.iter().filter(|binding| binding.variable.name != variable.name);
    let scope = Scope { bindings: others.cloned().collect(), ..*scope };
    interpolate_as(&text, &scope, context, behaviour)
}

/// The reference at the start of `text`: `$name`, `[[name:fmt]]` or `${name.field:fmt}`.
fn reference(text: &str) -> Option<Reference<'_>> {
    if let Some(inside) = text.strip_prefix("[[") {
        let (name, rest) = word(inside)?;
        let (format, rest) = match rest.strip_prefix(':') {
            Some(format) => word(format).map(|(format, rest)| (Some(format), rest))?,
            None => (None, rest),
        };
        let rest = rest.strip_prefix("]]")?;
        return Some(Reference { name, field: None, format, length: text.len() - rest.len() });
    }
    let inside = text.strip_prefix('$')?;
    if let Some((name, rest)) = word(inside) {
        return Some(Reference {
            name,
            field: None,
            format: None,
            length: text.len() - rest.len(),
        });
    }
    let (name, rest) = word(inside.strip_prefix('{')?)?;
    let (field, rest) = match rest.strip_prefix('.') {
        Some(field) => {
            let end = field.find([':', '^', '}']).filter(|end| *end > 0)?;
            (Some(&field[..end]), &field[end..])
        }
        None => (None, rest),
    };
    let (format, rest) = match rest.strip_prefix(':') {
        Some(format) => {
            let end = format.find('}').filter(|end| *end > 0)?;
            (Some(&format[..end]), &format[end..])
        }
        None => (None, rest),
    };
    let rest = rest.strip_prefix('}')?;
    Some(Reference { name, field, format, length: text.len() - rest.len() })
}

fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests;
