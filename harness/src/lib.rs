//! The harness.

pub mod oracle;
