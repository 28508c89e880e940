//! What the incidents now under way change, as plain numbers that the hot path reads.
//!
//! Recomputed whenever an incident begins or ends, from all incidents then active, so overlaps need no special case.

use crate::{
    incident::{Incident, IncidentKind},
    label::Label,
    time::Nanos,
    world::{
        Module,
        llm::{Deployment, Provider},
    },
};

/// The current state of the world's troubles.
#[derive(Clone, Debug)]
pub(crate) struct Effects {
    /// Share of a provider's requests that fail.
    pub(crate) failing: [f64; Provider::ALL.len()],
    /// Factor on a provider's latency.
    pub(crate) latency: [f64; Provider::ALL.len()],
    /// Share of a provider's limits that is left.
    pub(crate) capacity: [f64; Provider::ALL.len()],
    /// Share of prompts that are attacks.
    pub(crate) attacks: f64,
    /// Where traffic moves to, and which share.
    pub(crate) shift: Option<(Deployment, f64)>,
    /// Deployments whose price is not known.
    pub(crate) unpriced: [bool; Deployment::ALL.len()],
    /// Factor on the guard's latency.
    pub(crate) guard_latency: f64,
    /// Whether prompt-manager asks the guard no more.
    pub(crate) guard_bypassed: bool,
    /// Whether no caller calls.
    pub(crate) stopped: bool,
    /// When the cache was last emptied.
    pub(crate) flushed_at: Option<Nanos>,
    /// Whether a module shows its operations counter under another name.
    pub(crate) renamed: [bool; Module::ALL.len()],
    /// Whether a module is no longer scraped.
    pub(crate) removed: [bool; Module::ALL.len()],
    /// How many series beyond the contract a module shows.
    pub(crate) extra_series: [u32; Module::ALL.len()],
    /// How long a scrape of a module takes at least.
    pub(crate) slow_metrics: [Nanos; Module::ALL.len()],
}

impl Effects {
    /// The effects of `incidents` at `now`, given the share of attacks on a normal day.
    pub(crate) fn at(now: Nanos, incidents: &[Incident], attacks: f64) -> Effects {
        let mut effects = Effects {
            failing: [0.0; Provider::ALL.len()],
            latency: [1.0; Provider::ALL.len()],
            capacity: [1.0; Provider::ALL.len()],
            attacks,
            shift: None,
            unpriced: [false; Deployment::ALL.len()],
            guard_latency: 1.0,
            guard_bypassed: false,
            stopped: false,
            flushed_at: None,
            renamed: [false; Module::ALL.len()],
            removed: [false; Module::ALL.len()],
            extra_series: [0; Module::ALL.len()],
            slow_metrics: [Nanos::ZERO; Module::ALL.len()],
        };
        for incident in incidents.iter().filter(|incident| incident.at <= now) {
            if let IncidentKind::CacheFlush = incident.kind {
                effects.flushed_at = effects.flushed_at.max(Some(incident.at));
            }
            if now < incident.ends() {
                effects.add(&incident.kind);
            }
        }
        effects
    }

    fn add(&mut self, kind: &IncidentKind) {
        match *kind {
            IncidentKind::ProviderOutage { provider, failing } => {
                let so_far = &mut self.failing[provider.index()];
                *so_far = so_far.max(failing);
            }
            IncidentKind::ProviderLatency { provider, factor } => {
                self.latency[provider.index()] *= factor
            }
            IncidentKind::ProviderThrottling { provider, capacity } => {
                let so_far = &mut self.capacity[provider.index()];
                *so_far = so_far.min(capacity);
            }
            IncidentKind::InjectionAttack { share } => self.attacks = self.attacks.max(share),
            IncidentKind::ModelShift { to, share } => self.shift = Some((to, share)),
            IncidentKind::PriceMissing { deployment } => self.unpriced[deployment.index()] = true,
            IncidentKind::GuardSlow { factor } => self.guard_latency *= factor,
            IncidentKind::GuardBypassed => self.guard_bypassed = true,
            IncidentKind::TrafficStop => self.stopped = true,
            IncidentKind::MetricRenamed { module } => self.renamed[module.index()] = true,
            IncidentKind::ModuleRemoved { module } => self.removed[module.index()] = true,
            IncidentKind::CardinalityGrowth { module, series } => {
                self.extra_series[module.index()] += series
            }
            IncidentKind::MetricsSlow { module, takes } => {
                let so_far = &mut self.slow_metrics[module.index()];
                *so_far = (*so_far).max(takes);
            }
            // Modules stop and start by plans of their own; a flush is an instant.
            IncidentKind::ModuleDown { .. }
            | IncidentKind::ModuleRestart { .. }
            | IncidentKind::CacheFlush => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_acts_from_its_start_until_before_its_end() {
        let incidents = [
            Incident {
                at: Nanos::SECOND,
                lasts: Nanos::SECOND,
                kind: IncidentKind::ProviderOutage { provider: Provider::OpenAi, failing: 0.9 },
            },
            Incident {
                at: Nanos::SECOND,
                lasts: Nanos::MINUTE,
                kind: IncidentKind::ProviderOutage { provider: Provider::OpenAi, failing: 0.4 },
            },
        ];
        let failing =
            |nanos| Effects::at(Nanos(nanos), &incidents, 0.01).failing[Provider::OpenAi.index()];
        assert_eq!(failing(Nanos::SECOND.0 - 1), 0.0);
        assert_eq!(failing(Nanos::SECOND.0), 0.9);
        assert_eq!(failing(2 * Nanos::SECOND.0), 0.4);
    }
}
