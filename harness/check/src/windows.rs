//! Checks of windows: each must span four scrapes of what it looks at.
//!
//! Two samples make a rate; four scrape intervals keep two of them when one
//! scrape fails and phases are unlucky. Grafana's windows are judged at their
//! shortest, which is what a person sees after zooming in.

use super::Subject;
use super::datasources::{effective, resolve};
use super::expressions::{Expression, Place};
use monitoring::grafana::interval::{QueryOptions, QueryPlan, plan};
use prom::duration;
use prom::problem::{Code, Problem};
use prom::promql::{RangeWindow, SelectorUse, Step};

/// Functions that need two samples and extrapolate or fit a line.
const NEED_SAMPLES: [&str; 7] =
    ["rate", "increase", "irate", "delta", "idelta", "deriv", "predict_linear"];

/// Points of a panel whose width is not known (scenes' `SceneQueryRunner`).
const DEFAULT_POINTS: u32 = 500;

/// Windows below four scrapes of the slowest job that the metric comes from.
pub(super) fn four_scrapes(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        let shortest = match shortest_plan(subject, expression) {
            Ok(plan) => plan,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for selector in expression.selectors() {
            problems.extend(judge(subject, expression, selector, shortest.as_ref()));
        }
    }
    problems
}

fn judge(
    subject: &Subject<'_>,
    expression: &Expression<'_>,
    selector: &SelectorUse,
    shortest: Option<&QueryPlan>,
) -> Option<Problem> {
    let Some(Step::Function(function)) = selector.path.last() else { return None };
    if !NEED_SAMPLES.contains(&function.as_str()) {
        return None;
    }
    let (shown, window_ms, remedy) = match selector.window? {
        RangeWindow::Fixed(millis) => (duration::format(millis), millis, "widen the window"),
        RangeWindow::Interval => {
            let millis = shortest?.interval.effective_ms?;
            let shown = format!("$__interval (down to {})", duration::format(millis));
            (shown, millis, "use $__rate_interval or set Min step")
        }
        RangeWindow::RateInterval => {
            let Place::Target { target, .. } = expression.place else { return None };
            // Without a Min step the data source's timeInterval decides, which has its own check.
            target.min_step.as_ref()?;
            let millis = shortest?.rate_interval.effective_ms?;
            let shown = format!("$__rate_interval (down to {})", duration::format(millis));
            (shown, millis, "drop Min step or set it to the scrape interval")
        }
        RangeWindow::Range | RangeWindow::Variable => return None,
    };
    let selected = subject.catalogue.selected(&selector.metrics);
    let jobs = subject.inputs.prometheus.jobs.iter();
    let slowest = jobs
        .filter(|job| selected.iter().any(|(_, series)| series.jobs.contains(job.name.as_str())))
        .max_by_key(|job| job.scrape_interval_ms)?;
    let needed_ms = 4 * slowest.scrape_interval_ms;
    (window_ms < needed_ms).then(|| {
        let message = format!(
            "{function} over {shown} spans less than four scrapes of job {:?} ({})",
            slowest.name,
            duration::format(needed_ms)
        );
        expression.problem(Code::WindowTooShort, &message).remedy(remedy)
    })
}

/// The plan of the shortest range a person can pick; `None` outside of panels.
fn shortest_plan(
    subject: &Subject<'_>,
    expression: &Expression<'_>,
) -> Result<Option<QueryPlan>, Problem> {
    let Place::Target { dashboard, panel, target } = expression.place else { return Ok(None) };
    let reference = effective(panel, target.datasource.as_ref());
    let datasource = resolve(subject.inputs.datasources, dashboard, reference).datasource();
    let min_step = target.min_step.as_deref();
    if min_step
        .is_some_and(|text| text.contains('$') && !text.contains("$__") && !text.contains("${__"))
    {
        // A dashboard variable decides.
        return Ok(None);
    }
    let options = QueryOptions {
        from_ms: 0,
        to_ms: 1_000,
        max_data_points: panel.max_data_points.unwrap_or(DEFAULT_POINTS),
        panel_min_interval: panel.min_interval.as_deref(),
        datasource_time_interval: datasource.and_then(|found| found.time_interval.as_deref()),
        min_step,
        interval_factor: target.interval_factor,
        utc_offset_s: 0,
    };
    plan(&options)
        .map(Some)
        .map_err(|error| expression.problem(Code::InvalidInterval, &error.to_string()))
}
