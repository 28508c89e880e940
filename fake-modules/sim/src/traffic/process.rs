//! The arrival processes at unit rate: how requests bunch, whatever the rate curve says.
//!
//! A process counts in expected requests, not in seconds: its n-th request lies near count n in the long run.
//! [`super::Arrivals`] carries counts onto the curve, so a process knows neither rates nor instants.
//! Each starts in its steady state as nearly as stated, so that the first minutes are like any others.
//! State is bounded by the number of tenants or sessions.

mod modulated;
mod on_off;
mod renewal;
mod sessions;
mod tenants;

use crate::{
    rng::{Rng, Stream},
    sample::Weighted,
    traffic::{ArrivalProcess, ProfileParameters},
};

const GAPS: Stream = Stream::named("traffic gaps");
const START: Stream = Stream::named("traffic start");

/// What a process draws from, computed once for each profile.
#[derive(Debug)]
pub(super) enum ProcessTables {
    Modulated(modulated::Tables),
    OnOff(on_off::Tables),
    Tenants(tenants::Tables),
    Renewal(renewal::Tables),
    Sessions(sessions::Tables),
}

impl ProcessTables {
    pub(super) fn new(parameters: &ProfileParameters) -> ProcessTables {
        match parameters.arrivals {
            ArrivalProcess::ModulatedRenewal { shape, sigma, persistence, step } => {
                ProcessTables::Modulated(modulated::Tables::new(shape, sigma, persistence, step))
            }
            ArrivalProcess::OnOff { burst_size, burst_bounds, gap, gap_cut, pause, pause_cut } => {
                let size = on_off::BurstSize { log: burst_size, bounds: burst_bounds };
                ProcessTables::OnOff(on_off::Tables::new(size, gap, gap_cut, pause, pause_cut))
            }
            ArrivalProcess::TenantRenewals { shape } => {
                let n_tenants = u32::from(parameters.tenants);
                let shares = Weighted::zipf_shares(parameters.tenant_skew, n_tenants);
                ProcessTables::Tenants(tenants::Tables::new(shape, &shares))
            }
            ArrivalProcess::LognormalRenewal { sigma } => {
                ProcessTables::Renewal(renewal::Tables::new(sigma))
            }
            ArrivalProcess::Sessions { gap, rate } => {
                ProcessTables::Sessions(sessions::Tables::new(gap, rate, parameters.session_turns))
            }
        }
    }
}

/// One arrival process and its state.
#[derive(Clone, Debug)]
pub(super) enum Process {
    Modulated(modulated::Modulated),
    OnOff(on_off::OnOff),
    Tenants(tenants::TenantRenewals),
    Renewal(renewal::Renewal),
    Sessions(sessions::Sessions),
}

impl Process {
    pub(super) fn new(
        tables: &'static ProcessTables,
        tenant_shares: &'static Weighted,
        seed: u64,
    ) -> Process {
        let start = Rng::new(seed, START);
        let gaps = Rng::new(seed, GAPS);
        match tables {
            ProcessTables::Modulated(tables) => {
                Process::Modulated(modulated::Modulated::new(tables, start, gaps))
            }
            ProcessTables::OnOff(tables) => Process::OnOff(on_off::OnOff::new(tables, gaps)),
            ProcessTables::Tenants(tables) => {
                Process::Tenants(tenants::TenantRenewals::new(tables, start, gaps))
            }
            ProcessTables::Renewal(tables) => {
                Process::Renewal(renewal::Renewal::new(tables, start, gaps))
            }
            ProcessTables::Sessions(tables) => {
                Process::Sessions(sessions::Sessions::new(tables, tenant_shares, start, gaps))
            }
        }
    }

    /// The requests expected before the next one, never falling, and its tenant where the process decides it.
    #[inline]
    pub(super) fn next(&mut self) -> (f64, Option<u16>) {
        match self {
            Process::Modulated(process) => (process.next(), None),
            Process::OnOff(process) => (process.next(), None),
            Process::Renewal(process) => (process.next(), None),
            Process::Tenants(process) => process.next(),
            Process::Sessions(process) => process.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Profile;

    /// Requests among the first `expected`, as a share of them, over many seeds.
    fn share_of_expected(profile: Profile, expected: f64, seeds: u64) -> f64 {
        let parameters = profile.parameters();
        let tables: &'static _ = Box::leak(Box::new(ProcessTables::new(parameters)));
        let tenants = Weighted::zipf(parameters.tenant_skew, u32::from(parameters.tenants));
        let tenants: &'static _ = Box::leak(Box::new(tenants));
        let mut seen = 0u32;
        for seed in 0..seeds {
            let mut process = Process::new(tables, tenants, seed);
            let mut last = 0.0;
            loop {
                let (count, _) = process.next();
                assert!(last <= count, "{profile}: {count} after {last}");
                if expected <= count {
                    break;
                }
                last = count;
                seen += 1;
            }
        }
        f64::from(seen) / (expected * seeds as f64)
    }

    #[test]
    fn counts_rise_at_unit_rate_from_the_very_start() {
        for profile in Profile::ALL {
            let first = share_of_expected(profile, 10.0, 4_000);
            let early = share_of_expected(profile, 1_000.0, 200);
            let late = share_of_expected(profile, 10_000.0, 200);
            println!(
                "{profile}: {first:.3} of the first 10, {early:.3} of 1,000, {late:.3} of 10,000"
            );
            // Four standard errors of the burstiest, whose dispersion is near 20 over 10 and 300 over 1,000 requests.
            assert!((first - 1.0).abs() < 0.09, "{profile}: {first}");
            assert!((early - 1.0).abs() < 0.16, "{profile}: {early}");
            assert!((late - 1.0).abs() < 0.05, "{profile}: {late}");
        }
    }
}
