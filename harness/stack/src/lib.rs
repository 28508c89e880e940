//! The servers that Dashproof observes through, and the tools that come with them.
//!
//! `prometheus_binary` and `alertmanager_binary` find or fetch a server, `native` and
//! `native_alertmanager` run it in a directory of its own, `contained` runs both in containers, `external` is one that
//! somebody else runs; `backend` is the choice between them, and what was started by it.
//! `promtool` and `amtool` ask its
//! companion. Every child process is started through `process`, so that each
//! error can show the command line; every run directory is owned, so that nothing outlives a run.
//! Nothing here knows what is verified, and nothing but `Environment` reads settings.

pub mod alertmanager_binary;
pub mod amtool;
pub mod backend;
pub mod bounded;
pub mod client;
pub mod contained;
pub mod deploy;
pub mod environment;
pub mod external;
pub mod native;
pub mod native_alertmanager;
pub mod poll;
pub mod port;
pub mod process;
pub mod prometheus_binary;
pub mod promtool;
pub mod receiver;
pub mod run_directory;
pub mod server;
pub mod servers;
pub mod settings;
pub mod victoria_metrics;

mod apt;
mod binary;
mod launch;
mod watchdog;
