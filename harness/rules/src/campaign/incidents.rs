//! What goes wrong in a campaign: the incidents that the simulation's table grades, each in its severities.
//!
//! Which provider or module is struck is drawn for each trial. Which alert should notice is not known here: that is
//! what a campaign finds out.

use serde::{Serialize, Serializer};
use sim::{
    incident::{Graded, Incident, IncidentName, Row, Severity, Source},
    label::Label,
    rng::Rng,
    time::Nanos,
    world::{
        Module,
        llm::{Deployment, Provider},
    },
};

/// A kind of incident that campaigns try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trouble {
    /// First, so that it orders.
    nth: u8,
    incident: IncidentName,
}

impl Trouble {
    /// Every kind, in the order of reports.
    #[must_use]
    pub fn all() -> Vec<Trouble> {
        let mut all: Vec<Trouble> =
            IncidentName::ALL.iter().filter_map(|&incident| Trouble::grading(incident)).collect();
        all.sort_unstable();
        all
    }

    /// The kind that tries this incident; `None` if campaigns do not.
    #[must_use]
    pub fn grading(incident: IncidentName) -> Option<Trouble> {
        incident.row().graded.map(|Graded { nth, .. }| Trouble { nth, incident })
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Trouble> {
        Trouble::all().into_iter().find(|trouble| trouble.name() == name)
    }

    fn graded(self) -> Graded {
        self.row().graded.expect("only graded incidents are troubles")
    }

    /// What the table says of the incident.
    #[must_use]
    pub fn row(self) -> &'static Row {
        self.incident.row()
    }

    /// The name on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.graded().name
    }

    /// The number from which the seeds of its trials are made.
    pub(super) fn nth(self) -> u64 {
        u64::from(self.nth)
    }

    /// Its severities, the slightest first.
    #[must_use]
    pub fn severities(self) -> &'static [Severity] {
        self.graded().severities
    }

    /// The incidents in the simulated world, from `at`; the place that they strike is drawn from `rng`.
    #[must_use]
    pub fn incidents(self, severity: Severity, at: Nanos, rng: &mut Rng) -> Vec<Incident> {
        let Severity { lasts, measure, .. } = severity;
        let kind =
            self.incident.with(&mut Drawn::new(measure, rng)).expect("everything can be drawn");
        let Some(each) = self.graded().each else { return vec![Incident { at, lasts, kind }] };
        // Evenly spread over the time.
        let times = (measure as u64).max(1);
        let apart = Nanos(lasts.0 / times);
        (0..times)
            .map(|nth| Incident { at: at + Nanos(apart.0 * nth), lasts: each, kind })
            .collect()
    }
}

impl Serialize for Trouble {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The parameters of an incident: who is struck is drawn, and the severity says how hard.
struct Drawn {
    provider: Provider,
    module: Module,
    measure: f64,
}

impl Drawn {
    fn new(measure: f64, rng: &mut Rng) -> Drawn {
        const PROVIDERS: [Provider; 3] =
            [Provider::OpenAi, Provider::Anthropic, Provider::AzureOpenAi];
        // Both are always drawn, so that the seeds mean the same for every kind.
        let provider = PROVIDERS[rng.below(PROVIDERS.len() as u64) as usize];
        let module = Module::ALL[rng.below(Module::ALL.len() as u64) as usize];
        Drawn { provider, module, measure }
    }
}

impl Source for Drawn {
    fn provider(&mut self, _: &'static str) -> Option<Provider> {
        Some(self.provider)
    }

    fn deployment(&mut self, _: &'static str) -> Option<Deployment> {
        Some(Deployment::of(self.provider).next().unwrap_or(Deployment::OpenAiGpt4o))
    }

    /// A dear one.
    fn destination(&mut self, _: &'static str) -> Option<Deployment> {
        Some(Deployment::AnthropicSonnet)
    }

    fn module(&mut self, _: &'static str) -> Option<Module> {
        Some(self.module)
    }

    fn replica(&mut self, _: &'static str) -> Option<Option<u8>> {
        Some(None)
    }

    fn share(&mut self, _: &'static str) -> Option<f64> {
        Some(self.measure)
    }

    fn factor(&mut self, _: &'static str) -> Option<f64> {
        Some(self.measure)
    }

    fn series(&mut self, _: &'static str) -> Option<u32> {
        Some(self.measure as u32)
    }

    fn span(&mut self, _: &'static str) -> Option<Nanos> {
        Some(Nanos::from_secs_f64(self.measure))
    }
}

#[cfg(test)]
mod tests {
    use sim::rng::Stream;

    use super::*;

    #[test]
    fn every_incident_lies_within_what_its_severity_says() {
        let at = Nanos::HOUR;
        for trouble in Trouble::all() {
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
    fn names_name_their_kind() {
        let all = Trouble::all();
        assert!(all.iter().all(|&trouble| Trouble::named(trouble.name()) == Some(trouble)));
        let names: Vec<&str> = all.iter().map(|trouble| trouble.name()).collect();
        assert!(names.starts_with(&["provider-outage", "provider-slow"]), "{names:?}");
        assert_eq!(Trouble::named("cache-flush"), None, "it is not graded");
    }
}
