//! Grafana's interval arithmetic: which instants and windows a panel really asks for.
//!
//! A panel's `intervalMs` is computed in the browser, its step and built-in
//! variables in the Prometheus data source's backend; both are done here, with
//! the version-independent sources named at each function.
//! The windows are returned *as printed*: `$__interval` prints one unit only, so
//! a step of 90 s asks Prometheus for a window of 1 m.
//! Who judges a panel takes its windows from [`QueryPlan`], never from the expression.

pub mod plan;
pub mod round;
pub mod text;

pub use plan::{PlanError, QueryOptions, QueryPlan, Window, plan, plan_as};
