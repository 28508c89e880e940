//! Monte Carlo of alert rules in virtual time: what will they do to the people on call?
//!
//! A [`plan`] has many runs: ordinary days of each kind of traffic, and trials of [`incidents`] of graded severity. All
//! lie one after the other on the time axis of one engine per worker, far enough apart that no window sees two of
//! them. [`stage`] plays a run, records the recording rules and has each alert's expression answered, taken apart at its
//! comparisons: by Prometheus in the first run of each kind, later by our own evaluation ([`answers`]). Thresholds and
//! durations are then applied here ([`condition`], [`record`]), for as many [`sweep`] settings as wanted. [`measure`] makes rates of it, with exact [`interval`]s. [`crew`] lets the workers work.
//! Whether a rule is good, this does not decide.

pub mod answers;
mod asking;
pub mod condition;
pub mod crew;
pub mod error;
pub mod expressions;
pub mod findings;
pub mod incidents;
pub mod interval;
pub mod measure;
pub mod needs;
pub mod notify;
pub mod plan;
pub mod record;
pub mod setup;
pub mod stage;
pub mod subjects;
pub mod sweep;
