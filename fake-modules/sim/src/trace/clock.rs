//! From the times that rows state to time since the first row.
//!
//! Time may stand still but not go back, except where a trace is declared to join several recordings,
//! each of which counts from its own start.

use crate::time::Nanos;

/// The progress of a trace's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    joined: bool,
    /// Where the present recording starts, since the first row.
    start: Nanos,
    /// Stated time of the recording's first row.
    first: Nanos,
    /// Stated time of the latest row, and its line.
    latest: Nanos,
    latest_line: u64,
    n_rows: u64,
}

/// A row that lies before the one it follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backwards {
    pub(super) by: Nanos,
    pub(super) after_line: u64,
}

impl Clock {
    pub(super) fn new(joined: bool) -> Clock {
        Clock { joined, ..Clock::default() }
    }

    /// Time since the first row of the trace for a row that states `time`.
    pub(super) fn place(&mut self, time: Nanos, line: u64) -> Result<Nanos, Backwards> {
        if self.n_rows == 0 {
            self.first = time;
        } else if time < self.latest {
            let by = Nanos(self.latest.0 - time.0);
            let counted = self.latest.0 - self.first.0;
            // A new recording falls back to about its start; a small step back is a fault even here.
            if !self.joined || by.0 <= counted / 2 {
                return Err(Backwards { by, after_line: self.latest_line });
            }
            // As far after the last row as its rows are apart on average.
            self.start += Nanos(counted + counted / (self.n_rows - 1).max(1));
            self.first = time;
            self.n_rows = 0;
        }
        self.latest = time;
        self.latest_line = line;
        self.n_rows += 1;
        Ok(self.start + Nanos(time.0 - self.first.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_counts_from_the_first_row_and_may_stand_still() {
        let mut clock = Clock::new(false);
        let placed: Vec<u64> =
            [70, 70, 75].map(|t| clock.place(Nanos(t), t).expect("in order").0).into();
        assert_eq!(placed, [0, 0, 5]);
        let error = clock.place(Nanos(74), 9).expect_err("backwards");
        assert_eq!((error.by, error.after_line), (Nanos(1), 75));
    }

    #[test]
    fn joined_recordings_follow_each_other() {
        let mut clock = Clock::new(true);
        let placed: Vec<u64> =
            [10, 20, 30, 0, 5, 11, 1].map(|t| clock.place(Nanos(t), t).expect("in order").0).into();
        assert_eq!(placed, [0, 10, 20, 30, 35, 41, 46]);
        clock.place(Nanos(11), 8).expect("in order");
        assert!(clock.place(Nanos(9), 9).is_err(), "a small step back is no new recording");
    }
}
