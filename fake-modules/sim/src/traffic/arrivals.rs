//! Generated traffic: one ordered stream of requests from a profile, a rate curve and a seed.
//!
//! Four things are drawn from streams of their own: the arrival process, tenants, tokens, prompt-cache hits.
//! Tables are computed once per program run and profile, then shared; a generator itself is a few hundred bytes,
//! or a few kilobytes where it keeps tenants or sessions.

use std::sync::OnceLock;

use crate::{
    rng::{Rng, Stream},
    sample::Weighted,
    traffic::{
        Arrival, ArrivalTimes, Profile, RateCurve,
        process::{Process, ProcessTables},
        sizes::{SizeTables, Sizes},
    },
};

const TENANTS: Stream = Stream::named("traffic tenants");

/// The requests of a profile along a rate curve, in order of time, until the curve ends.
#[derive(Clone, Debug)]
pub struct Arrivals {
    times: ArrivalTimes,
    process: Process,
    sizes: Sizes,
    tenant_shares: &'static Weighted,
    tenants: Rng,
}

/// What takes time to compute about a profile.
#[derive(Debug)]
struct Tables {
    process: ProcessTables,
    sizes: SizeTables,
    tenant_shares: Weighted,
}

impl Tables {
    fn of(profile: Profile) -> &'static Tables {
        static TABLES: [OnceLock<Tables>; Profile::ALL.len()] =
            [const { OnceLock::new() }; Profile::ALL.len()];
        TABLES[profile as usize].get_or_init(|| {
            let parameters = profile.parameters();
            Tables {
                process: ProcessTables::new(parameters),
                sizes: SizeTables::new(parameters),
                tenant_shares: Weighted::zipf(
                    parameters.tenant_skew,
                    u32::from(parameters.tenants),
                ),
            }
        })
    }
}

impl Arrivals {
    /// The requests of `profile` along `curve`; the same seed gives the same requests.
    #[must_use]
    pub fn new(profile: Profile, curve: RateCurve, seed: u64) -> Arrivals {
        let (tables, parameters) = (Tables::of(profile), profile.parameters());
        Arrivals {
            times: curve.into_times(),
            process: Process::new(&tables.process, &tables.tenant_shares, seed),
            sizes: Sizes::new(&tables.sizes, parameters, seed),
            tenant_shares: &tables.tenant_shares,
            tenants: Rng::new(seed, TENANTS),
        }
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    #[inline]
    fn next(&mut self) -> Option<Arrival> {
        let (count, tenant) = self.process.next();
        let at = self.times.at_count(count)?;
        let tenant = tenant.unwrap_or_else(|| self.tenant_shares.draw(&mut self.tenants) as u16);
        let (input_tokens, output_tokens, cached_input_tokens) = self.sizes.next();
        Some(Arrival { at, tenant, input_tokens, output_tokens, cached_input_tokens })
    }
}
