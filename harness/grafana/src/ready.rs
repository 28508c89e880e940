//! Waiting for a Grafana that has just been started: its health, then its dashboards, which load in the background.
//!
//! What they should be, the files say; what is wrong with what came, `provisioned`.

use std::{collections::BTreeSet, time::Duration};

use monitoring::grafana::dashboard::Dashboard;
use stack::poll::{self, Pending, PollError};

use crate::client::{ClientError, Grafana, Health, Listed};

/// A fresh database takes 5 to 6 s on an idle machine.
const HEALTHY_CEILING: Duration = Duration::from_secs(120);
/// Dashboards come 0.1 s after it is healthy, changed ones after 10 s.
const LISTED_CEILING: Duration = Duration::from_secs(15);
const INTERVAL: Duration = Duration::from_millis(50);

/// Waits until it says that it is healthy.
///
/// # Errors
/// If it does not get so: the last thing that it said.
pub async fn healthy(grafana: &Grafana) -> Result<Health, ClientError> {
    let ready = poll::until(HEALTHY_CEILING, INTERVAL, || async {
        match grafana.health().await {
            Ok(health) if health.database == "ok" => Ok(health),
            Ok(health) => {
                Err(Pending::NotYet { status: format!("its database is {}", health.database) })
            }
            Err(error @ ClientError::Foreign { .. }) => Err(Pending::Failed(error)),
            Err(error) => Err(Pending::NotYet { status: error.to_string() }),
        }
    });
    match ready.await {
        Ok(health) => Ok(health),
        Err(PollError::Failed(error)) => Err(error),
        // Its own last word.
        Err(PollError::TimedOut { .. }) => grafana.health().await,
    }
}

/// Waits until every file's uid is listed; what is listed then, or at last.
///
/// # Errors
/// If it cannot be asked.
pub async fn listed(grafana: &Grafana, files: &[Dashboard]) -> Result<Vec<Listed>, ClientError> {
    let wanted: BTreeSet<&str> = files.iter().map(|file| file.uid.as_str()).collect();
    let all = poll::until(LISTED_CEILING, INTERVAL, || async {
        match grafana.dashboards().await {
            Ok(listed) => {
                let there: BTreeSet<&str> = listed.iter().map(|one| one.uid.as_str()).collect();
                let missing = wanted.difference(&there).count();
                if missing == 0 {
                    return Ok(listed);
                }
                Err(Pending::NotYet { status: format!("{missing} dashboards are missing") })
            }
            Err(error) => Err(Pending::Failed(error)),
        }
    });
    match all.await {
        Ok(listed) => Ok(listed),
        Err(PollError::Failed(error)) => Err(error),
        // What is missing is judged, not waited for.
        Err(PollError::TimedOut { .. }) => grafana.dashboards().await,
    }
}
