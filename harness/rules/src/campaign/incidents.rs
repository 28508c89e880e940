//! What goes wrong in a campaign: a closed table of incidents, each in three or four severities.
//!
//! Severities are ordered from what may well be missed to what must be seen. Which provider or module is struck is
//! drawn for each trial. Which alert should notice is not known here: that is what a campaign finds out.

use serde::Serialize;
use sim::{
    incident::{Incident, IncidentKind},
    label::Label,
    rng::Rng,
    time::Nanos,
    world::{
        Module,
        llm::{Deployment, Provider},
    },
};

/// A kind of incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// A provider fails a share of its requests.
    ProviderOutage,
    /// A provider answers slowly.
    ProviderSlow,
    /// A provider lowers our limits.
    ProviderThrottling,
    /// More prompts are attacks.
    InjectionAttack,
    /// Traffic moves to a dear model.
    ModelShift,
    /// A model's price is not known.
    PriceMissing,
    /// The guard answers slowly.
    GuardSlow,
    /// The guard is not asked.
    GuardBypassed,
    /// No caller calls.
    TrafficStop,
    /// A module does not run.
    ModuleDown,
    /// A module is no longer a target.
    ModuleRemoved,
    /// A module restarts several times.
    Restarts,
    /// A module shows its operations counter under another name.
    MetricRenamed,
    /// A module shows series with an unbounded label.
    Cardinality,
    /// A module takes long to show its metrics.
    MetricsSlow,
}

/// One severity of a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Severity {
    /// What it is called.
    pub name: &'static str,
    /// From the incident's start to its end.
    pub lasts: Nanos,
    measure: f64,
}

const fn severity(name: &'static str, minutes: f64, measure: f64) -> Severity {
    Severity { name, lasts: Nanos((minutes * 60.0e9) as u64), measure }
}

impl Trouble {
    /// Every kind.
    pub const ALL: [Trouble; 15] = [
        Trouble::ProviderOutage,
        Trouble::ProviderSlow,
        Trouble::ProviderThrottling,
        Trouble::InjectionAttack,
        Trouble::ModelShift,
        Trouble::PriceMissing,
        Trouble::GuardSlow,
        Trouble::GuardBypassed,
        Trouble::TrafficStop,
        Trouble::ModuleDown,
        Trouble::ModuleRemoved,
        Trouble::Restarts,
        Trouble::MetricRenamed,
        Trouble::Cardinality,
        Trouble::MetricsSlow,
    ];

    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Trouble::ProviderOutage => "provider-outage",
            Trouble::ProviderSlow => "provider-slow",
            Trouble::ProviderThrottling => "provider-throttling",
            Trouble::InjectionAttack => "injection-attack",
            Trouble::ModelShift => "model-shift",
            Trouble::PriceMissing => "price-missing",
            Trouble::GuardSlow => "guard-slow",
            Trouble::GuardBypassed => "guard-bypassed",
            Trouble::TrafficStop => "traffic-stop",
            Trouble::ModuleDown => "module-down",
            Trouble::ModuleRemoved => "module-removed",
            Trouble::Restarts => "restarts",
            Trouble::MetricRenamed => "metric-renamed",
            Trouble::Cardinality => "cardinality",
            Trouble::MetricsSlow => "metrics-slow",
        }
    }

    /// Its severities, the slightest first.
    #[must_use]
    pub const fn severities(self) -> &'static [Severity] {
        match self {
            Trouble::ProviderOutage => {
                const {
                    &[
                        severity("5 % fail", 15.0, 0.05),
                        severity("20 % fail", 15.0, 0.2),
                        severity("50 % fail", 15.0, 0.5),
                        severity("90 % fail", 15.0, 0.9),
                    ]
                }
            }
            Trouble::ProviderSlow => {
                const {
                    &[
                        severity("x2", 20.0, 2.0),
                        severity("x4", 20.0, 4.0),
                        severity("x8", 20.0, 8.0),
                    ]
                }
            }
            Trouble::ProviderThrottling => {
                const {
                    &[
                        severity("half the limits", 20.0, 0.5),
                        severity("a fifth", 20.0, 0.2),
                        severity("a twentieth", 20.0, 0.05),
                    ]
                }
            }
            Trouble::InjectionAttack => {
                const {
                    &[
                        severity("3 % of prompts", 15.0, 0.03),
                        severity("10 %", 15.0, 0.1),
                        severity("33 %", 15.0, 0.33),
                    ]
                }
            }
            Trouble::ModelShift => {
                const {
                    &[
                        severity("20 % of traffic", 60.0, 0.2),
                        severity("50 %", 60.0, 0.5),
                        severity("85 %", 60.0, 0.85),
                    ]
                }
            }
            Trouble::PriceMissing => {
                const {
                    &[
                        severity("15 min", 15.0, 0.0),
                        severity("30 min", 30.0, 0.0),
                        severity("60 min", 60.0, 0.0),
                    ]
                }
            }
            Trouble::GuardSlow => {
                const {
                    &[
                        severity("x3", 15.0, 3.0),
                        severity("x10", 15.0, 10.0),
                        severity("x30", 15.0, 30.0),
                    ]
                }
            }
            Trouble::GuardBypassed => {
                const {
                    &[
                        severity("2 min", 2.0, 0.0),
                        severity("5 min", 5.0, 0.0),
                        severity("20 min", 20.0, 0.0),
                    ]
                }
            }
            Trouble::TrafficStop => {
                const {
                    &[
                        severity("2 min", 2.0, 0.0),
                        severity("10 min", 10.0, 0.0),
                        severity("30 min", 30.0, 0.0),
                    ]
                }
            }
            Trouble::ModuleDown => {
                const {
                    &[
                        severity("30 s", 0.5, 0.0),
                        severity("2 min", 2.0, 0.0),
                        severity("10 min", 10.0, 0.0),
                    ]
                }
            }
            Trouble::ModuleRemoved => {
                const {
                    &[
                        severity("1 min", 1.0, 0.0),
                        severity("5 min", 5.0, 0.0),
                        severity("15 min", 15.0, 0.0),
                    ]
                }
            }
            Trouble::Restarts => {
                const {
                    &[
                        severity("1", 3.0, 1.0),
                        severity("3 in 9 min", 9.0, 3.0),
                        severity("5 in 15 min", 15.0, 5.0),
                    ]
                }
            }
            Trouble::MetricRenamed => {
                const {
                    &[
                        severity("2 min", 2.0, 0.0),
                        severity("10 min", 10.0, 0.0),
                        severity("30 min", 30.0, 0.0),
                    ]
                }
            }
            Trouble::Cardinality => {
                const {
                    &[
                        severity("600 series", 20.0, 600.0),
                        severity("1,400 series", 20.0, 1_400.0),
                        severity("3,000 series", 20.0, 3_000.0),
                    ]
                }
            }
            Trouble::MetricsSlow => {
                const {
                    &[
                        severity("1 s", 15.0, 1.0),
                        severity("3 s", 15.0, 3.0),
                        severity("5 s", 15.0, 5.0),
                    ]
                }
            }
        }
    }

    /// The incident in the simulated world, from `at`; the place that it strikes is drawn from `rng`.
    #[must_use]
    pub fn incidents(self, severity: Severity, at: Nanos, rng: &mut Rng) -> Vec<Incident> {
        const PROVIDERS: [Provider; 3] =
            [Provider::OpenAi, Provider::Anthropic, Provider::AzureOpenAi];
        let provider = PROVIDERS[rng.below(PROVIDERS.len() as u64) as usize];
        let module = Module::ALL[rng.below(Module::ALL.len() as u64) as usize];
        let Severity { lasts, measure, .. } = severity;
        let kind = match self {
            Trouble::ProviderOutage => IncidentKind::ProviderOutage { provider, failing: measure },
            Trouble::ProviderSlow => IncidentKind::ProviderLatency { provider, factor: measure },
            Trouble::ProviderThrottling => {
                IncidentKind::ProviderThrottling { provider, capacity: measure }
            }
            Trouble::InjectionAttack => IncidentKind::InjectionAttack { share: measure },
            Trouble::ModelShift => {
                IncidentKind::ModelShift { to: Deployment::AnthropicSonnet, share: measure }
            }
            Trouble::PriceMissing => {
                let priced = Deployment::of(provider).next().unwrap_or(Deployment::OpenAiGpt4o);
                IncidentKind::PriceMissing { deployment: priced }
            }
            Trouble::GuardSlow => IncidentKind::GuardSlow { factor: measure },
            Trouble::GuardBypassed => IncidentKind::GuardBypassed,
            Trouble::TrafficStop => IncidentKind::TrafficStop,
            Trouble::ModuleDown => IncidentKind::ModuleDown { module, replica: None },
            Trouble::ModuleRemoved => IncidentKind::ModuleRemoved { module },
            Trouble::MetricRenamed => IncidentKind::MetricRenamed { module },
            Trouble::Cardinality => {
                IncidentKind::CardinalityGrowth { module, series: measure as u32 }
            }
            Trouble::MetricsSlow => {
                IncidentKind::MetricsSlow { module, takes: Nanos::from_secs_f64(measure) }
            }
            Trouble::Restarts => {
                // Ten seconds each, evenly spread over the incident.
                let times = (measure as u64).max(1);
                let apart = Nanos(lasts.0 / times);
                let restart = |nth: u64| Incident {
                    at: at + Nanos(apart.0 * nth),
                    lasts: Nanos(10 * Nanos::SECOND.0),
                    kind: IncidentKind::ModuleRestart { module, replica: None },
                };
                return (0..times).map(restart).collect();
            }
        };
        vec![Incident { at, lasts, kind }]
    }
}

#[cfg(test)]
mod tests {
    use sim::rng::Stream;

    use super::*;

    #[test]
    fn every_incident_lies_within_what_its_severity_says() {
        let at = Nanos::HOUR;
        for trouble in Trouble::ALL {
            assert!((3..=4).contains(&trouble.severities().len()), "{trouble:?}");
            for severity in trouble.severities() {
                let mut rng = Rng::new(1, Stream::named("test"));
                let incidents = trouble.incidents(*severity, at, &mut rng);
                assert!(!incidents.is_empty());
                for incident in incidents {
                    let inside = at <= incident.at && incident.ends() <= at + severity.lasts;
                    assert!(inside, "{trouble:?} {}: {incident:?}", severity.name);
                }
            }
        }
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        for trouble in Trouble::ALL {
            let shown = clap::ValueEnum::to_possible_value(&trouble).unwrap();
            assert_eq!(shown.get_name(), trouble.name());
        }
    }
}
