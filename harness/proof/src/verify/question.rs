//! A question to the stack and the same question to the ledger.
//!
//! [`of_dashboard`] makes the questions of every target of a dashboard: Grafana's interval arithmetic, each
//! selection of its variables, and the contract's fact over the window that the plan gives. The expression is only
//! passed on, never read.

use std::collections::BTreeMap;

use serde::Serialize;

use monitoring::grafana::{
    dashboard::{Dashboard, Panel, QueryKind, Target},
    interval::{self, PlanError, QueryOptions, QueryPlan},
    variables::{self, Binding, Context, Scope, Selection, Variable, interpolate},
};
use truth::{
    contract::{DashboardContract, TargetContract, Window},
    fact::{Condition, Fact},
    quantity::Quantity,
};

use crate::verify::look::{Look, Occasion};

/// A question that the stack is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// What it is about.
    pub place: Place,
    /// The expression as run.
    pub expr: String,
    /// At one instant, or over a range.
    pub form: Form,
    /// The same question to the ledger.
    pub fact: Fact,
    /// The window before each instant, in milliseconds.
    pub window_ms: i64,
    /// The dashboard's legend template and the contract's.
    pub legend: Option<(String, String)>,
    /// Why it is asked then.
    pub why: Occasion,
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The dashboard's uid, or `recording rules`.
    pub dashboard: String,
    /// The panel's title, or the recorded metric.
    pub panel: String,
    /// The target; empty for a rule.
    pub ref_id: String,
    /// What is selected in the dashboard's variables, such as `provider=openai`; empty where there are none.
    pub selection: String,
}

/// How a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// At one instant, in Unix milliseconds.
    Instant(i64),
    /// From a start to an end by steps, in Unix milliseconds.
    Range {
        /// The first instant.
        start_ms: i64,
        /// No instant is after this.
        end_ms: i64,
        /// Between instants.
        step_ms: i64,
    },
}

impl Form {
    /// The instants that are answered.
    #[must_use]
    pub fn instants(&self) -> Vec<i64> {
        match *self {
            Form::Instant(at) => vec![at],
            Form::Range { start_ms, end_ms, step_ms } => (start_ms..=end_ms)
                .step_by(usize::try_from(step_ms.max(1)).unwrap_or(usize::MAX))
                .collect(),
        }
    }
}

/// Why a target cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAsked {
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: String,
}

/// The questions of one dashboard at the given looks. `options` are the values of each variable, as the stack lists
/// them. Variables vary in the first look only; elsewhere everything is selected.
#[must_use]
pub fn of_dashboard(
    dashboard: &Dashboard,
    contract: &DashboardContract,
    time_interval: Option<&str>,
    options: &BTreeMap<String, Vec<String>>,
    looks: &[Look],
) -> (Vec<Question>, Vec<NotAsked>) {
    let mut questions = Vec::new();
    let mut not_asked = Vec::new();
    for (index, look) in looks.iter().enumerate() {
        for selected in selections(dashboard, options, look, index == 0) {
            for panel in &dashboard.panels {
                for target in &panel.targets {
                    let place = Place {
                        dashboard: dashboard.uid.clone(),
                        panel: panel.title.clone(),
                        ref_id: target.ref_id.clone(),
                        selection: selected.text.clone(),
                    };
                    let bound = contract
                        .panels
                        .get(&panel.title)
                        .and_then(|panel| panel.targets.get(&target.ref_id));
                    // A target without a contract is reported once, as unproven, and not here.
                    let Some(bound) = bound else { continue };
                    let asked = Asking {
                        dashboard,
                        contract,
                        panel,
                        target,
                        bound,
                        time_interval,
                        options,
                    };
                    match asked.question(place.clone(), look, &selected) {
                        Ok(question) => questions.push(question),
                        Err(reason) => not_asked.push(NotAsked { place, reason }),
                    }
                }
            }
        }
    }
    (questions, not_asked)
}

/// What is selected in a dashboard's variables.
struct Selected {
    by_variable: BTreeMap<String, Selection>,
    text: String,
}

/// Everything selected, or what is chosen on opening where that cannot be; and, where asked for, each variable also with its first value and with its last two.
fn selections(
    dashboard: &Dashboard,
    options: &BTreeMap<String, Vec<String>>,
    look: &Look,
    vary: bool,
) -> Vec<Selected> {
    let range_ms = look.to_ms - look.from_ms;
    let opened = |variable: &Variable| {
        let values = options.get(&variable.name).map_or(&[][..], Vec::as_slice);
        variables::opened(variable, values, range_ms)
    };
    let all: BTreeMap<String, Selection> = dashboard
        .variables
        .iter()
        .map(|variable| {
            let selection = if variable.include_all { Selection::All } else { opened(variable) };
            (variable.name.clone(), selection)
        })
        .collect();
    let mut found = vec![Selected { by_variable: all.clone(), text: String::new() }];
    if !vary {
        return found;
    }
    for variable in &dashboard.variables {
        let values = options.get(&variable.name).map_or(&[][..], Vec::as_slice);
        let mut chosen = vec![values.iter().take(1).cloned().collect::<Vec<_>>()];
        if let Selection::Values(opened) = opened(variable)
            && variable.include_all
            && !chosen.contains(&opened)
        {
            chosen.push(opened);
        }
        if variable.multi && values.len() > 2 {
            chosen.push(values[values.len() - 2..].to_vec());
        }
        for values in chosen.into_iter().filter(|values| !values.is_empty()) {
            let text = format!("{}={}", variable.name, values.join("+"));
            let mut by_variable = all.clone();
            by_variable.insert(variable.name.clone(), Selection::Values(values));
            found.push(Selected { by_variable, text });
        }
    }
    found
}

/// One target with all that decides what is asked.
struct Asking<'a> {
    dashboard: &'a Dashboard,
    contract: &'a DashboardContract,
    panel: &'a Panel,
    target: &'a Target,
    bound: &'a TargetContract,
    time_interval: Option<&'a str>,
    options: &'a BTreeMap<String, Vec<String>>,
}

impl Asking<'_> {
    fn question(&self, place: Place, look: &Look, selected: &Selected) -> Result<Question, String> {
        if self.panel.time_from.is_some() || self.panel.time_shift.is_some() {
            return Err("has a time range of its own, which is not emulated: remove it".to_owned());
        }
        let instant = match self.target.kind {
            QueryKind::Instant => true,
            QueryKind::Range => false,
            QueryKind::Both => {
                return Err("asks for a range and an instant at once: choose one".to_owned());
            }
        };
        if instant != self.bound.instant {
            let (is, should) =
                if instant { ("an instant", "a range") } else { ("a range", "an instant") };
            return Err(format!("asks for {is} where the contract says {should}"));
        }
        let plan = plan(self.panel, self.target, self.time_interval, look)
            .map_err(|error| error.to_string())?;
        let form = if instant {
            Form::Instant(plan.instant_at_ms)
        } else {
            Form::Range { start_ms: plan.start_ms, end_ms: plan.end_ms, step_ms: plan.step_ms }
        };
        let mut fact = self.bound.fact.clone();
        let mut bindings = Vec::new();
        for variable in &self.dashboard.variables {
            let Some(selection) = selected.by_variable.get(&variable.name) else { continue };
            let options = self.options.get(&variable.name).cloned().unwrap_or_default();
            if let (Some(label), Selection::Values(values)) =
                (self.contract.variables.get(&variable.name), selection)
            {
                if !values.iter().any(|value| exists(label, value)) {
                    return Err(format!(
                        "shows nothing: ${} is {values:?} when the dashboard is opened so, and no {label} is called that",
                        variable.name
                    ));
                }
                fact = fact.narrowed(&Condition { label: label.clone(), values: values.clone() });
            }
            bindings.push(Binding { variable, selection: selection.clone(), options });
        }
        let scope = Scope { bindings, from_ms: look.from_ms, to_ms: look.to_ms };
        let expr = interpolate(&self.target.expr, &scope, Context::Expression)
            .map_err(|error| error.to_string())?;
        let legend = interpolate(&self.target.legend_format, &scope, Context::Legend)
            .map_err(|error| error.to_string())?;
        Ok(Question {
            place,
            expr: plan.substitute(&expr),
            form,
            fact,
            window_ms: window_ms(self.bound.over, &plan)?,
            legend: self.bound.legend.clone().map(|expected| (legend, expected)),
            why: look.why,
        })
    }
}

/// Whether anything of the application has this label with this value.
fn exists(label: &str, value: &str) -> bool {
    let has = |quantity: &Quantity| {
        label == "module" && quantity.module().to_string() == value
            || quantity.label_sets().iter().flatten().any(|pair| *pair == (label, value))
    };
    Quantity::ALL.iter().any(has)
}

/// Step and windows of a target, as Grafana would choose them for a look.
///
/// # Errors
/// If Grafana could not make a query.
pub fn plan(
    panel: &Panel,
    target: &Target,
    time_interval: Option<&str>,
    look: &Look,
) -> Result<QueryPlan, PlanError> {
    interval::plan(&QueryOptions {
        from_ms: look.from_ms,
        to_ms: look.to_ms,
        max_data_points: panel.max_data_points.unwrap_or_else(|| pixels(panel)),
        panel_min_interval: panel.min_interval.as_deref(),
        datasource_time_interval: time_interval,
        min_step: target.min_step.as_deref(),
        interval_factor: target.interval_factor,
        utc_offset_s: 0,
    })
}

/// A panel's width in pixels on a screen of 1,600, which Grafana takes for `maxDataPoints`.
fn pixels(panel: &Panel) -> u32 {
    u32::try_from(panel.position.width.clamp(1, 24) * 1_600 / 24).unwrap_or(500)
}

pub(super) fn window_ms(over: Window, plan: &QueryPlan) -> Result<i64, String> {
    let (window, name) = match over {
        Window::RateInterval => (&plan.rate_interval, "$__rate_interval"),
        Window::Interval => (&plan.interval, "$__interval"),
        Window::Range => (&plan.range, "$__range"),
        Window::Fixed(millis) => return Ok(millis),
        Window::Latest => return Ok(0),
    };
    window
        .effective_ms
        .ok_or_else(|| format!("{name} would be `{}`, which Prometheus refuses", window.text))
}
