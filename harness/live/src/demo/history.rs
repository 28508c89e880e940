//! The story so far in a Prometheus that then goes on with the real configuration.
//!
//! While samples are written it has neither jobs nor rules, since whatever it recorded itself would be newer than what
//! is to come. Recording rules are evaluated as soon as their past is there. Alerts have no history: they begin with
//! the rule manager.

use std::time::Duration;

use sim::time::Nanos;

use super::{
    Setting, Step,
    phases::{self, PhaseError, ScrapedTarget},
    seam::{Bridge, SeamError},
    unix_ms,
};
use proof::backfill::{
    NoWitness, Play, Playing,
    rules::{self, RuleError},
};
use scenario::SourceError;
use stack::{
    backend::Started,
    client::{
        prometheus::Prometheus,
        remote_write::{RemoteWriter, WriteError},
    },
    native::{Options, StartError},
};

/// How much longer than its history a run may be before samples of its beginning leave memory.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Why there is no stack with a history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// When targets are scraped is not known.
    #[error(transparent)]
    Phases(#[from] PhaseError),
    /// The scenario has no requests.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Prometheus did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It did not take the history.
    #[error("the history was not stored")]
    Write(#[from] WriteError),
    /// A recording rule could not be evaluated.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The seam could not be bridged.
    #[error(transparent)]
    Seam(#[from] SeamError),
}

/// A Prometheus with a history, which runs with the real configuration, and what bridges the time until it scrapes.
///
/// # Errors
/// If any part of it fails; then nothing is left running.
pub async fn write(
    setting: &Setting<'_>,
    mut notice: impl FnMut(Step),
) -> Result<(Started, Bridge), HistoryError> {
    notice(Step::Phases);
    let targets = phases::targets(setting).await?;
    let so_far = setting.clock.now();
    let span = Duration::from_nanos(so_far.0).saturating_add(LONGEST);
    let real = Options { span, ..setting.options.clone() };
    let options = Options { config: None, ..real.clone() };
    let mut server = setting.stack.prometheus(setting.environment, &options).await?;
    let writer = server.writer();
    let mut playing = Playing::new(play(setting, &targets)?, NoWitness);
    playing
        .write_until(so_far, &writer, |reached| notice(Step::History { reached, of: so_far }))
        .await?;
    notice(Step::Rules);
    let client = server.client();
    // The second time for what passed meanwhile, so that the rule manager goes on within an interval.
    let mut recorded = Nanos::ZERO;
    for until in [Some(so_far), None] {
        let until = until.unwrap_or_else(|| setting.clock.now());
        playing.write_until(until, &writer, |_| ()).await?;
        record(setting, (recorded, until), &client, &writer).await?;
        recorded = until;
    }
    notice(Step::Starting);
    server.restart_as(&real).await?;
    let bridge = Bridge::new(playing, targets, setting.clock, server.url());
    Ok((server, bridge))
}

fn play(
    setting: &Setting<'_>,
    targets: &[ScrapedTarget],
) -> Result<Play<scenario::Source>, SourceError> {
    let pair = |target: &ScrapedTarget| (target.instance, target.config.clone());
    Ok(Play {
        engine: setting.scenario.engine()?,
        replicas: setting.scenario.replicas,
        epoch_ms: setting.clock.epoch_unix_ms(),
        duration: Nanos::NEVER,
        targets: targets.iter().map(pair).collect(),
        lie: None,
        thinning: None,
    })
}

/// Evaluates the recording rules within a span of the story. Where a group's evaluations lie within its interval is a
/// hash in Prometheus; its results are levels, for which that makes no difference.
async fn record(
    setting: &Setting<'_>,
    (from, until): (Nanos, Nanos),
    client: &Prometheus,
    writer: &RemoteWriter,
) -> Result<(), RuleError> {
    let span = (unix_ms(&setting.clock, from), unix_ms(&setting.clock, until));
    let default_ms = setting.deployed.config.evaluation_interval_ms;
    let rules = rules::recording_rules(&setting.deployed.rules, default_ms, span, |_, _, _| {
        setting.clock.epoch_unix_ms()
    });
    rules::materialise(&rules, client, writer, |_| ()).await
}
