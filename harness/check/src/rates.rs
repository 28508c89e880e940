//! Rates of what is no counter, windows that overlap, counters that are compared as they are.
//!
//! By the names and expressions alone: what a metric's type is, is not known here.

use monitoring::grafana::dashboard::QueryKind;
use prom::problem::{Code, Problem};
use prom::promql::RangeWindow;

use super::Subject;
use super::bounds::Recorded;
use super::expressions::{Expression, Place};
use super::tree::{Selector, Tree};

/// Functions that take a decrease for a reset.
const FOR_COUNTERS: [&str; 3] = ["rate", "increase", "irate"];

/// Ends of names that by convention are no counters'.
const GAUGES: [&str; 6] =
    ["_info", "_ratio", "_percent", "_percentage", "_celsius", "_timestamp_seconds"];

/// Counter functions over recorded sums and rates.
pub(super) fn of_recorded(subject: &Subject<'_>) -> Vec<Problem> {
    let recorded = Recorded::of(subject.inputs.rules);
    each_rate(subject, |expression, function, selector| {
        let name = selector.metric.as_deref()?;
        let expressions = recorded.expressions(name);
        if expressions.is_empty() {
            return None;
        }
        let is_rate = |tree: &Tree| matches!(tree, Tree::Call(name, _) if FOR_COUNTERS.contains(&name.as_str()) || name == "histogram_quantile");
        if expressions.iter().all(|tree| tree.all().into_iter().any(is_rate)) {
            let message =
                format!("{function} over {name}, which records a rate: its changes are no events");
            return Some(
                expression
                    .problem(Code::RateOfRate, &message)
                    .remedy("use the recorded value itself, or avg_over_time"),
            );
        }
        let sums = |tree: &Tree| match tree {
            Tree::Aggregate { operator, inner, .. } => {
                operator == "sum" && matches!(**inner, Tree::Select(_))
            }
            _ => false,
        };
        if expressions.iter().all(sums) {
            let message = format!(
                "{function} over {name}, which records a sum of counters: a restart of one instance looks like a reset of all"
            );
            let problem = expression.problem(Code::RateOfSum, &message);
            return Some(problem.remedy("record the sum of the rates instead"));
        }
        // Series that are only recorded under another name are what they were.
        let is_plain = |tree: &Tree| matches!(tree, Tree::Select(_));
        (!expressions.iter().all(is_plain)).then(|| {
            let message = format!("{function} over {name}, which is no counter");
            expression.problem(Code::RateOfRecorded, &message)
        })
    })
}

/// Counter functions over what is a gauge by its name.
pub(super) fn of_gauges(subject: &Subject<'_>) -> Vec<Problem> {
    each_rate(subject, |expression, function, selector| {
        let name = selector.metric.as_deref()?;
        if name == "up" {
            let message = format!(
                "{function} over up, which is a gauge: each recovery counts as an increase"
            );
            return Some(
                expression
                    .problem(Code::RateOfGauge, &message)
                    .remedy("use changes, avg_over_time or the value itself"),
            );
        }
        let end = GAUGES.iter().find(|end| name.ends_with(*end) && !name.contains(':'))?;
        let message = format!(
            "{function} over {name}: by its name (…{end}) it is no counter, and each fall counts as a reset"
        );
        Some(expression.problem(Code::RateOfLikelyGauge, &message).remedy("use delta or deriv"))
    })
}

fn each_rate(
    subject: &Subject<'_>,
    judge: impl Fn(&Expression<'_>, &str, &Selector) -> Option<Problem>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        for part in expression.tree().into_iter().flat_map(Tree::all) {
            let Tree::Call(function, arguments) = part else { continue };
            let [Tree::Range(selector, _)] = &arguments[..] else { continue };
            if FOR_COUNTERS.contains(&function.as_str()) {
                problems.extend(judge(expression, function, selector));
            }
        }
    }
    problems
}

/// `increase` over `$__rate_interval`.
pub(super) fn overlapping(subject: &Subject<'_>) -> Vec<Problem> {
    of_panels(subject, |expression, function, window| {
        let Place::Target { panel, target, .. } = expression.place else { return None };
        let is_drawn = matches!(panel.kind.as_str(), "timeseries" | "graph" | "barchart")
            && target.kind == QueryKind::Range;
        let message = "increase over $__rate_interval: windows overlap by at least one scrape, so that bars sum to more than happened";
        (is_drawn && function == "increase" && window == RangeWindow::RateInterval).then(|| {
            expression
                .problem(Code::OverlappingIncrease, message)
                .remedy("use $__interval with a Min step of four scrapes, or rate")
        })
    })
}

/// Rates over `$__interval`.
pub(super) fn over_interval(subject: &Subject<'_>) -> Vec<Problem> {
    of_panels(subject, |expression, function, window| {
        let Place::Target { panel, target, .. } = expression.place else { return None };
        let is_free = target.min_step.is_none() && panel.min_interval.is_none();
        let message = format!(
            "{function} over $__interval: after zooming in the window has fewer than two scrapes, and the panel is empty"
        );
        (is_free && matches!(function, "rate" | "irate") && window == RangeWindow::Interval).then(
            || expression.problem(Code::RateOverInterval, &message).remedy("use $__rate_interval"),
        )
    })
}

fn of_panels(
    subject: &Subject<'_>,
    judge: impl Fn(&Expression<'_>, &str, RangeWindow) -> Option<Problem>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        for part in expression.tree().into_iter().flat_map(Tree::all) {
            let Tree::Call(function, arguments) = part else { continue };
            if let [Tree::Range(_, window)] = &arguments[..] {
                problems.extend(judge(expression, function, *window));
            }
        }
    }
    problems
}

/// Windows that are shorter than two scrapes of every job, where jobs are known.
pub(super) fn too_short(subject: &Subject<'_>) -> Vec<Problem> {
    let Some(shortest) =
        subject.inputs.prometheus.jobs.iter().map(|job| job.scrape_interval_ms).min()
    else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        for part in expression.tree().into_iter().flat_map(Tree::all) {
            let Tree::Call(function, arguments) = part else { continue };
            let [Tree::Range(_, RangeWindow::Fixed(window))] = &arguments[..] else { continue };
            if !FOR_COUNTERS.contains(&function.as_str()) || *window >= 2 * shortest {
                continue;
            }
            let (shown, interval) =
                (prom::duration::format(*window), prom::duration::format(shortest));
            let message = format!(
                "{function} over {shown}, and no job is scraped more often than every {interval}: a window rarely has two samples"
            );
            let problem = if *window <= shortest {
                expression.problem(Code::WindowTooShort, &message)
            } else {
                expression.problem(Code::FewSamples, &message)
            };
            problems.push(
                problem.remedy(format!("use at least {}", prom::duration::format(4 * shortest))),
            );
        }
    }
    problems
}

/// Counters that alerts compare with a number as they are.
pub(super) fn compared(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        let Place::Rule { rule, .. } = expression.place else { continue };
        if !matches!(rule.kind, monitoring::RuleKind::Alert { .. }) {
            continue;
        }
        for part in expression.tree().into_iter().flat_map(Tree::all) {
            let Tree::Binary(binary) = part else { continue };
            let number = binary.right.constant().filter(|number| *number > 0.0);
            let (Some(number), true) = (number, matches!(binary.operator.as_str(), ">" | ">="))
            else {
                continue;
            };
            let inner = match binary.left.as_ref() {
                Tree::Aggregate { operator, inner, .. } if operator == "sum" => inner.as_ref(),
                other => other,
            };
            let Tree::Select(selector) = inner else { continue };
            let ends = |name: &&String| {
                name.ends_with("_errors_total")
                    || name.ends_with("_failures_total")
                    || name.ends_with("_requests_total")
            };
            if let Some(name) = selector.metric.as_ref().filter(ends) {
                let message = format!(
                    "{name} {} {number}: a counter since the process began; once above, it stays above",
                    binary.operator
                );
                problems.push(
                    expression
                        .problem(Code::ComparedCounter, &message)
                        .remedy("compare its rate or increase"),
                );
            }
        }
    }
    problems
}
