//! Directories that last as long as a run, and the collection of those whose run was killed.
//!
//! Every server that Dashproof starts lives in a [`RunDirectory`], which names its owner: process,
//! start time and process namespace. Dropping it removes it. What a killed process left behind,
//! [`collect_garbage`] finds by its dead owner: servers are ended, directories removed. A directory
//! whose owner lives, or is not provably dead, is never touched.
//! Process facts come from `/proc`; where there is none, nothing counts as dead.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::environment::Environment;
use crate::poll::{self, Pending};

const PREFIX: &str = "dashproof-run-";
const OWNER: &str = "owner";
const DEATH_CEILING: Duration = Duration::from_secs(10);
const DEATH_INTERVAL: Duration = Duration::from_millis(10);

/// A directory of this run alone; removed when dropped.
#[derive(Debug)]
pub struct RunDirectory {
    directory: TempDir,
}

/// A file operation on a run directory that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path} as a run directory")]
pub struct RunDirectoryError {
    /// The file or directory.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What was left of a killed run.
#[derive(Debug)]
pub struct Leftover {
    /// Its directory.
    pub directory: PathBuf,
    /// The servers that still ran in it, and were killed.
    pub killed: Vec<u32>,
    /// Whether the directory could be removed; if not, the next collection tries again.
    pub removed: Result<(), RunDirectoryError>,
}

impl RunDirectory {
    /// Makes a directory below the environment's temporary one.
    ///
    /// # Errors
    /// If it cannot be made or written to.
    pub fn create(environment: &Environment) -> Result<Self, RunDirectoryError> {
        let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&environment.temporary);
        let directory = directory
            .map_err(|source| RunDirectoryError { path: environment.temporary.clone(), source })?;
        let path = directory.path().join(OWNER);
        let owner = Owner::of(std::process::id()).map(|owner| owner.to_text()).unwrap_or_default();
        fs::write(&path, owner).map_err(|source| RunDirectoryError { path, source })?;
        Ok(Self { directory })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Leaves the directory to the user: neither a drop nor a collection removes it any more.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        let path = self.directory.keep();
        // Without the file it is nobody's; should that fail, a later collection removes it.
        let _ = fs::remove_file(path.join(OWNER));
        path
    }
}

/// Ends the servers and removes the directories of runs of this user whose process is dead.
/// To be called once at the start of a run.
///
/// # Errors
/// If the temporary directory cannot be listed. What could not be removed stands in the result.
pub async fn collect_garbage(
    environment: &Environment,
) -> Result<Vec<Leftover>, RunDirectoryError> {
    let temporary = &environment.temporary;
    let mut leftovers = Vec::new();
    for directory in abandoned(temporary)
        .map_err(|source| RunDirectoryError { path: temporary.clone(), source })?
    {
        let killed = end_servers(&directory).await;
        let removed = fs::remove_dir_all(&directory)
            .map_err(|source| RunDirectoryError { path: directory.clone(), source });
        leftovers.push(Leftover { directory, killed, removed });
    }
    Ok(leftovers)
}

fn abandoned(temporary: &Path) -> io::Result<Vec<PathBuf>> {
    let Ok(me) = fs::metadata("/proc/self").map(|own| own.uid()) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in fs::read_dir(temporary)? {
        let path = entry?.path();
        let named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        // Directories come and go while we look: what cannot be read is somebody's, or gone.
        let mine =
            || fs::symlink_metadata(&path).is_ok_and(|entry| entry.uid() == me && entry.is_dir());
        let owner = || Owner::parse(&fs::read_to_string(path.join(OWNER)).ok()?);
        if named && mine() && owner().is_some_and(|owner| owner.is_dead()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Kills every process that names a path inside `directory` on its command line.
async fn end_servers(directory: &Path) -> Vec<u32> {
    let servers = processes_naming(directory);
    for server in &servers {
        // One that has just ended is as good as killed.
        let _ = kill(Pid::from_raw(server.cast_signed()), Signal::SIGKILL);
    }
    let gone = poll::until(DEATH_CEILING, DEATH_INTERVAL, async || {
        match processes_naming(directory).len() {
            0 => Ok(()),
            n => Err(Pending::<()>::NotYet { status: format!("{n} servers still there") }),
        }
    });
    // If one does not go, the removal of its directory fails or is repeated by the next run.
    let _ = gone.await;
    servers
}

fn processes_naming(directory: &Path) -> Vec<u32> {
    let needle = format!("{}/", directory.display());
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let names_it = |pid: &u32| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains(&needle)
    };
    pids.filter(|pid| *pid != std::process::id()).filter(names_it).collect()
}

/// A process, told apart from a later one with the same number.
#[derive(Debug, PartialEq, Eq)]
struct Owner {
    pid: u32,
    /// Clock ticks between the start of the machine and that of the process.
    started: u64,
    /// Numbers mean nothing in another container's namespace.
    namespace: String,
}

impl Owner {
    fn of(pid: u32) -> Option<Self> {
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?.to_string_lossy().into_owned();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // proc_pid_stat(5): the second field is a name in parentheses that may contain anything;
        // the start time is the 22nd, so the 20th after it.
        let started = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
        Some(Self { pid, started, namespace })
    }

    fn is_dead(&self) -> bool {
        let here = Self::of(std::process::id());
        let same_namespace = here.is_some_and(|here| here.namespace == self.namespace);
        same_namespace && Self::of(self.pid).as_ref() != Some(self)
    }

    fn to_text(&self) -> String {
        format!("{} {} {}\n", self.pid, self.started, self.namespace)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (pid, started) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { pid, started, namespace: words.next()?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(temporary: &TempDir) -> Environment {
        let value = temporary.path().as_os_str().to_owned();
        Environment::from_variables(|name| (name == "TMPDIR").then(|| value.clone()))
    }

    #[tokio::test]
    async fn only_directories_of_dead_owners_are_collected() {
        let temporary = TempDir::new().unwrap();
        let environment = environment(&temporary);
        let living = RunDirectory::create(&environment).unwrap();
        let me = Owner::of(std::process::id()).unwrap();
        let make = |name: &str, owner: &Owner| {
            let path = temporary.path().join(format!("{PREFIX}{name}"));
            fs::create_dir(&path).unwrap();
            fs::write(path.join(OWNER), owner.to_text()).unwrap();
            path
        };
        // Our own number, but of a process that started at another time.
        let dead = make("dead", &Owner { started: me.started + 1, ..Owner::of(me.pid).unwrap() });
        let elsewhere =
            make("elsewhere", &Owner { pid: 1, started: 0, namespace: "pid:[1]".into() });
        let unmarked = temporary.path().join(format!("{PREFIX}unmarked"));
        fs::create_dir(&unmarked).unwrap();

        let leftovers = collect_garbage(&environment).await.unwrap();
        let found: Vec<_> = leftovers.iter().map(|leftover| &leftover.directory).collect();
        assert_eq!(found, [&dead]);
        assert!(leftovers[0].removed.is_ok() && !dead.exists());
        assert!(living.path().exists() && elsewhere.exists() && unmarked.exists());
    }

    #[test]
    fn a_kept_directory_is_nobodys() {
        let temporary = TempDir::new().unwrap();
        let kept = RunDirectory::create(&environment(&temporary)).unwrap().keep();
        assert!(kept.is_dir() && !kept.join(OWNER).exists());
    }

    #[test]
    fn a_dropped_directory_is_gone() {
        let temporary = TempDir::new().unwrap();
        let directory = RunDirectory::create(&environment(&temporary)).unwrap();
        let path = directory.path().to_owned();
        drop(directory);
        assert!(!path.exists());
    }
}
