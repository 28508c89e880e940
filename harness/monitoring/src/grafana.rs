//! What Grafana does between a dashboard file and the number a person sees.
//!
//! Interval arithmetic, variables, legends and reducers are modelled here, each
//! with the place in Grafana's source that it mirrors; dashboards and
//! provisioning files are read here.
//! Pure: text in, values out, apart from the loader of a directory. Knows
//! nothing of contracts, truth or a running Grafana.

pub mod behaviour;
pub mod dashboard;
pub mod datasource;
mod fields;
pub mod interval;
pub mod legend;
mod lines;
pub mod reduce;
mod reference;
pub mod variables;
