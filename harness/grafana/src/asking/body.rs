//! The JSON of a request as the page writes it.
//!
//! A target's members go along as they are stored; some are replaced, some added. What they mean,
//! its parent knows.

use serde_json::{Map, Value, json};

use super::{Asking, Predicted, View};

/// The headers that name dashboard, panel and data source.
pub(super) fn headers(dashboard: &str, panel: i64, uid: &str) -> Vec<(&'static str, String)> {
    vec![
        ("content-type", "application/json".to_owned()),
        ("x-plugin-id", "prometheus".to_owned()),
        ("x-datasource-uid", uid.to_owned()),
        ("x-dashboard-uid", dashboard.to_owned()),
        ("x-panel-id", panel.to_string()),
        ("x-grafana-org-id", "1".to_owned()),
    ]
}

/// One member of `queries`: `stored` is the target as in the dashboard, `expr` its expression with
/// the dashboard's variables inserted.
pub(super) fn query(
    panel: i64,
    stored: &Map<String, Value>,
    predicted: &Predicted,
    expr: &str,
    asking: &Asking<'_>,
) -> Value {
    let mut query = stored.clone();
    let mut put = |name: &str, value: Value| query.insert(name.to_owned(), value);
    let whole = asking.page.panel(panel);
    if let Some((panel, _)) = &whole
        && !stored.contains_key("datasource")
    {
        put("datasource", json!({"type": "prometheus", "uid": asking.uid_of(panel)}));
    }
    let both = stored.get("range") == Some(&Value::Bool(true))
        && stored.get("instant") == Some(&Value::Bool(true));
    if both {
        put(if predicted.instant { "range" } else { "instant" }, Value::Bool(false));
    }
    put("refId", predicted.ref_id.clone().into());
    put("expr", expr.into());
    put("legendFormat", predicted.legend.clone().into());
    put("queryType", "timeSeriesQuery".into());
    let target = predicted.ref_id.trim_end_matches("-Instant");
    put("requestId", format!("{panel}{target}").into());
    put("utcOffsetSec", asking.view.utc_offset_s.into());
    let interval = stored.get("interval").cloned().unwrap_or_else(|| "".into());
    put("interval", interval);
    put("exemplar", stored.get("exemplar").cloned().unwrap_or(Value::Bool(false)));
    put("intervalMs", predicted.plan.request_interval_ms.into());
    if let Some((panel, _)) = whole {
        put("maxDataPoints", asking.max_data_points(panel).into());
    }
    // Newer pages name the data source by its uid alone.
    if let Some(id) = asking.source.id.filter(|_| asking.behaviour.names_sources_by_number) {
        put("datasourceId", id.into());
    }
    Value::Object(query)
}

/// The whole body.
pub(super) fn whole(queries: &[Value], view: &View) -> Value {
    let (from, to) = (instant(view.from_ms), instant(view.to_ms));
    json!({
        "queries": queries,
        "range": {"from": from, "to": to, "raw": {"from": from, "to": to}},
        "from": view.from_ms.to_string(),
        "to": view.to_ms.to_string(),
    })
}

/// An instant as JavaScript writes it.
fn instant(millis: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
