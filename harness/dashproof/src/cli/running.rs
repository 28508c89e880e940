//! Which servers run: known from the programs that were started, or asked of those that run in containers.

use super::{Failure, failure};
use live::stack::LiveStack;
use stack::client::alertmanager::Alertmanager;

/// What is known of the servers before they run.
#[derive(Debug)]
pub(super) enum Engines {
    /// Programs of this machine, with where they came from.
    Known {
        /// Prometheus.
        prometheus: String,
        /// Alertmanager, or why there is none.
        alertmanager: Result<String, String>,
    },
    /// They tell themselves.
    Asked,
}

/// The servers by name and version.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// Prometheus.
    pub(super) prometheus: String,
    /// Alertmanager, or why there is none.
    pub(super) alertmanager: Result<String, String>,
}

impl Engines {
    /// The servers of a stack that runs.
    pub(super) async fn of(self, stack: &LiveStack) -> Result<Named, Failure> {
        if let Engines::Known { prometheus, alertmanager } = self {
            return Ok(Named { prometheus, alertmanager });
        }
        let silent = |error: &dyn std::error::Error| {
            Failure::new(failure::chain(error), "read the logs of the containers: --keep")
        };
        let stated = stack.client().build_info().await.map_err(|error| silent(&error))?;
        let version = stated.version.unwrap_or_else(|| "of unknown version".to_owned());
        let alertmanager = match stack.alertmanager_url() {
            None => Err("the monitoring directory has no alertmanager.yml".to_owned()),
            Some(url) => {
                let stated = Alertmanager::new(url).version().await;
                let version = stated.map_err(|error| silent(&error))?;
                Ok(format!("Alertmanager {version} (in a container)"))
            }
        };
        Ok(Named { prometheus: format!("Prometheus {version} (in a container)"), alertmanager })
    }
}
