//! The harness.

pub mod mutate;
pub mod oracle;
