//! Dashboard variables: what they are, how they are chosen, how they are inserted.
//!
//! `definition` reads them from a dashboard, `query` says what a query variable
//! asks Prometheus, `sort` orders what it answers, [`interpolate()`] inserts selections into a text as the browser
//! does. The built-in interval variables are the backend's and stay literal here
//! (see `interval::plan`).
//! Knows nothing of Prometheus' answers: the caller passes the options.

pub mod definition;
pub mod format;
pub mod interpolate;
pub mod query;
pub mod sort;

pub use definition::{Variable, VariableKind};
pub use interpolate::{
    Binding, Context, InterpolationError, Scope, Selection, interpolate, interpolate_as,
};
pub use query::VariableQuery;
pub use sort::VariableSort;
