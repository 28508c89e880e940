//! Whether verification would notice a wrong query: mutants of every shipped query, asked of a real Prometheus.

use testkit::lines;

use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use monitoring::Monitoring;
use prom::problem::Problem;
use proof::verify::Verifier;
use rules::mutants::{self, Fate, MutationReport};
use scenario::Scenario;
use sim::time::Nanos;
use stack::prometheus_binary::PrometheusBinary;
use truth::contract::Contracts;

/// Scenarios under which no mutant of a shipped query survives, the first of which kills most.
const TEETH: [&str; 2] = ["rough-hours", "long-memory"];

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let mut trials = lines::on_each_line("a_wrong_query_on_one_dashboard_is_noticed", |binary| {
        let (mut verifier, scenarios) = (verifier(binary)?, scenarios(&TEETH[..1])?);
        verifier.files.only = Some("prompt-security/Validations per second".to_owned());
        proven(&run(&verifier, &scenarios)?)
    });
    let first = lines::lines().iter().find_map(|(_, binary)| binary.as_ref().ok());
    if let Some(binary) = first {
        let trial = |name: &str, body: fn(&PrometheusBinary) -> Result<(), Failed>| {
            Trial::test(name, move || body(binary))
        };
        trials.push(trial("no_mutant_of_a_shipped_query_survives", shipped));
        trials.push(trial("a_panel_that_only_shows_zero_is_a_gap", zero_is_a_gap));
        trials.push(trial("a_query_that_breaks_its_contract_is_in_doubt", broken_is_in_doubt));
    }
    trials
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn words(problems: Vec<Problem>) -> Failed {
    problems.into_iter().map(|problem| format!("{problem}\n")).collect::<String>().into()
}

fn verifier(binary: &PrometheusBinary) -> Result<Verifier, Failed> {
    let monitoring = Monitoring::load(&root().join("monitoring")).map_err(words)?;
    let contracts = Contracts::load_dir(&root().join("scenarios/contracts")).map_err(words)?;
    Ok(Verifier::new(monitoring, contracts, binary.clone(), lines::environment()))
}

fn scenarios(names: &[&str]) -> Result<Vec<Scenario>, Failed> {
    let load = |name: &&str| Scenario::load(&root().join(format!("scenarios/{name}.yaml")));
    names.iter().map(load).collect::<Result<_, _>>().map_err(words)
}

fn run(verifier: &Verifier, scenarios: &[Scenario]) -> Result<MutationReport, Failed> {
    lines::block_on(mutants::run(verifier, scenarios, &mut |_| {})).map_err(Failed::from)
}

fn proven(report: &MutationReport) -> Result<(), Failed> {
    if report.proven() { Ok(()) } else { Err(report.to_string().into()) }
}

fn shipped(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (verifier, scenarios) = (verifier(binary)?, scenarios(&TEETH)?);
    let report = run(&verifier, &scenarios)?;
    print(&report);
    assert!(report.score().killed >= 600, "{:?}", report.score());
    proven(&report)
}

#[expect(clippy::print_stdout, reason = "the score is for whoever runs the test")]
fn print(report: &MutationReport) {
    println!("{report}");
}

/// Half an hour in which no limit of prompt-security is hit.
fn calm() -> Result<Vec<Scenario>, Failed> {
    let mut found = scenarios(&["chat"])?;
    for scenario in &mut found {
        scenario.duration = Nanos(30 * Nanos::MINUTE.0);
    }
    Ok(found)
}

fn zero_is_a_gap(binary: &PrometheusBinary) -> Result<(), Failed> {
    let mut verifier = verifier(binary)?;
    verifier.files.only = Some("prompt-security/Rate limit hits".to_owned());
    let report = run(&verifier, &calm()?)?;
    let [place] = &report.places[..] else { return Err("expected one query".into()) };
    assert!(!place.proven() && !report.proven(), "{report}");
    let of_zero = place.gaps().find(|mutant| mutant.description == "rate becomes irate");
    let fate = of_zero.map(|mutant| &mutant.fate);
    assert!(matches!(fate, Some(Fate::Survived { answers: 1.. })), "{report}");
    let score = place.score();
    assert!(score.killed > 0, "a wrong grouping is noticed even of zeros: {report}");
    assert!(report.to_string().contains("UNPROVEN prompt-security / Rate limit hits"), "{report}");
    Ok(())
}

fn broken_is_in_doubt(binary: &PrometheusBinary) -> Result<(), Failed> {
    let mut monitoring = Monitoring::load(&root().join("monitoring")).map_err(words)?;
    let panels = monitoring.dashboards.iter_mut().flat_map(|dashboard| &mut dashboard.panels);
    for target in panels.flat_map(|panel| &mut panel.targets) {
        target.expr = target.expr.replace("rate(", "irate(");
    }
    let contracts = Contracts::load_dir(&root().join("scenarios/contracts")).map_err(words)?;
    let mut verifier = Verifier::new(monitoring, contracts, binary.clone(), lines::environment());
    verifier.files.only = Some("prompt-security/Validations per second".to_owned());
    let report = run(&verifier, &calm()?)?;
    let [place] = &report.places[..] else { return Err("expected one query".into()) };
    let doubt = place.doubt.as_deref().unwrap_or_default();
    assert!(doubt.starts_with("breaks its contract itself: chat, "), "{report}");
    assert!(!place.proven(), "{report}");
    Ok(())
}
