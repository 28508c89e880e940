//! Waiting for something outside this process to become true.
//!
//! Everything that waits for a server, a file or a lock calls [`until`], so that no test and no
//! road sleeps for a guessed time. A check answers at once with its result, with the reason why it
//! has none yet, or with an error that no waiting can mend. Ceilings should be long (a slow machine
//! is no failure) and intervals short (they are paid on every success).
//! It must not know what is waited for.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// Why a check has no result.
#[derive(Debug)]
pub enum Pending<E> {
    /// Not true yet; `status` says what was seen instead and ends up in [`PollError::TimedOut`].
    NotYet {
        /// What the check saw, as a lowercase fragment.
        status: String,
    },
    /// It can no longer become true, so the wait ends at once.
    Failed(E),
}

/// Why a wait ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum PollError<E> {
    /// The ceiling passed; the condition was never seen true.
    #[error("not true after {elapsed:.1?}; last seen: {status}")]
    TimedOut {
        /// How long was waited.
        elapsed: Duration,
        /// What the last finished check saw.
        status: String,
    },
    /// The check found that waiting is pointless.
    #[error(transparent)]
    Failed(E),
}

/// Repeats `check`, with `interval` between two attempts, until it yields a value.
///
/// The first attempt is made at once. A single attempt may not outlast the ceiling either: one that
/// hangs counts as not yet true.
///
/// # Errors
/// [`PollError::TimedOut`] after `ceiling`, [`PollError::Failed`] as soon as a check fails for good.
pub async fn until<T, E, F, C>(
    ceiling: Duration,
    interval: Duration,
    mut check: F,
) -> Result<T, PollError<E>>
where
    F: FnMut() -> C,
    C: Future<Output = Result<T, Pending<E>>>,
{
    let started = Instant::now();
    let deadline = started + ceiling;
    let mut last = String::from("the first check did not finish");
    loop {
        match timeout_at(deadline, check()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(Pending::Failed(error))) => return Err(PollError::Failed(error)),
            Ok(Err(Pending::NotYet { status })) => last = status,
            Err(_) => {}
        }
        if Instant::now() + interval >= deadline {
            return Err(PollError::TimedOut { elapsed: started.elapsed(), status: last });
        }
        sleep(interval).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CEILING: Duration = Duration::from_millis(40);
    const INTERVAL: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn the_first_true_answer_is_returned() {
        let mut attempts = 0;
        let outcome: Result<u32, PollError<()>> = until(Duration::from_secs(30), INTERVAL, || {
            attempts += 1;
            let answer = if attempts == 3 {
                Ok(attempts)
            } else {
                Err(Pending::NotYet { status: format!("attempt {attempts}") })
            };
            async { answer }
        })
        .await;
        assert_eq!(outcome.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_timeout_reports_the_last_status() {
        let outcome: Result<(), PollError<()>> = until(CEILING, INTERVAL, || async {
            Err(Pending::NotYet { status: "still closed".into() })
        })
        .await;
        let PollError::TimedOut { status, .. } = outcome.unwrap_err() else {
            panic!("not a timeout")
        };
        assert_eq!(status, "still closed");
    }

    #[tokio::test]
    async fn a_permanent_failure_ends_the_wait_at_once() {
        let mut attempts = 0;
        let outcome: Result<(), PollError<&str>> = until(Duration::from_secs(30), INTERVAL, || {
            attempts += 1;
            async { Err(Pending::Failed("it exited")) }
        })
        .await;
        assert!(matches!(outcome, Err(PollError::Failed("it exited"))));
        assert_eq!(attempts, 1);
    }

    #[tokio::test]
    async fn a_check_that_hangs_is_cut_off_at_the_ceiling() {
        let outcome: Result<(), PollError<()>> =
            until(CEILING, INTERVAL, std::future::pending).await;
        assert!(matches!(outcome, Err(PollError::TimedOut { .. })));
    }
}
