//! The files of targets: where the modules are served, and how often they are scraped.
//!
//! A file with targets of a module is written anew; labels of its groups stay. The cadence goes into labels that
//! Prometheus takes instead of the job's own interval and timeout, so that the job itself stays as shipped.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use sim::world::{Instance, Module};

use super::{Cadence, Changes, Copier, DeployError, edit::ChangedLine, instance_at, scan};
use monitoring::{Monitoring, TargetGroup, files, targets};
use prom::duration;

const INTERVAL: &str = "__scrape_interval__";
const TIMEOUT: &str = "__scrape_timeout__";

/// Writes the target files. The names of the jobs whose targets all stand in them, so that labels can give the cadence.
pub(super) fn edit(copier: &mut Copier<'_>) -> Result<BTreeSet<String>, DeployError> {
    let changes = copier.changes;
    let mut files: BTreeMap<PathBuf, Vec<TargetGroup>> = BTreeMap::new();
    let base = copier.shipped.directory.join("prometheus");
    let of_job = |patterns: &[String]| -> Vec<PathBuf> {
        patterns.iter().flat_map(|pattern| files::expand(&base, pattern)).collect()
    };
    for file in copier.shipped.config.jobs.iter().flat_map(|job| of_job(&job.file_sd)) {
        // One that is missing yet has no targets, also for Prometheus.
        if !file.exists() || files.contains_key(&file) {
            continue;
        }
        match targets::parse(&file, &copier.read(&file)?) {
            Ok(groups) => drop(files.insert(file, groups)),
            Err(problems) => copier.problems.extend(problems),
        }
    }
    let changed = changed(&files, changes);
    for (file, groups) in &changed {
        if files[file] == *groups {
            continue;
        }
        let shipped = copier.read(file)?;
        let Some((path, name)) = copier.place(file) else { continue };
        let line = scan::scalars(&shipped).first().map_or(1, |scalar| scalar.line);
        let told = ChangedLine { line, before: told(&files[file]), after: told(groups) };
        copier.write(&path, &name, (targets::text(&path, groups), vec![told]))?;
    }
    let only_modules = |file: &PathBuf| {
        changed.contains_key(file) && files[file].iter().all(|group| names_module(group, changes))
    };
    let jobs = copier.shipped.config.jobs.iter().filter(|job| {
        let files = of_job(&job.file_sd);
        job.static_targets.is_empty() && !files.is_empty() && files.iter().all(only_modules)
    });
    Ok(jobs.map(|job| job.name.clone()).collect())
}

fn names_module(group: &TargetGroup, changes: &Changes) -> bool {
    group.targets.iter().any(|address| instance_at(address, changes).is_some())
}

/// The files with targets of modules, as they are to be.
fn changed(
    files: &BTreeMap<PathBuf, Vec<TargetGroup>>,
    changes: &Changes,
) -> BTreeMap<PathBuf, Vec<TargetGroup>> {
    let mut changed: BTreeMap<PathBuf, Vec<TargetGroup>> = files
        .iter()
        .filter(|(_, groups)| groups.iter().any(|group| names_module(group, changes)))
        .map(|(file, groups)| (file.clone(), groups.clone()))
        .collect();
    let mut first: BTreeMap<Module, (PathBuf, usize)> = BTreeMap::new();
    let mut placed: BTreeSet<Instance> = BTreeSet::new();
    for (file, groups) in &mut changed {
        for (nth, group) in groups.iter_mut().enumerate() {
            if !names_module(group, changes) {
                continue;
            }
            if let Some(cadence) = changes.cadence {
                label(group, cadence);
            }
            if changes.targets.is_empty() {
                continue;
            }
            let mut targets = Vec::new();
            for address in &group.targets {
                let Some(instance) = instance_at(address, changes) else {
                    targets.push(address.clone());
                    continue;
                };
                first.entry(instance.module).or_insert_with(|| (file.clone(), nth));
                targets.extend(address_of(instance, changes));
                placed.insert(instance);
            }
            group.targets = targets;
        }
    }
    // Copies that no file mentions join the first group of their module.
    for (instance, address) in
        changes.targets.iter().filter(|(instance, _)| !placed.contains(instance))
    {
        if let Some((file, nth)) = first.get(&instance.module)
            && let Some(group) = changed.get_mut(file).and_then(|groups| groups.get_mut(*nth))
        {
            group.targets.push(changes.reached(*address));
        }
    }
    changed
}

/// Every address that the jobs of a monitoring directory scrape, in the order of the jobs, with its job's position.
pub(super) fn listed(monitoring: &Monitoring) -> Vec<(usize, String)> {
    let base = monitoring.directory.join("prometheus");
    let mut found = Vec::new();
    for (nth, job) in monitoring.config.jobs.iter().enumerate() {
        let files = job.file_sd.iter().flat_map(|pattern| files::expand(&base, pattern));
        let texts = files.filter_map(|file| Some((fs::read_to_string(&file).ok()?, file)));
        let groups =
            texts.flat_map(|(text, file)| targets::parse(&file, &text).unwrap_or_default());
        let groups = groups.chain(job.static_targets.iter().cloned());
        found.extend(groups.flat_map(|group| group.targets).map(|address| (nth, address)));
    }
    found
}

/// Where a copy is served, if it is.
pub(super) fn address_of(instance: Instance, changes: &Changes) -> Option<String> {
    let found = changes.targets.iter().find(|(other, _)| *other == instance);
    found.map(|(_, address)| changes.reached(*address))
}

fn label(group: &mut TargetGroup, cadence: Cadence) {
    group.labels.insert(INTERVAL.to_owned(), duration::format(cadence.scrape_ms));
    group.labels.insert(TIMEOUT.to_owned(), duration::format(cadence.timeout_ms));
}

/// Groups on one line, for people.
fn told(groups: &[TargetGroup]) -> String {
    let group = |group: &TargetGroup| {
        let labels = group.labels.iter().map(|(name, value)| format!("{name}: {value}"));
        let labels: Vec<String> = labels.collect();
        let targets = group.targets.join(", ");
        if labels.is_empty() {
            format!("[{targets}]")
        } else {
            format!("[{targets}] {{{}}}", labels.join(", "))
        }
    };
    groups.iter().map(group).collect::<Vec<_>>().join(", ")
}
