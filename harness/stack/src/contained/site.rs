//! Whether containers can be had: an engine that answers, a compose file that can be read, images that are there.
//!
//! It starts nothing. What is run on the site, is not known here.

use std::net::IpAddr;
use std::path::Path;

use containers::compose::Service;
use containers::images::PullProgress;
use containers::{Compose, Engine, EngineError, Plan, Problem, StartError, problem};

use super::{ALERTMANAGER, GRAFANA, PROMETHEUS};
use crate::environment::Environment;

/// The compose file within a monitoring directory.
const FILE: &str = "docker-compose.yml";

/// Where a stack can be run in containers.
#[derive(Debug, Clone)]
pub struct Containers {
    pub(super) engine: Engine,
    pub(super) compose: Compose,
    listen: IpAddr,
    host: String,
    grafana: Result<(), String>,
}

impl PartialEq for Containers {
    /// The same file by the same engine.
    fn eq(&self, other: &Containers) -> bool {
        self.compose.file == other.compose.file && self.engine.host() == other.engine.host()
    }
}

impl Eq for Containers {}

/// Why nothing can be run in containers.
#[derive(Debug, thiserror::Error)]
pub enum ContainersError {
    /// No engine answers.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The compose file cannot be used.
    #[error("{}", problem::lines(.0))]
    File(Vec<Problem>),
    /// Images are missing, or cannot be pulled.
    #[error(transparent)]
    Images(#[from] StartError),
}

impl ContainersError {
    /// What can be done, where the message does not say so already.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Engine(_) => "or use programs of this machine: --stack native",
            Self::File(_) => "correct the file, or use programs of this machine: --stack native",
            Self::Images(_) => {
                "fetch them (--pull), name others (PROMETHEUS_IMAGE, ALERTMANAGER_IMAGE, GRAFANA_IMAGE), or use \
                 programs of this machine (--stack native)"
            }
        }
    }
}

impl Containers {
    /// Finds the engine and reads the compose file of a monitoring directory. With `pull`, images that are missing are
    /// fetched, and each step is told. Grafana's image may be missing; [`Self::grafana`] tells.
    ///
    /// # Errors
    /// The first thing that is in the way; of a file everything at once.
    pub async fn find(
        monitoring: &Path,
        environment: &Environment,
        pull: Option<&mut (dyn FnMut(&str) + Send)>,
    ) -> Result<Containers, ContainersError> {
        let engine = Engine::find().await?;
        let file = monitoring.join(FILE);
        let compose = Compose::load(&file, &environment.compose).map_err(ContainersError::File)?;
        let problem = |line: Option<usize>, message: String, remedy: &str| {
            ContainersError::File(vec![Problem::new(&file, line, message).remedy(remedy)])
        };
        for (name, port) in [PROMETHEUS, ALERTMANAGER] {
            let Some(service) = compose.service(name) else {
                let remedy = "name the services prometheus, alertmanager and grafana";
                return Err(problem(None, format!("there is no service `{name}`"), remedy));
            };
            if !service.ports.iter().any(|published| published.container == port) {
                let remedy = "publish it on 127.0.0.1";
                let message = format!("{name} publishes no port {port}");
                return Err(problem(Some(service.line), message, remedy));
            }
        }
        let host = name_of_this_machine(&compose).map_err(|line| {
            let remedy = "add `extra_hosts: ['host.docker.internal:host-gateway']`";
            problem(line, "prometheus has no name for this machine".to_owned(), remedy)
        })?;
        let missing = missing(&engine, &compose, pull).await?;
        let (of_grafana, others): (Vec<String>, Vec<String>) =
            missing.into_iter().partition(|image| {
                let is_its = |service: &Service| service.image == *image;
                compose.service(GRAFANA.0).is_some_and(is_its)
            });
        if !others.is_empty() {
            return Err(StartError::from(containers::Cause::Images { images: others }).into());
        }
        let grafana = match (compose.service(GRAFANA.0), of_grafana.first()) {
            (None, _) => Err(format!("{} has no service `{}`", file.display(), GRAFANA.0)),
            (Some(_), Some(image)) => Err(format!("the image {image} is not on this machine")),
            (Some(_), None) => Ok(()),
        };
        let listen = engine.listen_address().await;
        Ok(Containers { engine, compose, listen, host, grafana })
    }

    /// The address of this machine on which modules and receivers must listen for containers to reach them.
    #[must_use]
    pub fn listen(&self) -> IpAddr {
        self.listen
    }

    /// The name by which containers reach that address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether Grafana can be started, else why not.
    ///
    /// # Errors
    /// The reason.
    pub fn grafana(&self) -> Result<(), &str> {
        match &self.grafana {
            Ok(()) => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// The engine and the images, for people.
    #[must_use]
    pub fn told(&self) -> String {
        let of = |(name, _): (&str, u16)| self.compose.service(name).map(|s| s.image.as_str());
        let images =
            [PROMETHEUS, ALERTMANAGER].into_iter().chain(self.grafana.is_ok().then_some(GRAFANA));
        let images: Vec<&str> = images.filter_map(of).collect();
        format!("containers of {} by {}", images.join(", "), self.engine)
    }

    /// The image of a service.
    #[must_use]
    pub fn image(&self, service: &str) -> Option<&str> {
        self.compose.service(service).map(|service| service.image.as_str())
    }
}

/// The name that means this machine to Prometheus' container; else the line of the service.
fn name_of_this_machine(compose: &Compose) -> Result<String, Option<usize>> {
    let service = compose.service(PROMETHEUS.0).ok_or(None)?;
    let host = service.hosts.iter().find(|host| host.address.is_none());
    host.map(|host| host.name.clone()).ok_or(Some(service.line))
}

/// The images that are missing, after a pull if there is to be one.
async fn missing(
    engine: &Engine,
    compose: &Compose,
    pull: Option<&mut (dyn FnMut(&str) + Send)>,
) -> Result<Vec<String>, StartError> {
    let images = Plan::new(compose).images();
    let missing = engine.missing_images(&images).await?;
    let Some(tell) = pull else { return Ok(missing) };
    for image in &missing {
        engine.pull(image, |step| tell(&words(&step))).await?;
    }
    engine.missing_images(&images).await
}

fn words(step: &PullProgress) -> String {
    let PullProgress { image, layer, status, bytes } = step;
    let layer = layer.as_deref().map(|layer| format!(" {layer}")).unwrap_or_default();
    let bytes = bytes.map(|(done, of)| format!(" {} of {} MB", done >> 20, of >> 20));
    format!("{image}:{layer} {status}{}", bytes.unwrap_or_default())
}
