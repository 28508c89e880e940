//! Incidents: exactly one in each entry of the timeline, within the scenario, of things that exist.

use sim::{
    incident::{Incident, IncidentKind},
    label::Label,
    time::Nanos,
};

use super::Checker;
use prom::document::Part;

use crate::{
    file::{INCIDENTS, RawCopies, RawEntry},
    values::{Count, Factor, Name, Share, Span},
};

impl Checker<'_> {
    pub(super) fn incident(
        &mut self,
        line: usize,
        raw: RawEntry,
        duration: Option<Nanos>,
        replicas: [u8; 3],
    ) -> Option<Incident> {
        let at = self.required(line, "at", raw.at.clone()).map(|Span(at)| at);
        let is_instant = raw.cache_flush.is_some();
        let lasts = match (is_instant, &raw.lasts) {
            (true, Some(lasts)) => {
                self.problem(
                    lasts.line,
                    "a cache flush is an instant and has no length",
                    Some("remove `for`"),
                );
                None
            }
            (true, None) => Some(Nanos::ZERO),
            (false, _) => self.required(line, "for", raw.lasts.clone()).map(|Span(lasts)| lasts),
        };
        let kind = self.kind(line, raw, replicas);
        if is_instant {
            let at = at?;
            if let Some(duration) = duration
                && duration <= at
            {
                self.problem(
                    line,
                    "begins at or after the scenario's end",
                    Some("let it begin earlier"),
                );
            }
            return Some(Incident { at, lasts: Nanos::ZERO, kind: kind? });
        }
        let (at, lasts) = self.within(line, at, lasts, duration)?;
        Some(Incident { at, lasts, kind: kind? })
    }

    fn kind(&mut self, line: usize, raw: RawEntry, replicas: [u8; 3]) -> Option<IncidentKind> {
        let mut kinds = Vec::new();
        let mut add = |key: &'static str, kind: Option<Option<IncidentKind>>| {
            if let Some(kind) = kind {
                kinds.push((key, kind));
            }
        };
        let c = self;
        add(
            "provider_outage",
            c.of(raw.provider_outage, |c, line, raw| {
                let provider = c.required(line, "provider", raw.provider);
                let failing = c.required(line, "failing", raw.failing);
                Some(IncidentKind::ProviderOutage { provider: provider?.0, failing: failing?.0 })
            }),
        );
        add(
            "provider_latency",
            c.of(raw.provider_latency, |c, line, raw| {
                let provider = c.required(line, "provider", raw.provider);
                let factor = c.required(line, "factor", raw.factor);
                Some(IncidentKind::ProviderLatency { provider: provider?.0, factor: factor?.0 })
            }),
        );
        add(
            "provider_throttling",
            c.of(raw.provider_throttling, |c, line, raw| {
                let provider = c.required(line, "provider", raw.provider);
                let capacity = c.required(line, "capacity", raw.capacity);
                Some(IncidentKind::ProviderThrottling {
                    provider: provider?.0,
                    capacity: capacity?.0,
                })
            }),
        );
        add(
            "injection_attack",
            c.of(raw.injection_attack, |c, line, raw| {
                let Share(share) = c.required(line, "share", raw.share)?;
                Some(IncidentKind::InjectionAttack { share })
            }),
        );
        add("cache_flush", c.of(raw.cache_flush, |_, _, _| Some(IncidentKind::CacheFlush)));
        add(
            "model_shift",
            c.of(raw.model_shift, |c, line, raw| {
                let to = c.required(line, "to", raw.to);
                let share = c.required(line, "share", raw.share);
                Some(IncidentKind::ModelShift { to: to?.0, share: share?.0 })
            }),
        );
        add(
            "price_missing",
            c.of(raw.price_missing, |c, line, raw| {
                let Name(deployment) = c.required(line, "deployment", raw.deployment)?;
                Some(IncidentKind::PriceMissing { deployment })
            }),
        );
        add(
            "guard_slow",
            c.of(raw.guard_slow, |c, line, raw| {
                let Factor(factor) = c.required(line, "factor", raw.factor)?;
                Some(IncidentKind::GuardSlow { factor })
            }),
        );
        add(
            "guard_bypassed",
            c.of(raw.guard_bypassed, |_, _, _| Some(IncidentKind::GuardBypassed)),
        );
        add("traffic_stop", c.of(raw.traffic_stop, |_, _, _| Some(IncidentKind::TrafficStop)));
        add(
            "module_down",
            c.of(raw.module_down, |c, line, raw| {
                let (module, replica) = c.copies(line, raw, replicas)?;
                Some(IncidentKind::ModuleDown { module, replica })
            }),
        );
        add(
            "module_restart",
            c.of(raw.module_restart, |c, line, raw| {
                let (module, replica) = c.copies(line, raw, replicas)?;
                Some(IncidentKind::ModuleRestart { module, replica })
            }),
        );
        add(
            "module_removed",
            c.of(raw.module_removed, |c, line, raw| {
                let Name(module) = c.required(line, "module", raw.module)?;
                Some(IncidentKind::ModuleRemoved { module })
            }),
        );
        add(
            "metric_renamed",
            c.of(raw.metric_renamed, |c, line, raw| {
                let Name(module) = c.required(line, "module", raw.module)?;
                Some(IncidentKind::MetricRenamed { module })
            }),
        );
        add(
            "cardinality_growth",
            c.of(raw.cardinality_growth, |c, line, raw| {
                let module = c.required(line, "module", raw.module);
                let series = c.required(line, "series", raw.series);
                Some(IncidentKind::CardinalityGrowth { module: module?.0, series: series?.0 })
            }),
        );
        add(
            "metrics_slow",
            c.of(raw.metrics_slow, |c, line, raw| {
                let module = c.required(line, "module", raw.module);
                let takes = c.required(line, "takes", raw.takes);
                Some(IncidentKind::MetricsSlow { module: module?.0, takes: takes?.0 })
            }),
        );
        match kinds.as_slice() {
            [(_, kind)] => *kind,
            [] => {
                c.problem(
                    line,
                    format!("expected an incident: one of {}", INCIDENTS.join(", ")),
                    None,
                );
                None
            }
            several => {
                let found: Vec<&str> = several.iter().map(|(key, _)| *key).collect();
                let remedy = "give each an entry of its own";
                c.problem(
                    line,
                    format!("expected one incident in an entry, found {}", found.join(", ")),
                    Some(remedy),
                );
                None
            }
        }
    }

    /// The incident under a key: `None` if the key is not there, `Some(None)` if what it says does not fit.
    fn of<T>(
        &mut self,
        part: Option<Part<T>>,
        read: impl FnOnce(&mut Self, usize, T) -> Option<IncidentKind>,
    ) -> Option<Option<IncidentKind>> {
        part.map(|part| self.part(Some(part), read))
    }

    fn copies(
        &mut self,
        line: usize,
        raw: RawCopies,
        replicas: [u8; 3],
    ) -> Option<(sim::world::Module, Option<u8>)> {
        let replica_line = raw.replica.as_ref().map_or(line, |field| field.line);
        let Name(module) = self.required(line, "module", raw.module)?;
        let Some(replica) = raw.replica else { return Some((module, None)) };
        let Count(replica) = self.given(Some(replica))?;
        let copies = replicas[module.index()];
        match u8::try_from(replica) {
            Ok(replica) if replica < copies => Some((module, Some(replica))),
            _ => {
                let message = format!(
                    "expected a copy of {module} from 0 to {}, found {replica}",
                    copies - 1
                );
                self.problem(replica_line, message, Some("`replicas` says how many copies run"));
                None
            }
        }
    }
}
