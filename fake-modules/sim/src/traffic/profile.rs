//! The five kinds of traffic and what was measured of each.
//!
//! [`Profile::parameters`] is data that others read: the generators, the engine (cache and failure shares),
//! reports. Every figure names its source where it stands, in `parameters`, `tokens` and `hours`.
//! Nothing here draws a random number.

mod hours;
mod parameters;
mod tokens;

pub(crate) use hours::factor_at;
pub(crate) use tokens::KNOT_PROBABILITIES;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sample::LogNormal;

/// A kind of traffic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// People in conversation with an assistant.
    Chat,
    /// Code completion in editors: short answers, in bursts with silence between.
    Code,
    /// Other programs that call through an API; many tenants of very unequal size, each bursty.
    Api,
    /// Questions answered from retrieved passages: long prompts, many alike.
    Rag,
    /// Agents that call in chains, each call with the whole session as its prompt.
    Agent,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 5] =
        [Profile::Chat, Profile::Code, Profile::Api, Profile::Rag, Profile::Agent];

    /// The name in scenario files, in kebab case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Profile::Chat => "chat",
            Profile::Code => "code",
            Profile::Api => "api",
            Profile::Rag => "rag",
            Profile::Agent => "agent",
        }
    }

    /// What was measured of this traffic.
    #[must_use]
    pub const fn parameters(self) -> &'static ProfileParameters {
        match self {
            Profile::Chat => &parameters::CHAT,
            Profile::Code => &parameters::CODE,
            Profile::Api => &parameters::API,
            Profile::Rag => &parameters::RAG,
            Profile::Agent => &parameters::AGENT,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The measured properties of a profile.
#[derive(Clone, Copy, Debug)]
pub struct ProfileParameters {
    /// Prompt tokens of a request, cached ones included.
    pub input_tokens: TokenTable,
    /// Answer tokens of a request.
    pub output_tokens: TokenTable,
    /// The Gaussian copula's correlation of prompt and answer length; 0 is independence.
    pub token_correlation: f64,
    /// How requests follow one another.
    pub arrivals: ArrivalProcess,
    /// How many tenants there are.
    pub tenants: u16,
    /// The exponent of Zipf's law by which tenants share the requests.
    pub tenant_skew: f64,
    /// The rate in each hour of the day, 0 to 23, as a factor with mean 1.
    pub hourly_factors: [f64; 24],
    /// Requests per second of the trace that was measured, if one whole service was measured.
    pub measured_rate: Option<f64>,
    /// Requests per second that suit a scenario; a choice.
    pub default_rate: f64,
    /// Requests in a session, on average; 1 where no sessions were recorded.
    pub session_turns: f64,
    /// The share of requests that an exact response cache answers.
    pub exact_cache_hit_ratio: f64,
    /// The further share of requests that a semantic response cache answers.
    pub semantic_cache_hit_ratio: f64,
    /// The share of all input tokens that the provider's prompt cache holds.
    pub prompt_cache_token_share: f64,
    /// The share of calls that fail at the provider, rate limiting apart.
    pub provider_failure_ratio: f64,
}

/// The distribution of a token count, rounded to a whole number after the draw.
#[derive(Clone, Copy, Debug)]
pub enum TokenTable {
    /// Quantiles at the 18 probabilities 0, .005, .01, .05, .1, .2 … .9, .95, .99, .995, .999, 1; log-linear between.
    Knots(&'static [f64; 18]),
    /// A mixture of lognormals in which everything above `cap` counts as `cap`.
    LognormalMixture {
        /// The components; weights sum to 1.
        components: &'static [LogNormal],
        /// The largest count.
        cap: f64,
    },
}

/// How requests follow one another at a steady rate.
///
/// Seconds are those of the measured trace: at another rate the whole pattern is stretched or compressed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ArrivalProcess {
    /// Gamma renewals whose rate is e^x, x following a first-order autoregression.
    ModulatedRenewal {
        /// Shape of the gaps' gamma distribution.
        shape: f64,
        /// Standard deviation of x.
        sigma: f64,
        /// Correlation of x from one step to the next.
        persistence: f64,
        /// Length of a step in requests: the trace's rate times one minute.
        step: f64,
    },
    /// Bursts of requests with pauses between them.
    OnOff {
        /// Requests in a burst, rounded: mu and sigma of a lognormal.
        burst_size: (f64, f64),
        /// The smallest and the largest burst.
        burst_bounds: (f64, f64),
        /// Gaps within a burst in seconds: shape and scale of a gamma distribution.
        gap: (f64, f64),
        /// The longest gap within a burst, and the shortest pause, in seconds.
        gap_cut: f64,
        /// What a pause lasts beyond `gap_cut`, in seconds: shape and scale of a Weibull distribution.
        pause: (f64, f64),
        /// The longest such remainder, in seconds.
        pause_cut: f64,
    },
    /// One gamma renewal process for each tenant, superposed.
    TenantRenewals {
        /// Shape of each tenant's gaps: 1 / (coefficient of variation)².
        shape: f64,
    },
    /// Independent lognormal gaps.
    LognormalRenewal {
        /// Standard deviation of a gap's logarithm.
        sigma: f64,
    },
    /// Sessions that start at random, each a chain of calls; the number of calls is geometric.
    Sessions {
        /// Time from one call to the next, in seconds: mu and sigma of a lognormal.
        gap: (f64, f64),
        /// The rate in requests per second at which those seconds hold.
        rate: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_scenario_files() {
        for profile in Profile::ALL {
            let json = format!("\"{profile}\"");
            assert_eq!(serde_json::to_string(&profile).expect("a unit variant"), json);
            assert_eq!(serde_json::from_str::<Profile>(&json).expect("its own name"), profile);
        }
    }

    #[test]
    fn shares_are_shares() {
        for profile in Profile::ALL {
            let p = profile.parameters();
            for share in [
                p.exact_cache_hit_ratio + p.semantic_cache_hit_ratio,
                p.prompt_cache_token_share,
                p.provider_failure_ratio,
                p.token_correlation,
            ] {
                assert!((0.0..1.0).contains(&share), "{profile}: {share}");
            }
        }
    }

    #[test]
    fn hourly_factors_have_mean_one() {
        for profile in Profile::ALL {
            let mean = profile.parameters().hourly_factors.iter().sum::<f64>() / 24.0;
            assert!((mean - 1.0).abs() < 1e-12, "{profile}: {mean}");
        }
    }
}
