//! The live road: the modules serve, a real Prometheus scrapes them by the deployed files, real rules fire to a real
//! Alertmanager, which notifies a receiver of ours.
//!
//! `stack` is what runs. `record` keeps what the modules did, `collect` and `watch` ask Prometheus what it made of it, `scrapes` and `replay`
//! bring both together in a ledger; from there on the judgement is the other road's. `wiring`, `alerts`, `recorded`
//! and `notifications` judge what only this road has. `stall` tells whether this machine kept up, `retry` what follows if it
//! did not.

pub mod alerts;
pub mod collect;
pub mod control;
pub mod demo;
mod judge;
pub mod notifications;
pub mod places;
pub mod record;
pub mod recorded;
pub mod replay;
mod retry;
pub mod run;
pub mod scrapes;
pub mod stack;
pub mod stall;
pub mod watch;
pub mod wiring;

pub use run::{LiveError, LiveRoad, SHORT, at_once};
