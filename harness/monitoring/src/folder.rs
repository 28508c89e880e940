//! The directory that a user deploys: dashboards, data sources, the configurations of
//! Prometheus and Alertmanager, rules.
//!
//! Read as it stands and never written. What it should show is not known here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use prom::problem::{Code, Problem};

use crate::{
    AlertmanagerConfig, PrometheusConfig, RuleFile, alertmanager, config, files,
    grafana::{
        dashboard::{self, Dashboard},
        datasource::{self, Datasource},
    },
};

/// The files of a monitoring directory, parsed.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// The directory.
    pub directory: PathBuf,
    /// `grafana/dashboards/*.json`.
    pub dashboards: Vec<Dashboard>,
    /// `grafana/provisioning/datasources/*.yml`.
    pub datasources: Vec<Datasource>,
    /// `prometheus/prometheus.yml`.
    pub config: PrometheusConfig,
    /// The rule files that it names.
    pub rules: Vec<RuleFile>,
    /// `alertmanager/alertmanager.yml`, if there is one.
    pub alertmanager: Option<AlertmanagerConfig>,
}

impl Monitoring {
    /// Reads a monitoring directory.
    ///
    /// # Errors
    /// All problems of all files.
    pub fn load(directory: &Path) -> Result<Monitoring, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut keep = |result: Result<(), Vec<Problem>>| {
            if let Err(found) = result {
                problems.extend(found);
            }
        };
        let mut dashboards = Vec::new();
        keep(
            dashboard::load_dir(&directory.join("grafana/dashboards"))
                .map(|found| dashboards = found),
        );
        let mut datasources = Vec::new();
        for file in files::expand(&directory.join("grafana/provisioning/datasources"), "*.y*ml") {
            let read = read(&file).and_then(|text| datasource::parse_datasources(&file, &text));
            keep(read.map(|found| datasources.extend(found)));
        }
        let file = directory.join("prometheus/prometheus.yml");
        let mut config = None;
        keep(
            read(&file)
                .and_then(|text| config::parse(&file, &text))
                .map(|found| config = Some(found)),
        );
        let mut rules = Vec::new();
        for pattern in config.iter().flat_map(|config| &config.rule_files) {
            for file in files::expand(&directory.join("prometheus"), pattern) {
                let read = read(&file).and_then(|text| crate::rules::parse(&file, &text));
                keep(read.map(|found| rules.push(found)));
            }
        }
        let file = directory.join("alertmanager/alertmanager.yml");
        let mut alertmanager = None;
        if file.exists() {
            keep(
                read(&file)
                    .and_then(|text| alertmanager::parse(&file, &text))
                    .map(|found| alertmanager = Some(found)),
            );
        }
        match config {
            Some(config) if problems.is_empty() => Ok(Monitoring {
                directory: directory.to_owned(),
                dashboards,
                datasources,
                config,
                rules,
                alertmanager,
            }),
            _ => Err(problems),
        }
    }

    /// The data source that dashboards ask, as far as intervals go.
    #[must_use]
    pub fn time_interval(&self) -> Option<&str> {
        let prometheus = self.datasources.iter().find(|datasource| datasource.kind == "prometheus");
        prometheus.and_then(|datasource| datasource.time_interval.as_deref())
    }
}

fn read(file: &Path) -> Result<String, Vec<Problem>> {
    fs::read_to_string(file).map_err(|error| {
        vec![Problem::new(Code::UnreadableFile, file, None, format!("cannot be read: {error}"))]
    })
}
