//! From a scenario to an engine: its parameters, its incidents, its requests.

use sim::{
    engine::{Engine, Parameters},
    time::Nanos,
    trace::{TraceArrivals, TraceError, TraceOptions, TraceSource},
    traffic::{Arrival, Arrivals, Profile, RateCurve, RateCurveError},
};

use super::{Scenario, Trace, Traffic};

/// A scenario's requests, in order of time.
#[derive(Debug)]
pub enum Source {
    /// Drawn from a profile.
    Generated(Box<Arrivals>),
    /// Recorded.
    Replayed {
        /// What is left of the trace.
        arrivals: Box<TraceArrivals>,
        /// Why it ended early, if it did.
        error: Option<TraceError>,
    },
}

/// Why a scenario has no requests.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The trace is not at hand.
    #[error(
        "trace {file} was not found; get it from {source_url} and name its directory with --trace-dir"
    )]
    NoTrace {
        /// The file's name.
        file: String,
        /// Where it can be had.
        source_url: String,
    },
    /// The trace cannot be read.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The rate overflows.
    #[error(transparent)]
    Rate(#[from] RateCurveError),
}

/// How many requests tell a profile's mean size: the standard error is about 2 %, and it takes a millisecond.
const SAMPLE: usize = 4096;

impl Scenario {
    /// The simulation of this scenario, at its start.
    ///
    /// # Errors
    /// If it replays a trace that is not at hand or cannot be read.
    pub fn engine(&self) -> Result<Engine<Source>, SourceError> {
        let (parameters, source) = match &self.traffic {
            Traffic::Generated { profile, course } => {
                let curve = course.curve(*profile, self.epoch, self.duration)?;
                let parameters = Parameters::for_profile(
                    *profile,
                    course.rate,
                    mean_tokens(*profile),
                    self.seed,
                );
                (parameters, Source::Generated(Box::new(Arrivals::new(*profile, curve, self.seed))))
            }
            Traffic::Replayed(trace) => {
                let (rate, tokens) = trace.means()?;
                let parameters = Parameters::for_profile(trace.profile, rate, tokens, self.seed);
                let arrivals = Box::new(trace.arrivals(self.seed)?);
                (parameters, Source::Replayed { arrivals, error: None })
            }
        };
        let parameters = Parameters { replicas: self.replicas, ..self.world.apply(parameters) };
        Ok(Engine::new(&parameters, self.incidents.clone(), source))
    }
}

impl Source {
    /// Why the requests ended early, if they did.
    #[must_use]
    pub fn error(&self) -> Option<&TraceError> {
        match self {
            Source::Generated(_) => None,
            Source::Replayed { error, .. } => error.as_ref(),
        }
    }
}

impl Iterator for Source {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        match self {
            Source::Generated(arrivals) => arrivals.next(),
            Source::Replayed { arrivals, error } => match arrivals.next()? {
                Ok(arrival) => Some(arrival),
                Err(why) => {
                    *error = Some(why);
                    None
                }
            },
        }
    }
}

impl Trace {
    fn open(&self) -> Result<TraceSource, SourceError> {
        let path = self.path.as_ref().ok_or_else(|| SourceError::NoTrace {
            file: self.file.clone(),
            source_url: self.source.clone(),
        })?;
        let source = TraceSource::file(path);
        Ok(if self.joined { source.joined() } else { source })
    }

    fn arrivals(&self, seed: u64) -> Result<TraceArrivals, SourceError> {
        let options = TraceOptions {
            speed: self.speed,
            from: self.from,
            to: self.to,
            looped: self.looped,
            profile: self.profile,
            seed,
        };
        Ok(TraceArrivals::open(self.open()?, options)?)
    }

    /// Requests per second of the replay, and mean tokens of a request, from one pass over the replayed part.
    fn means(&self) -> Result<(f64, (f64, f64)), SourceError> {
        let (mut count, mut tokens, mut first, mut last) =
            (0_u64, (0_u64, 0_u64), None, Nanos::ZERO);
        for row in self.open()?.rows()? {
            let row = row?;
            if row.at < self.from {
                continue;
            }
            if self.to.is_some_and(|to| to <= row.at) {
                break;
            }
            count += 1;
            tokens.0 += u64::from(row.input_tokens);
            tokens.1 += u64::from(row.output_tokens);
            first.get_or_insert(row.at);
            last = row.at;
        }
        let span = last.saturating_sub(first.unwrap_or_default()).as_secs_f64().max(1.0);
        let count = count as f64;
        let mean = |tokens: u64| tokens as f64 / count.max(1.0);
        Ok((count / span * self.speed, (mean(tokens.0), mean(tokens.1))))
    }
}

/// Mean tokens of a profile's prompts and answers.
fn mean_tokens(profile: Profile) -> (f64, f64) {
    let curve = RateCurve::constant(1e6, Nanos::HOUR).expect("a million is a rate");
    let (input, output) =
        Arrivals::new(profile, curve, 0).take(SAMPLE).fold((0.0, 0.0), |sums, arrival| {
            (sums.0 + f64::from(arrival.input_tokens), sums.1 + f64::from(arrival.output_tokens))
        });
    (input / SAMPLE as f64, output / SAMPLE as f64)
}
