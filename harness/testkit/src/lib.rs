//! What tests and benches share: lines of Prometheus, waiting, directories.
//!
//! Never part of the command. It must not know what a test claims.

pub mod alertmanagers;
pub mod contained;
pub mod lines;
pub mod panels;
pub mod waiting;
