//! Asks promtool about configuration files.
//!
//! Used to check `monitoring/` before anything is started, and to learn from the real engine which
//! labels scraping would give a target, instead of imitating relabelling. Both lines are spoken to
//! with the flags that they share. It must not know which labels are right.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::process::{CommandLine, Output, ProcessError};
use super::prometheus_binary::PrometheusBinary;
use prom::series::Labels;

const CEILING: Duration = Duration::from_secs(60);
/// promtool waits this long for a file's targets, whatever it has found; longer ones are tried while
/// nothing was found.
const DISCOVERY_TIMES: [&str; 3] = ["250ms", "1s", "4s"];

/// One target of a scrape job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveredTarget {
    /// The labels before relabelling, `__address__` and the like included.
    pub discovered: Labels,
    /// The labels after relabelling, those with a leading `__` included, among which
    /// `__scrape_interval__` is the effective one; none if the target is dropped.
    pub relabelled: Option<Labels>,
}

impl DiscoveredTarget {
    /// The labels that every sample of the target gets; none if the target is dropped.
    #[must_use]
    pub fn labels(&self) -> Option<Labels> {
        let labels = self.relabelled.as_ref()?.iter();
        Some(labels.filter(|(name, _)| !name.starts_with("__")).collect())
    }
}

/// A job whose targets cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// promtool failed: the file is wrong or has no such job.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Its answer is not understood.
    #[error("`{command}` answers with something else than targets")]
    Answer {
        /// The command line.
        command: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Prometheus would refuse a target, e.g. for a timeout longer than its interval.
    #[error(
        "`{command}` refuses the target {discovered}; its interval, timeout or address is wrong, \
         and `promtool check config` says more"
    )]
    Refused {
        /// The command line.
        command: String,
        /// The target's labels before relabelling; 2.x does not tell them.
        discovered: Labels,
    },
}

/// Checks a Prometheus configuration with everything that it refers to.
///
/// # Errors
/// With promtool's own words, if it finds anything wrong.
pub async fn check_config(
    binary: &PrometheusBinary,
    config: &Path,
) -> Result<Output, ProcessError> {
    promtool(binary).args(["check", "config"]).arg(config).run(CEILING).await
}

/// Checks files of recording and alerting rules.
///
/// # Errors
/// With promtool's own words, if it finds anything wrong.
pub async fn check_rules(
    binary: &PrometheusBinary,
    files: &[&Path],
) -> Result<Output, ProcessError> {
    promtool(binary).args(["check", "rules"]).args(files).run(CEILING).await
}

/// Runs a unit test of rules within `ceiling`.
///
/// # Errors
/// With promtool's own words, if an expectation fails or a rule cannot be evaluated.
pub async fn test_rules(
    binary: &PrometheusBinary,
    test: &Path,
    ceiling: Duration,
) -> Result<Output, ProcessError> {
    promtool(binary).args(["test", "rules"]).arg(test).run(ceiling).await
}

/// The targets of `job` as Prometheus itself would discover and relabel them.
///
/// # Errors
/// If the configuration is wrong, has no such job, or one of its targets is refused.
pub async fn service_discovery(
    binary: &PrometheusBinary,
    config: &Path,
    job: &str,
) -> Result<Vec<DiscoveredTarget>, DiscoveryError> {
    for time in DISCOVERY_TIMES {
        let command = promtool(binary)
            .args(["check", "service-discovery"])
            .arg(format!("--timeout={time}"))
            .arg(config)
            .arg(job);
        let output = command.run(CEILING).await?;
        let targets = targets(&output.stdout, &command)?;
        if !targets.is_empty() {
            return Ok(targets);
        }
    }
    Ok(Vec::new())
}

fn promtool(binary: &PrometheusBinary) -> CommandLine {
    CommandLine::new(&binary.promtool)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SdCheckResult {
    discovered_labels: Labels,
    labels: Labels,
    /// A Go error, which is written as an empty object.
    error: Option<serde::de::IgnoredAny>,
}

fn targets(json: &str, command: &CommandLine) -> Result<Vec<DiscoveredTarget>, DiscoveryError> {
    let results: Vec<SdCheckResult> = serde_json::from_str(json)
        .map_err(|source| DiscoveryError::Answer { command: command.to_string(), source })?;
    results
        .into_iter()
        .map(|SdCheckResult { discovered_labels: discovered, labels, error }| match error {
            Some(_) => Err(DiscoveryError::Refused { command: command.to_string(), discovered }),
            None => {
                let relabelled = (!labels.is_empty()).then_some(labels);
                Ok(DiscoveredTarget { discovered, relabelled })
            }
        })
        .collect()
}
