//! The harness.

pub mod check;
pub mod grafana;
pub mod problem;
pub mod promcfg;
pub mod promql;
mod yaml;
