//! Seeded randomness, the only source of chance in the simulation.
//!
//! Every purpose draws from a stream of its own, named by a [`Stream`]:
//! adding a draw in one place then changes nothing anywhere else.
//! The generator is PCG XSL 128/64 (MCG), which `rand_pcg` documents as portable:
//! the same seed gives the same numbers on every machine.
//! Nothing here knows distributions; those are in [`crate::sample`].

use rand::Rng as _;
use rand_pcg::Mcg128Xsl64;

/// The name of an independent stream of random numbers.
///
/// ```
/// use sim::rng::{Rng, Stream};
/// const LATENCY: Stream = Stream::named("provider latency");
/// let mut rng = Rng::new(7, LATENCY);
/// let mut of_the_third_provider = Rng::new(7, LATENCY.nth(2));
/// assert_ne!(rng.next_u64(), of_the_third_provider.next_u64());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stream(u64);

impl Stream {
    /// The stream called `name`; equal names are the same stream.
    #[must_use]
    pub const fn named(name: &str) -> Stream {
        Stream(fnv1a(name.as_bytes()))
    }

    /// One of many streams under the same name, such as one for each replica.
    #[must_use]
    pub const fn nth(self, index: u64) -> Stream {
        Stream(mix(self.0 ^ mix(index.wrapping_add(1))))
    }
}

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng(Mcg128Xsl64);

impl Rng {
    /// The stream `stream` of the run seeded with `seed`.
    #[must_use]
    pub fn new(seed: u64, stream: Stream) -> Rng {
        let high = mix(seed ^ mix(stream.0));
        let low = mix(high ^ stream.0.rotate_left(32));
        Rng(Mcg128Xsl64::new(u128::from(high) << 64 | u128::from(low)))
    }

    /// 64 uniform bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit_from(self.next_u64())
    }

    /// Uniform in `0..n`; 0 for `n` = 0.
    ///
    /// One multiplication and no rejection: a value's probability is off by less than 2⁻⁶⁴.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// True with probability `p`; always draws, whatever `p` is.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

/// The upper 53 of 64 uniform bits as a number in [0, 1).
#[inline]
pub(crate) fn unit_from(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// The finaliser of SplitMix64: a bijection in which every input bit reaches every output bit.
pub(crate) const fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// FNV-1a of 64 bits: short names become well separated numbers, the same on every machine.
pub(crate) const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: Stream = Stream::named("test");
    const GOLDEN: [u64; 4] =
        [11164785327840662979, 2082783001856561271, 6226553693880276548, 3127784534855999139];
    const GOLDEN_NTH: u64 = 13904761632378083254;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut rng = Rng::new(7, NAMED);
        let drawn: Vec<u64> = (0..4).map(|_| rng.next_u64()).collect();
        assert_eq!(drawn, GOLDEN, "changing the generator changes every scenario's fingerprint");
        assert_eq!(Rng::new(7, NAMED.nth(3)).next_u64(), GOLDEN_NTH);
    }

    #[test]
    fn streams_and_seeds_differ() {
        let firsts: Vec<u64> = [
            Rng::new(7, NAMED),
            Rng::new(8, NAMED),
            Rng::new(7, Stream::named("tess")),
            Rng::new(7, NAMED.nth(0)),
            Rng::new(7, NAMED.nth(1)),
        ]
        .iter_mut()
        .map(Rng::next_u64)
        .collect();
        let mut distinct = firsts.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), firsts.len());
    }

    #[test]
    fn neighbouring_streams_are_uncorrelated() {
        let n = 20_000;
        let mut a = Rng::new(1, NAMED.nth(0));
        let mut b = Rng::new(1, NAMED.nth(1));
        let product: f64 = (0..n).map(|_| (a.unit() - 0.5) * (b.unit() - 0.5)).sum();
        // The product has variance 1/144: four standard errors.
        assert!((product / f64::from(n)).abs() < 4.0 / 12.0 / f64::from(n).sqrt());
    }

    #[test]
    fn unit_stays_below_one() {
        assert_eq!(unit_from(0), 0.0);
        assert!(unit_from(u64::MAX) < 1.0);
    }

    #[test]
    fn below_covers_its_range_evenly() {
        let mut rng = Rng::new(3, NAMED);
        let mut seen = [0u32; 5];
        for _ in 0..50_000 {
            seen[rng.below(5) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (9_600..10_400).contains(&n)), "{seen:?}");
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn chance_keeps_its_probability() {
        let mut rng = Rng::new(3, NAMED);
        let hits = (0..50_000).filter(|_| rng.chance(0.02)).count();
        assert!((850..1150).contains(&hits), "{hits}");
        assert!(!rng.chance(0.0));
        assert!(rng.chance(1.0));
    }
}
