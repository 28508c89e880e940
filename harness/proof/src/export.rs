//! A scenario as a unit test of rules for `promtool test rules`, which needs neither Dashproof nor a server.
//!
//! The scenario is thinned to what such a test can hold: one interval for all samples and evaluations, no offsets.
//! What the alerts do in it is asked of a real engine on the same samples; promtool then confirms it or does not,
//! with a rule manager of its own: the cross-check of our state machine and of the way in which recording rules are
//! materialised.

mod file;
mod series;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use monitoring::RuleFile;
use prom::promql;
use scenario::Scenario;
use stack::{
    client::prometheus::{ClientError, Prometheus},
    process::ProcessError,
    prometheus_binary::PrometheusBinary,
    promtool,
    run_directory::{RunDirectory, RunDirectoryError},
};

use crate::{
    alert::{Timeline, TimelineError, timeline},
    verify::{Notice, Staged, Staging, Verifier, VerifyError},
};
pub use file::{RULES_FILE, TEST_FILE, rules_file, test_file};
pub use series::{InputSeries, NotOnGrid, values};

/// How long promtool may take.
const CEILING: Duration = Duration::from_secs(600);
/// How often rules are left out that promtool cannot hold.
const ATTEMPTS: usize = 8;

/// A unit test: rules, samples, and what the alerts do.
#[derive(Clone, Debug)]
pub struct UnitTest {
    /// Between samples and between evaluations, in milliseconds.
    pub interval_ms: i64,
    /// When it begins, in Unix milliseconds; promtool's time begins at 0.
    pub epoch_ms: i64,
    /// The rule files, without those rules that are left out.
    pub rules: Vec<RuleFile>,
    /// What is stored.
    pub series: Vec<InputSeries>,
    /// What each alert rule does.
    pub timelines: Vec<Timeline>,
    /// The rules that promtool cannot hold, with its reason.
    pub left_out: BTreeMap<String, String>,
}

/// Why there is no unit test.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The scenario could not be played.
    #[error(transparent)]
    Verify(Box<VerifyError>),
    /// A rule has no timeline.
    #[error(transparent)]
    Timeline(Box<TimelineError>),
    /// The engine does not answer.
    #[error(transparent)]
    Ask(#[from] ClientError),
    /// A sample lies between evaluations.
    #[error(transparent)]
    Grid(#[from] NotOnGrid),
    /// There is no place for the files.
    #[error(transparent)]
    Directory(#[from] RunDirectoryError),
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// promtool could not be asked.
    #[error(transparent)]
    Promtool(#[from] ProcessError),
}

impl From<VerifyError> for ExportError {
    fn from(error: VerifyError) -> ExportError {
        ExportError::Verify(Box::new(error))
    }
}

impl From<TimelineError> for ExportError {
    fn from(error: TimelineError) -> ExportError {
        ExportError::Timeline(Box::new(error))
    }
}

/// What promtool says of a unit test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// Every alert has, at every evaluation, the state that it has here.
    Confirmed,
    /// It has another one somewhere: promtool's words.
    Differs(String),
}

/// Plays a scenario every `interval_ms` and makes a unit test of it.
///
/// # Errors
/// If it could not be played or asked.
pub async fn unit_test(
    verifier: &Verifier,
    scenario: &Scenario,
    interval_ms: i64,
    notice: &mut impl FnMut(Notice),
) -> Result<UnitTest, ExportError> {
    let staging = Staging { thinned_ms: Some(interval_ms), ..Staging::default() };
    let staged = verifier.stage(scenario, &staging, notice).await?;
    let engine = staged.engine.client();
    let epoch_ms = scenario.epoch.as_millisecond();
    let last_ms = epoch_ms + scenario.duration.as_millis() as i64 - 1;
    let rules = verifier.files.monitoring.rules.clone();
    let grid = series::Grid { epoch_ms, interval_ms, last_ms };
    let series = series::read(&engine, &metrics(&rules), grid).await?;
    let timelines = timelines(&staged, &engine).await?;
    staged.engine.stop().await;
    Ok(UnitTest { interval_ms, epoch_ms, rules, series, timelines, left_out: BTreeMap::new() })
}

async fn timelines(staged: &Staged, engine: &Prometheus) -> Result<Vec<Timeline>, TimelineError> {
    let mut found = Vec::new();
    for rule in &staged.alerts {
        found.push(timeline(rule, engine).await?);
    }
    Ok(found)
}

/// The metrics that rules read and no rule records.
fn metrics(rules: &[RuleFile]) -> BTreeSet<String> {
    let all = || rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    let recorded: BTreeSet<&str> = all().map(|rule| rule.name()).collect();
    let selected = all().flat_map(|rule| promql::selectors(&rule.expr).unwrap_or_default());
    let names = selected.flat_map(|selector| match selector.metrics {
        promql::MetricNames::Listed(names) => names,
        promql::MetricNames::Pattern(_) | promql::MetricNames::Variable => Vec::new(),
    });
    names.filter(|name| !recorded.contains(name.as_str())).collect()
}

impl UnitTest {
    /// Writes the test and its rules into a directory; the path of the test.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, directory: &Path) -> Result<PathBuf, ExportError> {
        let write = |name: &str, text: String| {
            let path = directory.join(name);
            let failed = |source| ExportError::Write { path: path.clone(), source };
            fs::write(&path, text).map_err(failed).map(|()| path.clone())
        };
        write(RULES_FILE, rules_file(&self.rules))?;
        write(TEST_FILE, test_file(self))
    }

    /// Lets promtool run it. Rules that load more samples than promtool's engine permits are left out, with those that
    /// read them, and are named in `left_out`.
    ///
    /// # Errors
    /// If promtool could not be asked.
    pub async fn confirm(
        &mut self,
        binary: &PrometheusBinary,
        environment: &stack::environment::Environment,
    ) -> Result<Confirmation, ExportError> {
        let directory = RunDirectory::create(environment)?;
        for _ in 0..ATTEMPTS {
            let test = self.write(directory.path())?;
            let said = match promtool::test_rules(binary, &test, CEILING).await {
                Ok(_) => return Ok(Confirmation::Confirmed),
                Err(ProcessError::Failed { output, .. }) => output,
                Err(error) => return Err(error.into()),
            };
            let too_large = too_large(&said);
            if too_large.is_empty() {
                return Ok(Confirmation::Differs(said));
            }
            self.leave_out(too_large);
        }
        Ok(Confirmation::Differs("rules were left out again and again".to_owned()))
    }

    /// Leaves out rules and those that read them.
    fn leave_out(&mut self, mut names: BTreeMap<String, String>) {
        loop {
            let all =
                self.rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
            let readers: BTreeMap<String, String> = all
                .filter(|rule| !names.contains_key(rule.name()))
                .filter_map(|rule| {
                    let read = promql::selectors(&rule.expr).unwrap_or_default();
                    let reads = |name: &&String| read.iter().any(|s| s.metrics.may_select(name));
                    let read = names.keys().find(reads)?;
                    Some((rule.name().to_owned(), format!("it reads {read}, which is left out")))
                })
                .collect();
            if readers.is_empty() {
                break;
            }
            names.extend(readers);
        }
        for group in self.rules.iter_mut().flat_map(|file| &mut file.groups) {
            group.rules.retain(|rule| !names.contains_key(rule.name()));
        }
        self.timelines.retain(|timeline| !names.contains_key(&timeline.rule.name));
        self.left_out.extend(names);
    }
}

/// The rules of which promtool says that they load too many samples.
fn too_large(said: &str) -> BTreeMap<String, String> {
    let rule = |line: &str| {
        let (_, rest) = line.split_once("rule: ")?;
        let (name, rest) = rest.split_once(',')?;
        rest.contains("too many samples").then(|| {
            let why = "it loads more than the 10,000 samples that promtool permits".to_owned();
            (name.trim().to_owned(), why)
        })
    };
    said.lines().filter_map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_promtool_cannot_hold_are_read_from_its_words() {
        let said = "  FAILED:\n    rule: module:x:rate1d, time: 1h2m0s, err: query processing would load too many \
                    samples into memory in query execution\n    expr: \"ALERTS\", time: 5m";
        assert_eq!(too_large(said).keys().collect::<Vec<_>>(), ["module:x:rate1d"]);
        assert!(too_large("expr: \"ALERTS\"").is_empty());
    }
}
