//! Runs a test against a real Alertmanager of each line: classic matchers, UTF-8 matchers.
//!
//! A line that cannot be had on this machine shows as an ignored trial whose name says so; `DASHPROOF_REQUIRE_LINES` with any
//! value turns that into a failure.

use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};
use stack::alertmanager_binary::{AlertmanagerBinary, Matchers, Wanted};

use crate::lines::{block_on, environment};

type Found = Result<AlertmanagerBinary, String>;

/// What is found first covers one line; these suites of Debian have the other.
const OTHER_SUITES: [&str; 2] = ["unstable", "bookworm"];

/// A binary of each line, or why there is none. Found once per process; the first run on a machine
/// may fetch them.
pub fn alertmanagers() -> &'static [(Matchers, Found)] {
    static FOUND: OnceLock<Vec<(Matchers, Found)>> = OnceLock::new();
    const LINES: [Matchers; 2] = [Matchers::Classic, Matchers::Utf8];
    FOUND.get_or_init(|| {
        let suites = OTHER_SUITES.map(|suite| Wanted::Suite(suite.into()));
        let mut found: Vec<AlertmanagerBinary> = Vec::new();
        let mut errors = Vec::new();
        let of = |found: &[AlertmanagerBinary], line| {
            found.iter().find(|binary| binary.matchers() == line).cloned()
        };
        for wanted in std::iter::once(Wanted::Any).chain(suites) {
            if LINES.iter().all(|line| of(&found, *line).is_some()) {
                break;
            }
            match block_on(AlertmanagerBinary::provide(&wanted, &environment())) {
                Ok(binary) => found.push(binary),
                Err(error) => errors.push(format!("{wanted:?}: {error}")),
            }
        }
        LINES.map(|line| (line, of(&found, line).ok_or_else(|| errors.join("\n")))).into()
    })
}

/// One trial per line, named `classic matchers::name` and `UTF-8 matchers::name`.
pub fn on_each_alertmanager<F>(name: &str, body: F) -> Vec<Trial>
where
    F: Fn(&AlertmanagerBinary) -> Result<(), Failed> + Clone + Send + 'static,
{
    let required = std::env::var("DASHPROOF_REQUIRE_LINES").is_ok_and(|lines| !lines.is_empty());
    let trial = |(line, binary): &(Matchers, Found)| match binary {
        Ok(binary) => {
            let (body, binary) = (body.clone(), binary.clone());
            Trial::test(format!("{line}::{name}"), move || body(&binary))
        }
        Err(reason) => {
            let reason = reason.clone();
            let name = format!("{line}::{name} (not run: no such Alertmanager to be had here)");
            Trial::test(name, move || Err(reason.into())).with_ignored_flag(!required)
        }
    };
    alertmanagers().iter().map(trial).collect()
}
