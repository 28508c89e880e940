//! Plays scenarios side by side, until all are judged or somebody stops it.
//!
//! Outcomes come in the order of the scenarios, whatever order they end in. A scenario that cannot be judged stops no
//! other. Whoever stops the run gets what was judged so far; servers under way are ended first.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use sim::incident::Incident;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

use super::{Failure, failure, progress::Progress, terminal};
use live::LiveRoad;
use proof::{
    backfill::rules::RuleError,
    verify::{EngineChoice, Verifier, VerifyError},
};
use scenario::Scenario;

use crate::report::{End, Outcome};

/// What to do with a database that refuses samples for their age.
const TOO_OLD: &str = "it takes no samples that are much older than its newest, so none of an earlier time after another run (--earlier) either: allow them with `storage: {tsdb: {out_of_order_time_window: 10y}}` in its configuration, or use an empty Prometheus with --storage.tsdb.min-block-duration=74h --storage.tsdb.max-block-duration=74h --storage.tsdb.retention.time=100y";

/// Hears Ctrl-C and the like. The first lets the run end in order; the second ends the process at once, and watchdogs
/// end its servers.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    pub(super) fn listen() -> Result<Stop, Failure> {
        let failed = |error| Failure::new(format!("cannot listen for signals: {error}"), "");
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let (told, stop) = watch::channel(false);
        tokio::spawn(async move {
            for again in [false, true] {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if again {
                    terminal::restore();
                    std::process::exit(i32::from(
                        crate::report::Conclusion::Interrupted.exit_code(),
                    ));
                }
                // Without a listener there is nothing left to stop.
                let _ = told.send(true);
            }
        });
        Ok(Stop(stop))
    }

    /// Ends when the run is to stop.
    pub(super) async fn wanted(&mut self) {
        if self.0.wait_for(|wanted| *wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A scenario to play, with the incidents that were cut from it.
pub(super) type Waiting = (Scenario, Vec<Incident>);

/// Plays `waiting`, `jobs` at a time; whether it was stopped.
pub(super) async fn play(
    judge: &Judge,
    waiting: Vec<Waiting>,
    jobs: usize,
    progress: &Progress,
    stop: &mut Stop,
) -> (Vec<Outcome>, bool) {
    let mut outcomes: Vec<Outcome> = waiting
        .into_iter()
        .map(|(scenario, cut)| Outcome { scenario, cut, end: End::Interrupted })
        .collect();
    let mut queue: Vec<usize> = (0..outcomes.len()).collect();
    // The longest first, so that no job waits at the end for one that began late.
    queue.sort_by_key(|&index| std::cmp::Reverse(outcomes[index].scenario.duration));
    if let Judge::Backfill(verifier) = judge
        && let EngineChoice::External(_) = verifier.tools.choice
    {
        // A database that all share takes samples in the order of time.
        queue.sort_by_key(|&index| outcomes[index].scenario.epoch);
    }
    let mut queue = VecDeque::from(queue);
    let mut under_way = JoinSet::new();
    let mut interrupted = false;
    loop {
        while under_way.len() < jobs.max(1)
            && let Some(index) = queue.pop_front()
        {
            let (judge, scenario) = (judge.clone(), outcomes[index].scenario.clone());
            let progress = progress.clone();
            under_way.spawn(async move { (index, judge.end(&scenario, &progress).await) });
        }
        tokio::select! {
            joined = under_way.join_next() => match joined {
                None => break,
                Some(Ok((index, end))) => {
                    if let End::Judged { report, .. } = &end {
                        // Real time has an epoch of its own.
                        outcomes[index].scenario.epoch = report.epoch;
                    }
                    outcomes[index].end = end;
                }
                Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            },
            () = stop.wanted() => {
                interrupted = true;
                // Waits until each has dropped its servers.
                under_way.shutdown().await;
                break;
            }
        }
    }
    (outcomes, interrupted)
}

/// Which road scenarios take.
#[derive(Clone, Debug)]
pub(super) enum Judge {
    /// Virtual time.
    Backfill(Arc<Verifier>),
    /// Real time.
    Live(Arc<LiveRoad>),
}

impl Judge {
    async fn end(&self, scenario: &Scenario, progress: &Progress) -> End {
        let began = Instant::now();
        let line = progress.begin(&scenario.name);
        let mut notice = |notice| line.notice(&notice);
        let judged = match self {
            Judge::Backfill(verifier) => verifier.verify(scenario, &mut notice).await,
            Judge::Live(road) => road.verify(scenario, &mut notice).await,
        };
        let end = match judged {
            Ok(report) => End::Judged { report, seconds: began.elapsed().as_secs_f64() },
            Err(error) => {
                End::NotJudged { error: failure::chain(&error), remedy: remedy(&error).to_owned() }
            }
        };
        progress.end(&line, &scenario.name, &end);
        end
    }
}

/// What can be done where a scenario could not be judged.
pub(super) fn remedy(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::Source { .. } | VerifyError::Trace { .. } => {
            "correct the trace, or name another: --trace FILE or --trace-dir DIR"
        }
        VerifyError::Targets(_) => {
            "correct prometheus/prometheus.yml and its targets; `promtool check config` says more"
        }
        VerifyError::Start(_) => {
            "name another Prometheus (--prometheus PATH), or another temporary directory (TMPDIR=DIR)"
        }
        VerifyError::External(error) => error.remedy(),
        VerifyError::Dropped { .. } => {
            "let it keep old samples: VictoriaMetrics with -retentionPeriod=100y, Prometheus with --storage.tsdb.retention.time=100y"
        }
        VerifyError::Write(error) if error.is_too_old() => TOO_OLD,
        VerifyError::Rules(RuleError::Write { source, .. }) if source.is_too_old() => TOO_OLD,
        VerifyError::Write(_) | VerifyError::Ask(_) => {
            "Prometheus may have run out of memory or disk: try --jobs 1, a shorter --duration, or --keep to see its log"
        }
        VerifyError::Live(error) => error.remedy,
        VerifyError::Rules(_) | VerifyError::Alerts(_) => {
            "correct the rules; `promtool check rules` says more"
        }
    }
}
