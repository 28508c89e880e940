//! The requests that reach the application: when they arrive, from whom, and how large they are.
//!
//! A [`Profile`] says what kind of traffic it is, a [`RateCurve`] how much of it there is over time;
//! together with a seed they give [`Arrivals`], one ordered stream, which the engine consumes.
//! Generated traffic and replayed traces ([`crate::trace`]) yield the same [`Arrival`].
//! Nothing here knows modules, providers, prices or metrics, and memory does not grow with the requests.

mod arrivals;
mod curve;
mod phase;
mod process;
mod profile;
mod sizes;

pub mod stats;

pub use arrivals::Arrivals;
pub use curve::{ArrivalTimes, RateCurve, RateCurveError};
pub use phase::Phase;
pub use profile::{ArrivalProcess, Profile, ProfileParameters, TokenTable};

pub(crate) use sizes::PromptCache;

use crate::time::Nanos;

/// One request, as it reaches the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// When it arrives; a stream of arrivals never goes back in time.
    pub at: Nanos,
    /// Who sends it: an index below the number of tenants, the busiest tenant first.
    pub tenant: u16,
    /// Tokens of the prompt, those in the provider's prompt cache included; at least 1 unless a trace says 0.
    pub input_tokens: u32,
    /// Tokens of a complete answer; at least 1 unless a trace says 0, as some do of failed requests.
    pub output_tokens: u32,
    /// Input tokens that the provider finds in its prompt cache; at most `input_tokens`.
    pub cached_input_tokens: u32,
}
