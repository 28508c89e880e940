//! Runs a test against a real Prometheus of each line, 2.x and 3.x.
//!
//! A line that cannot be had on this machine shows as an ignored trial whose name says so; `DASHPROOF_REQUIRE_LINES=2,3` turns that into a failure.

use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};
use prom::version::Line;
use stack::environment::Environment;
use stack::prometheus_binary::{PrometheusBinary, Wanted};

/// What is found first covers one line; these suites of Debian have the other: `unstable` has a
/// 3.x, `bookworm` a 2.x.
const OTHER_SUITES: [&str; 2] = ["unstable", "bookworm"];

/// The settings of this test process.
pub fn environment() -> Environment {
    Environment::from_variables(|name| std::env::var_os(name))
}

/// A binary of each line, or why there is none. Found once per process; the first run on a machine
/// may fetch them.
pub fn lines() -> &'static [(Line, Result<PrometheusBinary, String>)] {
    static LINES: OnceLock<Vec<(Line, Result<PrometheusBinary, String>)>> = OnceLock::new();
    LINES.get_or_init(|| {
        let suites = OTHER_SUITES.map(|suite| Wanted::Suite(suite.into()));
        let mut found: Vec<PrometheusBinary> = Vec::new();
        let mut errors = Vec::new();
        let of = |found: &[PrometheusBinary], line| {
            found.iter().find(|binary| binary.version.line() == line).cloned()
        };
        for wanted in std::iter::once(Wanted::Any).chain(suites) {
            if [Line::V2, Line::V3].iter().all(|line| of(&found, *line).is_some()) {
                break;
            }
            match block_on(PrometheusBinary::provide(&wanted, &environment())) {
                Ok(binary) => found.push(binary),
                Err(error) => errors.push(format!("{wanted:?}: {error}")),
            }
        }
        let binary = |line| of(&found, line).ok_or_else(|| errors.join("\n"));
        [Line::V2, Line::V3].map(|line| (line, binary(line))).into()
    })
}

/// One trial per line, named `2.x::name` and `3.x::name`.
pub fn on_each_line<F>(name: &str, body: F) -> Vec<Trial>
where
    F: Fn(&PrometheusBinary) -> Result<(), Failed> + Clone + Send + 'static,
{
    let required = std::env::var("DASHPROOF_REQUIRE_LINES").unwrap_or_default();
    let trial = |(line, binary): &(Line, Result<PrometheusBinary, String>)| {
        let number = line.to_string().chars().next().expect("a line has a number").to_string();
        match binary {
            Ok(binary) => {
                let (body, binary) = (body.clone(), binary.clone());
                Trial::test(format!("{line}::{name}"), move || body(&binary))
            }
            Err(reason) => {
                let required = required.split(',').any(|wanted| wanted.trim() == number);
                let reason = reason.clone();
                let name = format!("{line}::{name} (not run: no Prometheus {line} to be had here)");
                Trial::test(name, move || Err(reason.into())).with_ignored_flag(!required)
            }
        }
    };
    lines().iter().map(trial).collect()
}

/// Runs a future to its end on a runtime of its own.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be built")
        .block_on(future)
}
