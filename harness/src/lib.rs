//! The harness.

pub mod client;
pub mod mutate;
pub mod oracle;
pub mod poll;
pub mod stack;
