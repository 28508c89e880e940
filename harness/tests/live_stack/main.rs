//! The shipped configuration on free ports: the copy that differs only where it must, the servers that run on it, and
//! their end. This binary is also the process that its own tests kill (see `hold`).

#![expect(
    clippy::unwrap_used,
    reason = "tests may panic; clippy takes only the standard harness for one"
)]

#[path = "../support/alertmanagers.rs"]
mod alertmanagers;
#[path = "../support/lines.rs"]
mod lines;

mod deployed;
mod endings;
mod hold;
mod running;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use dashproof::{
    monitoring::Monitoring,
    poll::{self, Pending},
};
use libtest_mimic::Arguments;

/// Nothing here takes nearly as long; a slow machine is no failure.
const CEILING: Duration = Duration::from_secs(90);
const INTERVAL: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(hold::ARGUMENT) {
        return hold::main(&arguments.collect::<Vec<_>>());
    }
    let trials = [deployed::trials(), running::trials(), endings::trials()];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit_code()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn shipped() -> Monitoring {
    Monitoring::load(&root().join("monitoring")).unwrap()
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
