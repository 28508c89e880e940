//! The harness.

pub mod grafana;
pub mod problem;
pub mod promcfg;
pub mod promql;
mod yaml;
