//! The simulated LLM application: its traffic, what happens in it, and the metrics its three modules show.
//!
//! Layers, imports downwards only: time, rng, label → sample → world → traffic, trace → event, incident → engine →
//! metrics, exposition, lie → module → clock → serve.
//! Time and randomness are arguments everywhere: nothing below `clock` reads a clock, nothing below `serve` opens a port
//! or is asynchronous, and nothing at all reads a scenario file or judges an answer.

pub mod time;

pub mod rng;

pub mod label;

pub mod sample;

pub mod world;

pub mod traffic;

pub mod event;

pub mod incident;

pub mod engine;

mod metrics;

pub mod exposition;

pub mod lie;

pub mod module;

pub mod trace;

pub mod clock;

pub mod serve;
