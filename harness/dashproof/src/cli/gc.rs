//! `dashproof gc`: removes what killed runs left behind.

use std::fmt::Write as _;

use super::{Failure, Surroundings, failure, output::Output};
use stack::run_directory::{self, Leftover};

use crate::report::words;

/// Everything that killed runs left, removed.
pub(super) async fn collect(surroundings: &Surroundings) -> Result<Vec<Leftover>, Failure> {
    run_directory::collect_garbage(&surroundings.environment).await.map_err(|error| {
        Failure::new(failure::chain(&error), "name a temporary directory that is yours: TMPDIR=DIR")
    })
}

pub(super) async fn run(surroundings: &Surroundings, output: Output) -> Result<u8, Failure> {
    let leftovers = collect(surroundings).await?;
    let mut text = String::new();
    for leftover in &leftovers {
        let killed = words::counted(leftover.killed.len(), "server");
        let outcome = match &leftover.removed {
            Ok(()) => "removed".to_owned(),
            Err(error) => failure::chain(error),
        };
        let _ = writeln!(text, "{}: {killed} ended, {outcome}", leftover.directory.display());
    }
    if leftovers.is_empty() {
        text.push_str("nothing was left behind\n");
    }
    output.print(&text)?;
    let failed = leftovers.iter().any(|leftover| leftover.removed.is_err());
    Ok(if failed { Failure::EXIT_CODE } else { 0 })
}
