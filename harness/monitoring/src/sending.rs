//! What Prometheus makes of an alert's labels on its way to Alertmanager: `external_labels`, `alert_relabel_configs`.
//!
//! After `relabelAlerts` of Prometheus' package `notifier`. Routes and receivers are not known here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::relabel::{self, LabelMap, Relabel};
use prom::{series::Labels, version::Line};

/// What happens to every alert.
#[derive(Clone, Debug, Default)]
pub struct Sending {
    external_labels: BTreeMap<String, String>,
    relabel: Vec<Relabel>,
}

impl Sending {
    /// These labels are added where an alert has none of the name, then the steps are applied.
    ///
    /// # Errors
    /// What of the steps is not emulated, in words.
    pub fn new(
        external_labels: &BTreeMap<String, String>,
        steps: &[Value],
    ) -> Result<Sending, String> {
        let relabel = relabel::read(steps, Line::V3)
            .map_err(|what| format!("{what} in alert_relabel_configs"))?;
        Ok(Sending { external_labels: external_labels.clone(), relabel })
    }

    /// An alert's labels as they are sent; none if nobody is sent it.
    #[must_use]
    pub fn labels(&self, alert: &Labels) -> Option<Labels> {
        let mut labels: LabelMap = self.external_labels.clone();
        let own = alert.iter().filter(|(_, value)| !value.is_empty());
        labels.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let sent = relabel::apply(&self.relabel, labels).filter(|labels| !labels.is_empty())?;
        Some(sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_gets_the_installations_labels_and_is_relabelled_with_them() {
        let external = BTreeMap::from([("site".to_owned(), "x".to_owned())]);
        let steps: Vec<Value> = serde_saphyr::from_str(
            "[{ source_labels: [site], target_label: where }, { source_labels: [severity], regex: info, action: drop }]",
        )
        .unwrap();
        let sending = Sending::new(&external, &steps).unwrap();
        let sent = |pairs: &[(&str, &str)]| sending.labels(&pairs.iter().copied().collect());
        let expected: Labels = [("a", "b"), ("site", "x"), ("where", "x")].into_iter().collect();
        assert_eq!(sent(&[("a", "b")]), Some(expected));
        let expected: Labels = [("site", "y"), ("where", "y")].into_iter().collect();
        assert_eq!(sent(&[("site", "y")]), Some(expected));
        assert_eq!(sent(&[("severity", "info")]), None);
    }
}
