//! Field configuration: the panel's defaults, then each override in its order.
//!
//! It must not know panel types. Source: `applyFieldOverrides` of `@grafana/data`.

use serde_json::Value;

use crate::config::{FieldConfig, NullValueMode};
use crate::display::own_range;
use crate::frame::{Field, FieldType, Frame, Range, Scalar};
use crate::matcher::Matcher;
use crate::{NotModelled, template};

/// `fieldConfig` of a panel.
#[derive(Debug, Clone, Default)]
pub struct FieldConfigSource {
    /// What each field has that has not its own.
    pub defaults: FieldConfig,
    overrides: Vec<Override>,
}

#[derive(Debug, Clone)]
struct Override {
    matcher: Matcher,
    properties: Vec<(String, Value)>,
}

impl FieldConfigSource {
    /// Of the member `fieldConfig`. Overrides of a matcher that the browser does not have
    /// are left out as it leaves them out.
    ///
    /// # Errors
    ///
    /// For a matcher that is not modelled.
    pub fn read(source: &Value) -> Result<Self, NotModelled> {
        let mut overrides = Vec::new();
        for rule in source.get("overrides").and_then(Value::as_array).into_iter().flatten() {
            let matcher = rule.get("matcher").unwrap_or(&Value::Null);
            let scope = matcher.get("scope").and_then(Value::as_str).unwrap_or("series");
            let id = matcher.get("id").and_then(Value::as_str).unwrap_or_default();
            let options = matcher.get("options").unwrap_or(&Value::Null);
            let Some(matcher) = Matcher::read(id, options)?.filter(|_| scope == "series") else {
                continue;
            };
            overrides.push(Override { matcher, properties: properties(rule) });
        }
        let defaults = source.get("defaults").unwrap_or(&Value::Null);
        Ok(Self { defaults: FieldConfig::of_defaults(defaults), overrides })
    }
}

fn properties(rule: &Value) -> Vec<(String, Value)> {
    rule.get("properties")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|property| {
            let id = property.get("id")?.as_str()?;
            Some((id.to_owned(), property.get("value").cloned().unwrap_or(Value::Null)))
        })
        .collect()
}

/// The frames with the configuration that each field ends with.
///
/// # Errors
///
/// For a matcher, a reducer or a template in a name that is not modelled.
pub fn apply(frames: &[Frame], source: &FieldConfigSource) -> Result<Vec<Frame>, NotModelled> {
    let mut global = None;
    let mut result = Vec::with_capacity(frames.len());
    for original in frames {
        let mut frame = original.clone();
        for at in 0..frame.fields.len() {
            let number = frame.fields[at].kind == FieldType::Number;
            frame.fields[at].config.fill(&source.defaults, number);
            expand_name(&mut frame, at, frames)?;
            for rule in &source.overrides {
                if !rule.matcher.matches(&frame.fields[at], &frame, frames)? {
                    continue;
                }
                for (id, value) in &rule.properties {
                    frame.fields[at].config.set(id, value);
                    if id == "displayName" {
                        expand_name(&mut frame, at, frames)?;
                    }
                }
            }
            let field = &mut frame.fields[at];
            field.range = range(field, &mut global, frames);
        }
        result.push(frame);
    }
    Ok(result)
}

/// Writes what `${__field…}` in a field's name stands for.
fn expand_name(frame: &mut Frame, at: usize, frames: &[Frame]) -> Result<(), NotModelled> {
    let Some(name) = frame.fields[at].config.display_name.clone() else { return Ok(()) };
    let mut unnamed = frame.clone();
    unnamed.fields[at].config.display_name = None;
    let name = template::fill(&name, &unnamed.fields[at], &unnamed, frames)?;
    frame.fields[at].config.display_name = Some(name);
    Ok(())
}

/// What the values of a field are scaled to.
fn range(field: &Field, global: &mut Option<Range>, frames: &[Frame]) -> Option<Range> {
    let config = &field.config;
    if config.min.is_some() && config.max.is_some() {
        let range = Range { min: config.min, max: config.max };
        // The browser keeps the first range that it sees for all fields.
        global.get_or_insert(range);
        return Some(range);
    }
    if field.kind != FieldType::Number {
        return None;
    }
    if config.field_min_max {
        let (min, max) = own_range(field);
        return Some(Range { min: config.min.or(Some(min)), max: config.max.or(Some(max)) });
    }
    let global = *global.get_or_insert_with(|| global_range(frames));
    Some(Range { min: config.min.or(global.min), max: config.max.or(global.max) })
}

/// Smallest and largest number of all frames.
fn global_range(frames: &[Frame]) -> Range {
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    let fields = frames.iter().flat_map(|frame| &frame.fields);
    for field in fields.filter(|field| field.kind == FieldType::Number) {
        let zero = field.config.null_value_mode == NullValueMode::AsZero;
        for value in &field.values {
            let number = match value {
                Scalar::Null if zero => 0.0,
                Scalar::Number(number) if !number.is_nan() => *number,
                _ => continue,
            };
            min = min.min(number);
            max = max.max(number);
        }
    }
    Range {
        min: Some(min).filter(|min| *min != f64::INFINITY),
        max: Some(max).filter(|max| *max != f64::NEG_INFINITY),
    }
}
