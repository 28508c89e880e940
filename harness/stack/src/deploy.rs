//! A copy of a monitoring directory that differs from it only in what is listed.
//!
//! Servers on free ports, another cadence and a receiver of our own need other addresses and durations. They are edited
//! in place, so that all else stays byte for byte, and every change is told with file and line. The edited files are
//! read again by the real readers and compared with what arithmetic says: what an edit missed is an error, never a
//! surprise at run time.
//! Used by every road that starts servers on shipped files; it starts nothing itself.

mod alertmanager;
mod check;
mod edit;
mod prometheus;
mod rules;
mod scan;
mod targets;

use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use sim::{
    label::Label,
    world::{Instance, Module, PORTS_APART},
};

use monitoring::Monitoring;
use prom::problem::{Code, Problem};

use crate::{
    environment::Environment,
    run_directory::{RunDirectory, RunDirectoryError},
};
use edit::ChangedLine;

/// Where shipped files have Prometheus and Alertmanager, on whatever host.
const PROMETHEUS_PORT: u16 = 9090;
const ALERTMANAGER_PORT: u16 = 9093;
/// The copy within the run directory, which has a file of its own beside it.
const COPY: &str = "monitoring";

/// How often things happen, where not as often as shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Scrape interval of every job, in milliseconds.
    pub scrape_ms: i64,
    /// Scrape timeout of every job, in milliseconds; at most the interval.
    pub timeout_ms: i64,
    /// What `evaluation_interval`, intervals of rule groups, `for`, `keep_firing_for` and the timings of Alertmanager's
    /// routes are divided by. Windows within expressions stay as they are.
    pub divisor: i64,
    /// The shortest that `for` becomes, in milliseconds, where it is longer as shipped: the first scrape comes 6 s
    /// after a start, and until then every target is absent.
    pub least_for_ms: i64,
}

impl Cadence {
    /// A duration in milliseconds divided, rounded up to a whole one, so that only nothing becomes nothing.
    #[must_use]
    pub fn scaled(&self, millis: i64) -> i64 {
        millis / self.divisor + i64::from(millis % self.divisor != 0)
    }

    /// What a `for` of so many milliseconds becomes.
    #[must_use]
    pub fn scaled_for(&self, millis: i64) -> i64 {
        self.scaled(millis).max(millis.min(self.least_for_ms))
    }
}

/// What is to differ. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Where the modules' copies are served. A copy that is not listed is no target; none at all leaves every address
    /// as shipped.
    pub targets: Vec<(Instance, SocketAddr)>,
    /// Where Prometheus is, for the job that scrapes itself.
    pub prometheus: Option<SocketAddr>,
    /// Where Alertmanager is, for its job and for alerts.
    pub alertmanager: Option<SocketAddr>,
    /// The URL that every receiver notifies.
    pub receiver: Option<String>,
    /// How often things happen.
    pub cadence: Option<Cadence>,
    /// How servers are addressed from inside of containers; none where Prometheus sees them as this machine does.
    pub within: Option<Within>,
}

/// Addresses as servers in containers see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// The name of this machine, where the modules are served.
    pub host: String,
    /// Prometheus, as it reaches itself.
    pub prometheus: String,
    /// Alertmanager, as Prometheus reaches it.
    pub alertmanager: String,
}

impl Changes {
    /// An address of this machine, as Prometheus reaches it.
    pub(crate) fn reached(&self, address: SocketAddr) -> String {
        match &self.within {
            Some(within) => format!("{}:{}", within.host, address.port()),
            None => address.to_string(),
        }
    }

    /// Where Prometheus finds itself.
    fn prometheus(&self) -> Option<String> {
        let within = self.within.as_ref().map(|within| within.prometheus.clone());
        within.or_else(|| Some(self.prometheus?.to_string()))
    }

    /// Where Prometheus finds Alertmanager.
    fn alertmanager(&self) -> Option<String> {
        let within = self.within.as_ref().map(|within| within.alertmanager.clone());
        within.or_else(|| Some(self.alertmanager?.to_string()))
    }

    /// What every duration of a rule or a route becomes.
    fn scaled(&self, millis: i64) -> i64 {
        self.cadence.map_or(millis, |cadence| cadence.scaled(millis))
    }

    /// What a `for` becomes.
    fn scaled_for(&self, millis: i64) -> i64 {
        self.cadence.map_or(millis, |cadence| cadence.scaled_for(millis))
    }

    /// Whether any duration becomes another.
    fn scales(&self) -> bool {
        self.cadence.is_some_and(|cadence| cadence.divisor != 1)
    }
}

/// One thing that differs. Displayed as `file:line: shipped -> here`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The file, relative to the monitoring directory.
    pub file: String,
    /// Line in the shipped file, from 1.
    pub line: usize,
    /// What stands there, without indentation; of a file of targets, addresses and labels.
    pub shipped: String,
    /// What stands in the copy; on several lines where some were added.
    pub here: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let here = self.here.replace('\n', " / ");
        write!(f, "{}:{}: {} -> {here}", self.file, self.line, self.shipped)
    }
}

/// A copy that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// Its directory could not be made.
    #[error(transparent)]
    Directory(#[from] RunDirectoryError),
    /// A file could not be copied or written.
    #[error("cannot copy the monitoring directory to {path}")]
    Copy {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Files that cannot be changed as asked, with everything that is in the way.
    #[error("the copy of {directory} cannot differ as it should:{}", lines(.problems))]
    Files {
        /// The shipped directory.
        directory: PathBuf,
        /// What is in the way; files and lines are those of the shipped directory.
        problems: Vec<Problem>,
    },
    /// A cadence that no server accepts.
    #[error(
        "scrapes every {scrape_ms} ms with a timeout of {timeout_ms} ms and durations divided by {divisor} cannot be: \
         all must be positive, and the timeout at most the interval"
    )]
    Cadence {
        /// As it was asked for.
        scrape_ms: i64,
        /// Likewise.
        timeout_ms: i64,
        /// Likewise.
        divisor: i64,
    },
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// The copy. Dropped, it is removed; after a kill, `dashproof gc` removes it.
#[derive(Debug)]
pub struct Deployment {
    run: RunDirectory,
    monitoring: Monitoring,
    differences: Vec<Difference>,
}

impl Deployment {
    /// Copies `shipped` and makes `changes`.
    ///
    /// # Errors
    /// If files cannot be written, or a change cannot be made: everything that is in the way, with what to do.
    pub fn write(
        shipped: &Monitoring,
        changes: &Changes,
        environment: &Environment,
    ) -> Result<Deployment, DeployError> {
        if let Some(Cadence { scrape_ms, timeout_ms, divisor, .. }) = changes.cadence
            && !(0 < timeout_ms && timeout_ms <= scrape_ms && 0 < divisor)
        {
            return Err(DeployError::Cadence { scrape_ms, timeout_ms, divisor });
        }
        let run = RunDirectory::create(environment)?;
        let directory = run.path().join(COPY);
        copy(&shipped.directory, &directory)?;
        let mut copier = Copier {
            shipped,
            changes,
            directory: &directory,
            problems: Vec::new(),
            differences: Vec::new(),
        };
        let labelled = targets::edit(&mut copier)?;
        prometheus::edit(&mut copier, &labelled)?;
        rules::edit(&mut copier)?;
        alertmanager::edit(&mut copier)?;
        let Copier { mut problems, mut differences, .. } = copier;
        let monitoring = match Monitoring::load(&directory) {
            Ok(monitoring) => {
                problems.extend(check::missed(shipped, &monitoring, changes, &labelled));
                Some(monitoring)
            }
            Err(found) => {
                problems.extend(
                    found.into_iter().map(|problem| shown_in(shipped, &directory, problem)),
                );
                None
            }
        };
        problems.sort();
        problems.dedup();
        differences.sort();
        match monitoring {
            Some(monitoring) if problems.is_empty() => {
                Ok(Deployment { run, monitoring, differences })
            }
            _ => Err(DeployError::Files { directory: shipped.directory.clone(), problems }),
        }
    }

    /// Where the copy is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.monitoring.directory
    }

    /// The copy, read.
    #[must_use]
    pub fn monitoring(&self) -> &Monitoring {
        &self.monitoring
    }

    /// What differs from the shipped files, in the order of files and lines.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// Leaves the copy to the user; where it is.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.run.keep().join(COPY)
    }
}

/// Every address that a monitoring directory's jobs scrape, with the position of its job.
#[must_use]
pub fn listed(monitoring: &Monitoring) -> Vec<(usize, String)> {
    targets::listed(monitoring)
}

/// Every address that a monitoring directory's jobs scrape, by its files as they are now.
#[must_use]
pub fn addresses(monitoring: &Monitoring) -> Vec<String> {
    targets::listed(monitoring).into_iter().map(|(_, address)| address).collect()
}

/// A flaw of a file of the copy, told as one of the shipped file.
fn shown_in(shipped: &Monitoring, copy: &Path, problem: Problem) -> Problem {
    let file = match problem.file.strip_prefix(copy) {
        Ok(relative) => shipped.directory.join(relative),
        Err(_) => problem.file.clone(),
    };
    Problem { file, ..problem }
}

/// Changes under way.
struct Copier<'a> {
    shipped: &'a Monitoring,
    changes: &'a Changes,
    directory: &'a Path,
    problems: Vec<Problem>,
    differences: Vec<Difference>,
}

impl Copier<'_> {
    /// The place of a shipped file in the copy, and its name; a flaw if it has none.
    fn place(&mut self, file: &Path) -> Option<(PathBuf, String)> {
        match file.strip_prefix(&self.shipped.directory) {
            Ok(relative) => Some((self.directory.join(relative), relative.display().to_string())),
            Err(_) => {
                let problem = Problem::new(
                    Code::FileOutside,
                    file,
                    None,
                    "lies outside of the monitoring directory",
                );
                let remedy = format!("move it below {}", self.shipped.directory.display());
                self.problems.push(problem.remedy(remedy));
                None
            }
        }
    }

    fn read(&self, path: &Path) -> Result<String, DeployError> {
        let failed = |source| DeployError::Copy { path: path.to_owned(), source };
        fs::read_to_string(path).map_err(failed)
    }

    /// Writes a file of the copy that was edited, and notes what was.
    fn write(
        &mut self,
        path: &Path,
        name: &str,
        (text, changed): (String, Vec<ChangedLine>),
    ) -> Result<(), DeployError> {
        if changed.is_empty() {
            return Ok(());
        }
        fs::write(path, text)
            .map_err(|source| DeployError::Copy { path: path.to_owned(), source })?;
        self.differences.extend(changed.into_iter().map(|ChangedLine { line, before, after }| {
            Difference { file: name.to_owned(), line, shipped: before, here: after }
        }));
        Ok(())
    }
}

/// The module copy whose default port an address has: the first of a module, or one that is served.
fn instance_at(address: &str, changes: &Changes) -> Option<Instance> {
    let port = port_of(address)?;
    Module::ALL.iter().find_map(|&module| {
        let above = port.checked_sub(module.default_port())?;
        let replica = u8::try_from(above / PORTS_APART).ok()?;
        let instance = Instance { module, replica };
        let served = || changes.targets.iter().any(|(other, _)| *other == instance);
        (above % PORTS_APART == 0 && (replica == 0 || served())).then_some(instance)
    })
}

fn port_of(address: &str) -> Option<u16> {
    address.rsplit(':').next()?.parse().ok()
}

fn copy(from: &Path, to: &Path) -> Result<(), DeployError> {
    let failed = |source| DeployError::Copy { path: to.to_owned(), source };
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        // Follows links, which might lead out of the copy.
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
