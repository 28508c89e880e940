//! The harness.

pub mod grafana;
pub mod problem;
pub mod promcfg;
mod yaml;
