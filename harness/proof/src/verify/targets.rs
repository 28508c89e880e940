//! Who is scraped: the targets of the shipped configuration, with the labels that the real engine gives them.
//!
//! `promtool check service-discovery` is asked, so that a label which relabelling forgot is missing here too. Extra
//! copies of a module are extra addresses in a copy of the configuration; nothing else is changed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sim::{
    label::Label,
    rng::{Rng, Stream},
    world::{Instance, Module, PORTS_APART},
};

use monitoring::{Job, Monitoring, TargetGroup, files};
use prom::{duration, version::Line};
use scrape::Intake;
use stack::{
    prometheus_binary::PrometheusBinary,
    promtool::{self, DiscoveryError},
};

use crate::backfill::TargetConfig;

/// Servers that are up throughout and whose own metrics are not simulated: Prometheus, Alertmanager.
const SERVERS: [&str; 2] = [":9090", ":9093"];

/// How scrapes lie on the time axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Each target has its own phase, drawn from this seed, never 0.
    Seeded(u64),
    /// Every target is scraped on the multiples of its interval, where windows of 2.x and 3.x differ.
    Aligned,
}

/// Why the targets are not known.
#[derive(Debug, thiserror::Error)]
pub enum TargetsError {
    /// A copy of the configuration could not be made.
    #[error("cannot write a copy of the configuration at {path}")]
    Copy {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// promtool did not answer.
    #[error("the targets of job `{job}` are not known")]
    Discovery {
        /// The job.
        job: String,
        /// Why.
        #[source]
        source: DiscoveryError,
    },
    /// A module is asked where it does not answer.
    #[error(
        "job `{job}` of {config} scrapes {url}, where the simulated modules do not answer: they serve http and /metrics"
    )]
    Elsewhere {
        /// The configuration.
        config: PathBuf,
        /// The job.
        job: String,
        /// What it scrapes.
        url: String,
    },
    /// A module is not scraped.
    #[error(
        "no target of {config} has port {port}, so {module} would not be scraped; the simulated {module} listens on \
         port {port}: add its address to the job's targets"
    )]
    Missing {
        /// The configuration.
        config: PathBuf,
        /// The module.
        module: Module,
        /// Its port.
        port: u16,
    },
}

/// The targets, and what was changed to get them (in words, for the report).
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Module copies, and servers whose own metrics are not simulated as `None`.
    pub targets: Vec<(Option<Instance>, TargetConfig)>,
    /// Differences from the shipped configuration.
    pub changed: Vec<String>,
}

impl Targets {
    /// The same targets, each with its own phase.
    #[must_use]
    pub fn with_phase(mut self, phase: Phase) -> Targets {
        const PHASES: Stream = Stream::named("scrape phases");
        for (nth, (_, config)) in self.targets.iter_mut().enumerate() {
            config.phase_ms = match phase {
                Phase::Aligned => 0,
                Phase::Seeded(seed) => {
                    1 + Rng::new(seed, PHASES.nth(nth as u64)).below(config.interval_ms as u64 - 1)
                        as i64
                }
            };
        }
        self
    }
}

/// The targets of `monitoring` with `replicas` copies of each module, all in phase.
///
/// # Errors
/// If promtool does not answer, or a module is not among the targets.
pub async fn targets(
    monitoring: &Monitoring,
    binary: &PrometheusBinary,
    replicas: [u8; 3],
) -> Result<Targets, TargetsError> {
    let mut found = Targets::default();
    let shipped = monitoring.config.file.parent().unwrap_or(Path::new("")).to_owned();
    let copy = if replicas.iter().any(|copies| *copies > 1) {
        Some(copy_with_replicas(&shipped, monitoring, replicas, &mut found.changed)?)
    } else {
        None
    };
    let directory = copy.as_ref().map_or(shipped.as_path(), |copy| copy.path());
    let file = directory.join(monitoring.config.file.file_name().unwrap_or_default());
    for job in &monitoring.config.jobs {
        let discovered = promtool::service_discovery(binary, &file, &job.name)
            .await
            .map_err(|source| TargetsError::Discovery { job: job.name.clone(), source })?;
        for target in discovered {
            let Some(labels) = target.labels() else { continue };
            let address = target.discovered.get("__address__").unwrap_or_default();
            let instance = instance_at(address, replicas);
            let of = |label: &str| target.discovered.get(label).unwrap_or_default().to_owned();
            let (scheme, path) = (of("__scheme__"), of("__metrics_path__"));
            if instance.is_some() && (scheme != "http" || path != "/metrics") {
                return Err(TargetsError::Elsewhere {
                    config: monitoring.config.file.clone(),
                    job: job.name.clone(),
                    url: format!("{scheme}://{address}{path}"),
                });
            }
            if instance.is_none() && !SERVERS.iter().any(|port| address.ends_with(port)) {
                continue;
            }
            let labels =
                labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let mut config = config(job, labels, binary.version.line());
            let meta = |name: &str| duration_of(target.relabelled.as_ref()?.get(name)?);
            config.interval_ms = meta("__scrape_interval__").unwrap_or(config.interval_ms);
            config.timeout_ms = meta("__scrape_timeout__").unwrap_or(config.timeout_ms);
            found.targets.push((instance, config));
        }
    }
    for &module in Module::ALL {
        let port = module.default_port();
        if !found
            .targets
            .iter()
            .any(|(instance, _)| instance.is_some_and(|found| found.module == module))
        {
            return Err(TargetsError::Missing {
                config: monitoring.config.file.clone(),
                module,
                port,
            });
        }
    }
    Ok(found)
}

/// A duration in a label, in milliseconds; Prometheus would refuse the target if it were none.
fn duration_of(text: &str) -> Option<i64> {
    duration::parse(text).ok().filter(|millis| 0 < *millis)
}

/// What the job says; a target's labels may say otherwise.
fn config(job: &Job, labels: Vec<(String, String)>, line: Line) -> TargetConfig {
    TargetConfig {
        labels,
        interval_ms: job.scrape_interval_ms,
        timeout_ms: job.scrape_timeout_ms,
        phase_ms: 0,
        // What is not emulated is named as unproven.
        intake: Intake::as_far_as_emulated(job, line),
    }
}

/// The module copy that listens at an address, by its port.
fn instance_at(address: &str, replicas: [u8; 3]) -> Option<Instance> {
    let port: u16 = address.rsplit(':').next()?.parse().ok()?;
    Module::ALL.iter().find_map(|&module| {
        let replica = (port.checked_sub(module.default_port())?) / PORTS_APART;
        let on_grid = port == module.default_port() + replica * PORTS_APART;
        let replica = u8::try_from(replica).ok()?;
        (on_grid && replica < replicas[module.index()]).then_some(Instance { module, replica })
    })
}

/// A copy of the directory in which each module has as many addresses as copies.
fn copy_with_replicas(
    shipped: &Path,
    monitoring: &Monitoring,
    replicas: [u8; 3],
    changed: &mut Vec<String>,
) -> Result<tempfile::TempDir, TargetsError> {
    let copy = tempfile::Builder::new()
        .prefix("dashproof-config-")
        .tempdir()
        .map_err(|source| TargetsError::Copy { path: std::env::temp_dir(), source })?;
    copy_directory(shipped, copy.path())?;
    for job in &monitoring.config.jobs {
        for file in job.file_sd.iter().flat_map(|pattern| files::expand(copy.path(), pattern)) {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let Ok(mut groups) = monitoring::targets::parse(&file, &text) else { continue };
            let addresses: Vec<String> =
                groups.iter_mut().flat_map(|group| with_replicas(group, replicas)).collect();
            if addresses.is_empty() {
                continue;
            }
            fs::write(&file, monitoring::targets::text(&file, &groups))
                .map_err(|source| TargetsError::Copy { path: file.clone(), source })?;
            let name = file.strip_prefix(copy.path()).unwrap_or(&file).display();
            changed.push(format!("{name}: {}", addresses.join(", ")));
        }
    }
    Ok(copy)
}

/// Adds the addresses of further copies after that of the first; the addresses of modules with copies.
fn with_replicas(group: &mut TargetGroup, replicas: [u8; 3]) -> Vec<String> {
    let (mut targets, mut changed) = (Vec::new(), Vec::new());
    for address in &group.targets {
        let first = Module::ALL.iter().find_map(|&module| {
            let host = address.strip_suffix(&format!(":{}", module.default_port()))?;
            Some((host, module.default_port(), u16::from(replicas[module.index()])))
        });
        let Some((host, port, copies)) = first.filter(|(_, _, copies)| 1 < *copies) else {
            targets.push(address.clone());
            continue;
        };
        let all = (0..copies).map(|nth| format!("{host}:{}", port + nth * PORTS_APART));
        changed.extend(all.clone());
        targets.extend(all);
    }
    group.targets = targets;
    changed
}

fn copy_directory(from: &Path, to: &Path) -> Result<(), TargetsError> {
    let error = |source| TargetsError::Copy { path: to.to_owned(), source };
    for entry in fs::read_dir(from).map_err(error)? {
        let entry = entry.map_err(error)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(error)?.is_dir() {
            fs::create_dir_all(&target).map_err(error)?;
            copy_directory(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(error)?;
        }
    }
    Ok(())
}
