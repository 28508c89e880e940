//! Inserting variables into expressions, legends and titles, as the browser does.
//!
//! Built-in intervals stay as they are: the backend inserts them. Unknown names stay too.
//! What depends on who looks is not modelled unless the caller says who.
//!
//! Source: the interpolation of `@grafana/scenes`.

mod encode;
mod format;
mod value;

use std::sync::LazyLock;

use fancy_regex::{Captures, Regex};
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::variable::{Choice, Chosen};
use crate::{NotModelled, unit};
use value::{Inserted, Variable};

/// `$name`, `[[name:format]]` and `${name.path:format}`.
static REFERENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = "[0-9A-Za-z_]+";
    let path = r#"(?:\.[^:^{}\[\]]+|\["[^"]*"\]|\['[^']*'\]|\[[^\]"']*\])*"#;
    Regex::new(&format!(
        r"\$({name})|\[\[({name}?)(?::({name}))?\]\]|\$\{{({name})({path})(?::([^}}]+))?\}}"
    ))
    .ok()
});

/// Where a text stands, which decides how a reference without a format is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// An expression: escaped for a regular expression in a string.
    Expression,
    /// A legend or another option of a query: `{a,b}`.
    Legend,
    /// A title: the texts.
    Title,
}

/// A variable with what is chosen of it.
#[derive(Debug, Clone)]
pub struct Bound {
    /// Its name.
    pub name: String,
    /// Whether several values can be chosen.
    pub multi: bool,
    /// Whether all can be chosen at once.
    pub include_all: bool,
    /// What is inserted for all, instead of every option.
    pub all_value: Option<String>,
    /// The options, in their order.
    pub options: Vec<Choice>,
    /// Further members of each option of a JSON list, by value.
    pub properties: Vec<(String, Value)>,
    /// The value that is chosen.
    pub value: Chosen,
    /// The text of it.
    pub text: Chosen,
    /// Whether the address of a page leaves it out.
    pub skip_url: bool,
}

/// Who looks at the dashboard.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The id of the person.
    pub user_id: String,
    /// The login of the person.
    pub user_login: String,
    /// The address of the person's mail.
    pub user_email: String,
    /// The id of the organisation.
    pub org_id: String,
    /// The name of the organisation.
    pub org_name: String,
    /// The namespace of the instance.
    pub namespace: String,
    /// Path and query of the page.
    pub url: String,
    /// The time range as an address has it: `from=now-6h&to=now&timezone=utc`.
    pub url_time_range: String,
}

/// What a text is interpolated with.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// The variables of the dashboard.
    pub variables: &'a [Bound],
    /// Begin of the time range in milliseconds since 1970 UTC.
    pub from_ms: f64,
    /// End of the time range.
    pub to_ms: f64,
    /// The time zone of the dashboard.
    pub zone: &'a TimeZone,
    /// Its name: `utc`, `browser` written out, `Europe/Berlin`.
    pub zone_name: &'a str,
    /// Who looks, where that is known.
    pub session: Option<&'a Session>,
}

/// The text with every reference replaced.
///
/// # Errors
///
/// For a reference to the session where none is given, and for a date whose format is
/// not modelled.
pub fn interpolate(text: &str, scope: &Scope<'_>, context: Context) -> Result<String, NotModelled> {
    expand(text, scope, Some(context), &[])
}

/// Names of all variables that a text refers to, built-in ones included, in their order.
pub fn references(text: &str) -> Vec<&str> {
    let Some(pattern) = REFERENCE.as_ref() else { return Vec::new() };
    pattern
        .captures_iter(text)
        .map_while(Result::ok)
        .filter_map(|captures| [1, 2, 4].into_iter().find_map(|group| captures.get(group)))
        .map(|name| name.as_str())
        .collect()
}

/// `context`: none inside of a custom value for all, where lists are `{a,b}`; `open`: the
/// variables whose value is being written, so that one that names itself ends.
fn expand(
    text: &str,
    scope: &Scope<'_>,
    context: Option<Context>,
    open: &[&str],
) -> Result<String, NotModelled> {
    let Some(pattern) = REFERENCE.as_ref() else { return Ok(text.to_owned()) };
    let mut result = String::new();
    let mut from = 0;
    for captures in pattern.captures_iter(text).map_while(Result::ok) {
        let Some(whole) = captures.get(0) else { continue };
        result.push_str(&text[from..whole.start()]);
        result.push_str(&written(&captures, whole.as_str(), scope, context, open)?);
        from = whole.end();
    }
    result.push_str(&text[from..]);
    Ok(result)
}

fn written(
    captures: &Captures<'_, str>,
    whole: &str,
    scope: &Scope<'_>,
    context: Option<Context>,
    open: &[&str],
) -> Result<String, NotModelled> {
    let group = |at: usize| captures.get(at).map(|group| group.as_str());
    let name = group(1).or(group(2)).or(group(4)).unwrap_or_default();
    let path = group(5).filter(|path| !path.is_empty());
    let path = path.map(|path| path.strip_prefix('.').unwrap_or(path));
    let format = group(3).or(group(6));
    let bound = scope.variables.iter().find(|bound| bound.name == name);
    if let Some(bound) = bound.filter(|_| !open.contains(&name)) {
        return of_variable(bound, path, format, scope, context, open);
    }
    let Some(inserted) = built_in(name, path, whole, scope)? else { return Ok(whole.to_owned()) };
    let inserted = match inserted {
        BuiltIn::Finished(text) => return expand(&text, scope, None, open),
        BuiltIn::Value { value, text } => Variable { name, text, url: None, value },
    };
    write(&inserted, format, scope, context, (false, false))
}

/// What a built-in variable is.
enum BuiltIn {
    /// A text that no format changes.
    Finished(String),
    /// A value, and its text where it has another one.
    Value { value: Inserted, text: Option<String> },
}

fn built_in(
    name: &str,
    path: Option<&str>,
    whole: &str,
    scope: &Scope<'_>,
) -> Result<Option<BuiltIn>, NotModelled> {
    let refused = || NotModelled::new(format!("the reference {whole}"));
    let session = || scope.session.ok_or_else(refused);
    let plain = |text: &str| BuiltIn::Value { value: Inserted::Text(text.to_owned()), text: None };
    let silent = |text: &str| BuiltIn::Value {
        value: Inserted::Text(text.to_owned()),
        text: Some(String::new()),
    };
    Ok(Some(match name {
        "__from" | "__to" => {
            let milliseconds = if name == "__from" { scope.from_ms } else { scope.to_ms };
            let text = unit::format_time(milliseconds, unit::FULL, scope.zone)?;
            BuiltIn::Value { value: Inserted::Number(milliseconds), text: Some(text) }
        }
        "__timezone" => plain(scope.zone_name),
        "__interval" | "__interval_ms" => plain(whole),
        // There is no field and no value here.
        "__value" | "__data" | "__series" | "__field" => silent(whole),
        "__theme" if path.is_none() => plain(whole),
        "__theme" => return Err(refused()),
        "__user" => plain(match path {
            Some("login") => &session()?.user_login,
            Some("email") => &session()?.user_email,
            _ => &session()?.user_id,
        }),
        "__org" => plain(match path {
            Some("name") => &session()?.org_name,
            _ => &session()?.org_id,
        }),
        "__namespace" => plain(&session()?.namespace),
        "__url" => {
            let url = &session()?.url;
            match path {
                Some("params") => return Err(refused()),
                Some("path") => silent(url.split('?').next().unwrap_or_default()),
                _ => silent(url),
            }
        }
        "__url_time_range" => BuiltIn::Finished(session()?.url_time_range.clone()),
        "__all_variables" => BuiltIn::Finished(value::all_parameters(scope.variables)),
        _ => return Ok(None),
    }))
}

fn of_variable(
    bound: &Bound,
    path: Option<&str>,
    format: Option<&str>,
    scope: &Scope<'_>,
    context: Option<Context>,
    open: &[&str],
) -> Result<String, NotModelled> {
    if let Some(all) =
        bound.all_value.as_deref().filter(|it| !it.is_empty() && bound.value.is_all())
    {
        let as_title = format.is_none() && context == Some(Context::Title);
        let text = match format {
            Some("text") => return Ok(crate::variable::ALL_TEXT.to_owned()),
            None if as_title => return Ok(crate::variable::ALL_TEXT.to_owned()),
            Some("percentencode") => encode::component(all),
            Some("queryparam") => value::parameter(bound),
            _ => all.to_owned(),
        };
        // Without the variable itself, or a value that names it would never end.
        let mut open = open.to_vec();
        open.push(&bound.name);
        return expand(&text, scope, None, &open);
    }
    let variable = value::of(bound, path);
    if matches!(variable.value, Inserted::Nothing) {
        return Ok(String::new());
    }
    write(&variable, format, scope, context, (bound.multi, bound.include_all))
}

/// The value by its own format, or by that of where the text stands.
fn write(
    variable: &Variable<'_>,
    format: Option<&str>,
    scope: &Scope<'_>,
    context: Option<Context>,
    (multi, include_all): (bool, bool),
) -> Result<String, NotModelled> {
    match (format, context) {
        (Some(format), _) => format::apply(format, variable, scope.zone),
        (None, Some(Context::Expression)) => {
            Ok(format::expression(&variable.value, multi || include_all))
        }
        (None, Some(Context::Title)) => format::apply("text", variable, scope.zone),
        (None, _) => format::apply("glob", variable, scope.zone),
    }
}
