//! From a panel's options and a time range to the query that Prometheus gets.
//!
//! [`plan`] is called once per target and time range; who asks Prometheus uses
//! the step and the substituted expression, who judges uses the windows.
//! Invariant: `start_ms` and `end_ms` are multiples of `step_ms` (shifted by the
//! UTC offset) and never after the range asked for.
//!
//! Sources: grafana-prometheus-datasource pkg/promlib/models/query.go
//! (`calculatePrometheusInterval`, `calculateRateInterval`, `InterpolateVariables`,
//! `AlignTimeRange`) and, for the browser, `calculateInterval` in
//! packages/grafana-data/src/datetime/rangeutil.ts.

use super::{round, text};
use crate::grafana::behaviour::{Behaviour, NEWEST};
use prom::duration;

/// Grafana's scrape interval where neither data source nor query states one.
const DEFAULT_SCRAPE: &str = "15s";
/// More points than Prometheus returns for one series (`safeResolution`).
const SAFE_POINTS: i64 = 11_000;
/// Points where a request states none (`defaultRes` of the interval calculator).
const DEFAULT_POINTS: i64 = 1_500;

/// What decides over step and windows of one target. Texts are as in the files,
/// after the interpolation of dashboard variables.
#[derive(Debug, Clone, Copy)]
pub struct QueryOptions<'a> {
    /// Start of the dashboard's time range, milliseconds since the epoch.
    pub from_ms: i64,
    /// End of the dashboard's time range, milliseconds since the epoch.
    pub to_ms: i64,
    /// The panel's `maxDataPoints`, or the panel's width in pixels (500 when unknown).
    pub max_data_points: u32,
    /// The panel's "Min interval" (`interval`).
    pub panel_min_interval: Option<&'a str>,
    /// The data source's `jsonData.timeInterval`.
    pub datasource_time_interval: Option<&'a str>,
    /// The target's "Min step" (`interval`).
    pub min_step: Option<&'a str>,
    /// The target's `intervalFactor`; 0 and 1 are the same.
    pub interval_factor: u32,
    /// Offset of the person's time zone, by which start and end are aligned.
    pub utc_offset_s: i64,
}

/// A window as Grafana prints it into an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The text, e.g. `1m` or `1m0s`.
    pub text: String,
    /// What Prometheus makes of the text; `None` where it refuses it (`1.5s`, `0s`).
    pub effective_ms: Option<i64>,
}

impl Window {
    fn new(text: String) -> Self {
        let effective_ms = duration::parse(&text).ok().filter(|millis| *millis > 0);
        Self { text, effective_ms }
    }
}

/// The query that Prometheus gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPlan {
    /// First instant of a range query.
    pub start_ms: i64,
    /// Last instant that a range query may have.
    pub end_ms: i64,
    /// Distance of the instants of a range query; also `$__interval_ms`.
    pub step_ms: i64,
    /// The instant of an instant query: the end of the time range, unaligned but in old versions.
    pub instant_at_ms: i64,
    /// `intervalMs` of the request that the browser sends.
    pub request_interval_ms: i64,
    /// `$__interval`.
    pub interval: Window,
    /// `$__rate_interval`.
    pub rate_interval: Window,
    /// `$__rate_interval_ms`.
    pub rate_interval_ms: i64,
    /// `$__range`: the time range rounded to seconds.
    pub range: Window,
    /// `$__range_s`.
    pub range_s: i64,
    /// `$__range_ms`.
    pub range_ms: i64,
    knows_rate_interval_ms: bool,
}

/// Why Grafana could not make a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The time range ends before it starts.
    #[error("time range ends at {to_ms} ms, before its start at {from_ms} ms")]
    NegativeRange {
        /// Start of the range.
        from_ms: i64,
        /// End of the range.
        to_ms: i64,
    },
    /// An interval text that Grafana cannot read, or that is finer than a millisecond.
    #[error("{option} {text:?} is no interval that Grafana reads; expected for example \"15s\"")]
    Interval {
        /// Which option holds it.
        option: &'static str,
        /// The text as found.
        text: String,
    },
}

/// Plans the query of one target, as the newest Grafana does.
///
/// # Errors
/// When the range is negative, or an interval text cannot be read.
pub fn plan(options: &QueryOptions<'_>) -> Result<QueryPlan, PlanError> {
    plan_as(options, NEWEST)
}

/// As [`plan`], by a Grafana that behaves otherwise.
///
/// # Errors
/// When the range is negative, or an interval text cannot be read.
pub fn plan_as(options: &QueryOptions<'_>, behaviour: Behaviour) -> Result<QueryPlan, PlanError> {
    let QueryOptions { from_ms, to_ms, .. } = *options;
    let range_ms = to_ms - from_ms;
    if range_ms < 0 {
        return Err(PlanError::NegativeRange { from_ms, to_ms });
    }
    let request_interval_ms = request_interval_ms(options, range_ms)?;
    let step_ms = step_ms(options, behaviour, range_ms, request_interval_ms)?;
    let rate_interval_ms = rate_interval_ms(options, behaviour, request_interval_ms, step_ms);
    let range_s = (range_ms + 500) / 1_000;
    let offset_ms = options.utc_offset_s * 1_000;
    let align = |at_ms: i64| (at_ms + offset_ms).div_euclid(step_ms) * step_ms - offset_ms;
    Ok(QueryPlan {
        start_ms: align(from_ms),
        end_ms: align(to_ms),
        step_ms,
        instant_at_ms: if behaviour.aligns_instants { align(to_ms) } else { to_ms },
        request_interval_ms,
        interval: Window::new(text::one_unit(step_ms)),
        rate_interval: Window::new(text::go_print(rate_interval_ms)),
        rate_interval_ms,
        range: Window::new(format!("{range_s}s")),
        range_s,
        range_ms,
        knows_rate_interval_ms: behaviour.knows_rate_interval_ms,
    })
}

/// The browser's part: `max(roundInterval(range / points), low limit)`.
fn request_interval_ms(options: &QueryOptions<'_>, range_ms: i64) -> Result<i64, PlanError> {
    let (option, low_limit) = match (options.panel_min_interval, options.datasource_time_interval) {
        (Some(text), _) if !text.is_empty() => ("min interval", text),
        (_, Some(text)) if !text.is_empty() => ("timeInterval", text),
        _ => ("timeInterval", DEFAULT_SCRAPE),
    };
    let low_limit_ms = text::browser_ms(low_limit)
        .ok_or_else(|| PlanError::Interval { option, text: low_limit.to_owned() })?;
    let points = i64::from(options.max_data_points.max(1));
    Ok(round::browser(range_ms, points).max(low_limit_ms))
}

/// The backend's part: the step before it is asked for, in milliseconds.
fn step_ms(
    options: &QueryOptions<'_>,
    behaviour: Behaviour,
    range_ms: i64,
    request_interval_ms: i64,
) -> Result<i64, PlanError> {
    let range_ns = range_ms * 1_000_000;
    let min_step = options.min_step.filter(|text| !is_variable(text, behaviour));
    let min_ms = match min_step {
        None | Some("" | "0s") if request_interval_ms != 0 => request_interval_ms,
        None | Some("" | "0s") => {
            whole_ms("timeInterval", options.datasource_time_interval.unwrap_or(DEFAULT_SCRAPE))?
        }
        Some(text) => whole_ms("min step", text)?,
    };
    let points = match options.max_data_points {
        0 => DEFAULT_POINTS,
        points => i64::from(points),
    };
    let raw_ns = range_ns / points;
    let calculated = if raw_ns < min_ms * 1_000_000 { min_ms } else { round::backend(raw_ns) };
    let adjusted = calculated.max(round::backend(range_ns / SAFE_POINTS));
    if options.min_step.is_some_and(|text| is_rate_interval(text, behaviour)) {
        // The rate interval as a step is final: neither factor nor resolution touch it.
        return Ok(rate_interval_of(adjusted, options.datasource_time_interval).max(1));
    }
    Ok(adjusted * i64::from(options.interval_factor.max(1)))
}

/// `$__rate_interval` in milliseconds; 0 where Grafana cannot read what it is based on.
fn rate_interval_ms(
    options: &QueryOptions<'_>,
    behaviour: Behaviour,
    request_interval_ms: i64,
    step_ms: i64,
) -> i64 {
    match options.min_step {
        Some("$__rate_interval" | "${__rate_interval}") => step_ms,
        _ if behaviour.rate_interval_of_step => {
            rate_interval_of(step_ms, options.datasource_time_interval)
        }
        Some("$__interval" | "${__interval}") => {
            rate_interval_of(request_interval_ms, Some(&text::go_print(step_ms)))
        }
        None | Some("") => rate_interval_of(request_interval_ms, options.datasource_time_interval),
        min_step => rate_interval_of(request_interval_ms, min_step),
    }
}

/// `max(interval + scrape, 4 × scrape)`.
fn rate_interval_of(interval_ms: i64, scrape: Option<&str>) -> i64 {
    let scrape = scrape.filter(|text| !text.is_empty()).unwrap_or(DEFAULT_SCRAPE);
    match text::backend_ns(scrape) {
        Some(nanos) => (interval_ms + nanos / 1_000_000).max(4 * (nanos / 1_000_000)),
        None => 0,
    }
}

fn whole_ms(option: &'static str, text: &str) -> Result<i64, PlanError> {
    let nanos = text::backend_ns(text).filter(|nanos| *nanos > 0 && nanos % 1_000_000 == 0);
    nanos
        .map(|nanos| nanos / 1_000_000)
        .ok_or_else(|| PlanError::Interval { option, text: text.to_owned() })
}

fn is_rate_interval(text: &str, behaviour: Behaviour) -> bool {
    match text {
        "$__rate_interval" | "${__rate_interval}" => true,
        "$__rate_interval_ms" | "${__rate_interval_ms}" => behaviour.knows_rate_interval_ms,
        _ => false,
    }
}

fn is_variable(text: &str, behaviour: Behaviour) -> bool {
    is_rate_interval(text, behaviour)
        || matches!(text, "$__interval" | "${__interval}" | "$__interval_ms" | "${__interval_ms}")
}

impl QueryPlan {
    /// `expression` with the built-in variables replaced, as the backend does it:
    /// plain text replacement, also inside strings and longer names.
    pub fn substitute(&self, expression: &str) -> String {
        let replacements = [
            ("interval_ms", self.step_ms.to_string()),
            ("interval", self.interval.text.clone()),
            ("range_ms", self.range_ms.to_string()),
            ("range_s", self.range_s.to_string()),
            ("range", self.range.text.clone()),
            ("rate_interval_ms", self.rate_interval_ms.to_string()),
            ("rate_interval", self.rate_interval.text.clone()),
        ];
        let known = |name: &str| name != "rate_interval_ms" || self.knows_rate_interval_ms;
        let replacements = replacements.into_iter().filter(|(name, _)| known(name));
        replacements.fold(expression.to_owned(), |text, (name, value)| {
            text.replace(&format!("$__{name}"), &value).replace(&format!("${{__{name}}}"), &value)
        })
    }
}

impl QueryPlan {
    /// `executedQueryString` of an answer to `expression`, which has been substituted: the server's own words.
    pub fn executed(&self, expression: &str) -> String {
        format!("Expr: {expression}\nStep: {}", text::go_print(self.step_ms))
    }
}

#[cfg(test)]
mod tests;
