//! Ctrl-C and SIGTERM, for a process that does not see to them itself.
//!
//! A process that ends by a signal drops nothing. One that handles signals lets its stacks be dropped and needs
//! nothing of this.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use crate::engine::Engine;

/// From now on, Ctrl-C or SIGTERM removes everything that this process has booted, and then ends the process with exit
/// code 130 or 143; a second one ends it at once. It cannot be taken back.
///
/// # Errors
/// If the system refuses to tell of signals.
pub fn remove_on_signal(engine: &Engine) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let engine = engine.clone();
    tokio::spawn(async move {
        let code = tokio::select! {
            _ = interrupt.recv() => 130,
            _ = terminate.recv() => 143,
        };
        tokio::select! {
            // What is left carries labels, so that the next run removes it.
            _ = engine.remove_own() => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(code);
    });
    Ok(())
}
