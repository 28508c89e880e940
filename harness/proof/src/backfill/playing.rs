//! A story that is played on as time passes: its history at once, then scrape by scrape.
//!
//! Made for a stack that goes on live where its history ends. A target is left once somebody else scrapes it. Who that
//! is, this does not know.

use sim::{time::Nanos, traffic::Arrival};

use super::{Play, Stage, WINDOW, Witness};
use stack::client::remote_write::{RemoteWriter, WriteError, Written};

/// A story under way in virtual time.
pub struct Playing<A, W> {
    stage: Stage<A, W>,
    reached: Nanos,
}

impl<A, W> std::fmt::Debug for Playing<A, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playing").field("reached", &self.reached).finish_non_exhaustive()
    }
}

/// A scrape that no target has any more.
const NEVER_MS: i64 = i64::MAX;

impl<A: Iterator<Item = Arrival>, W: Witness> Playing<A, W> {
    /// A story at its start; its duration is not looked at.
    pub fn new(play: Play<A>, witness: W) -> Playing<A, W> {
        Playing { stage: Stage::new(play, witness), reached: Nanos::ZERO }
    }

    /// Plays all scrapes before `until` and stores what they bring; `progress` hears the simulated time reached.
    ///
    /// # Errors
    /// If samples are not stored.
    pub async fn write_until(
        &mut self,
        until: Nanos,
        writer: &RemoteWriter,
        mut progress: impl FnMut(Nanos),
    ) -> Result<Written, WriteError> {
        let mut session = writer.session();
        while self.reached < until {
            self.reached = (self.reached + WINDOW).min(until);
            self.stage.push(self.reached, &mut session, &mut |_| true).await?;
            progress(self.reached);
        }
        session.finish().await
    }

    /// Scrapes a target no more, by its place among the play's targets; nothing is marked as stale.
    ///
    /// # Panics
    /// If there is no such target.
    pub fn leave(&mut self, nth: usize) {
        self.stage.next[nth] = NEVER_MS;
    }
}
