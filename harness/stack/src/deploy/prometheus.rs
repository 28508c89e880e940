//! `prometheus.yml`: where servers are, how often jobs scrape and rules are evaluated.

use std::collections::BTreeSet;

use super::{
    ALERTMANAGER_PORT, Changes, Copier, DeployError, PROMETHEUS_PORT, edit::Edit, instance_at,
    port_of, scan::Scalar, targets::address_of,
};
use monitoring::Job;
use prom::duration;

/// Where targets stand in the configuration itself.
const STATIC: [&[&str]; 2] = [
    &["scrape_configs", "static_configs", "targets"],
    &["alerting", "alertmanagers", "static_configs", "targets"],
];

/// Makes the changes; `labelled` jobs have their cadence in the files of their targets.
pub(super) fn edit(
    copier: &mut Copier<'_>,
    labelled: &BTreeSet<String>,
) -> Result<(), DeployError> {
    let shipped = copier.shipped;
    let Some((path, name)) = copier.place(&shipped.config.file) else { return Ok(()) };
    let text = copier.read(&path)?;
    let mut edit = Edit::new(&text);
    let scalars = edit.scalars();
    for scalar in scalars.iter().filter(|scalar| STATIC.iter().any(|path| scalar.is(path))) {
        if let Some(address) = moved(&scalar.text, copier.changes) {
            edit.replace(scalar, &address);
        }
    }
    if copier.changes.scales() {
        evaluation_interval(&mut edit, &scalars, copier);
    }
    for (nth, job) in shipped.config.jobs.iter().enumerate() {
        if labelled.contains(&job.name) {
            continue;
        }
        let end = shipped.config.jobs.get(nth + 1).and_then(|next| next.line);
        let on_it = |scalar: &&Scalar| {
            job.line.is_some_and(|line| line <= scalar.line)
                && end.is_none_or(|end| scalar.line < end)
        };
        let scalars: Vec<&Scalar> = scalars.iter().filter(on_it).collect();
        scrapes(&mut edit, &scalars, copier.changes);
    }
    copier.write(&path, &name, edit.finish())
}

/// What an address of a static target becomes.
pub(super) fn moved(address: &str, changes: &Changes) -> Option<String> {
    match port_of(address)? {
        PROMETHEUS_PORT => changes.prometheus(),
        ALERTMANAGER_PORT => changes.alertmanager(),
        _ => address_of(instance_at(address, changes)?, changes),
    }
}

fn evaluation_interval(edit: &mut Edit<'_>, scalars: &[Scalar], copier: &Copier<'_>) {
    let shipped = copier.shipped.config.evaluation_interval_ms;
    let value = duration::format(copier.changes.scaled(shipped));
    let stated = scalars.iter().find(|scalar| scalar.is(&["global", "evaluation_interval"]));
    let global = || scalars.iter().find(|s| s.path.len() == 2 && s.path[0] == "global");
    match stated {
        Some(stated) => edit.replace(stated, &value),
        None => {
            if let Some(global) = global() {
                edit.add_below(global, "evaluation_interval", &value);
            }
        }
    }
}

/// The interval and the timeout of a job, stated where they were inherited: a default timeout could be longer than the
/// new interval.
fn scrapes(edit: &mut Edit<'_>, of_job: &[&Scalar], changes: &Changes) {
    let Some(cadence) = changes.cadence else { return };
    let find = |key: &str| of_job.iter().find(|scalar| scalar.is(&["scrape_configs", key]));
    for (key, millis) in
        [("scrape_interval", cadence.scrape_ms), ("scrape_timeout", cadence.timeout_ms)]
    {
        let value = duration::format(millis);
        if let Some(stated) = find(key) {
            edit.replace(stated, &value);
        } else if let Some(named) = find("job_name") {
            edit.add_below(named, key, &value);
        }
    }
}

/// What a job's interval and timeout must be in the copy, in milliseconds.
pub(super) fn expected(job: &Job, labelled: bool, changes: &Changes) -> (i64, i64) {
    match changes.cadence {
        Some(cadence) if !labelled => (cadence.scrape_ms, cadence.timeout_ms),
        _ => (job.scrape_interval_ms, job.scrape_timeout_ms),
    }
}
