//! `dashproof gc`: removes what killed runs left behind, on this machine and in its container engine.

use std::fmt::Write as _;

use super::{Failure, Surroundings, failure, output::Output};
use stack::{
    contained,
    run_directory::{self, Leftover},
};

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
    let contained = contained::collect_garbage().await;
    let of_engine = contained.as_ref().map_or(0, |found| {
        let kinds = [
            ("container", &found.containers),
            ("network", &found.networks),
            ("volume", &found.volumes),
            ("test image", &found.images),
        ];
        for (kind, names) in kinds {
            for name in names {
                let _ = writeln!(text, "{kind} {name}: removed");
            }
        }
        for run in &found.unseen {
            let _ = writeln!(text, "{run}: left alone, its process cannot be seen from here");
        }
        found.unseen.len() + kinds.iter().map(|(_, names)| names.len()).sum::<usize>()
    });
    if let Err(error) = &contained {
        let _ = writeln!(text, "{error}");
    } else if leftovers.is_empty() && of_engine == 0 {
        text.push_str("nothing was left behind\n");
    }
    output.print(&text)?;
    let failed = contained.is_err() || leftovers.iter().any(|one| one.removed.is_err());
    Ok(if failed { Failure::EXIT_CODE } else { 0 })
}
