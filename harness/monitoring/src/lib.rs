//! The files that a user deploys: Prometheus' and Alertmanager's configuration, rules and target files, and Grafana's
//! provisioning and dashboards.
//!
//! Reads what the checks and the roads need and leaves full validation to
//! `promtool` and `amtool`, which know every key; a value that we need and cannot read is a
//! problem with file and line, all of a file at once.
//! Pure: text in, values out, apart from the expansion of file patterns. Knows
//! nothing of scenarios, of the truth or of a running server.

pub mod alertmanager;
pub mod config;
mod documents;
pub mod files;
mod folder;
pub mod grafana;
mod keys;
pub mod layout;
pub mod limits;
pub mod recorded;
pub mod relabel;
pub mod rules;
pub mod sending;
pub mod targets;

pub use alertmanager::AlertmanagerConfig;
pub use config::{Job, PrometheusConfig};
pub use folder::{Monitoring, Reading};
pub use layout::Layout;
pub use rules::{Rule, RuleFile, RuleGroup, RuleKind};
pub use targets::TargetGroup;
