//! One body for both roads: a story that is judged in virtual time and in real time gets the same verdicts.
//!
//! Once on the shipped files, where all must hold, and once on files with mistakes, which both must find, and no more.

use std::{collections::BTreeSet, fs, path::Path};

use dashproof::{
    deploy::{Changes, Deployment},
    live::SHORT,
    monitoring::Monitoring,
    stack::prometheus_binary::PrometheusBinary,
    verify::{ScenarioReport, Verifier},
};
use libtest_mimic::{Failed, Trial};

use crate::{
    bench,
    lines::{block_on, environment, on_each_line},
};

/// Mistakes in dashboards and rules: the file, what stands there, what stands there now, and the place that must be red.
const MISTAKES: [(&str, &str, &str, &str); 2] = [
    (
        "grafana/dashboards/prompt-manager.json",
        "sum by (operation) (rate(prompt_manager_operations_total[$__rate_interval]))",
        "avg by (operation) (rate(prompt_manager_operations_total[$__rate_interval]))",
        "prompt-manager/Operations per second",
    ),
    (
        "grafana/dashboards/prompt-security.json",
        "sum by (type) (increase(prompt_security_injections_detected_total",
        "count by (type) (increase(prompt_security_injections_detected_total",
        "prompt-security/Injections detected",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    on_each_line("both_roads_agree", agree)
}

fn agree(binary: &PrometheusBinary) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    copy(&bench::root().join("monitoring"), directory.path())?;
    for (file, shipped, wrong, _) in &MISTAKES {
        let path = directory.path().join(file);
        let text = fs::read_to_string(&path)?;
        assert!(text.contains(shipped), "{file} has no {shipped:?}");
        fs::write(&path, text.replace(shipped, wrong))?;
    }
    let mut story = bench::story("module-down")?;
    // Where both roads scrape is drawn differently, so that what depends on single seconds is not compared.
    story.alerts.clear();
    for directory in [bench::root().join("monitoring"), directory.path().to_owned()] {
        let monitoring = Monitoring::load(&directory).expect("the files are well-formed");
        let expected: BTreeSet<String> = match directory.starts_with(bench::root()) {
            true => BTreeSet::new(),
            false => MISTAKES.iter().map(|mistake| mistake.3.to_owned()).collect(),
        };
        let mut road = bench::road(binary)?;
        let contracts = dashproof::contract::Contracts::clone(&road.verifier.contracts);
        // The same cadence in virtual time.
        let changes = Changes { cadence: Some(SHORT), ..Changes::default() };
        let deployment = Deployment::write(&monitoring, &changes, &environment())?;
        let virtual_time = Verifier::new(
            deployment.monitoring().clone(),
            contracts.clone(),
            binary.clone(),
            environment(),
        );
        let report = block_on(virtual_time.verify(&story, &mut |_| ()))
            .map_err(|error| bench::chain(&error))?;
        assert_eq!(red(&report), expected, "in virtual time");
        road.verifier = Verifier::new(monitoring, contracts, binary.clone(), environment());
        let live = bench::play(&road, &story)?;
        assert_eq!(red(&live), expected, "live:\n{}", bench::told(&road, &story, live));
        assert_eq!(asked(&report), asked(&live), "both roads ask the same of the same places");
    }
    Ok(())
}

/// The places with a red verdict.
fn red(report: &ScenarioReport) -> BTreeSet<String> {
    let red = report.verdicts.iter().filter(|verdict| !verdict.held());
    red.map(place).collect()
}

fn asked(report: &ScenarioReport) -> BTreeSet<String> {
    report.verdicts.iter().map(place).collect()
}

fn place(verdict: &dashproof::verify::ask::Verdict) -> String {
    let place = &verdict.question.place;
    format!("{}/{}", place.dashboard, place.panel)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, target) = (entry?, to.to_owned());
        let target = target.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => drop(fs::copy(entry.path(), &target)?),
        }
    }
    Ok(())
}
