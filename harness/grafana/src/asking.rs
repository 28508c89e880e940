//! A panel's question: the request that the page sends, and what Prometheus must get of it.
//!
//! [`Asking::request`] does the page's part (variables, `intervalMs`, `maxDataPoints`) and says for
//! each target what the server's part must come to: path, instants, expression, the words of
//! `executedQueryString`, names.
//! Sources: `query` and `processTargetV2` in grafana
//! public/app/plugins/datasource/prometheus/datasource.tsx, `DataSourceWithBackend.query` in
//! packages/grafana-runtime, and 253 requests of a real browser.
//! Nothing is sent here, and no answer is known.

mod body;

use std::collections::BTreeMap;

use monitoring::grafana::{
    behaviour::Behaviour,
    dashboard::{DatasourceRef, Panel, QueryKind, Target},
    interval::{QueryOptions, QueryPlan, plan_as},
    legend,
    variables::{Binding, Context, Scope, Selection, Variable, VariableQuery, interpolate_as},
};
use serde_json::Value;

use crate::{Page, width};

/// What is added to the refId of a target that asks for a range and an instant (`InstantQueryRefIdIndex`).
const INSTANT: &str = "-Instant";

/// Who looks at a dashboard: when, where, with what selected.
#[derive(Debug, Clone)]
pub struct View {
    /// Start of the time range, Unix milliseconds.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// The screen's width in points.
    pub screen: u32,
    /// Seconds by which the person's clock is before UTC.
    pub utc_offset_s: i64,
    /// What is selected in each variable; a variable that is not named has all selected, or what is saved.
    pub selected: BTreeMap<String, Selection>,
    /// The values of each variable.
    pub options: BTreeMap<String, Vec<String>>,
}

/// The data source that a panel asks, as Grafana knows it.
#[derive(Debug, Clone, Default)]
pub struct DataSource {
    /// Its identity; stands for panels that name none.
    pub uid: String,
    /// Its number in the database, which pages of 9.3 send too.
    pub id: Option<i64>,
    /// `jsonData.timeInterval`.
    pub time_interval: Option<String>,
}

/// One panel and who looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The dashboard.
    pub page: &'a Page,
    /// Who looks.
    pub view: &'a View,
    /// Who is asked.
    pub source: &'a DataSource,
    /// What this version of Grafana does.
    pub behaviour: Behaviour,
}

/// `POST /api/ds/query`.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
    /// What must become of each query, in their order.
    pub predicted: Vec<Predicted>,
}

/// What must become of one query of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predicted {
    /// Its name within the request.
    pub ref_id: String,
    /// Whether one instant is asked, or a range.
    pub instant: bool,
    /// The expression that Prometheus gets.
    pub expr: String,
    /// The legend template, with the dashboard's variables inserted.
    pub legend: String,
    /// Step, instants and windows.
    pub plan: QueryPlan,
}

/// Why a panel cannot be asked as the page would do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAsked(pub String);

impl Predicted {
    /// Where Prometheus is asked.
    #[must_use]
    pub fn path(&self) -> &'static str {
        if self.instant { "/api/v1/query" } else { "/api/v1/query_range" }
    }

    /// What Prometheus is asked with, sorted by name; instants and step in seconds.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<&'static str, String> {
        let mut parameters = BTreeMap::from([("query", self.expr.clone())]);
        if self.instant {
            parameters.insert("time", seconds(self.plan.instant_at_ms));
        } else {
            parameters.insert("start", seconds(self.plan.start_ms));
            parameters.insert("end", seconds(self.plan.end_ms));
            parameters.insert("step", seconds(self.plan.step_ms));
        }
        parameters
    }

    /// The server's own words on what it ran, `executedQueryString`.
    #[must_use]
    pub fn executed(&self) -> String {
        self.plan.executed(&self.expr)
    }

    /// The name that the server gives to a series; `None` where it leaves that to the page.
    #[must_use]
    pub fn name(&self, labels: &legend::Labels) -> Option<String> {
        legend::display_name(&self.legend, labels, &self.expr)
    }
}

/// The selector of the series whose labels are a variable's values, where the page asks for series
/// (9.3; newer pages ask for the label's values by the same selector). `None` for other variables.
#[must_use]
pub fn series_of(variable: &Variable) -> Option<String> {
    match variable.prometheus_query()? {
        VariableQuery::LabelValues { selector, .. } => selector,
        _ => None,
    }
}

/// Go's shortest decimal of the seconds in some milliseconds.
fn seconds(millis: i64) -> String {
    // Below 2^53 microseconds the quotient's shortest decimal is exact.
    (millis as f64 / 1_000.0).to_string()
}

impl Asking<'_> {
    /// The request of the panel with an id.
    ///
    /// # Errors
    /// If the page would ask for something that is not modelled, or could not ask at all.
    pub fn request(&self, panel: i64) -> Result<Request, NotAsked> {
        let (panel, stored) = self
            .page
            .panel(panel)
            .ok_or_else(|| NotAsked(format!("the dashboard has no panel with id {panel}")))?;
        if panel.time_from.is_some() || panel.time_shift.is_some() {
            let what = "has a time range of its own, which is not modelled: remove it";
            return Err(NotAsked(what.to_owned()));
        }
        let scope = self.scope();
        let (mut queries, mut predicted) = (Vec::new(), Vec::new());
        for (target, stored) in panel.targets.iter().zip(stored) {
            // The page leaves out what is hidden, and what has no expression.
            if target.hide || target.expr.is_empty() {
                continue;
            }
            for one in self.predict(panel, target, &scope)? {
                let expr = self.insert(&target.expr, &scope, Context::Expression)?;
                queries.push(body::query(panel.id, stored, &one, &expr, self));
                predicted.push(one);
            }
        }
        let uid = self.uid_of(panel);
        Ok(Request {
            headers: body::headers(&self.page.dashboard.uid, panel.id, &uid),
            body: body::whole(&queries, self.view),
            predicted,
        })
    }

    /// The points that a panel asks for.
    #[must_use]
    pub fn max_data_points(&self, panel: &Panel) -> u32 {
        let width = || width::points(self.view.screen, panel.position.width);
        panel.max_data_points.unwrap_or_else(width)
    }

    /// The data source that a panel asks.
    fn uid_of(&self, panel: &Panel) -> String {
        match &panel.datasource {
            Some(DatasourceRef::Uid { uid, .. }) => uid.clone(),
            _ => self.source.uid.clone(),
        }
    }

    fn predict(
        &self,
        panel: &Panel,
        target: &Target,
        scope: &Scope<'_>,
    ) -> Result<Vec<Predicted>, NotAsked> {
        let plan = plan_as(
            &QueryOptions {
                from_ms: self.view.from_ms,
                to_ms: self.view.to_ms,
                max_data_points: self.max_data_points(panel),
                panel_min_interval: panel.min_interval.as_deref(),
                datasource_time_interval: self.source.time_interval.as_deref(),
                min_step: target.min_step.as_deref(),
                interval_factor: target.interval_factor,
                utc_offset_s: self.view.utc_offset_s,
            },
            self.behaviour,
        )
        .map_err(|error| NotAsked(error.to_string()))?;
        let expr = plan.substitute(&self.insert(&target.expr, scope, Context::Expression)?);
        let legend = self.insert(&target.legend_format, scope, Context::Legend)?;
        let (ref_id, instant) = (target.ref_id.clone(), target.kind == QueryKind::Instant);
        let one = Predicted { ref_id, instant, expr, legend, plan };
        if target.kind != QueryKind::Both {
            return Ok(vec![one]);
        }
        let ref_id = format!("{}{INSTANT}", one.ref_id);
        Ok(vec![one.clone(), Predicted { ref_id, instant: true, ..one }])
    }

    fn insert(&self, text: &str, scope: &Scope<'_>, into: Context) -> Result<String, NotAsked> {
        let inserted = interpolate_as(text, scope, into, self.behaviour);
        inserted.map_err(|error| NotAsked(error.to_string()))
    }

    fn scope(&self) -> Scope<'_> {
        let bindings = self.page.dashboard.variables.iter().map(|variable| {
            let selected = self.view.selected.get(&variable.name).cloned();
            let usual = || match variable.include_all {
                true => Selection::All,
                false => Selection::saved(variable),
            };
            let selection = selected.unwrap_or_else(usual);
            let options = self.view.options.get(&variable.name).cloned().unwrap_or_default();
            Binding { variable, selection, options }
        });
        Scope { bindings: bindings.collect(), from_ms: self.view.from_ms, to_ms: self.view.to_ms }
    }
}
