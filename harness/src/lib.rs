//! The harness.

pub mod grafana;
pub mod problem;
pub mod promcfg;
pub mod scenario;
pub mod yaml;
