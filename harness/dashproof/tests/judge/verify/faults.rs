//! Teeth for what no lie of an instrument can break: queries, legends, stated constants, health, the truth itself.
//!
//! Each fault is planted in a copy of the dashboards or contracts and asked of one staged story; it must turn the very
//! panel red, in the very way. Systematic mutants of all queries are another matter; this is one fault for each kind.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use monitoring::{Monitoring, grafana::dashboard::Target};
use proof::verify::{Staged, Verifier, ask::Verdict, bind};
use scenario::Scenario;
use sim::{
    incident::{Incident, IncidentKind},
    label::Label,
    time::Nanos,
    world::{Module, llm::Deployment},
};
use truth::{contract::Contracts, fact::Fact};

use crate::verify::{bench, lies, red};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("faults::each turns its panel red", planted),
        Trial::test("faults::a right query that misleads is untrue", misleading),
        Trial::test("faults::a panel without a contract is unproven", unproven),
    ]
}

/// A fault in a target of a dashboard.
struct Fault {
    panel: (&'static str, &'static str),
    plant: fn(&mut Target),
    /// The kind of expectation, and how it breaks.
    breaks: (&'static str, &'static str),
}

fn replace(target: &mut Target, from: &str, to: &str) {
    assert!(
        target.expr.contains(from),
        "`{from}` is not in `{}`: plant the fault elsewhere",
        target.expr
    );
    target.expr = target.expr.replace(from, to);
}

const FAULTS: &[Fault] = &[
    Fault {
        panel: ("llm-provider", "Requests per second by provider"),
        plant: |target| replace(target, "rate(", "irate("),
        breaks: ("rate", "inexact"),
    },
    Fault {
        panel: ("llm-provider", "Provider distribution"),
        plant: |target| replace(target, "increase(", "2 * increase("),
        breaks: ("increase", "inexact"),
    },
    Fault {
        panel: ("llm-provider", "Error rate"),
        plant: |target| replace(target, "status=\"error\"", "status=\"success\""),
        breaks: ("ratio", "inexact"),
    },
    Fault {
        panel: ("llm-provider", "Request duration P95"),
        plant: |target| replace(target, "0.95", "0.5"),
        breaks: ("quantile", "inexact"),
    },
    Fault {
        panel: ("overview", "Module health"),
        plant: |target| replace(target, "min by", "max by"),
        breaks: ("health", "inexact"),
    },
    Fault {
        panel: ("overview", "Module health"),
        plant: |target| target.expr = "{__name__=~\"up|scrape_duration_seconds\"}".to_owned(),
        breaks: ("health", "duplicate"),
    },
    Fault {
        panel: ("llm-provider", "Token usage"),
        plant: |target| replace(target, "by (provider, type)", "by (type)"),
        breaks: ("rate", "missing"),
    },
    Fault {
        panel: ("llm-provider", "Token usage"),
        plant: |target| target.expr += " or vector(0)",
        breaks: ("rate", "unexpected"),
    },
    Fault {
        panel: ("llm-provider", "Error rate"),
        plant: |target| target.legend_format = "{{provider}} errors".to_owned(),
        breaks: ("ratio", "misnamed"),
    },
    Fault {
        panel: ("llm-provider", "Error rate"),
        plant: |target| target.expr += ")",
        breaks: ("ratio", "refused"),
    },
];

/// Two copies of llm-provider, one of them down at the end, so that the copies' sum, maximum and average differ.
fn story() -> Result<Scenario, String> {
    let mut scenario = lies::story()?;
    scenario.replicas = [1, 1, 2];
    let at = Nanos(scenario.duration.0 / 2);
    let kind = IncidentKind::ModuleDown { module: Module::LlmProvider, replica: Some(1) };
    scenario.incidents.push(Incident { at, lasts: scenario.duration.saturating_sub(at), kind });
    Ok(scenario)
}

fn planted() -> Result<(), Failed> {
    let (verifier, scenario) = (bench::verifier()?, story()?);
    let failures = bench::run(async {
        let staged = bench::stage(&verifier, &scenario, None).await?;
        let (monitoring, contracts) = (&verifier.files.monitoring, &verifier.files.contracts);
        let mut failures = Vec::new();
        for fault in FAULTS {
            let verdicts = ask(
                &verifier,
                &scenario,
                &staged,
                fault.planted_in(monitoring),
                (**contracts).clone(),
            );
            let verdicts = verdicts.await?;
            failures.extend(fault.missed(&verifier, &scenario, &verdicts));
        }
        let mut other = (**contracts).clone();
        change_constants(&mut other);
        let verdicts = ask(&verifier, &scenario, &staged, (**monitoring).clone(), other).await?;
        let red = |verdict: &Verdict| {
            lies::kind_of(&verdict.question.fact) == "constant" && !verdict.held()
        };
        if !verdicts.iter().any(red) {
            failures.push("a constant that the contract does not state held".to_owned());
        }
        staged.engine.stop().await;
        Ok::<_, String>(failures)
    })?;
    if failures.is_empty() { Ok(()) } else { Err(Failed::from(failures.join("\n"))) }
}

impl Fault {
    fn planted_in(&self, monitoring: &Monitoring) -> Monitoring {
        let mut monitoring = monitoring.clone();
        let (uid, title) = self.panel;
        let panels = monitoring
            .dashboards
            .iter_mut()
            .filter(|dashboard| dashboard.uid == uid)
            .flat_map(|dashboard| &mut dashboard.panels);
        let mut targets: Vec<&mut Target> = panels
            .filter(|panel| panel.title == title)
            .flat_map(|panel| &mut panel.targets)
            .collect();
        (self.plant)(targets.first_mut().expect("the panel to plant a fault in exists"));
        monitoring
    }

    fn missed(
        &self,
        verifier: &Verifier,
        scenario: &Scenario,
        verdicts: &[Verdict],
    ) -> Option<String> {
        let (uid, title) = self.panel;
        let of_panel = |verdict: &&Verdict| {
            verdict.question.place.dashboard == uid && verdict.question.place.panel == title
        };
        let (on, elsewhere): (Vec<&Verdict>, Vec<&Verdict>) = verdicts.iter().partition(of_panel);
        if let Some(broken) =
            red::broken(verifier, scenario, elsewhere.into_iter(), std::iter::empty())
        {
            return Some(format!("a fault in {uid} / {title} breaks another panel:\n{broken}"));
        }
        let found = on.iter().any(|verdict| {
            lies::kind_of(&verdict.question.fact) == self.breaks.0
                && red::kinds(verdict).contains(&self.breaks.1)
        });
        let kinds: Vec<_> = on.iter().map(|verdict| red::kinds(verdict)).collect();
        (!found).then(|| {
            format!("a fault in {uid} / {title} should be {:?}, but gave {kinds:?}", self.breaks)
        })
    }
}

fn change_constants(contracts: &mut Contracts) {
    for contract in contracts.rules.values_mut() {
        if let Fact::Constant(values) = &mut contract.fact {
            values.iter_mut().for_each(|(_, value)| *value *= 1.1);
        }
    }
}

/// The verdicts of other dashboards or contracts on a staged story.
async fn ask(
    verifier: &Verifier,
    scenario: &Scenario,
    staged: &Staged,
    monitoring: Monitoring,
    contracts: Contracts,
) -> Result<Vec<Verdict>, String> {
    let (binary, environment) = (verifier.tools.binary.clone(), verifier.tools.environment.clone());
    let changed = Verifier::new(monitoring, contracts, binary, environment);
    let (questions, _) =
        changed.files.questions(scenario, staged).await.map_err(|error| bench::chain(&error))?;
    let questions = lies::asked_once(questions, false);
    bench::answers(questions, staged).await
}

/// While a price is missing, cost panels show what the samples say, and it is not what was spent.
fn misleading() -> Result<(), Failed> {
    let (verifier, mut scenario) = (bench::verifier()?, lies::story()?);
    let kind = IncidentKind::PriceMissing { deployment: <Deployment as Label>::ALL[0] };
    scenario.incidents.push(Incident {
        at: Nanos(5 * Nanos::MINUTE.0),
        lasts: Nanos(10 * Nanos::MINUTE.0),
        kind,
    });
    let (blinded, seeing) = bench::run(async {
        let mut staged = bench::stage(&verifier, &scenario, None).await?;
        let (monitoring, contracts) =
            ((*verifier.files.monitoring).clone(), (*verifier.files.contracts).clone());
        let blinded =
            ask(&verifier, &scenario, &staged, monitoring.clone(), contracts.clone()).await?;
        let truth = Arc::get_mut(&mut staged.truth).expect("nobody else holds the truth");
        truth.blinds.clear();
        let seeing = ask(&verifier, &scenario, &staged, monitoring, contracts).await?;
        staged.engine.stop().await;
        Ok::<_, String>((blinded, seeing))
    })?;
    if let Some(broken) = red::broken(&verifier, &scenario, blinded.iter(), std::iter::empty()) {
        return Err(Failed::from(format!(
            "where the incident blinds cost, only the exact answer binds:\n{broken}"
        )));
    }
    let untrue: Vec<_> = seeing
        .iter()
        .filter(|verdict| !verdict.held())
        .map(|verdict| red::kinds(verdict))
        .collect();
    if untrue.is_empty() || untrue.iter().any(|kinds| *kinds != ["untrue"]) {
        return Err(Failed::from(format!("cost panels should be untrue, got {untrue:?}")));
    }
    Ok(())
}

/// Needs no server: what nobody can judge is reported by name.
fn unproven() -> Result<(), Failed> {
    let (mut monitoring, mut contracts) = (bench::monitoring()?, bench::contracts()?);
    let complete = bind::unproven(&monitoring, &contracts);
    if !complete.is_empty() {
        return Err(Failed::from(format!(
            "every target and rule has a contract, but {complete:?}"
        )));
    }
    let dashboard = &mut monitoring.dashboards[0];
    let title = dashboard.panels[0].title.clone();
    contracts.dashboards.get_mut(&dashboard.uid).expect("it has a contract").panels.remove(&title);
    contracts.rules.pop_first();
    let found = bind::unproven(&monitoring, &contracts);
    if !found.iter().any(|unproven| unproven.place.panel == title) || found.len() < 2 {
        return Err(Failed::from(format!("a panel and a rule have no contract, but {found:?}")));
    }
    Ok(())
}
