//! One body for both roads: a story that is judged in virtual time and in real time gets the same verdicts.
//!
//! Once on the shipped files, where all must hold, and once on files with mistakes, which both must find, and no more.

use std::{collections::BTreeSet, fs, path::Path};

use libtest_mimic::{Failed, Trial};
use live::SHORT;
use monitoring::Monitoring;
use proof::verify::{ScenarioReport, Verifier};
use stack::{
    deploy::{Changes, Deployment},
    prometheus_binary::PrometheusBinary,
};

use crate::stories::{
    bench,
    lines::{block_on, environment, on_each_line},
};

/// Mistakes in dashboards and in what a job stores, beside steps that do no harm: the file, what stands there, what stands there now, and the place that must be red.
const MISTAKES: [(&str, &str, &str, &str); 3] = [
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
    (
        "prometheus/prometheus.yml",
        "        replacement: prompt-security\n",
        "        replacement: prompt-security\n    metric_relabel_configs:\n      - { source_labels: [__name__], regex: prompt_security_events_.*, action: drop }\n      - { source_labels: [__name__], regex: '.*_build_info', action: drop }\n      - { regex: status, action: labelmap, replacement: outcome }\n",
        "prompt-security/Security event timeline",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = on_each_line("both_roads_agree", agree);
    trials.extend(on_each_line("alerts_relabelled_on_their_way", relabelled));
    for (story, alert, told) in TOLD {
        trials.extend(on_each_line(&format!("swapped_receivers::{story}"), move |binary| {
            swapped(binary, story, alert, told)
        }));
    }
    trials
}

/// Live stories that say who is told of an alert: a page and a warning.
const TOLD: [(&str, &str, [&str; 2]); 2] = [
    ("module-down", "ModuleDown", ["critical", "warning"]),
    ("provider-outage", "LlmProviderErrorRateHigh", ["warning", "critical"]),
];

/// The routes of pages and warnings lead to each other's receiver. Both do notify, so that only what a story says can
/// tell; and it tells on both roads.
fn swapped(
    binary: &PrometheusBinary,
    story: &str,
    alert: &str,
    [told, other]: [&str; 2],
) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    copy(&bench::root().join("monitoring"), directory.path())?;
    let file = directory.path().join("alertmanager/alertmanager.yml");
    let text = fs::read_to_string(&file)?;
    let route = |receiver: &str| format!("      receiver: {receiver}\n");
    assert!([told, other].iter().all(|receiver| text.contains(&route(receiver))));
    let text = text.replace(&route(told), "?").replace(&route(other), &route(told));
    fs::write(&file, text.replace('?', &route(other)))?;
    let story = bench::story(story)?;
    let routed = format!("goes to receiver {other:?} by the route of line ");
    let named = format!("of alertmanager.yml, but receiver {told:?} should be notified");
    let heard = format!("receiver {told:?} was never notified: {other:?} was notified instead");
    let red = |report: &ScenarioReport| -> String {
        let verdict = report.alerts.iter().find(|verdict| verdict.alert == alert);
        verdict.map_or_else(String::new, |verdict| verdict.broken.join("\n"))
    };
    for (directory, is_wrong) in
        [(directory.path(), true), (&bench::root().join("monitoring"), false)]
    {
        let monitoring = Monitoring::load(directory).expect("the files are well-formed");
        let (virtual_time, _copy) = in_virtual_time(binary, &monitoring)?;
        let report = block_on(virtual_time.verify(&story, &mut |_| ()))
            .map_err(|error| bench::chain(&error))?;
        let found = red(&report);
        assert_eq!(found.contains(&routed) && found.contains(&named), is_wrong, "{found}");
        if is_wrong {
            let mut road = bench::road(binary)?;
            let contracts = truth::contract::Contracts::clone(&road.verifier.files.contracts);
            road.verifier = Verifier::new(monitoring, contracts, binary.clone(), environment());
            let report = bench::play(&road, &story)?;
            let found = red(&report);
            let all = [&routed, &named, &heard].iter().all(|words| found.contains(*words));
            let text = bench::told(&road, &story, report);
            assert!(all, "{text}");
        }
    }
    Ok(())
}

/// Prometheus itself turns pages into warnings, and drops none of them: only what a story says can tell, on both roads.
fn relabelled(binary: &PrometheusBinary) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    copy(&bench::root().join("monitoring"), directory.path())?;
    let file = directory.path().join("prometheus/prometheus.yml");
    let text = fs::read_to_string(&file)?;
    let steps = "alerting:\n  alert_relabel_configs:\n    - { source_labels: [severity], regex: critical, target_label: severity, replacement: warning }\n    - { regex: job, action: labeldrop }\n";
    assert_eq!(text.matches("alerting:\n").count(), 1);
    fs::write(&file, text.replace("alerting:\n", steps))?;
    let story = bench::story("module-down")?;
    let monitoring = Monitoring::load(directory.path()).expect("the files are well-formed");
    let (virtual_time, _copy) = in_virtual_time(binary, &monitoring)?;
    let report =
        block_on(virtual_time.verify(&story, &mut |_| ())).map_err(|error| bench::chain(&error))?;
    let routed = "goes to receiver \"warning\" by the route of line ";
    let broken = |report: &ScenarioReport| -> Vec<String> {
        report.alerts.iter().flat_map(|verdict| verdict.broken.clone()).collect()
    };
    let found = broken(&report);
    assert!(found.len() == 1 && found[0].contains(routed), "in virtual time: {found:#?}");
    let mut road = bench::road(binary)?;
    let contracts = truth::contract::Contracts::clone(&road.verifier.files.contracts);
    road.verifier = Verifier::new(monitoring, contracts, binary.clone(), environment());
    let report = bench::play(&road, &story)?;
    let found = broken(&report);
    let heard = "receiver \"critical\" was never notified: \"warning\" was notified instead";
    let told = found.iter().any(|line| line.contains(routed))
        && found.iter().any(|line| line.contains(heard));
    // Whoever was told was told with the labels that are sent, of which everything else is judged.
    let ill = report.wiring.iter().any(|wiring| !wiring.broken.is_empty());
    assert!(told && !ill, "{}", bench::told(&road, &story, report));
    Ok(())
}

/// A verifier of the same files at the live cadence, in virtual time, with the copy that it reads.
fn in_virtual_time(
    binary: &PrometheusBinary,
    monitoring: &Monitoring,
) -> Result<(Verifier, Deployment), Failed> {
    let road = bench::road(binary)?;
    let mut contracts = truth::contract::Contracts::clone(&road.verifier.files.contracts);
    // They state the shipped windows and timings, and the copy has others.
    contracts.specified.clear();
    let changes = Changes { cadence: Some(SHORT), ..Changes::default() };
    let deployment = Deployment::write(monitoring, &changes, &environment())?;
    let monitoring = deployment.monitoring().clone();
    Ok((Verifier::new(monitoring, contracts, binary.clone(), environment()), deployment))
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
        let contracts = truth::contract::Contracts::clone(&road.verifier.files.contracts);
        let (virtual_time, _copy) = in_virtual_time(binary, &monitoring)?;
        let report = block_on(virtual_time.verify(&story, &mut |_| ()))
            .map_err(|error| bench::chain(&error))?;
        assert_eq!(red(&report), expected, "in virtual time");
        road.verifier = Verifier::new(monitoring, contracts, binary.clone(), environment());
        let live = bench::play(&road, &story)?;
        let ill: Vec<_> = live.wiring.iter().filter(|wiring| !wiring.broken.is_empty()).collect();
        assert!(ill.is_empty(), "samples are stored as the jobs have them: {ill:#?}");
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

fn place(verdict: &proof::verify::ask::Verdict) -> String {
    let place = &verdict.question.place;
    format!("{}/{}", place.dashboard, place.panel)
}

pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
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
