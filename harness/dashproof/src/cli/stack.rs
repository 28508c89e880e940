//! Which stack holds the samples: one that is started here, or one that somebody else runs.

use std::path::PathBuf;

use sim::time::Nanos;

use super::{Failure, files, runner::Waiting};
use prom::duration;
use proof::verify::{EngineChoice, Verifier, axis};
use scenario::Scenario;
use stack::{
    environment::Environment,
    external::{External, ExternalError},
    settings::{Chosen, Given, Settings},
};

use crate::report::Stack;

/// Which stack answers. Secrets are given by variables or files, never as arguments, which others can see.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Stack")]
pub(super) struct StackArgs {
    /// auto, native (a Prometheus started here for each scenario) or external (a database that runs already)
    /// [env: DASHPROOF_STACK] [default: auto, which is external if a URL is given]
    #[arg(long, value_name = "KIND")]
    stack: Option<String>,
    /// A database with Prometheus' query API and remote write that runs already, and takes old samples. Prometheus:
    /// --web.enable-remote-write-receiver, --storage.tsdb.retention.time=100y, and, where it holds nothing newer,
    /// --storage.tsdb.min-block-duration=74h with --storage.tsdb.max-block-duration=74h, else a long
    /// `out_of_order_time_window`. VictoriaMetrics: -retentionPeriod=100y. It must hold no series of the same names
    /// where the scenarios lie. Nothing in it is ever removed
    /// [env: DASHPROOF_PROMETHEUS_URL]
    #[arg(long, value_name = "URL")]
    prometheus_url: Option<String>,
    /// Where it takes samples [env: DASHPROOF_REMOTE_WRITE_URL] [default: /api/v1/write below its URL]
    #[arg(long, value_name = "URL")]
    remote_write_url: Option<String>,
    /// A file with the bearer token for both [env: DASHPROOF_BEARER_TOKEN, or DASHPROOF_BEARER_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    bearer_token_file: Option<PathBuf>,
    /// The user for basic authentication [env: DASHPROOF_BASIC_USER]
    #[arg(long, value_name = "NAME")]
    basic_user: Option<String>,
    /// A file with their password [env: DASHPROOF_BASIC_PASSWORD, or DASHPROOF_BASIC_PASSWORD_FILE]
    #[arg(long, value_name = "FILE")]
    basic_password_file: Option<PathBuf>,
    /// Play into that database so much earlier, in whole weeks, such as 365d: where it holds nothing of the kind yet
    #[arg(long, value_name = "SPAN", value_parser = files::span)]
    earlier: Option<Nanos>,
}

impl StackArgs {
    /// Which stack was meant, and why.
    pub(super) fn choose(&self, environment: &Environment) -> Result<(Chosen, String), Failure> {
        let settings = self.settings().over(environment.stack.clone());
        settings.choose().map_err(|error| {
            let (what, remedies): (Vec<&str>, Vec<&str>) =
                error.wrong.iter().map(|(what, remedy)| (what.as_str(), remedy.as_str())).unzip();
            Failure::new(what.join("; "), remedies.join("\n"))
        })
    }

    /// Makes `verifier` use what was chosen, and moves scenarios that share a database apart; how the report tells it.
    pub(super) async fn prepare(
        &self,
        (chosen, why): (Chosen, String),
        verifier: &mut Verifier,
        waiting: &mut [Waiting],
    ) -> Result<Stack, Failure> {
        let failed =
            |error: ExternalError| Failure::new(super::failure::chain(&error), error.remedy());
        let Chosen::External(endpoint) = chosen else {
            if self.earlier.is_some() {
                let message = "--earlier is given, but Dashproof starts a Prometheus of its own";
                let remedy = "leave it out: that Prometheus is always empty";
                return Err(Failure::new(message, remedy));
            }
            return Ok(Stack::native(&verifier.tools.binary, why));
        };
        let external = External::find(endpoint).await.map_err(failed)?;
        let mut scenarios: Vec<Scenario> =
            waiting.iter().map(|(scenario, _)| scenario.clone()).collect();
        let earlier_ms = self.earlier.map_or(0, |earlier| earlier.as_millis() as i64);
        let gap_ms = axis::gap_ms(&verifier.files.monitoring, &scenarios);
        axis::lay(&mut scenarios, gap_ms, earlier_ms);
        // Before anything is written at all.
        axis::is_free(&verifier.files.monitoring, &external, &scenarios).await.map_err(failed)?;
        for ((scenario, _), moved) in waiting.iter_mut().zip(scenarios) {
            *scenario = moved;
        }
        let choice = EngineChoice::External(external.clone());
        let exactly = choice.arithmetic(&verifier.tools.binary).is_modelled();
        verifier.tools.choice = choice;
        Ok(Stack::external(&external, why, exactly))
    }

    /// The flags as they were given; none of them is a secret.
    pub(super) fn flags(&self) -> Vec<String> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let earlier = self.earlier.map(|span| duration::format(span.as_millis() as i64));
        let given = [
            ("--stack", self.stack.clone()),
            ("--prometheus-url", self.prometheus_url.clone()),
            ("--remote-write-url", self.remote_write_url.clone()),
            ("--bearer-token-file", path(&self.bearer_token_file)),
            ("--basic-user", self.basic_user.clone()),
            ("--basic-password-file", path(&self.basic_password_file)),
            ("--earlier", earlier),
        ];
        let given = given.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?]));
        given.flatten().collect()
    }

    fn settings(&self) -> Settings {
        fn given<T: Clone>(value: &Option<T>, by: &'static str) -> Option<Given<T>> {
            value.clone().map(|value| Given { value, by })
        }
        Settings {
            stack: given(&self.stack, "--stack"),
            url: given(&self.prometheus_url, "--prometheus-url"),
            write_url: given(&self.remote_write_url, "--remote-write-url"),
            token: None,
            token_file: given(&self.bearer_token_file, "--bearer-token-file"),
            user: given(&self.basic_user, "--basic-user"),
            password: None,
            password_file: given(&self.basic_password_file, "--basic-password-file"),
        }
    }
}
