//! What a verification found, and how it is shown: as text, JSON or JUnit.
//!
//! The command line fills a [`Run`]; each renderer is a function from it to a string and decides nothing. What
//! follows from a run (its [`Conclusion`], what is broken, what is unproven) is decided here, once for all of them.
//! Nothing here asks a stack or knows how an answer was judged.

pub mod alerts;
pub mod capacity;
pub mod checked;
pub mod group;
pub mod html;
pub mod json;
pub mod junit;
pub mod paint;
pub mod proven;
pub mod replay;
pub mod stack;
pub mod text;
pub mod why;
pub mod words;

use sim::incident::Incident;

use ::stack::{contained::Containers, external::External, prometheus_binary::PrometheusBinary};
use prom::problem::{Problem, Severity};
use proof::verify::ScenarioReport;
use proven::ProvenRule;
use replay::Replay;
use rules::bracket::run::BracketReport;
use scenario::Scenario;

/// Grafana's part on the road that asks Prometheus alone.
pub const GRAFANA: &str =
    "not used: Prometheus was asked directly, with the queries that Grafana would send";

/// What answered, and how its answers could be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// `native`, `containers` or `external`.
    pub chosen: &'static str,
    /// Why it was chosen, in a few words.
    pub why: String,
    /// The engine's name.
    pub name: String,
    /// Its version, or that it is unknown.
    pub version: String,
    /// The engine with where it came from, or where it is.
    pub engine: String,
    /// Whether its arithmetic is known, so that answers are judged exactly too.
    pub exactly: bool,
}

impl Stack {
    /// A Prometheus of this machine.
    #[must_use]
    pub fn native(binary: &PrometheusBinary, why: String) -> Stack {
        Stack {
            chosen: "native",
            why,
            name: "Prometheus".to_owned(),
            version: binary.version.to_string(),
            engine: binary.to_string(),
            exactly: true,
        }
    }

    /// A database that somebody else runs.
    #[must_use]
    pub fn external(external: &External, why: String, exactly: bool) -> Stack {
        Stack {
            chosen: "external",
            why,
            name: external.product.to_string(),
            version: external.version.clone().unwrap_or_else(|| "of unknown version".to_owned()),
            engine: external.to_string(),
            exactly,
        }
    }

    /// A Prometheus in a container; `version` is what it states itself.
    #[must_use]
    pub fn containers(site: &Containers, version: &str, why: String) -> Stack {
        Stack {
            chosen: "containers",
            why,
            name: "Prometheus".to_owned(),
            version: version.to_owned(),
            engine: format!("Prometheus {version}: {}", site.told()),
            exactly: true,
        }
    }

    /// How answers are judged, in words.
    #[must_use]
    pub fn judged(&self) -> &'static str {
        if self.exactly {
            "exactly and truly"
        } else {
            "truly only: the arithmetic of this database is not modelled"
        }
    }
}

/// One call of `verify`.
#[derive(Debug)]
pub struct Run {
    /// What answered.
    pub stack: Stack,
    /// What is wrong with the files, whatever happens in them.
    pub problems: Vec<Problem>,
    /// One for each scenario, in the order of their names.
    pub outcomes: Vec<Outcome>,
    /// The alert rules, in the order of their names.
    pub alerts: Vec<ProvenRule>,
    /// What the alert rules do around their thresholds, or why that is not known; `None` where only a part was run.
    pub brackets: Option<Result<BracketReport, String>>,
    /// Whether every scenario was to be run as it is, so that an alert rule without proof has none.
    pub whole: bool,
    /// Whether it was stopped before all scenarios were judged.
    pub interrupted: bool,
    /// How to ask a single question again.
    pub replay: Replay,
}

/// What became of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// The scenario as it was played.
    pub scenario: Scenario,
    /// Incidents that did not fit into its length.
    pub cut: Vec<Incident>,
    /// What came of it.
    pub end: End,
}

/// What came of a scenario.
#[derive(Debug)]
pub enum End {
    /// It was played and judged.
    Judged {
        /// The verdicts.
        report: ScenarioReport,
        /// Wall time that it took.
        seconds: f64,
    },
    /// It needs what was not given.
    NotRun {
        /// What.
        needs: String,
        /// How to get it and how to give it.
        remedy: String,
        /// Whether it was asked for by name, so that leaving it out is a failure.
        named: bool,
    },
    /// It could not be judged.
    NotJudged {
        /// Why.
        error: String,
        /// What to do.
        remedy: String,
    },
    /// The run was stopped before it was judged.
    Interrupted,
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Everything that was asked held.
    Held,
    /// Something is wrong or unproven.
    Broke,
    /// Nothing is known to be wrong, but something could not be judged.
    NotJudged,
    /// It was stopped.
    Interrupted,
}

impl Conclusion {
    /// The exit code that says it: 0, 1, 2, or 130 as shells give it after Ctrl-C.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Conclusion::Held => 0,
            Conclusion::Broke => 1,
            Conclusion::NotJudged => 2,
            Conclusion::Interrupted => 130,
        }
    }

    /// The word for it in machine-readable reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Conclusion::Held => "held",
            Conclusion::Broke => "broken",
            Conclusion::NotJudged => "not_judged",
            Conclusion::Interrupted => "interrupted",
        }
    }
}

impl Run {
    /// What the run comes to. What broke is certain, whatever else could not be judged.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let broke = self.judged().any(|(_, report, _)| !report.held())
            || self.errors() > 0
            || !proven::unproven(self).is_empty()
            || !group::uncompared(self).is_empty()
            || matches!(&self.brackets, Some(Ok(brackets)) if !brackets.held());
        let missed = self.outcomes.iter().any(|outcome| {
            matches!(outcome.end, End::NotJudged { .. } | End::NotRun { named: true, .. })
        }) || matches!(self.brackets, Some(Err(_)));
        if self.interrupted {
            Conclusion::Interrupted
        } else if broke {
            Conclusion::Broke
        } else if missed || !self.judged_anything() {
            Conclusion::NotJudged
        } else {
            Conclusion::Held
        }
    }

    /// Whether any panel, rule or alert was judged under any scenario.
    #[must_use]
    pub fn judged_anything(&self) -> bool {
        self.judged().any(|(_, report, _)| report.judged_anything())
    }

    /// The scenarios that were judged, with their reports and seconds.
    pub fn judged(&self) -> impl Iterator<Item = (&Outcome, &ScenarioReport, f64)> {
        self.outcomes.iter().filter_map(|outcome| match &outcome.end {
            End::Judged { report, seconds } => Some((outcome, report, *seconds)),
            _ => None,
        })
    }

    /// How many of the files' problems are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }
}

#[cfg(test)]
mod tests;
