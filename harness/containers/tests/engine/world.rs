//! What all trials share: a runtime, the engine, images that are built once, and waiting.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use containers::test_images::{Keep, Programs, TestImageError, TestImages};
use containers::{Engine, EngineError};
use tokio::sync::OnceCell;
use tokio::time::{Instant, interval};

/// A slow machine is no failure.
const CEILING: Duration = Duration::from_secs(120);

static IMAGES: OnceCell<TestImages> = OnceCell::const_new();

/// Runs a future to its end on a runtime of its own.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be built")
        .block_on(future)
}

pub(crate) async fn engine() -> Result<Engine, EngineError> {
    Engine::find().await
}

/// Images of this machine's programs. A Prometheus or Alertmanager that `DASHPROOF_PROMETHEUS` or
/// `DASHPROOF_ALERTMANAGER` names takes the place of Debian's.
pub(crate) async fn images(engine: &Engine) -> Result<&'static TestImages, TestImageError> {
    let build = async || {
        let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let mut programs = Programs::of_debian(&cache).await?;
        let named = |name: &str| env::var_os(name).map(PathBuf::from);
        if let Some(prometheus) = named("DASHPROOF_PROMETHEUS") {
            programs.prometheus = prometheus;
        }
        if let Some(alertmanager) = named("DASHPROOF_ALERTMANAGER") {
            programs.alertmanager = alertmanager;
        }
        TestImages::build(engine, &programs, Keep::WithProcess).await
    };
    IMAGES.get_or_try_init(build).await
}

/// Removes the images, if any trial has built them.
pub(crate) async fn remove_images() -> Result<(), String> {
    let Some(images) = IMAGES.get() else { return Ok(()) };
    let engine = engine().await.map_err(|error| error.to_string())?;
    images.remove(&engine).await.map_err(|error| error.to_string())
}

/// Repeats `check` until it yields a value; the error ends with what it saw last.
pub(crate) async fn until<T>(
    what: &str,
    mut check: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, String> {
    let begin = Instant::now();
    let mut ticks = interval(Duration::from_millis(50));
    loop {
        ticks.tick().await;
        match check().await {
            Ok(value) => return Ok(value),
            Err(seen) if begin.elapsed() > CEILING => {
                return Err(format!(
                    "{what}: not after {} s; last seen: {seen}",
                    CEILING.as_secs()
                ));
            }
            Err(_) => {}
        }
    }
}

/// `Err` with a message unless `true`.
pub(crate) fn ensure(truth: bool, message: impl Into<String>) -> Result<(), String> {
    if truth { Ok(()) } else { Err(message.into()) }
}
