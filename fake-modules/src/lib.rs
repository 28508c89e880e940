//! The simulated LLM application: its traffic, what happens in it, and the metrics its three modules show.
//!
//! Layers, imports downwards only: time, label → world → event → engine → metrics, exposition, lie → module.
//! Time and randomness are arguments everywhere; nothing here reads a clock, opens a port, reads a scenario file or
//! judges an answer.

pub mod time;

pub mod label;

pub mod world;

pub mod event;

pub mod exposition;

mod metrics;

pub mod lie;

pub mod module;
