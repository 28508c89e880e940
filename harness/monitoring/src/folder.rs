//! The files that a user deploys: dashboards, data sources, the configurations of Prometheus and Alertmanager, rules.
//!
//! Read as they stand and never written. Where they lie is the layout's affair; what they should show is not known here.

use std::path::{Path, PathBuf};

use prom::problem::{Code, Problem};

use crate::{
    AlertmanagerConfig, PrometheusConfig, RuleFile, alertmanager, config,
    grafana::{
        dashboard::{self, Dashboard},
        datasource::{self, DashboardProvider, Datasource},
    },
    layout::{Layout, Named, Part},
    rules,
};

/// The files of a monitoring directory, parsed.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// The directory.
    pub directory: PathBuf,
    /// The dashboards that Grafana loads.
    pub dashboards: Vec<Dashboard>,
    /// The data sources that are provisioned.
    pub datasources: Vec<Datasource>,
    /// Prometheus' configuration.
    pub config: PrometheusConfig,
    /// The rule files that it names.
    pub rules: Vec<RuleFile>,
    /// Alertmanager's configuration, if there is one.
    pub alertmanager: Option<AlertmanagerConfig>,
}

/// As much of a directory as can be read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What is loaded by the servers. Where there is no configuration of Prometheus, its defaults.
    pub monitoring: Monitoring,
    /// Whether there is a configuration of Prometheus that could be read.
    pub has_config: bool,
    /// Rule files that nothing loads.
    pub loose_rules: Vec<RuleFile>,
    /// Dashboards that nothing loads.
    pub loose_dashboards: Vec<Dashboard>,
    /// What tells Grafana where dashboards lie.
    pub providers: Vec<DashboardProvider>,
    /// What could not be read, and where files should be and are not.
    pub problems: Vec<Problem>,
}

impl Monitoring {
    /// Reads a monitoring directory.
    ///
    /// # Errors
    /// All problems of all files.
    pub fn load(directory: &Path) -> Result<Monitoring, Vec<Problem>> {
        let layout = Layout::find(directory, &Named::default());
        let mut reading = Reading::of(&layout);
        if !reading.has_config && reading.problems.is_empty() {
            let problem = Problem::new(
                Code::UnreadableFile,
                directory,
                None,
                "has no configuration of Prometheus",
            );
            reading.problems.push(problem.remedy("add prometheus/prometheus.yml"));
        }
        if !reading.problems.is_empty() {
            return Err(reading.problems);
        }
        let mut monitoring = reading.monitoring;
        if monitoring.dashboards.is_empty() {
            // Nothing says which are loaded: then all of them are meant.
            monitoring.dashboards = reading.loose_dashboards;
        }
        Ok(monitoring)
    }

    /// The data source that dashboards ask, as far as intervals go.
    #[must_use]
    pub fn time_interval(&self) -> Option<&str> {
        let prometheus = self.datasources.iter().find(|datasource| datasource.kind == "prometheus");
        prometheus.and_then(|datasource| datasource.time_interval.as_deref())
    }
}

impl Reading {
    /// Reads what a layout has found. Nothing that cannot be read hides anything else.
    #[must_use]
    pub fn of(layout: &Layout) -> Reading {
        let mut problems = layout.problems.clone();
        let mut keep = |found: Vec<Problem>| problems.extend(found);
        let config = layout
            .prometheus
            .as_ref()
            .and_then(|part| config::parse(&part.file, &part.text).map_err(&mut keep).ok());
        let alertmanager = layout
            .alertmanager
            .as_ref()
            .and_then(|part| alertmanager::parse(&part.file, &part.text).map_err(&mut keep).ok());
        let datasources = layout.datasources.iter().flat_map(|part| {
            datasource::parse_datasources(&part.file, &part.text)
                .map_err(&mut keep)
                .unwrap_or_default()
        });
        let datasources = datasources.collect();
        let providers = layout.providers.iter().flat_map(|part| {
            datasource::parse_providers(&part.file, &part.text)
                .map_err(&mut keep)
                .unwrap_or_default()
        });
        let providers = providers.collect();
        let dashboards = |parts: &[Part], keep: &mut dyn FnMut(Vec<Problem>)| -> Vec<Dashboard> {
            let read = parts.iter().filter_map(|part| {
                let (found, wrong) = dashboard::read(&part.file, &part.text);
                keep(wrong);
                found
            });
            read.collect()
        };
        let (loaded, loose) = (
            dashboards(&layout.dashboards, &mut keep),
            dashboards(&layout.loose_dashboards, &mut keep),
        );
        let rules = |parts: &[Part], keep: &mut dyn FnMut(Vec<Problem>)| -> Vec<RuleFile> {
            let read = parts.iter().map(|part| {
                let (found, wrong) = rules::read(&part.file, &part.text);
                keep(wrong);
                found
            });
            read.collect()
        };
        let (loaded_rules, loose_rules) =
            (rules(&layout.rules, &mut keep), rules(&layout.loose_rules, &mut keep));
        let has_config = config.is_some();
        let monitoring = Monitoring {
            directory: layout.root.clone(),
            dashboards: loaded,
            datasources,
            config: config.unwrap_or_else(|| PrometheusConfig::without_file(&layout.root)),
            rules: loaded_rules,
            alertmanager,
        };
        Reading {
            monitoring,
            has_config,
            loose_rules,
            loose_dashboards: loose,
            providers,
            problems,
        }
    }
}
