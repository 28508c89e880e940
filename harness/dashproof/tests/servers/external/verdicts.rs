//! What holds on a native Prometheus holds in databases too, and several scenarios share one.

use libtest_mimic::{Failed, Trial};
use proof::verify::{self, EngineChoice, ScenarioReport, Staging, Verifier, ask::Verdict, axis};
use scenario::Scenario;
use stack::prometheus_binary::PrometheusBinary;
use truth::oracle::Arithmetic;

use crate::external::{
    bench::{
        chain, external, fresh, monitoring, on_victoria, prometheus, run, scenario, verifier,
        victoria,
    },
    lines::on_each_line,
};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = on_each_line("verdicts are those of a native one", as_native);
    trials.extend(on_each_line("its own arithmetic is honest", honest));
    trials.push(on_victoria("scenarios hold by the real events", held));
    trials
}

/// Two replicas with one down, and a module that vanishes; the third has alerts that fire.
const SCENARIOS: [&str; 3] = ["two-replicas", "module-removed", "outage-brief"];

fn laid(verifier: &Verifier, names: &[&str]) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = names.iter().map(|name| scenario(name)).collect();
    let gap_ms = axis::gap_ms(&verifier.files.monitoring, &scenarios);
    axis::lay(&mut scenarios, gap_ms, 0);
    scenarios
}

async fn judged(verifier: &Verifier, scenario: &Scenario) -> Result<ScenarioReport, String> {
    verifier.verify(scenario, &mut |_| ()).await.map_err(|error| chain(&error))
}

/// Where a verdict stands, what was compared, and whether it held.
fn summary(report: &ScenarioReport) -> Vec<(String, usize, usize, bool)> {
    let one = |verdict: &Verdict| {
        let finding = &verdict.finding;
        let place = format!("{:?} {}", verdict.question.place, verdict.question.why);
        (place, finding.points, finding.values, verdict.held())
    };
    report.verdicts.iter().map(one).collect()
}

fn as_native(binary: &PrometheusBinary) -> Result<(), Failed> {
    run(async {
        let native = verifier(monitoring(), binary, EngineChoice::Native);
        let database = fresh(binary, 60).await?;
        let choice = external(database.url()).await?;
        assert!(choice.arithmetic(binary).is_modelled(), "{choice:?} is judged exactly too");
        let shared = verifier(monitoring(), binary, choice);
        for scenario in laid(&shared, &SCENARIOS[1..]) {
            let (there, here) =
                (judged(&shared, &scenario).await?, judged(&native, &scenario).await?);
            assert!(there.held(), "{} does not hold", scenario.name);
            assert_eq!(summary(&there), summary(&here), "{}", scenario.name);
            assert_eq!(there.alerts, here.alerts, "{}", scenario.name);
        }
        database.stop().await;
        Ok(())
    })
}

/// What the modelled arithmetic answers lies within what any honest one may.
fn honest(binary: &PrometheusBinary) -> Result<(), Failed> {
    run(async {
        let native = verifier(monitoring(), binary, EngineChoice::Native);
        // Scraped on the grid, where the eras' windows differ.
        let scenario = scenario("traffic-stop");
        let staged = native.stage(&scenario, &Staging::default(), &mut |_| ()).await;
        let staged = staged.map_err(|error| chain(&error))?;
        let asked = native.files.questions(&scenario, &staged).await;
        let (questions, _) = asked.map_err(|error| chain(&error))?;
        let (client, truth) = (staged.engine.client(), &staged.truth);
        let arithmetic = Arithmetic::Unmodelled;
        let verdicts = verify::ask_all(questions, &client, arithmetic, truth, &mut |_| ()).await;
        let verdicts = verdicts.map_err(|error| chain(&error))?;
        let red: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.held()).collect();
        assert!(!verdicts.is_empty() && red.is_empty(), "{red:#?}");
        staged.engine.stop().await;
        Ok(())
    })
}

fn held() -> Result<(), Failed> {
    run(async {
        let binary = prometheus()?;
        let database = victoria("100y").await?;
        let choice = external(database.url()).await?;
        assert!(!choice.arithmetic(&binary).is_modelled(), "{choice:?} is judged truly alone");
        let verifier = verifier(monitoring(), &binary, choice);
        for scenario in laid(&verifier, &SCENARIOS) {
            let report = judged(&verifier, &scenario).await?;
            let red: Vec<&Verdict> =
                report.verdicts.iter().filter(|verdict| !verdict.held()).collect();
            assert!(report.held(), "{}: {red:#?} {:#?}", scenario.name, report.alerts);
            let values: usize = report.verdicts.iter().map(|v| v.finding.values).sum();
            assert!(values > 10_000, "only {values} numbers were compared");
            assert!(!report.alerts.is_empty(), "its alerts are judged too");
        }
        database.stop().await;
        Ok(())
    })
}
