//! The workers of a campaign: each has an engine of its own and takes one run after the other.
//!
//! Runs are taken in the order of time, as an engine accepts nothing that is much older than what it has. Records come
//! back in the order of the plan, whoever made them. Who stops the work gets what is complete.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::mpsc, task::JoinSet};

use super::{error::CampaignError, plan::Run, record::Record, setup::Campaign, stage::Stage};

/// What came of a campaign.
#[derive(Debug)]
pub struct Work {
    /// Complete runs, in the order of the plan.
    pub records: Vec<Record>,
    /// The engines with the runs that each still holds, for further questions; none after an interruption.
    pub stages: Vec<(Stage, Vec<Run>)>,
    /// Whether it was stopped before all runs were complete.
    pub interrupted: bool,
}

/// Lets `workers` workers do all runs; `progress` hears of each that is complete, `stop` ends the work.
///
/// # Errors
/// The first run that could not be done.
pub async fn work(
    campaign: &Arc<Campaign>,
    workers: usize,
    mut progress: impl FnMut(&Record),
    stop: impl Future<Output = ()>,
) -> Result<Work, CampaignError> {
    let queue = Arc::new(Mutex::new(VecDeque::from(campaign.runs.clone())));
    let (done, mut complete) = mpsc::channel(workers.max(1));
    let mut crew = JoinSet::new();
    for _ in 0..workers.clamp(1, campaign.runs.len().max(1)) {
        crew.spawn(worker(Arc::clone(campaign), Arc::clone(&queue), done.clone()));
    }
    drop(done);
    let mut work = Work { records: Vec::new(), stages: Vec::new(), interrupted: false };
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            Some(record) = complete.recv() => {
                progress(&record);
                work.records.push(record);
            }
            joined = crew.join_next() => match joined {
                None => break,
                Some(Ok(Ok(stage))) => work.stages.push(stage),
                Some(Ok(Err(error))) => {
                    // Waits until each has dropped its server.
                    crew.shutdown().await;
                    return Err(error);
                }
                Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            },
            () = &mut stop => {
                work.interrupted = true;
                crew.shutdown().await;
                while let Some(record) = complete.recv().await {
                    work.records.push(record);
                }
                work.stages.clear();
                break;
            }
        }
    }
    work.records.sort_by_key(|record| record.run);
    Ok(work)
}

async fn worker(
    campaign: Arc<Campaign>,
    queue: Arc<Mutex<VecDeque<Run>>>,
    done: mpsc::Sender<Record>,
) -> Result<(Stage, Vec<Run>), CampaignError> {
    let mut stage = Stage::start(campaign).await?;
    let mut runs = Vec::new();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(run) = next else { return Ok((stage, runs)) };
        let record = stage.run(&run).await?;
        runs.push(run);
        if done.send(record).await.is_err() {
            return Ok((stage, runs));
        }
    }
}
