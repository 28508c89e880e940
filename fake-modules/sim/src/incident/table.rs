//! The table of incidents: a row for each kind, with its parameters, words and severities.
//!
//! An incident is added by a row here and by what the engine does with it. Scenario files, their schema, campaigns and
//! reports follow from the row. Keys and sentences are the scenario format's.

use super::{
    graded::Severity,
    invariant::Invariant,
    parameter::{
        Destination, Factor, Parameter, Replica, Series, Share, Source, Span, Typed, held,
    },
    row::Row,
};
use crate::{
    time::Nanos,
    world::{
        Module,
        llm::{Deployment, Provider},
    },
};

/// Declares [`IncidentKind`], [`IncidentName`] and the rows: for each kind a sentence, its name, its parameters, each
/// with a sentence and a type of [`Typed`], and the row's other columns.
macro_rules! incidents {
    ($(
        #[doc = $about:literal]
        $kind:ident $({ $(#[doc = $said:literal] $field:ident: $unit:ident,)+ })? = $row:expr,
    )+) => {
        /// What goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum IncidentKind {
            $(#[doc = $about] $kind $({ $(#[doc = $said] $field: held!($unit)),+ })?),+
        }

        /// What goes wrong, without saying where and how hard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum IncidentName {
            $(#[doc = $about] $kind),+
        }

        impl IncidentName {
            /// Every kind, in the order of the table.
            pub const ALL: &[IncidentName] = &[$(IncidentName::$kind),+];

            /// What the table says of it.
            #[must_use]
            pub const fn row(self) -> &'static Row {
                static ROWS: &[Row] = &[$($row.described($about, &[$($(Parameter {
                    key: stringify!($field),
                    about: $said.trim_ascii(),
                    unit: <$unit as Typed>::UNIT,
                }),+)?])),+];
                &ROWS[self as usize]
            }

            /// The incident with its parameters, all of which are asked for; `None` if the source lacks one.
            pub fn with(self, source: &mut impl Source) -> Option<IncidentKind> {
                match self {
                    $(IncidentName::$kind => {
                        $($(let $field = <$unit as Typed>::take(source, stringify!($field));)+)?
                        Some(IncidentKind::$kind $({ $($field: $field?),+ })?)
                    })+
                }
            }
        }

        impl IncidentKind {
            /// Which row of the table it is.
            #[must_use]
            pub fn name(&self) -> IncidentName {
                match self {
                    $(IncidentKind::$kind { .. } => IncidentName::$kind),+
                }
            }

            /// What is struck, such as `openai`; `None` where it is the whole application.
            pub(super) fn strikes(&self) -> Option<&'static str> {
                match *self {
                    $(IncidentKind::$kind $({ $($field),+ })? => {
                        None $($(.or(<$unit as Typed>::struck($field)))+)?
                    })+
                }
            }
        }
    };
}

const fn severity(name: &'static str, minutes: f64, measure: f64) -> Severity {
    Severity::new(name, minutes, measure)
}

const fn lasting(name: &'static str, minutes: f64) -> Severity {
    Severity::lasting(name, minutes)
}

incidents! {
    /// A provider answers 5xx, times out or cannot be reached.
    ProviderOutage {
        /// Which provider.
        provider: Provider,
        /// The share of its requests that fail.
        failing: Share,
    } = Row::new("provider_outage")
        .part("provider_outage", "A provider's outage.")
        .graded(0, "provider-outage", &[
            severity("5 % fail", 15.0, 0.05),
            severity("20 % fail", 15.0, 0.2),
            severity("50 % fail", 15.0, 0.5),
            severity("90 % fail", 15.0, 0.9),
        ]),

    /// A provider answers slowly.
    ProviderLatency {
        /// Which provider.
        provider: Provider,
        /// What time to first token and time per token are multiplied by.
        factor: Factor,
    } = Row::new("provider_latency")
        .part("provider_latency", "A provider's slowness.")
        .graded(1, "provider-slow", &[
            severity("x2", 20.0, 2.0),
            severity("x4", 20.0, 4.0),
            severity("x8", 20.0, 8.0),
        ]),

    /// A provider lowers our limits; requests beyond them get 429 and a retry-after.
    ProviderThrottling {
        /// Which provider.
        provider: Provider,
        /// The share of the normal limits that is left.
        capacity: Share,
    } = Row::new("provider_throttling")
        .part("provider_throttling", "A provider's lowered limits.")
        .graded(2, "provider-throttling", &[
            severity("half the limits", 20.0, 0.5),
            severity("a fifth", 20.0, 0.2),
            severity("a twentieth", 20.0, 0.05),
        ]),

    /// More prompts are attacks.
    InjectionAttack {
        /// The share of prompts that are attacks.
        share: Share,
    } = Row::new("injection_attack")
        .part("injection_attack", "An attack.")
        .graded(3, "injection-attack", &[
            severity("3 % of prompts", 15.0, 0.03),
            severity("10 %", 15.0, 0.1),
            severity("33 %", 15.0, 0.33),
        ]),

    /// The response cache is emptied and fills again.
    CacheFlush = Row::new("cache_flush").instant(),

    /// Traffic moves to one model, typically a dearer one.
    ModelShift {
        /// The deployment that it moves to.
        to: Destination,
        /// The share of requests that move.
        share: Share,
    } = Row::new("model_shift")
        .part("model_shift", "Traffic that moves.")
        .graded(4, "model-shift", &[
            severity("20 % of traffic", 60.0, 0.2),
            severity("50 %", 60.0, 0.5),
            severity("85 %", 60.0, 0.85),
        ]),

    /// llm-provider does not know a model's price and records no cost for it.
    PriceMissing {
        /// Which deployment.
        deployment: Deployment,
    } = Row::new("price_missing")
        .part("of_deployment", "One deployment.")
        .breaks(&[Invariant::I4])
        .graded(5, "price-missing", &[
            lasting("15 min", 15.0),
            lasting("30 min", 30.0),
            lasting("60 min", 60.0),
        ]),

    /// prompt-security answers slowly.
    GuardSlow {
        /// What its latencies are multiplied by.
        factor: Factor,
    } = Row::new("guard_slow")
        .part("by_factor", "One factor.")
        .graded(6, "guard-slow", &[
            severity("x3", 15.0, 3.0),
            severity("x10", 15.0, 10.0),
            severity("x30", 15.0, 30.0),
        ]),

    /// prompt-manager asks prompt-security no more (fail-open).
    GuardBypassed = Row::new("guard_bypassed")
        // Attacks are then only seen by the scan of the output.
        .breaks(&[Invariant::I7])
        .graded(7, "guard-bypassed", &[
            lasting("2 min", 2.0),
            lasting("5 min", 5.0),
            lasting("20 min", 20.0),
        ]),

    /// No caller calls.
    TrafficStop = Row::new("traffic_stop")
        .graded(8, "traffic-stop", &[
            lasting("2 min", 2.0),
            lasting("10 min", 10.0),
            lasting("30 min", 30.0),
        ]),

    /// A copy of a module, or all of them, is down; its counters begin at 0 afterwards.
    ModuleDown {
        /// Which module.
        module: Module,
        /// Which copy of it, from 0. Default: all of them.
        replica: Replica,
    } = Row::new("module_down")
        .part("of_copies", "Copies of a module.")
        .graded(9, "module-down", &[
            lasting("30 s", 0.5),
            lasting("2 min", 2.0),
            lasting("10 min", 10.0),
        ]),

    /// A copy of a module, or all of them, is replaced by a new process, which takes this long to start.
    ModuleRestart {
        /// Which module.
        module: Module,
        /// Which copy of it, from 0. Default: all of them.
        replica: Replica,
    } = Row::new("module_restart")
        .part("of_copies", "Copies of a module.")
        .repeated(11, "restarts", Nanos(10 * Nanos::SECOND.0), &[
            severity("1", 3.0, 1.0),
            severity("3 in 9 min", 9.0, 3.0),
            severity("5 in 15 min", 15.0, 5.0),
        ]),

    /// A module is taken out of service: its copies stop, and nobody scrapes them any more.
    ModuleRemoved {
        /// Which module.
        module: Module,
    } = Row::new("module_removed")
        .part("of_module", "One module.")
        .graded(10, "module-removed", &[
            lasting("1 min", 1.0),
            lasting("5 min", 5.0),
            lasting("15 min", 15.0),
        ]),

    /// A module shows its operations counter under another name.
    MetricRenamed {
        /// Which module.
        module: Module,
    } = Row::new("metric_renamed")
        .part("of_module", "One module.")
        .breaks(&[Invariant::I1, Invariant::I5])
        .graded(12, "metric-renamed", &[
            lasting("2 min", 2.0),
            lasting("10 min", 10.0),
            lasting("30 min", 30.0),
        ]),

    /// A module shows series with an unbounded label.
    CardinalityGrowth {
        /// Which module.
        module: Module,
        /// How many such series.
        series: Series,
    } = Row::new("cardinality_growth")
        .part("cardinality_growth", "Series beyond the contract.")
        .graded(13, "cardinality", &[
            severity("600 series", 20.0, 600.0),
            severity("1,400 series", 20.0, 1_400.0),
            severity("3,000 series", 20.0, 3_000.0),
        ]),

    /// A module takes long to show its metrics; beyond the scrape timeout it counts as down.
    MetricsSlow {
        /// Which module.
        module: Module,
        /// How long a scrape takes.
        takes: Span,
    } = Row::new("metrics_slow")
        .part("metrics_slow", "Slow metrics.")
        .graded(14, "metrics-slow", &[
            severity("1 s", 15.0, 1.0),
            severity("3 s", 15.0, 3.0),
            severity("5 s", 15.0, 5.0),
        ]),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_key_and_a_number_of_its_own() {
        let rows = || IncidentName::ALL.iter().map(|name| name.row());
        let keys: BTreeSet<&str> = rows().map(|row| row.key).collect();
        assert_eq!(keys.len(), rows().count());
        let graded = || rows().filter_map(|row| row.graded);
        let numbers: BTreeSet<u8> = graded().map(|graded| graded.nth).collect();
        let names: BTreeSet<&str> = graded().map(|graded| graded.name).collect();
        assert_eq!((numbers.len(), names.len()), (graded().count(), graded().count()));
        for graded in graded() {
            assert!((3..=4).contains(&graded.severities.len()), "{}", graded.name);
        }
    }

    /// The schema has one definition by that name, so it can say only one thing.
    #[test]
    fn parts_of_one_name_have_the_same_parameters() {
        for one in IncidentName::ALL.iter().map(|name| name.row()) {
            for other in IncidentName::ALL.iter().map(|name| name.row()) {
                if one.part == other.part {
                    assert_eq!(one.parameters, other.parameters, "{} and {}", one.key, other.key);
                    assert_eq!(one.about_part, other.about_part, "{} and {}", one.key, other.key);
                }
            }
        }
    }

    #[test]
    fn titles_say_what_is_struck() {
        let outage = IncidentKind::ProviderOutage { provider: Provider::OpenAi, failing: 0.9 };
        assert_eq!(outage.title(), "provider outage (openai)");
        assert_eq!(IncidentKind::InjectionAttack { share: 0.5 }.title(), "injection attack");
        let restart = IncidentKind::ModuleRestart { module: Module::LlmProvider, replica: Some(1) };
        assert_eq!(restart.title(), "module restart (llm-provider)");
    }
}
