//! Which of the files is what: first what flags name, then what compose files, configurations and providers name, then
//! what the content says.
//!
//! It must not know what is wrong inside of a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prom::problem::{Code, Problem};

use super::compose::{Program, Service};
use super::kind::Kind;
use super::{Layout, Named, Part, compose, kind, kubernetes, mounts, walk};
use crate::grafana::datasource;
use crate::{config, files};

/// Everything that was found, each with its kind.
struct Found {
    parts: Vec<(Kind, Part)>,
    services: Vec<Service>,
    /// Parts that stand in Kubernetes objects, by file: nothing in the directory says where they lie in a container.
    objects: BTreeSet<PathBuf>,
}

pub(super) fn assign(root: &Path, named: &Named) -> Layout {
    let mut layout = Layout { root: root.to_owned(), ..Layout::default() };
    let found = look(root, &mut layout);
    prometheus(&found, named, &mut layout);
    rules(&found, named, &mut layout);
    alertmanager(&found, named, &mut layout);
    grafana(&found, named, &mut layout);
    layout.problems.sort();
    layout.problems.dedup();
    layout
}

fn look(root: &Path, layout: &mut Layout) -> Found {
    let mut found = Found { parts: Vec::new(), services: Vec::new(), objects: BTreeSet::new() };
    let mut templates = 0_usize;
    for file in walk::files(root, &mut layout.not_read) {
        let part = match Part::read(&file) {
            Ok(part) => part,
            Err(problem) => {
                layout.problems.push(problem);
                continue;
            }
        };
        match kind::of(&file, &part.text) {
            Kind::Other => {}
            Kind::Template => templates += 1,
            Kind::Compose => found.services.extend(compose::services(&file, &part.text)),
            Kind::GrafanaAlerts => {
                layout.not_read.insert(format!("{}: alert rules of Grafana's own", file.display()));
            }
            Kind::Kubernetes => {
                let objects = kubernetes::objects(&file, &part.text);
                layout.problems.extend(objects.problems);
                for kind in objects.not_read {
                    layout.not_read.insert(format!("{}: objects of kind {kind}", file.display()));
                }
                for (name, part) in objects.parts {
                    let kind = kind::of(Path::new(&name), &part.text);
                    if !matches!(
                        kind,
                        Kind::Other | Kind::Compose | Kind::Kubernetes | Kind::Template
                    ) {
                        found.objects.insert(part.file.clone());
                        found.parts.push((kind, part));
                    }
                }
            }
            kind => found.parts.push((kind, part)),
        }
    }
    if templates > 0 {
        layout
            .not_read
            .insert(format!("{templates} templates of charts, which are YAML only when rendered"));
    }
    found
}

impl Found {
    fn of(&self, kind: Kind) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |(found, _)| *found == kind).map(|(_, part)| part)
    }

    fn service(&self, program: Program) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(move |service| service.program == program)
    }

    /// The file that a service is started with, by its flag or where its image has it.
    fn configured(
        &self,
        program: Program,
        flag: &str,
        default: &str,
    ) -> Option<(PathBuf, &Service, String)> {
        self.service(program).find_map(|service| {
            let inside = service.flag(flag).unwrap_or(default);
            let (files, _) = mounts::expand(&service.mounts, inside);
            let file = files.into_iter().find(|file| file.is_file())?;
            Some((file, service, inside.to_owned()))
        })
    }

    /// The part of a file that was read already, or the file read now.
    fn part(&self, file: &Path, layout: &mut Layout) -> Option<Part> {
        let same = |(_, part): &&(Kind, Part)| part.file == file;
        if let Some((_, part)) =
            self.parts.iter().find(same).filter(|_| !self.objects.contains(file))
        {
            return Some(part.clone());
        }
        Part::read(file).map_err(|problem| layout.problems.push(problem)).ok()
    }
}

/// The best of several files: by name and by depth.
fn best<'a>(parts: impl Iterator<Item = &'a Part>, names: &[&str]) -> Option<&'a Part> {
    parts.min_by_key(|part| {
        let by_name =
            names.iter().position(|name| part.file.ends_with(name)).unwrap_or(names.len());
        (by_name, part.file.components().count(), part.file.clone())
    })
}

fn others(
    kept: &Part,
    all: impl Iterator<Item = PathBuf>,
    what: &str,
    flag: &str,
    layout: &mut Layout,
) {
    for file in all.filter(|file| *file != kept.file) {
        layout.not_read.insert(format!("{}: another {what}; name it by {flag}", file.display()));
    }
}

const PROMETHEUS: &str = "/etc/prometheus/prometheus.yml";

fn prometheus(found: &Found, named: &Named, layout: &mut Layout) {
    layout.prometheus = match &named.prometheus_config {
        Some(file) => found.part(file, layout),
        None => match found.configured(Program::Prometheus, "config.file", PROMETHEUS) {
            Some((file, ..)) => found.part(&file, layout),
            None => {
                let names = ["prometheus/prometheus.yml", "prometheus.yml", "prometheus.yaml"];
                best(found.of(Kind::Prometheus), &names).cloned()
            }
        },
    };
    if let Some(kept) = layout.prometheus.clone() {
        let all = found.of(Kind::Prometheus).map(|part| part.file.clone());
        others(&kept, all, "configuration of Prometheus", "--prometheus-config", layout);
    }
}

fn rules(found: &Found, named: &Named, layout: &mut Layout) {
    let mut loaded: Vec<PathBuf> = Vec::new();
    let mut is_known = true;
    if !named.rule_files.is_empty() {
        for pattern in &named.rule_files {
            let files = files::expand(Path::new(""), pattern);
            if files.is_empty() {
                let message = format!("the pattern {pattern:?} of --rule-files matches no file");
                layout.problems.push(Problem::new(
                    Code::NoSuchFiles,
                    &layout.root.clone(),
                    None,
                    message,
                ));
            }
            loaded.extend(files);
        }
    } else if let Some(config) = layout.prometheus.clone() {
        is_known = named_rules(found, &config, &mut loaded, layout);
    } else {
        layout.rules = found.of(Kind::Rules).cloned().collect();
        return;
    }
    let mut seen = BTreeSet::new();
    loaded.retain(|file| seen.insert(file.clone()));
    layout.rules = loaded.iter().filter_map(|file| found.part(file, layout)).collect();
    let rest = found.of(Kind::Rules).filter(|part| !loaded.contains(&part.file)).cloned();
    if is_known {
        layout.loose_rules = rest.collect();
    } else {
        layout.rules.extend(rest);
    }
}

/// The files that a configuration names; whether all of its patterns could be followed.
fn named_rules(
    found: &Found,
    config: &Part,
    loaded: &mut Vec<PathBuf>,
    layout: &mut Layout,
) -> bool {
    let Some(patterns) = config::rule_file_patterns(&config.text) else {
        // What is wrong with it, its own reader says.
        return false;
    };
    let in_object = found.objects.contains(&config.file);
    let service = found.configured(Program::Prometheus, "config.file", PROMETHEUS);
    let service = service.filter(|(file, ..)| *file == config.file);
    let directory = config.file.parent().unwrap_or(Path::new(""));
    let mut all_known = true;
    for (line, pattern) in patterns {
        let (mut files, mut explained) = match &service {
            Some((_, service, inside)) if mounts::is_absolute(&pattern) => {
                let _ = inside;
                mounts::expand(&service.mounts, &pattern)
            }
            Some((_, service, inside)) => {
                mounts::expand(&service.mounts, &mounts::join(inside, &pattern))
            }
            None => (Vec::new(), false),
        };
        if files.is_empty() && !mounts::is_absolute(&pattern) {
            files = files::expand(directory, &pattern);
            files.retain(|file| file.exists());
            explained = true;
        }
        if files.is_empty() && service.is_none() {
            // Where Prometheus' images have their configuration.
            if let Some(relative) = pattern.strip_prefix("/etc/prometheus/") {
                files = files::expand(directory, relative);
                files.retain(|file| file.exists());
            }
        }
        files.retain(|file| file.is_file());
        if files.is_empty() && in_object {
            layout.not_read.insert(format!(
                "{}: rule_files {pattern:?}, a path in a container",
                config.file.display()
            ));
            all_known = false;
        } else if files.is_empty() {
            all_known &= explained;
            let (code, message, remedy) = match (explained, files::is_pattern(&pattern)) {
                (false, _) => (
                    Code::UnexplainedPath,
                    format!("rule_files: no mount explains the absolute path {pattern:?}"),
                    "name the rule files: --rule-files PATTERN",
                ),
                (true, true) => (
                    Code::NoSuchFiles,
                    format!("rule_files: the pattern {pattern:?} matches no file"),
                    "correct it; no rule of it is loaded",
                ),
                (true, false) => (
                    Code::NoSuchFiles,
                    format!("rule_files: there is no file {pattern:?}"),
                    "correct the path; no rule of it is loaded",
                ),
            };
            layout.problems.push(Problem::new(code, &config.file, line, message).remedy(remedy));
        }
        loaded.extend(files);
    }
    all_known
}

fn alertmanager(found: &Found, named: &Named, layout: &mut Layout) {
    let default = "/etc/alertmanager/alertmanager.yml";
    layout.alertmanager = match &named.alertmanager_config {
        Some(file) => found.part(file, layout),
        None => match found.configured(Program::Alertmanager, "config.file", default) {
            Some((file, ..)) => found.part(&file, layout),
            None => {
                let names = [
                    "alertmanager/alertmanager.yml",
                    "alertmanager.yml",
                    "alertmanager.yaml",
                    "alertmanager/config.yml",
                ];
                best(found.of(Kind::Alertmanager), &names).cloned()
            }
        },
    };
    if let Some(kept) = layout.alertmanager.clone() {
        let all = found.of(Kind::Alertmanager).map(|part| part.file.clone());
        others(&kept, all, "configuration of Alertmanager", "--alertmanager-config", layout);
    }
}

fn grafana(found: &Found, named: &Named, layout: &mut Layout) {
    let within = |part: &&Part| {
        named.provisioning.as_ref().is_none_or(|directory| part.file.starts_with(directory))
    };
    layout.datasources = found.of(Kind::Datasources).filter(within).cloned().collect();
    layout.providers = found.of(Kind::Providers).filter(within).cloned().collect();
    let all = || found.of(Kind::Dashboard);
    if !named.dashboards.is_empty() {
        let chosen = |part: &&Part| named.dashboards.iter().any(|path| part.file.starts_with(path));
        layout.dashboards = all().filter(chosen).cloned().collect();
        for path in &named.dashboards {
            if !layout.dashboards.iter().any(|part| part.file.starts_with(path)) {
                let message = "holds no dashboard, and --dashboards names it";
                layout.problems.push(Problem::new(Code::NoSuchFiles, path, None, message));
            }
        }
        return;
    }
    let directories = provided(found, layout);
    let is_provided =
        |part: &&Part| directories.iter().any(|directory| part.file.starts_with(directory));
    layout.dashboards = all().filter(is_provided).cloned().collect();
    layout.loose_dashboards = all().filter(|part| !is_provided(part)).cloned().collect();
}

/// The directories that Grafana's providers load dashboards from.
fn provided(found: &Found, layout: &mut Layout) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for part in layout.providers.clone() {
        let Ok(providers) = datasource::parse_providers(&part.file, &part.text) else { continue };
        for provider in providers {
            let mut places: Vec<PathBuf> = Vec::new();
            let mut explained = false;
            for service in found.service(Program::Grafana) {
                let (files, known) = mounts::expand(&service.mounts, &provider.path);
                places.extend(files);
                explained |= known;
            }
            let beside = part.file.parent().unwrap_or(Path::new(""));
            let inside = Path::new(&provider.path);
            if places.is_empty() && !explained {
                // `provisioning/dashboards` is where providers themselves lie; else a directory of the same name.
                let ends = [
                    inside.file_name().map(PathBuf::from),
                    Some(PathBuf::from("grafana/dashboards")),
                ];
                let same_name =
                    |directory: &Path| ends.iter().flatten().any(|end| directory.ends_with(end));
                if beside.ends_with("dashboards") && inside.ends_with("provisioning/dashboards") {
                    places.push(beside.to_owned());
                } else {
                    let holding =
                        found.of(Kind::Dashboard).flat_map(|part| part.file.ancestors().skip(1));
                    let nearest = holding.filter(|directory| same_name(directory));
                    places.extend(nearest.map(Path::to_owned).collect::<BTreeSet<_>>());
                }
            }
            if places.is_empty()
                && found.service(Program::Grafana).next().is_some()
                && !provider.path.contains('$')
            {
                let code = if explained { Code::NoSuchFiles } else { Code::UnexplainedPath };
                let message = if explained {
                    format!("provider {:?}: there is nothing at {:?}", provider.name, provider.path)
                } else {
                    format!(
                        "provider {:?}: no mount explains the path {:?}",
                        provider.name, provider.path
                    )
                };
                let problem = Problem::new(code, &part.file, provider.line, message);
                layout.problems.push(problem.remedy("mount the directory there, or correct the path: Grafana loads no dashboard from it"));
            }
            directories.extend(places);
        }
    }
    directories
}
