//! Which servers a command uses: programs of this machine, containers, or a database of somebody else's; and the
//! Prometheus that was started by that choice.
//!
//! Commands and tests get one [`Stack`] and need not know which it is. What is written or asked, this does not know.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use prom::version::Version;

use crate::alertmanager_binary::AlertmanagerBinary;
use crate::client::prometheus::{ClientError, Prometheus};
use crate::client::remote_write::RemoteWriter;
use crate::contained::{self, Contained, Containers};
use crate::deploy::Within;
use crate::environment::Environment;
use crate::external::External;
use crate::launch::StartError;
use crate::native::{NativePrometheus, Options};
use crate::prometheus_binary::PrometheusBinary;

/// Where servers come from.
#[derive(Debug, Clone)]
pub enum Stack {
    /// Programs of this machine.
    Native {
        /// Which Prometheus.
        prometheus: PrometheusBinary,
        /// Which Alertmanager; without one, alerts are sent to a port on which nobody listens.
        alertmanager: Option<AlertmanagerBinary>,
    },
    /// Containers, as the monitoring directory's compose file says.
    Containers(Containers),
    /// A database that somebody else runs: nothing is started.
    External(External),
}

impl Stack {
    /// A Prometheus of this machine, alone.
    #[must_use]
    pub fn native(prometheus: &PrometheusBinary) -> Stack {
        Stack::Native { prometheus: prometheus.clone(), alertmanager: None }
    }

    /// Its name on the command line.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Stack::Native { .. } => "native",
            Stack::Containers(_) => "containers",
            Stack::External(_) => "external",
        }
    }

    /// The address of this machine on which modules and receivers must listen to be reached.
    #[must_use]
    pub fn listen(&self) -> IpAddr {
        match self {
            Stack::Containers(site) => site.listen(),
            Stack::Native { .. } | Stack::External(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }

    /// How servers are addressed from inside of containers; none where there are none.
    #[must_use]
    pub fn within(&self) -> Option<Within> {
        let Stack::Containers(site) = self else { return None };
        let address = |host: &str, port: u16| format!("{host}:{port}");
        let (prometheus, alertmanager) = (contained::PROMETHEUS, contained::ALERTMANAGER);
        Some(Within {
            host: site.host().to_owned(),
            prometheus: address("localhost", prometheus.1),
            alertmanager: address(alertmanager.0, alertmanager.1),
        })
    }

    /// An address of this machine, as the servers reach it.
    #[must_use]
    pub fn reached(&self, address: SocketAddr) -> String {
        match self {
            Stack::Containers(site) => format!("{}:{}", site.host(), address.port()),
            Stack::Native { .. } | Stack::External(_) => address.to_string(),
        }
    }

    /// Starts a Prometheus, and in containers what is to be beside it. Somebody else's is taken as it runs.
    ///
    /// # Errors
    /// If it does not get ready; then nothing is left.
    pub async fn prometheus(
        &self,
        environment: &Environment,
        options: &Options,
    ) -> Result<Started, StartError> {
        Ok(match self {
            Stack::Native { prometheus, .. } => {
                let started = NativePrometheus::start(prometheus, environment, options);
                Started::Native(started.await?)
            }
            Stack::Containers(site) => {
                let started = Contained::start(site, environment, options).await?;
                let url = started.url();
                Started::Contained(Box::new(started), url)
            }
            Stack::External(external) => Started::External(external.clone()),
        })
    }
}

/// A Prometheus to write to and to ask. Dropped, it is gone, unless it is somebody else's.
#[derive(Debug)]
pub enum Started {
    /// Of this machine.
    Native(NativePrometheus),
    /// In a container, and its base URL.
    Contained(Box<Contained>, String),
    /// A database that somebody else runs.
    External(External),
}

impl Started {
    /// The base URL of its query API. A restart of one whose address was not chosen changes it.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Started::Native(server) => server.url(),
            Started::Contained(_, url) => url,
            Started::External(external) => &external.endpoint.base,
        }
    }

    /// A client of its query API, with credentials if it wants any.
    #[must_use]
    pub fn client(&self) -> Prometheus {
        match self {
            Started::External(external) => Prometheus::at(&external.endpoint),
            Started::Native(_) | Started::Contained(..) => Prometheus::new(self.url()),
        }
    }

    /// A writer into it, with credentials if it wants any.
    #[must_use]
    pub fn writer(&self) -> RemoteWriter {
        match self {
            Started::External(external) => RemoteWriter::at(&external.endpoint),
            Started::Native(_) | Started::Contained(..) => RemoteWriter::new(self.url()),
        }
    }

    /// The version that it states itself; none if it is no version of Prometheus.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn version(&self) -> Result<Option<Version>, ClientError> {
        let stated = self.client().build_info().await?.version;
        Ok(stated.and_then(|version| version.parse().ok()))
    }

    /// The number of its process, if it is one of this machine.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match self {
            Started::Native(server) => Some(server.pid()),
            Started::Contained(..) | Started::External(_) => None,
        }
    }

    /// How it, or what is beside it, ended without being asked, with the last words.
    pub async fn end_of_its_own(&mut self) -> Option<String> {
        match self {
            Started::Native(server) => {
                server.end_of_its_own().map(|end| format!("Prometheus {end}"))
            }
            Started::Contained(servers, _) => servers.end_of_its_own().await,
            Started::External(_) => None,
        }
    }

    /// Ends it and starts it again on the same data. Somebody else's is left alone.
    ///
    /// # Errors
    /// If it does not get ready.
    pub async fn restart(&mut self) -> Result<(), StartError> {
        match self {
            Started::Native(server) => server.restart().await,
            Started::Contained(servers, _) => servers.restart().await,
            Started::External(_) => Ok(()),
        }
    }

    /// As [`Self::restart`], with other options. In a container, only the configuration may be another: the one that
    /// was held back.
    ///
    /// # Errors
    /// If it does not get ready.
    pub async fn restart_as(&mut self, options: &Options) -> Result<(), StartError> {
        match self {
            Started::Native(server) => server.restart_as(options).await,
            Started::Contained(..) | Started::External(_) => self.restart().await,
        }
    }

    /// Ends it and removes its data, if it is ours.
    pub async fn stop(self) {
        match self {
            Started::Native(server) => server.stop().await,
            Started::Contained(servers, _) => servers.stop().await,
            Started::External(_) => {}
        }
    }

    /// Ends it and leaves its data behind: the directory. Of a container nothing is left, nor of somebody else's.
    pub async fn keep(self) -> Option<PathBuf> {
        match self {
            Started::Native(server) => Some(server.keep().await),
            Started::Contained(servers, _) => {
                servers.stop().await;
                None
            }
            Started::External(_) => None,
        }
    }
}
