//! What is shipped: the configuration and the alerts that it must route.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use monitoring::Monitoring;
use monitoring::{AlertmanagerConfig, Rule, RuleKind};
use prom::series::Labels;

pub(crate) fn monitoring() -> &'static Monitoring {
    static MONITORING: OnceLock<Monitoring> = OnceLock::new();
    MONITORING.get_or_init(|| {
        Monitoring::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring")).unwrap()
    })
}

pub(crate) fn config() -> &'static AlertmanagerConfig {
    monitoring().alertmanager.as_ref().expect("an Alertmanager configuration is shipped")
}

/// Its file.
pub(crate) fn file() -> PathBuf {
    config().file.clone()
}

/// Every alerting rule.
pub(crate) fn alerts() -> Vec<&'static Rule> {
    let rules =
        monitoring().rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    let alerts: Vec<&Rule> =
        rules.filter(|rule| matches!(rule.kind, RuleKind::Alert { .. })).collect();
    assert!(!alerts.is_empty(), "alerts are shipped");
    alerts
}

/// An alert's labels from pairs.
pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().copied().collect()
}
