//! From servers that answer to a stack that observes: the first scrapes, the first evaluation, whom alerts go to.
//!
//! Readiness says nothing of any of them (Prometheus takes its targets over every 5 s), so each is asked for.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::{LiveStack, Timings};
use monitoring::Monitoring;
use stack::{
    client::prometheus::{ClientError, Prometheus},
    deploy::{self, Deployment},
    poll::{self, Pending, PollError},
};

const INTERVAL: Duration = Duration::from_millis(20);

/// A stack that does not begin to observe.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The ceiling has passed.
    #[error(
        "after {waited:.0?}, {missing}; see {url}/targets for what Prometheus says, and `prometheus.yml` for \
         what it should be"
    )]
    Missing {
        /// How long was waited.
        waited: Duration,
        /// What had not happened.
        missing: String,
        /// Prometheus.
        url: String,
    },
    /// Prometheus does not answer.
    #[error(transparent)]
    Ask(#[from] ClientError),
}

/// Whether something has happened; if not, what is missing.
type Seen = Result<(), String>;

pub(super) async fn wait(stack: &LiveStack, ceiling: Duration) -> Result<Timings, SettleError> {
    let client = stack.client();
    let expected = expected(stack.deployment());
    let expects_alertmanager = stack.alertmanager_url();
    let (scraped, discovered, evaluated) = tokio::try_join!(
        until(stack, ceiling, || scraped(&client, &expected)),
        async {
            match expects_alertmanager {
                Some(url) => {
                    // Where it is in the network of containers, only they know.
                    let url = (!stack.servers().is_contained()).then_some(url);
                    until(stack, ceiling, || discovered(&client, url)).await.map(Some)
                }
                None => Ok(None),
            }
        },
        until(stack, ceiling, || evaluated(&client)),
    )?;
    let timings = stack.timings();
    Ok(Timings { scraped: Some(scraped), discovered, evaluated: Some(evaluated), ..timings })
}

/// The addresses that the copy lists as it is now, edits included.
fn expected(deployment: &Deployment) -> BTreeSet<String> {
    let edited = Monitoring::load(deployment.directory());
    let listed = match &edited {
        Ok(edited) => deploy::addresses(edited),
        Err(_) => deploy::addresses(deployment.monitoring()),
    };
    listed.into_iter().collect()
}

/// How long after the beginning of the stack a question was first answered with yes.
async fn until<F: Future<Output = Result<Seen, ClientError>>>(
    stack: &LiveStack,
    ceiling: Duration,
    mut ask: impl FnMut() -> F,
) -> Result<Duration, SettleError> {
    let began: Instant = stack.began();
    let asked = poll::until(ceiling, INTERVAL, || {
        let asked = ask();
        async {
            match asked.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(status)) => Err(Pending::NotYet { status }),
                Err(error) => Err(Pending::Failed(error)),
            }
        }
    });
    match asked.await {
        Ok(()) => Ok(began.elapsed()),
        Err(PollError::Failed(error)) => Err(SettleError::Ask(error)),
        Err(PollError::TimedOut { elapsed: waited, status: missing }) => {
            let url = stack.prometheus_url().to_owned();
            Err(SettleError::Missing { waited, missing, url })
        }
    }
}

async fn scraped(client: &Prometheus, expected: &BTreeSet<String>) -> Result<Seen, ClientError> {
    let targets = client.targets().await?;
    let scraped: BTreeSet<&str> = targets
        .iter()
        .filter(|target| target.health != "unknown")
        .filter_map(|target| target.discovered_labels.get("__address__"))
        .collect();
    let missing: Vec<&str> =
        expected.iter().map(String::as_str).filter(|address| !scraped.contains(address)).collect();
    Ok(match missing.as_slice() {
        [] => Ok(()),
        missing => Err(format!("{} was not scraped yet", missing.join(", "))),
    })
}

async fn discovered(client: &Prometheus, url: Option<&str>) -> Result<Seen, ClientError> {
    let found = client.alertmanagers().await?;
    let is_it = |other: &String| url.is_none_or(|url| other.starts_with(&format!("{url}/")));
    let url = url.unwrap_or("Alertmanager");
    Ok(if found.iter().any(is_it) { Ok(()) } else { Err(format!("{url} is not discovered yet")) })
}

async fn evaluated(client: &Prometheus) -> Result<Seen, ClientError> {
    let groups = client.rules().await?;
    let mut rules = groups.iter().flat_map(|group| &group.rules);
    let any = groups.is_empty() || rules.any(|rule| rule.health != "unknown");
    Ok(if any { Ok(()) } else { Err("no rule was evaluated yet".to_owned()) })
}
