//! How a field is displayed: what `fieldConfig.defaults` and overrides may set.
//!
//! It must not know which panel or which field it belongs to. Reading is as lenient as
//! the browser's: what has the wrong type is as if it were not there.

use serde_json::{Map, Value};

use crate::mapping::{self, Mapping};
use crate::number;
use crate::threshold::Thresholds;

/// What reducers make of null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NullValueMode {
    /// Null is not there; Grafana calls it `connected`.
    #[default]
    Ignore,
    /// Null is a value of its own.
    Kept,
    /// Null is 0.
    AsZero,
}

/// Where the colour of a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColourMode {
    /// Grafana's id: `thresholds`, `fixed`, `palette-classic`, `continuous-GrYlRd`, …
    pub mode: String,
    /// The colour of mode `fixed` and `shades`.
    pub fixed: Option<String>,
}

/// The configuration of one field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldConfig {
    /// The name that the dashboard gives.
    pub display_name: Option<String>,
    /// The name that the data source gives: the legend of a query.
    pub display_name_from_ds: Option<String>,
    /// Grafana's id of the unit.
    pub unit: Option<String>,
    /// Places behind the decimal point.
    pub decimals: Option<f64>,
    /// Where scales begin.
    pub min: Option<f64>,
    /// Where scales end.
    pub max: Option<f64>,
    /// Whether scales are of this field alone, not of all fields of the panel.
    pub field_min_max: bool,
    /// The text where there is no value.
    pub no_value: Option<String>,
    /// What reducers make of null.
    pub null_value_mode: NullValueMode,
    /// Texts and colours of values.
    pub mappings: Option<Vec<Mapping>>,
    /// Colours of ranges.
    pub thresholds: Option<Thresholds>,
    /// Where colours come from.
    pub colour: Option<ColourMode>,
    /// What only one panel type knows: `stacking`, `hideFrom`, `transform`, …
    pub custom: Map<String, Value>,
}

impl FieldConfig {
    /// The `defaults` of a panel's `fieldConfig`.
    pub fn of_defaults(defaults: &Value) -> Self {
        let mut config = Self::default();
        for (name, value) in defaults.as_object().into_iter().flatten() {
            if name == "custom" {
                config.custom = value.as_object().cloned().unwrap_or_default();
            } else {
                config.set(name, value);
            }
        }
        config
    }

    /// Sets a property by its id, as one of an override; null removes it.
    ///
    /// Mappings of an override come before those that are there. False of an id that
    /// is unknown here, which the browser leaves out as well.
    pub fn set(&mut self, id: &str, value: &Value) -> bool {
        match id {
            "displayName" => self.display_name = text(value),
            "unit" => self.unit = text(value),
            "noValue" => self.no_value = text(value),
            "decimals" => self.decimals = numeric(value),
            "min" => self.min = numeric(value),
            "max" => self.max = numeric(value),
            "fieldMinMax" => self.field_min_max = value.as_bool().unwrap_or(false),
            "mappings" => match mapping::read(value) {
                Some(mut first) => {
                    first.extend(self.mappings.take().unwrap_or_default());
                    self.mappings = Some(first);
                }
                None => self.mappings = None,
            },
            "thresholds" => self.thresholds = Thresholds::read(value),
            "color" => self.colour = colour(value),
            _ => match id.strip_prefix("custom.") {
                Some(path) => set_path(&mut self.custom, path, value),
                None => return false,
            },
        }
        true
    }

    /// Takes each property that is not set from the panel's defaults.
    ///
    /// `is_number`: whether the field holds numbers; scales and decimals are of numbers.
    pub fn fill(&mut self, defaults: &Self, is_number: bool) {
        fn or<T: Clone>(own: &mut Option<T>, default: Option<&T>) {
            if own.is_none() {
                *own = default.cloned();
            }
        }
        or(&mut self.display_name, defaults.display_name.as_ref());
        or(&mut self.unit, defaults.unit.as_ref());
        or(&mut self.no_value, defaults.no_value.as_ref());
        or(&mut self.mappings, defaults.mappings.as_ref());
        or(&mut self.thresholds, defaults.thresholds.as_ref());
        or(&mut self.colour, defaults.colour.as_ref());
        if is_number {
            or(&mut self.decimals, defaults.decimals.as_ref());
            or(&mut self.min, defaults.min.as_ref());
            or(&mut self.max, defaults.max.as_ref());
            self.field_min_max |= defaults.field_min_max;
        }
        for (name, value) in &defaults.custom {
            if self.custom.get(name).is_none_or(Value::is_null) {
                self.custom.insert(name.clone(), value.clone());
            }
        }
        self.settle();
    }

    /// Sets right what the browser sets right: a smallest above a largest value, and a
    /// colour that says nothing.
    fn settle(&mut self) {
        if self.colour.as_ref().is_some_and(|colour| colour.mode.is_empty()) {
            self.colour = None;
        }
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min > max
        {
            (self.min, self.max) = (Some(max), Some(min));
        }
    }

    /// A member below `custom` by its path: `hideFrom.viz`.
    pub fn custom(&self, path: &str) -> Option<&Value> {
        let mut names = path.split('.');
        let first = self.custom.get(names.next()?)?;
        names.try_fold(first, |value, name| value.get(name))
    }

    /// Whether a member below `custom` is true.
    pub fn custom_flag(&self, path: &str) -> bool {
        self.custom(path).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A text below `custom`.
    pub fn custom_text(&self, path: &str) -> Option<&str> {
        self.custom(path)?.as_str()
    }
}

/// Sets a member by its path; null removes it.
fn set_path(members: &mut Map<String, Value>, path: &str, value: &Value) {
    match path.split_once('.') {
        Some((name, rest)) => {
            let member = members.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if !member.is_object() {
                *member = Value::Object(Map::new());
            }
            if let Some(below) = member.as_object_mut() {
                set_path(below, rest, value);
            }
        }
        None if value.is_null() => {
            members.remove(path);
        }
        None => {
            members.insert(path.to_owned(), value.clone());
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A number, also one that is written as a text.
pub(crate) fn numeric(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(number::parse_float(text)).filter(|number| !number.is_nan()),
        _ => None,
    }
}

fn colour(value: &Value) -> Option<ColourMode> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    value
        .is_object()
        .then(|| ColourMode { mode: text("mode").unwrap_or_default(), fixed: text("fixedColor") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::FieldConfig;

    #[test]
    fn an_override_of_null_removes_and_one_of_mappings_comes_first() {
        let mapping = |text: &str| json!([{"type": "value", "options": {"1": {"text": text}}}]);
        let mut config = FieldConfig::of_defaults(&json!({
            "unit": "s", "mappings": mapping("old"), "custom": {"hideFrom": {"viz": false}}
        }));
        assert!(config.set("unit", &json!(null)));
        assert!(config.set("mappings", &mapping("new")));
        assert!(config.set("custom.hideFrom.viz", &json!(true)));
        assert!(!config.set("nonsense", &json!(1)));
        assert_eq!(config.unit, None);
        assert_eq!(config.mappings.as_ref().map(Vec::len), Some(2));
        assert!(config.custom_flag("hideFrom.viz"));
    }

    #[test]
    fn a_smallest_above_a_largest_changes_places() {
        let mut config = FieldConfig::default();
        config.fill(&FieldConfig::of_defaults(&json!({"min": 2, "max": "1"})), true);
        assert_eq!((config.min, config.max), (Some(1.0), Some(2.0)));
    }
}
