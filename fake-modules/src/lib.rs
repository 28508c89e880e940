//! The simulated LLM application.

pub mod rng;
pub mod sample;
pub mod time;
pub mod trace;
pub mod traffic;
