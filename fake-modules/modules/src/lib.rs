//! What the three simulated modules show of what happens: instruments, expositions, and the servers that answer scrapes.
//!
//! Layers, imports downwards only: metrics, exposition, lie → module → clock → serve.
//! Nothing below `clock` reads a clock, nothing below `serve` opens a port or is asynchronous, and nothing here reads a
//! scenario file or judges an answer.

pub mod clock;
pub mod exposition;
pub mod lie;
mod metrics;
pub mod module;
pub mod serve;
