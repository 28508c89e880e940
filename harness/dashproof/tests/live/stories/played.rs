//! Every story holds: panels, rules, alerts, and the wiring between all servers.

use std::fs;

use libtest_mimic::{Failed, Trial};
use monitoring::Monitoring;
use proof::verify::Verifier;
use stack::prometheus_binary::PrometheusBinary;
use truth::contract::Contracts;

use crate::stories::{
    bench,
    lines::{environment, on_each_line},
    roads::copy,
};

/// The longest first.
const STORIES: [&str; 8] = [
    "shipped-timings",
    "module-down",
    "provider-outage",
    "injection-attack",
    "flapping",
    "baseline",
    "restart",
    "traffic-stop",
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = STORIES
        .iter()
        .flat_map(|name| on_each_line(&format!("story::{name}"), move |binary| holds(binary, name)))
        .collect();
    trials.extend(on_each_line("story::receivers_that_want_to_hear_less", hear_less));
    trials.push(Trial::test("story::each_file_is_played", each_file));
    trials
}

fn holds(binary: &PrometheusBinary, name: &str) -> Result<(), Failed> {
    let story = bench::story(name)?;
    let road = bench::road(binary)?;
    let report = bench::play(&road, &story)?;
    let held = report.held() && !report.verdicts.is_empty() && report.wiring.len() == 6;
    let text = bench::told(&road, &story, report);
    if held { Ok(()) } else { Err(Failed::from(text)) }
}

/// Nobody is told of ends, and a time interval mutes warnings: that is no fault, and what cannot be judged is said.
fn hear_less(binary: &PrometheusBinary) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    copy(&bench::root().join("monitoring"), directory.path())?;
    let file = directory.path().join("alertmanager/alertmanager.yml");
    let mut text = fs::read_to_string(&file)?;
    for (from, to) in [
        ("5001/\n", "5001/\n        send_resolved: false\n"),
        (
            "      receiver: warning\n",
            "      receiver: warning\n      mute_time_intervals: [always]\n",
        ),
        (
            "\nroute:\n",
            "\ntime_intervals:\n- name: always\n  time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }]\n\nroute:\n",
        ),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from:?}");
        text = text.replace(from, to);
    }
    fs::write(&file, text)?;
    let story = bench::story("module-down")?;
    let mut road = bench::road(binary)?;
    let monitoring = Monitoring::load(directory.path()).expect("the files are well-formed");
    let contracts = Contracts::clone(&road.verifier.files.contracts);
    road.verifier = Verifier::new(monitoring, contracts, binary.clone(), environment());
    let report = bench::play(&road, &story)?;
    let muted = "by routes with time intervals, which may mute them: not judged";
    let said = report.wiring.iter().any(|wiring| wiring.compared.contains(muted));
    let held = report.held() && report.judged_anything();
    let text = bench::told(&road, &story, report);
    if held && said { Ok(()) } else { Err(Failed::from(text)) }
}

fn each_file() -> Result<(), Failed> {
    let mut files: Vec<String> = std::fs::read_dir(bench::root().join("scenarios/live"))?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    files.sort();
    let mut known: Vec<&str> = STORIES.to_vec();
    known.sort_unstable();
    assert_eq!(files, known);
    Ok(())
}
