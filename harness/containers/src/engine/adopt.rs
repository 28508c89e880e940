//! Gives `DOCKER_HOST` to this process where only an unnamed engine answers.
//!
//! testcontainers reads the variable from its own process, and a running process cannot change it safely. So the
//! process is replaced by itself with the variable set.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{EngineError, knock, surroundings::Surroundings};

/// To be called first in `main`. Where no engine is named and one answers that testcontainers does not find by itself
/// (Podman's, or a rootless one), this process starts anew with `DOCKER_HOST` set and does not return. Else nothing
/// happens, also where there is no engine at all.
///
/// # Errors
/// If the program cannot be started anew.
pub fn adopt() -> io::Result<()> {
    let chosen = Surroundings::of_this_process().choose(&|candidate| knock(candidate));
    let Err(EngineError::Unnamed { host }) = chosen else { return Ok(()) };
    let mut arguments = env::args_os();
    let mut again = Command::new(env::current_exe()?);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    Err(again.args(arguments).env("DOCKER_HOST", host).exec())
}
