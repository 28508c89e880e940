//! The harness.

pub mod client;
pub mod poll;
pub mod stack;
