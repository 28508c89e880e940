//! Builds images of this machine's Prometheus and Alertmanager for tests where none can be pulled, or removes them.
//!
//! `test_images build CACHE` prints the variables with which `monitoring/docker-compose.yml` takes them; programs that
//! `DASHPROOF_PROMETHEUS` or `DASHPROOF_ALERTMANAGER` names take the place of Debian's, which are unpacked below CACHE.
//! `test_images remove PROMETHEUS_IMAGE ALERTMANAGER_IMAGE` removes them.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use containers::Engine;
use containers::test_images::{Keep, Programs, TestImages};

const USAGE: &str =
    "usage: test_images build CACHE | test_images remove PROMETHEUS_IMAGE ALERTMANAGER_IMAGE";

#[tokio::main]
#[expect(clippy::print_stderr, reason = "a program for scripts")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["build", cache] => build(Path::new(cache)).await,
        ["remove", prometheus, alertmanager] => remove(prometheus, alertmanager).await,
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("test_images: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a script reads the variables")]
async fn build(cache: &Path) -> Result<(), Box<dyn Error>> {
    let engine = Engine::find().await?;
    let mut programs = Programs::of_debian(cache).await?;
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    if let Some(prometheus) = named("DASHPROOF_PROMETHEUS") {
        programs.prometheus = prometheus;
    }
    if let Some(alertmanager) = named("DASHPROOF_ALERTMANAGER") {
        programs.alertmanager = alertmanager;
    }
    for (name, image) in
        TestImages::build(&engine, &programs, Keep::UntilRemoved).await?.variables()
    {
        println!("{name}={image}");
    }
    Ok(())
}

async fn remove(prometheus: &str, alertmanager: &str) -> Result<(), Box<dyn Error>> {
    let engine = Engine::find().await?;
    let (prometheus, alertmanager) = (prometheus.to_owned(), alertmanager.to_owned());
    Ok(TestImages { prometheus, alertmanager }.remove(&engine).await?)
}
