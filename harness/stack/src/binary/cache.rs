//! Dashproof's own copies of a product, one directory per distribution and suite.
//!
//! `<cache>/<product>/<id>-<suite>` is a package unpacked, and is never changed once it is there.
//! A fetch happens in a staging directory under an exclusive file lock, which the kernel releases
//! when its holder dies; the result is examined before it is renamed into place.
//! A package is made for `/`: where its program has an absolute path compiled in, the unpacked copy
//! is given the same path relative to the directory in which it will run. That is the only change.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Attempt, Found, Origin, Product};
use crate::apt::{Apt, Suite};
use crate::environment::Environment;
use crate::poll::{self, Pending};
use crate::process::{CommandLine, Output, ProcessError};

/// How long another process may take to fetch what we wait for.
const LOCK_CEILING: Duration = Duration::from_secs(900);
const LOCK_INTERVAL: Duration = Duration::from_millis(100);
const RELOCATE_CEILING: Duration = Duration::from_secs(60);
/// Which distribution this is, see `os-release(5)`.
const OS_RELEASE: &str = "/etc/os-release";

/// The cached binary of `suite` (of the machine's own release if there is none), fetched if need be.
pub(super) async fn provide(
    product: &Product,
    suite: Option<&str>,
    environment: &Environment,
    tried: &mut Vec<Attempt>,
) -> Option<Found> {
    if let Some(suite) = suite
        && !suite.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    {
        let outcome = "a suite is a single word such as `unstable`".into();
        tried.push(Attempt { place: format!("the suite {suite:?}"), outcome });
        return None;
    }
    let system = System::read(Path::new(OS_RELEASE));
    let key = format!("{}-{}", system.id, suite.unwrap_or(&system.release));
    let entry = environment.cache.join(product.name.to_ascii_lowercase()).join(&key);
    let cached = entry.join("usr/bin").join(product.packaged());
    let place = format!("cache {}", entry.display());
    match product.examine(cached.clone(), Origin::Cache, environment).await {
        Ok(binary) => return Some(binary),
        Err(_) if !cached.exists() => {
            tried.push(Attempt { place, outcome: "nothing there yet".into() });
        }
        Err(outcome) => tried.push(Attempt { place, outcome }),
    }
    match fetch(product, &entry, suite, &system, environment).await {
        Ok(binary) => Some(binary),
        Err(outcome) => {
            let place = format!("the distribution's package ({key})");
            tried.push(Attempt { place, outcome });
            None
        }
    }
}

async fn fetch(
    product: &Product,
    entry: &Path,
    suite: Option<&str>,
    system: &System,
    environment: &Environment,
) -> Result<Found, String> {
    let apt = Apt::find(environment)?;
    let directory = entry.parent().expect("an entry lies in the cache");
    let at = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(directory).map_err(|error| at(directory, error))?;
    let _lock = lock(&directory.join(".lock")).await?;
    let cached = entry.join("usr/bin").join(product.packaged());
    if let Ok(binary) = product.examine(cached.clone(), Origin::Cache, environment).await {
        // Another process fetched it while we waited.
        return Ok(binary);
    }
    // We hold the lock, so whatever is here was left by a process that was killed.
    let staging = directory.join(".staging");
    for stale in [&staging, entry] {
        remove_all(stale).map_err(|error| at(stale, error))?;
    }
    let outcome = async {
        let named = suite.map_or(Suite::Own, Suite::Named);
        let root = apt.unpack(product.packages, &staging, named, &system.release).await;
        let root = root.map_err(|error| error.to_string())?;
        let unpacked = root.join("usr/bin").join(product.packaged());
        if let Some(path) = product.compiled_in {
            let relative = relocate(&unpacked, path).await;
            relative.map_err(|error| error.with_cause())?;
        }
        product.examine(unpacked, Origin::Fetched, environment).await?;
        fs::rename(&root, entry).map_err(|error| at(entry, error))?;
        product.examine(cached, Origin::Fetched, environment).await
    };
    let outcome = outcome.await;
    remove_all(&staging).map_err(|error| at(&staging, error))?;
    outcome
}

/// Replaces the absolute `path` in a program by one of the same length that is relative: what the
/// leading slash took, a trailing one takes. Another process writes the program: were it open in
/// ours, a child that starts just then could hold it open, and it could not be executed.
async fn relocate(program: &Path, path: &str) -> Result<Output, ProcessError> {
    let expression = format!("s|{path}|{}/|g", path.trim_start_matches('/'));
    let edit = CommandLine::new("sed").args(["--in-place", &expression]).arg(program);
    edit.run(RELOCATE_CEILING).await
}

async fn lock(path: &Path) -> Result<File, String> {
    let file = File::options().create(true).append(true).open(path);
    let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
    let taken = poll::until(LOCK_CEILING, LOCK_INTERVAL, async || match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(Pending::NotYet { status: "another process is fetching".into() })
        }
        Err(TryLockError::Error(error)) => Err(Pending::Failed(error)),
    });
    taken.await.map_err(|error| format!("cannot lock {}: {error}", path.display()))?;
    Ok(file)
}

fn remove_all(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The distribution that this machine runs.
#[derive(Debug, PartialEq, Eq)]
struct System {
    id: String,
    release: String,
}

impl System {
    fn read(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let value = |name: &str| {
            let values = text.lines().filter_map(|line| line.split_once('='));
            let mut values = values.filter(|(known, _)| known.trim() == name);
            Some(values.next()?.1.trim().trim_matches(['"', '\'']).to_owned())
        };
        let id = value("ID").unwrap_or_else(|| "unknown".into());
        let release = value("VERSION_CODENAME").or_else(|| value("VERSION_ID"));
        Self { id, release: release.unwrap_or_else(|| "rolling".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_its_codename_or_its_number() {
        let system = |id: &str, release: &str| System { id: id.into(), release: release.into() };
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_CODENAME=bookworm\nID=debian\n";
        assert_eq!(System::parse(debian), system("debian", "bookworm"));
        assert_eq!(System::parse("ID=\"rocky\"\nVERSION_ID=\"9.3\""), system("rocky", "9.3"));
        assert_eq!(System::parse(""), system("unknown", "rolling"));
    }

    #[test]
    fn removing_nothing_is_no_error() {
        assert!(remove_all(Path::new("/nonexistent/directory")).is_ok());
    }
}
