//! Where servers run: programs of this machine, or containers; and what must be there for a run to count.

use std::path::Path;

use clap::ValueEnum;

use super::{Failure, Surroundings, failure};
use stack::{
    contained::{self, Containers},
    settings::Given,
};

/// Where servers run.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Stack")]
pub(super) struct BackendArgs {
    /// auto, native (programs of this machine) or containers (as docker-compose.yml of the monitoring directory says);
    /// `verify` knows external, too: a database that runs already [env: DASHPROOF_STACK] [default: auto, which is
    /// external for `verify` if a URL is given, containers for `demo` and `stack up` if an engine answers and has all
    /// images, else native]
    #[arg(long, value_name = "KIND")]
    pub(super) stack: Option<String>,
    /// With containers: fetch images that are missing
    #[arg(long)]
    pull: bool,
    /// Judge nothing (exit code 2) where this cannot be had: containers, grafana
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    require: Vec<Require>,
}

/// What a run may be required to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Require {
    /// Servers in containers.
    Containers,
    /// A Grafana.
    Grafana,
}

/// What `auto` prefers where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auto {
    /// Containers with Grafana, for people to look at.
    Containers,
    /// Programs of this machine, which start faster.
    Native,
}

/// What was chosen, and why in a few words.
#[derive(Debug)]
pub(super) struct Chosen {
    /// Where containers run; none if programs of this machine do.
    pub(super) containers: Option<Containers>,
    /// Why.
    pub(super) why: String,
}

impl Chosen {
    /// Whether Grafana runs, else why not.
    pub(super) fn grafana(&self) -> Result<(), &str> {
        match &self.containers {
            Some(site) => site.grafana(),
            None => Err("only containers bring one (--stack containers)"),
        }
    }
}

impl BackendArgs {
    /// What was meant; what killed runs left in the engine is removed before containers are used.
    pub(super) async fn choose(
        &self,
        monitoring: &Path,
        at: &Surroundings,
        auto: Auto,
    ) -> Result<Chosen, Failure> {
        let given = self.stack.clone().map(|value| Given { value, by: "--stack" });
        let given = given.or_else(|| at.environment.stack.stack.clone());
        let (kind, by) = given.map_or(("auto".to_owned(), ""), |given| (given.value, given.by));
        let native = |why: String| Chosen { containers: None, why };
        let chosen = match kind.as_str() {
            "native" => native(format!("{by} says so")),
            "containers" => {
                let site = self.site(monitoring, at).await?;
                Chosen { containers: Some(site), why: format!("{by} says so") }
            }
            "auto" if auto == Auto::Native && !self.needs_containers() => {
                native("programs of this machine start faster (--stack containers)".to_owned())
            }
            "auto" => match self.site(monitoring, at).await {
                Ok(site) => match site.grafana() {
                    Ok(()) => {
                        let why = "an engine answers and has all images".to_owned();
                        Chosen { containers: Some(site), why }
                    }
                    Err(_) if self.require == [Require::Containers] => {
                        let why = "--require containers".to_owned();
                        Chosen { containers: Some(site), why }
                    }
                    Err(why) => native(format!("no containers: {why}")),
                },
                Err(error) if self.pull || self.needs_containers() => return Err(error),
                Err(error) => {
                    let why = error.message.lines().next().unwrap_or_default().to_owned();
                    native(format!("no containers: {why}"))
                }
            },
            "external" => {
                let message =
                    format!("{by} is external, and this command starts servers of its own");
                let remedy = "unset it here; `dashproof verify` can use a running database";
                return Err(Failure::new(message, remedy));
            }
            other => {
                let message = format!("{by} is `{other}`");
                return Err(Failure::new(message, "it is auto, native or containers"));
            }
        };
        self.required(&chosen)?;
        Ok(chosen)
    }

    fn needs_containers(&self) -> bool {
        !self.require.is_empty()
    }

    /// Where containers can run.
    pub(super) async fn site(
        &self,
        monitoring: &Path,
        at: &Surroundings,
    ) -> Result<Containers, Failure> {
        let bar = indicatif::ProgressBar::new_spinner();
        if !at.interactive {
            bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        let mut tell = |step: &str| bar.set_message(step.to_owned());
        let pull = self.pull.then_some(&mut tell as &mut (dyn FnMut(&str) + Send));
        let site = Containers::find(monitoring, &at.environment, pull).await;
        bar.finish_and_clear();
        let site =
            site.map_err(|error| Failure::new(failure::chain(&error), error.remedy().to_owned()))?;
        contained::collect_garbage().await.map_err(|message| {
            Failure::new(message, "see what the engine says of it, and remove it by hand")
        })?;
        Ok(site)
    }

    /// Refuses where something that is required is not there.
    pub(super) fn required(&self, chosen: &Chosen) -> Result<(), Failure> {
        let has = |what| self.require.contains(&what);
        if has(Require::Containers) && chosen.containers.is_none() {
            let message =
                format!("containers are required, and the stack is native: {}", chosen.why);
            return Err(Failure::new(message, "--stack containers"));
        }
        match chosen.grafana() {
            Err(why) if has(Require::Grafana) => {
                let message = format!("Grafana is required and cannot be had: {why}");
                Err(Failure::new(
                    message,
                    "fetch its image (--pull), or name another (GRAFANA_IMAGE)",
                ))
            }
            _ => Ok(()),
        }
    }

    /// The flags as they were given.
    pub(super) fn flags(&self) -> Vec<String> {
        let stack = self.stack.iter().flat_map(|kind| ["--stack".to_owned(), kind.clone()]);
        let required = self.require.iter().filter_map(ValueEnum::to_possible_value);
        let required =
            required.flat_map(|what| ["--require".to_owned(), what.get_name().to_owned()]);
        stack.chain(required).collect()
    }
}
