//! A story that is watched live, with its last hours in the stack already: the seam between backfill and scraping.
//!
//! The same story is played twice from the same seed and start: in virtual time for what has happened before now, which
//! is written at once, and by the modules' servers, which have caught up with the clock. Because both show the same
//! values at the same instant, one goes on where the other ends, provided that samples lie where Prometheus will scrape.
//! It scrapes each target at an offset within the interval that is a hash of target and host, so:
//!
//! 1. [`phases`]: a first Prometheus with the same configuration tells the offsets, and is ended;
//! 2. [`history`]: another one, without jobs and rules, is given the history at these offsets, with recording rules;
//! 3. it is started again on the same data with the real configuration, and scrapes after some seconds;
//! 4. [`seam`]: until each target's first real scrape, samples are written as before.
//!
//! What is shown while it runs, and what the alerts should do, nothing here knows.

pub mod history;
pub mod phases;
pub mod ports;
pub mod seam;
pub mod servers;

use std::{net::SocketAddr, path::Path};

use modules::clock::Clock;
use sim::{time::Nanos, world::Instance};

use monitoring::Monitoring;
use scenario::Scenario;
use stack::{backend::Stack, environment::Environment, native::Options};

/// What a demonstration is made of.
#[derive(Debug)]
pub struct Setting<'a> {
    /// The story; its duration must reach beyond now.
    pub scenario: &'a Scenario,
    /// The clock of the modules' servers, which began in the past.
    pub clock: Clock,
    /// Where the modules are served.
    pub modules: &'a [(Instance, SocketAddr)],
    /// The configuration that Prometheus is started with, where it is.
    pub deployed: &'a Monitoring,
    /// How Prometheus is started on that configuration.
    pub options: &'a Options,
    /// Where servers come from.
    pub stack: &'a Stack,
    /// Where its files go.
    pub environment: &'a Environment,
}

impl Setting<'_> {
    /// The configuration file.
    fn config(&self) -> &Path {
        &self.deployed.config.file
    }

    /// Now, in Unix milliseconds by the story's clock.
    fn now_ms(&self) -> i64 {
        unix_ms(&self.clock, self.clock.now())
    }
}

fn unix_ms(clock: &Clock, at: Nanos) -> i64 {
    clock.epoch_unix_ms() + at.as_millis() as i64
}

/// What a demonstration does while it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Learns when each target is scraped.
    Phases,
    /// Plays and writes the history.
    History {
        /// How far it has come.
        reached: Nanos,
        /// How far it goes.
        of: Nanos,
    },
    /// Evaluates recording rules over it.
    Rules,
    /// Starts Prometheus with the real configuration.
    Starting,
}
