//! Runs a test against containers of each line of Prometheus, from images that are made of this machine's programs.
//!
//! Where no engine answers, each trial is named as not run, with the reason; `DASHPROOF_REQUIRE_ENGINE=1` turns that
//! into a failure. The images are this process'; it removes them at its end with [`remove_images`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use containers::test_images::{Keep, Programs, TestImages};
use containers::{Engine, compose::Variables};
use libtest_mimic::{Failed, Trial};
use prom::version::Line;
use stack::{contained::Containers, environment::Environment, prometheus_binary::PrometheusBinary};
use tokio::sync::Mutex;

use crate::lines::{block_on, environment, on_each_line};

static IMAGES: Mutex<BTreeMap<Line, TestImages>> = Mutex::const_new(BTreeMap::new());

/// The engine of this machine, or why there is none.
fn engine() -> &'static Result<Engine, String> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    ENGINE.get_or_init(|| block_on(Engine::find()).map_err(|error| error.to_string()))
}

/// One trial for each line, as [`on_each_line`] has them, where an engine answers.
pub fn in_containers<F>(name: &str, body: F) -> Vec<Trial>
where
    F: Fn(&PrometheusBinary) -> Result<(), Failed> + Clone + Send + 'static,
{
    let Err(reason) = engine() else { return on_each_line(name, body) };
    let required = std::env::var("DASHPROOF_REQUIRE_ENGINE").is_ok_and(|value| value == "1");
    let lines = [Line::V2, Line::V3];
    let trial = |line: Line| {
        let reason = reason.clone();
        let name = format!("{line}::{name} (not run: {reason})");
        Trial::test(name, move || Err(reason.into())).with_ignored_flag(!required)
    };
    lines.map(trial).into()
}

/// The variables with which the compose file takes images of this Prometheus and of Debian's Alertmanager.
///
/// # Errors
/// If they cannot be built.
pub async fn images(binary: &PrometheusBinary, cache: &Path) -> Result<Variables, String> {
    let mut built = IMAGES.lock().await;
    let line = binary.version.line();
    if let std::collections::btree_map::Entry::Vacant(e) = built.entry(line) {
        // A runtime of its own has connections of its own.
        let engine = Engine::find().await.map_err(|error| error.to_string())?;
        let mut programs = Programs::of_debian(cache).await.map_err(|error| error.to_string())?;
        programs.prometheus.clone_from(&binary.prometheus);
        let images = TestImages::build(&engine, &programs, Keep::WithProcess).await;
        e.insert(images.map_err(|error| error.to_string())?);
    }
    Ok(built[&line].variables())
}

/// The settings of this process with these images.
pub async fn environment_of(
    binary: &PrometheusBinary,
    cache: &Path,
) -> Result<Environment, String> {
    let mut environment = environment();
    environment.compose.extend(images(binary, cache).await?);
    Ok(environment)
}

/// Where containers of a monitoring directory run.
///
/// # Errors
/// If they cannot.
pub async fn site(monitoring: &Path, environment: &Environment) -> Result<Containers, String> {
    let found = Containers::find(monitoring, environment, None).await;
    found.map_err(|error| error.to_string())
}

/// Removes the images that this process has built.
///
/// # Errors
/// If the engine refuses.
pub fn remove_images() -> Result<(), String> {
    block_on(async {
        let built = std::mem::take(&mut *IMAGES.lock().await);
        if built.is_empty() {
            return Ok(());
        }
        let engine = Engine::find().await.map_err(|error| error.to_string())?;
        // Also one whose name went to the image of the other line.
        engine.remove_own().await.map(drop).map_err(|error| error.to_string())
    })
}
