//! How large a request is: prompt, answer, and the part of the prompt that the provider has cached.
//!
//! Used by generated traffic; trace replay, whose rows know prompt and answer, uses [`PromptCache`] alone.
//! One random number per quantity, from streams of their own, so that sizes do not depend on the arrival process.

use crate::{
    rng::{Rng, Stream},
    sample::{InverseCdf, normal_cdf, normal_quantile},
    traffic::{ProfileParameters, TokenTable, profile::KNOT_PROBABILITIES},
};

const TOKENS: Stream = Stream::named("traffic tokens");
const PROMPT_CACHE: Stream = Stream::named("traffic prompt cache");

/// What sizes are drawn from, computed once for each profile.
#[derive(Debug)]
pub(super) struct SizeTables {
    input: InverseCdf,
    output: InverseCdf,
    copula: Option<Copula>,
}

impl SizeTables {
    pub(super) fn new(parameters: &ProfileParameters) -> SizeTables {
        SizeTables {
            input: token_table(&parameters.input_tokens),
            output: token_table(&parameters.output_tokens),
            copula: (parameters.token_correlation != 0.0)
                .then(|| Copula::new(parameters.token_correlation)),
        }
    }
}

fn token_table(tokens: &TokenTable) -> InverseCdf {
    match *tokens {
        TokenTable::Knots(values) => InverseCdf::from_knots(&KNOT_PROBABILITIES, values),
        TokenTable::LognormalMixture { components, cap } => {
            InverseCdf::lognormal_mixture(components, cap)
        }
    }
}

/// Draws the size of one request after the other.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    tables: &'static SizeTables,
    tokens: Rng,
    prompt_cache: PromptCache,
}

impl Sizes {
    pub(super) fn new(
        tables: &'static SizeTables,
        parameters: &ProfileParameters,
        seed: u64,
    ) -> Sizes {
        let prompt_cache = PromptCache::new(parameters.prompt_cache_token_share, seed);
        Sizes { tables, tokens: Rng::new(seed, TOKENS), prompt_cache }
    }

    /// Input, output and cached input tokens.
    #[inline]
    pub(super) fn next(&mut self) -> (u32, u32, u32) {
        let SizeTables { input, output, copula } = self.tables;
        let (first, second) = (self.tokens.next_u64(), self.tokens.next_u64());
        let input = whole(input.at_bits(first));
        let output = whole(match copula {
            None => output.at_bits(second),
            Some(copula) => output.draw_with(copula.second(first, second)),
        });
        (input, output, self.prompt_cache.draw(input))
    }
}

/// The nearest count of tokens, at least 1.
#[inline]
fn whole(tokens: f64) -> u32 {
    ((tokens + 0.5) as u32).max(1)
}

/// The Gaussian copula: gives the second of two quantities the wanted rank correlation with the first.
#[derive(Debug)]
struct Copula {
    rho: f64,
    rest: f64,
    quantile: InverseCdf,
    /// The normal distribution function at −8, −8 + 1/256, …, 8.
    cdf: Box<[f64]>,
}

impl Copula {
    const REACH: f64 = 8.0;
    const PER_UNIT: f64 = 256.0;

    fn new(rho: f64) -> Copula {
        // The smallest probability keeps the quantile finite; −7 is as good as any beyond it.
        let quantile = InverseCdf::from_quantile(|p| normal_quantile(p.max(1e-12)));
        let steps = (2.0 * Copula::REACH * Copula::PER_UNIT) as u32;
        let cdf = (0..=steps)
            .map(|i| normal_cdf(f64::from(i) / Copula::PER_UNIT - Copula::REACH))
            .collect();
        Copula { rho, rest: (1.0 - rho * rho).sqrt(), quantile, cdf }
    }

    /// The second quantity's rank in [0, 1), given the bits of the first's and bits of its own.
    #[inline]
    fn second(&self, first: u64, own: u64) -> f64 {
        let z = self.rho * self.quantile.at_bits(first) + self.rest * self.quantile.at_bits(own);
        let at = ((z + Copula::REACH) * Copula::PER_UNIT).clamp(0.0, (self.cdf.len() - 2) as f64);
        let left = at as usize;
        self.cdf[left] + (self.cdf[left + 1] - self.cdf[left]) * (at - left as f64)
    }
}

/// The provider's prompt cache: which part of a prompt was seen before.
///
/// Only the share of all tokens is published. A prompt is either new or repeats a prefix, so the share is divided
/// evenly (a choice): of a share s, the fraction √s of prompts hit, each with a part uniform around √s up to the whole.
#[derive(Clone, Debug)]
pub(crate) struct PromptCache {
    hit_ratio: f64,
    least: f64,
    /// Cached part per unit of the random number that decided the hit.
    slope: f64,
    rng: Rng,
}

impl PromptCache {
    /// A cache that holds `share` of all input tokens; 0 to 1.
    pub(crate) fn new(share: f64, seed: u64) -> PromptCache {
        // A uniform part that may reach the whole prompt has a mean of at least a half.
        let mean = share.sqrt().max(0.5);
        let (hit_ratio, least) = (share / mean, 2.0 * mean - 1.0);
        PromptCache {
            hit_ratio,
            least,
            slope: (1.0 - least) / hit_ratio,
            rng: Rng::new(seed, PROMPT_CACHE),
        }
    }

    /// The cached tokens of a prompt of `input` tokens.
    #[inline]
    pub(crate) fn draw(&mut self, input: u32) -> u32 {
        let u = self.rng.unit();
        if u < self.hit_ratio {
            ((self.least + self.slope * u) * f64::from(input)) as u32
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_cache_holds_its_share() {
        for share in [0.0, 0.1, 0.36, 0.77, 1.0] {
            let mut cache = PromptCache::new(share, 1);
            let n = 100_000;
            let cached: f64 = (0..n).map(|_| f64::from(cache.draw(10_000))).sum::<f64>()
                / f64::from(n)
                / 10_000.0;
            assert!((cached - share).abs() < 0.005, "{cached} for {share}");
        }
    }

    #[test]
    fn the_cached_part_never_exceeds_the_prompt() {
        let mut cache = PromptCache::new(0.77, 1);
        assert!((0..100_000).all(|_| cache.draw(7) <= 7));
    }

    #[test]
    fn the_copula_keeps_ranks_uniform_and_correlates_them() {
        let copula = Copula::new(0.45);
        let mut rng = Rng::new(1, TOKENS);
        let n = 100_000;
        let (mut sum, mut square, mut product) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let first = rng.next_u64();
            let (u, v) =
                (crate::rng::unit_from(first) - 0.5, copula.second(first, rng.next_u64()) - 0.5);
            sum += v;
            square += v * v;
            product += u * v;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.004);
        assert!((square / n * 12.0 - 1.0).abs() < 0.02);
        // Spearman's correlation of a Gaussian copula is 6/π asin(rho/2).
        let spearman = 6.0 / std::f64::consts::PI * 0.225f64.asin();
        assert!((product / n * 12.0 - spearman).abs() < 0.015, "{} {spearman}", product / n * 12.0);
    }
}
