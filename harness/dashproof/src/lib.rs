//! The `dashproof` command: what was typed, and how results are shown.
//!
//! The only crate that prints. It judges nothing itself.

pub mod cli;
pub mod report;
