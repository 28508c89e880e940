//! The files of Prometheus and Alertmanager: configuration, rules, target files, durations.
//!
//! Reads what the checks and the roads need and leaves full validation to
//! `promtool` and `amtool`, which know every key; a value that we need and cannot read is a
//! problem with file and line, all of a file at once.
//! Pure: text in, values out, apart from the expansion of file patterns. Knows
//! nothing of Grafana, of scenarios or of a running Prometheus.

pub mod alertmanager;
pub mod config;
pub mod duration;
pub mod files;
pub mod limits;
pub mod relabel;
pub mod rules;
pub mod sending;
pub mod targets;

pub use alertmanager::AlertmanagerConfig;
pub use config::{Job, PrometheusConfig};
pub use rules::{Rule, RuleFile, RuleGroup, RuleKind};
pub use targets::TargetGroup;
