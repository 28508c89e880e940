//! Which thresholds and durations of a rule are tried beside those that it has.
//!
//! `threshold=0.02..0.2`, `for=1m..15m/5`: a name, two ends and, if wanted, the number of steps. Several together are
//! a grid. Nothing here evaluates a rule.

use std::{fmt, str::FromStr};

use prom::{duration, nearest::nearest, promql::condition::Condition};
use proof::alert::Timing;

/// Steps of an axis for which no number is given.
const STEPS: usize = 7;

/// More settings than anyone looks at.
const MOST: usize = 2_000;

/// One name with its range, as typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// `for`, `keep_firing_for`, or an operand.
    pub name: String,
    from: String,
    to: String,
    steps: usize,
}

/// One way to set a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The value of each operand.
    pub values: Vec<f64>,
    /// `for` and `keep_firing_for`.
    pub timing: Timing,
    /// The place on each axis, in the order of the axes; empty for the rule as it is written.
    pub swept: Vec<Place>,
}

/// A place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The axis.
    pub name: String,
    /// The value; milliseconds where the axis is a duration.
    pub value: f64,
    /// The value as it is shown.
    pub shown: String,
}

/// What is wrong with what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// It has another form.
    #[error(
        "expected NAME=FROM..TO or NAME=FROM..TO/STEPS, such as threshold=0.02..0.2 or for=1m..15m/5"
    )]
    Form,
    /// An end of the range.
    #[error("{name}: expected {expected}, found {found:?}")]
    Value {
        /// The axis.
        name: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// The range goes backwards.
    #[error("{name}: the range goes from {from} to {to}; it must rise")]
    Falls {
        /// The axis.
        name: String,
        /// Its start.
        from: String,
        /// Its end.
        to: String,
    },
    /// The rule has no such operand.
    #[error("{rule} has no operand {name:?}; it has {known}{near}")]
    Unknown {
        /// The rule.
        rule: String,
        /// The axis.
        name: String,
        /// What can be swept.
        known: String,
        /// What may have been meant.
        near: String,
    },
    /// A grid of too many settings.
    #[error("{n} settings are more than {MOST}; give fewer steps: NAME=FROM..TO/STEPS")]
    Many {
        /// How many.
        n: usize,
    },
}

impl FromStr for Axis {
    type Err = SweepError;

    fn from_str(text: &str) -> Result<Axis, SweepError> {
        let (name, range) = text.split_once('=').ok_or(SweepError::Form)?;
        let (range, steps) = match range.split_once('/') {
            Some((range, steps)) => (range, steps.trim().parse().map_err(|_| SweepError::Form)?),
            None => (range, STEPS),
        };
        let (from, to) = range.split_once("..").ok_or(SweepError::Form)?;
        let trim = |text: &str| text.trim().to_owned();
        if name.trim().is_empty() || steps < 2 {
            return Err(SweepError::Form);
        }
        Ok(Axis { name: trim(name), from: trim(from), to: trim(to), steps })
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}..{}/{}", self.name, self.from, self.to, self.steps)
    }
}

impl Axis {
    fn is_duration(&self) -> bool {
        matches!(self.name.as_str(), "for" | "keep_firing_for")
    }

    /// The places, the smallest first; durations in whole evaluations, as nothing lies between.
    fn places(&self, interval_ms: i64) -> Result<Vec<Place>, SweepError> {
        let expected =
            if self.is_duration() { "a duration such as 5m" } else { "a number such as 0.05" };
        let number = |text: &String| {
            let found = if self.is_duration() {
                duration::parse(text).ok().map(|millis| millis as f64)
            } else {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            };
            found.ok_or_else(|| SweepError::Value {
                name: self.name.clone(),
                found: text.clone(),
                expected,
            })
        };
        let (from, to) = (number(&self.from)?, number(&self.to)?);
        if to <= from {
            let (from, to) = (self.from.clone(), self.to.clone());
            return Err(SweepError::Falls { name: self.name.clone(), from, to });
        }
        let last = (self.steps - 1) as f64;
        let value = |nth: usize| {
            let part = nth as f64 / last;
            // Over more than a decade, equal factors tell more than equal distances.
            let value = if 0.0 < from && 10.0 * from < to {
                from * libm::exp(part * libm::log(to / from))
            } else {
                from + part * (to - from)
            };
            if self.is_duration() {
                (value / interval_ms as f64).round() * interval_ms as f64
            } else {
                three_digits(value)
            }
        };
        let mut values: Vec<f64> = (0..self.steps).map(value).collect();
        values.dedup();
        let place = |value: f64| Place {
            name: self.name.clone(),
            value,
            shown: if self.is_duration() {
                duration::format(value as i64)
            } else {
                value.to_string()
            },
        };
        Ok(values.into_iter().map(place).collect())
    }
}

/// A number that can be typed again.
fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// The setting of a rule as it is written.
#[must_use]
pub(crate) fn as_written(condition: &Condition, timing: Timing) -> Setting {
    Setting { values: condition.values(), timing, swept: Vec::new() }
}

/// The rule as it is written, then every combination of the axes' places.
///
/// # Errors
/// If an axis names nothing of the rule, or its range is none.
pub fn settings(
    rule: &str,
    condition: &Condition,
    timing: Timing,
    interval_ms: i64,
    axes: &[Axis],
) -> Result<Vec<Setting>, SweepError> {
    let written = as_written(condition, timing);
    let mut grid = vec![written.clone()];
    for axis in axes {
        let operand = condition.operands.iter().position(|operand| operand.name == axis.name);
        if operand.is_none() && !axis.is_duration() {
            return Err(unknown(rule, condition, axis));
        }
        let places = axis.places(interval_ms)?;
        let n = grid.len() * places.len();
        if MOST < n {
            return Err(SweepError::Many { n });
        }
        let with = |setting: &Setting, place: &Place| {
            let mut setting = setting.clone();
            match (operand, axis.name.as_str()) {
                (Some(nth), _) => setting.values[nth] = place.value,
                (None, "for") => setting.timing.for_ms = place.value as i64,
                (None, _) => setting.timing.keep_firing_for_ms = place.value as i64,
            }
            setting.swept.push(place.clone());
            setting
        };
        grid = grid.iter().flat_map(|s| places.iter().map(move |place| with(s, place))).collect();
    }
    if axes.is_empty() {
        return Ok(grid);
    }
    Ok(std::iter::once(written).chain(grid).collect())
}

fn unknown(rule: &str, condition: &Condition, axis: &Axis) -> SweepError {
    let described = condition.operands.iter().map(|operand| {
        let times = operand.against.as_ref().map(|a| format!(" times {a}")).unwrap_or_default();
        let (left, sign) = (&operand.left, operand.relation.symbol());
        format!("{} ({left} {sign} {}{times})", operand.name, operand.value)
    });
    let known: Vec<String> =
        described.chain(["for".to_owned(), "keep_firing_for".to_owned()]).collect();
    let names = condition.operands.iter().map(|operand| operand.name.as_str());
    let near = nearest(&axis.name, names).map(|near| format!("; did you mean {near:?}?"));
    SweepError::Unknown {
        rule: rule.to_owned(),
        name: axis.name.clone(),
        known: known.join(", "),
        near: near.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swept(axes: &[&str]) -> Result<Vec<Setting>, SweepError> {
        let condition = Condition::of("a > 0.1 and on (m) b > 5").unwrap();
        let timing = Timing { for_ms: 120_000, keep_firing_for_ms: 0 };
        let axes: Vec<Axis> = axes.iter().map(|axis| axis.parse().unwrap()).collect();
        settings("A", &condition, timing, 30_000, &axes)
    }

    #[test]
    fn the_rule_as_written_comes_first_then_the_grid() {
        let found = swept(&["a=0.02..0.2/4", "for=1m..3m/3"]).unwrap();
        assert_eq!(found.len(), 1 + 4 * 3);
        assert_eq!((found[0].values[0], found[0].timing.for_ms), (0.1, 120_000));
        let values: Vec<f64> = found[1..].iter().map(|s| s.values[0]).step_by(3).collect();
        assert_eq!(values, [0.02, 0.08, 0.14, 0.2]);
        let waits: Vec<i64> = found[1..4].iter().map(|s| s.timing.for_ms).collect();
        assert_eq!(waits, [60_000, 120_000, 180_000]);
        assert!(found.iter().all(|setting| setting.values[1] == 5.0));
    }

    #[test]
    fn beyond_a_decade_steps_are_factors() {
        let found = swept(&["a=0.01..1/3"]).unwrap();
        let values: Vec<f64> = found[1..].iter().map(|setting| setting.values[0]).collect();
        assert_eq!(values, [0.01, 0.1, 1.0]);
    }

    #[test]
    fn what_cannot_be_swept_is_named_with_what_can() {
        let error = swept(&["c=1..2"]).unwrap_err().to_string();
        assert!(error.contains("a (a > 0.1), b (b > 5), for, keep_firing_for"), "{error}");
        assert!(matches!(swept(&["a=2..1"]), Err(SweepError::Falls { .. })));
        assert!(matches!(swept(&["for=1..soon"]), Err(SweepError::Value { .. })));
        assert!(matches!(swept(&["a=1..2/50", "b=1..2/50"]), Err(SweepError::Many { .. })));
        assert_eq!("a=1".parse::<Axis>(), Err(SweepError::Form));
    }
}
