//! What happens in the simulated LLM application: its traffic, its requests, its incidents.
//!
//! Layers, imports downwards only: time, rng, label → sample → world → traffic, trace → event, incident → engine.
//! Time and randomness are arguments everywhere: nothing here reads a clock, opens a port or is asynchronous, and it
//! must not know what a module shows, a scenario file, or a verdict.

pub mod engine;
pub mod event;
pub mod incident;
pub mod label;
pub mod rng;
pub mod sample;
pub mod time;
pub mod trace;
pub mod traffic;
pub mod world;
