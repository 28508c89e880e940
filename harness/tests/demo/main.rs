//! The demonstration, end to end: its seam on both lines of Prometheus, its incidents, its end.

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

#[path = "../support/lines.rs"]
mod lines;

mod command;
mod seam;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use dashproof::poll::{self, Pending};
use libtest_mimic::Arguments;

/// Nothing here takes nearly as long; a slow machine is no failure.
const CEILING: Duration = Duration::from_secs(120);
const INTERVAL: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    let trials = [command::trials(), seam::trials()];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit_code()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Asks again until there is a value; what was seen instead is told in vain.
async fn until<T, F: Future<Output = Result<T, String>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let check = || {
        let asked = ask();
        async move { asked.await.map_err(|status| Pending::<()>::NotYet { status }) }
    };
    let found = poll::until(CEILING, INTERVAL, check).await;
    found.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}
