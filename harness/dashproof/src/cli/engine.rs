//! Which Prometheus is asked, and which Alertmanager routes what it sends.

use std::path::{Path, PathBuf};

use super::Failure;
use monitoring::Monitoring;
use stack::{
    alertmanager_binary::{self, AlertmanagerBinary},
    amtool,
    environment::Environment,
    prometheus_binary::{PrometheusBinary, Wanted},
    promtool,
};

/// Which Prometheus answers.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Prometheus")]
pub(super) struct EngineArgs {
    /// This program, or the one in this directory [env: DASHPROOF_PROMETHEUS]
    /// [default: the one on PATH, else the distribution's package, fetched into the cache]
    #[arg(long, value_name = "PATH", conflicts_with = "suite")]
    pub(super) prometheus: Option<PathBuf>,
    /// The package of this suite of the machine's distribution, such as `unstable`
    #[arg(long, value_name = "SUITE")]
    pub(super) suite: Option<String>,
}

impl EngineArgs {
    /// The engine of a command that starts its own, fetched if need be.
    pub(super) async fn provide(
        &self,
        environment: &Environment,
    ) -> Result<PrometheusBinary, Failure> {
        own(environment)?;
        self.found(environment).await
    }

    async fn found(&self, environment: &Environment) -> Result<PrometheusBinary, Failure> {
        let wanted = match (&self.prometheus, &self.suite) {
            (Some(path), _) => Wanted::At(path.clone()),
            (None, Some(suite)) => Wanted::Suite(suite.clone()),
            (None, None) => Wanted::Any,
        };
        // The error lists every attempt and its remedies itself.
        PrometheusBinary::provide(&wanted, environment)
            .await
            .map_err(|error| Failure::new(error.to_string(), ""))
    }

    /// The engine of a command that starts its own, once its promtool has read the configuration and the rules: a rule that Prometheus would refuse is
    /// told in its words, with file and line, and nothing is started.
    pub(super) async fn provide_for(
        &self,
        monitoring: &Path,
        environment: &Environment,
    ) -> Result<PrometheusBinary, Failure> {
        own(environment)?;
        self.provide_beside(monitoring, environment).await
    }

    /// As [`EngineArgs::provide_for`], for a command that may use another engine and needs its promtool in any case.
    pub(super) async fn provide_beside(
        &self,
        monitoring: &Path,
        environment: &Environment,
    ) -> Result<PrometheusBinary, Failure> {
        let binary = self.found(environment).await?;
        let config = monitoring.join("prometheus/prometheus.yml");
        match promtool::check_config(&binary, &config).await {
            Ok(_) => Ok(binary),
            Err(error) => {
                let remedy = "correct what promtool reports; nothing was started";
                Err(Failure::new(error.with_cause(), remedy))
            }
        }
    }

    /// The flags as they were given.
    pub(super) fn flags(&self) -> Vec<String> {
        let path = self.prometheus.as_ref().map(|path| path.display().to_string());
        let given = [("--prometheus", path), ("--suite", self.suite.clone())];
        given
            .into_iter()
            .filter_map(|(flag, value)| Some([flag.to_owned(), value?]))
            .flatten()
            .collect()
    }
}

/// Refuses where a running stack was demanded: what a command adds to an engine must be all that is in it.
fn own(environment: &Environment) -> Result<(), Failure> {
    match &environment.stack.stack {
        Some(given) if given.value == "external" => {
            let message = format!(
                "{} is external, and this command starts a Prometheus of its own",
                given.by
            );
            let remedy = "unset it here; `dashproof verify` can use a running database";
            Err(Failure::new(message, remedy))
        }
        Some(given) if given.value == "containers" => {
            let message = format!(
                "{} is containers, and this command uses programs of this machine",
                given.by
            );
            let remedy =
                "unset it here; `verify`, `live`, `demo` and `stack up` can use containers";
            Err(Failure::new(message, remedy))
        }
        _ => Ok(()),
    }
}

/// Which Alertmanager routes alerts.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Alertmanager")]
pub(super) struct AlertmanagerArgs {
    /// This program, or the one in this directory [env: DASHPROOF_ALERTMANAGER]
    /// [default: the one on PATH, else the distribution's package, fetched into the cache]
    #[arg(long, value_name = "PATH")]
    pub(super) alertmanager: Option<PathBuf>,
}

impl AlertmanagerArgs {
    /// The Alertmanager, fetched if need be; from the suite that Prometheus is from, if one was named.
    pub(super) async fn provide(
        &self,
        engine: &EngineArgs,
        environment: &Environment,
    ) -> Result<AlertmanagerBinary, Failure> {
        let wanted = match (&self.alertmanager, &engine.suite) {
            (Some(path), _) => alertmanager_binary::Wanted::At(path.clone()),
            (None, Some(suite)) => alertmanager_binary::Wanted::Suite(suite.clone()),
            (None, None) => alertmanager_binary::Wanted::Any,
        };
        // The error lists every attempt and its remedies itself.
        AlertmanagerBinary::provide(&wanted, environment)
            .await
            .map_err(|error| Failure::new(error.to_string(), ""))
    }

    /// As [`AlertmanagerArgs::provide`], once its amtool has read the configuration: what Alertmanager would refuse is
    /// told with the user's own file and line, and nothing is started.
    pub(super) async fn provide_for(
        &self,
        monitoring: &Monitoring,
        engine: &EngineArgs,
        environment: &Environment,
    ) -> Result<AlertmanagerBinary, Failure> {
        let binary = self.provide(engine, environment).await?;
        check_routes(&binary, monitoring).await?;
        Ok(binary)
    }

    /// The flags as they were given.
    pub(super) fn flags(&self) -> Vec<String> {
        let given = self.alertmanager.iter();
        given.flat_map(|path| ["--alertmanager".to_owned(), path.display().to_string()]).collect()
    }
}

/// In amtool's own words. A monitoring directory without a configuration has nothing to be refused.
pub(super) async fn check_routes(
    binary: &AlertmanagerBinary,
    monitoring: &Monitoring,
) -> Result<(), Failure> {
    let Some(config) = &monitoring.alertmanager else { return Ok(()) };
    let checked = amtool::check_config(binary, &config.file).await;
    checked.map(drop).map_err(|error| {
        Failure::new(error.with_cause(), "correct what amtool reports; nothing was started")
    })
}
