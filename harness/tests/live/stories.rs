//! Every story holds: panels, rules, alerts, and the wiring between all servers.

use libtest_mimic::{Failed, Trial};

use crate::{bench, lines::on_each_line};

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
    trials.push(Trial::test("story::each_file_is_played", each_file));
    trials
}

fn holds(
    binary: &dashproof::stack::prometheus_binary::PrometheusBinary,
    name: &str,
) -> Result<(), Failed> {
    let story = bench::story(name)?;
    let road = bench::road(binary)?;
    let report = bench::play(&road, &story)?;
    let held = report.held() && !report.verdicts.is_empty() && report.wiring.len() == 6;
    let text = bench::told(&road, &story, report);
    if held { Ok(()) } else { Err(Failed::from(text)) }
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
