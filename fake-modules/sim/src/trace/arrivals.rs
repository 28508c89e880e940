//! A trace as traffic: its window of time, faster or slower, once or over and over.
//!
//! What a trace does not record comes from a profile: tenants (by session where rows name one, else drawn)
//! and hits of the provider's prompt cache.

use super::{Rows, TraceError, TraceSource};
use crate::{
    rng::{self, Rng, Stream},
    sample::Weighted,
    time::Nanos,
    traffic::{Arrival, Profile, PromptCache},
};

const TENANTS: Stream = Stream::named("trace tenants");

/// How a trace is replayed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TraceOptions {
    /// How many times faster than recorded; 2 doubles the rate. Finite and above 0.
    pub speed: f64,
    /// Where the replay starts, in recorded time since the first row.
    pub from: Nanos,
    /// Where it ends, exclusive; `None` is the trace's end.
    pub to: Option<Nanos>,
    /// Start again at the end, without end: who consumes the arrivals stops.
    pub looped: bool,
    /// Whose tenants and prompt cache apply.
    pub profile: Profile,
    /// The seed of what the trace does not record.
    pub seed: u64,
}

/// The requests of a trace in order of time; the first error is the last item.
#[derive(Debug)]
pub struct TraceArrivals {
    source: TraceSource,
    options: TraceOptions,
    rows: Rows,
    lap: Lap,
    tenant_shares: Weighted,
    tenants: Rng,
    prompt_cache: PromptCache,
    ended: bool,
}

/// The progress of one pass over the window, in recorded time.
#[derive(Clone, Copy, Debug, Default)]
struct Lap {
    /// What earlier laps took.
    offset: Nanos,
    n_rows: u64,
    first: Nanos,
    last: Nanos,
}

impl Lap {
    /// What the lap takes: to the window's end, or to where one more row would stand in a trace that ends before.
    fn length(&self, options: &TraceOptions, passed_window: bool) -> Nanos {
        if let Some(to) = options.to
            && passed_window
        {
            return Nanos(to.0 - options.from.0);
        }
        let mean_gap = match self.last.0 - self.first.0 {
            // A second stands in where all rows share one instant.
            0 => Nanos::SECOND.0,
            span => (span / (self.n_rows - 1)).max(1),
        };
        Nanos(self.last.0 - options.from.0) + Nanos(mean_gap)
    }
}

impl TraceArrivals {
    /// Opens the trace for replay.
    ///
    /// # Errors
    /// If the trace cannot be opened or has no header.
    ///
    /// # Panics
    /// If the speed is not a finite number above 0.
    pub fn open(source: TraceSource, options: TraceOptions) -> Result<TraceArrivals, TraceError> {
        assert!(options.speed.is_finite() && 0.0 < options.speed, "a speed above 0");
        let parameters = options.profile.parameters();
        Ok(TraceArrivals {
            rows: source.rows()?,
            source,
            options,
            lap: Lap::default(),
            tenant_shares: Weighted::zipf(parameters.tenant_skew, u32::from(parameters.tenants)),
            tenants: Rng::new(options.seed, TENANTS),
            prompt_cache: PromptCache::new(parameters.prompt_cache_token_share, options.seed),
            ended: false,
        })
    }

    /// The next request, `None` at the end of a trace that is not looped.
    fn advance(&mut self) -> Result<Option<Arrival>, TraceError> {
        let mut latest = Nanos(0);
        loop {
            let row = self.rows.next().transpose()?;
            let passed_window =
                row.is_some_and(|row| self.options.to.is_some_and(|to| to <= row.at));
            match row {
                Some(row) if !passed_window => {
                    latest = row.at;
                    if self.options.from <= row.at {
                        return Ok(Some(self.arrival(&row)));
                    }
                }
                _ => {
                    self.end_lap(passed_window, latest)?;
                    if !self.options.looped {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn end_lap(&mut self, passed_window: bool, latest: Nanos) -> Result<(), TraceError> {
        let TraceOptions { from, to, .. } = self.options;
        if self.lap.n_rows == 0 {
            let path = self.source.path().to_owned();
            let in_window = from == Nanos(0) && to.is_none_or(|to| Nanos(0) < to);
            return Err(match in_window {
                // Every row is in such a window, so there was none.
                true => TraceError::Empty { path },
                false => TraceError::EmptyWindow { path, from, to, last: latest },
            });
        }
        if self.options.looped {
            let offset = self.lap.offset + self.lap.length(&self.options, passed_window);
            self.lap = Lap { offset, ..Lap::default() };
            self.rows = self.source.rows()?;
        }
        Ok(())
    }

    fn arrival(&mut self, row: &super::Row) -> Arrival {
        if self.lap.n_rows == 0 {
            self.lap.first = row.at;
        }
        self.lap.n_rows += 1;
        self.lap.last = row.at;
        let recorded = self.lap.offset + Nanos(row.at.0 - self.options.from.0);
        // A division by 1 would round instants beyond 104 days to doubles.
        let at = match self.options.speed {
            1.0 => recorded,
            speed => Nanos((recorded.0 as f64 / speed) as u64),
        };
        let bits = match row.session {
            Some(session) => rng::mix(session ^ self.options.seed),
            None => self.tenants.next_u64(),
        };
        Arrival {
            at,
            tenant: self.tenant_shares.at_bits(bits) as u16,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cached_input_tokens: self.prompt_cache.draw(row.input_tokens),
        }
    }
}

impl Iterator for TraceArrivals {
    type Item = Result<Arrival, TraceError>;

    fn next(&mut self) -> Option<Result<Arrival, TraceError>> {
        if self.ended {
            return None;
        }
        let next = self.advance().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
