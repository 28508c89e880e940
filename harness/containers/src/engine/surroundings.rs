//! Where engines may be, and which one testcontainers 0.28 takes: `DOCKER_HOST`, else the first of Docker's sockets
//! that is there.
//!
//! It must not know how a socket is opened.

use std::env;
use std::io;
use std::path::PathBuf;

use super::EngineError;

/// What the environment of a process says of engines.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    /// `DOCKER_HOST`.
    pub(super) host: Option<String>,
    /// `DOCKER_TLS_VERIFY` is 1.
    pub(super) tls: bool,
    /// `XDG_RUNTIME_DIR`.
    pub(super) runtime: Option<PathBuf>,
    /// `HOME`.
    pub(super) home: Option<PathBuf>,
    /// The root of the file system; another one in tests.
    pub(super) root: PathBuf,
}

/// A socket that an engine may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    /// Whether testcontainers looks there by itself.
    pub(super) looked_at: bool,
}

impl Candidate {
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.path.display())
    }
}

impl Surroundings {
    pub(super) fn of_this_process() -> Self {
        let filled = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            // testcontainers takes an empty one at its word.
            host: env::var("DOCKER_HOST").ok(),
            tls: env::var("DOCKER_TLS_VERIFY").is_ok_and(|value| value == "1"),
            runtime: filled("XDG_RUNTIME_DIR").map(PathBuf::from),
            home: filled("HOME").map(PathBuf::from),
            root: PathBuf::from("/"),
        }
    }

    /// All places, those of testcontainers first and in its order.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let runtime = |path: &str| self.runtime.as_ref().map(|directory| directory.join(path));
        let home = |path: &str| self.home.as_ref().map(|directory| directory.join(path));
        let looked_at = [
            Some(self.root.join("var/run/docker.sock")),
            runtime(".docker/run/docker.sock"),
            home(".docker/run/docker.sock"),
            home(".docker/desktop/docker.sock"),
        ];
        let others = [
            runtime("docker.sock"),
            runtime("podman/podman.sock"),
            Some(self.root.join("run/podman/podman.sock")),
        ];
        let candidate = |looked_at: bool| {
            move |path: Option<PathBuf>| path.map(|path| Candidate { path, looked_at })
        };
        let looked_at = looked_at.into_iter().filter_map(candidate(true));
        looked_at.chain(others.into_iter().filter_map(candidate(false))).collect()
    }

    /// The address that testcontainers will use, if somebody is there.
    pub(super) fn choose(
        &self,
        knock: &dyn Fn(&Candidate) -> io::Result<()>,
    ) -> Result<String, EngineError> {
        if let Some(host) = &self.host {
            return self.named(host, knock);
        }
        let candidates = self.candidates();
        let present = candidates.iter().find(|place| place.looked_at && place.path.exists());
        let refused = match present.map(|place| (place, knock(place))) {
            Some((place, Ok(()))) => return Ok(place.host()),
            Some((place, Err(error))) => Some(failure(place.host(), &error)),
            None => None,
        };
        let answering = candidates
            .iter()
            .find(|place| Some(*place) != present && place.path.exists() && knock(place).is_ok());
        if let Some(place) = answering {
            return Err(EngineError::Unnamed { host: place.host() });
        }
        Err(refused.unwrap_or_else(|| EngineError::None {
            places: candidates
                .iter()
                .map(|place| place.path.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
        }))
    }

    /// An engine that was named by the variable.
    fn named(
        &self,
        host: &str,
        knock: &dyn Fn(&Candidate) -> io::Result<()>,
    ) -> Result<String, EngineError> {
        let useless = |why| EngineError::Host { host: host.to_owned(), why };
        let Some((scheme, rest)) = host.split_once("://") else {
            return Err(useless(
                "it has no scheme; unset it, or write e.g. unix:///var/run/docker.sock",
            ));
        };
        match scheme {
            "unix" => {
                let place = Candidate { path: PathBuf::from(rest), looked_at: true };
                let answer = knock(&place).map_err(|error| failure(host.to_owned(), &error));
                answer.map(|()| host.to_owned())
            }
            "tcp" | "http" if self.tls => {
                Err(useless("TLS to an engine is not built in; use its socket on this machine"))
            }
            "tcp" | "http" if is_loopback(rest) => Ok(host.to_owned()),
            "tcp" | "http" => Err(useless(
                "ports and files of another machine cannot be reached; use an engine on this one",
            )),
            _ => Err(useless("only unix:// and tcp:// on this machine are supported")),
        }
    }
}

fn is_loopback(address: &str) -> bool {
    let host = address.trim_end_matches('/');
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn failure(host: String, error: &io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => EngineError::Permission { host },
        io::ErrorKind::NotFound => {
            EngineError::Silent { host, cause: "there is no such socket".into() }
        }
        _ => EngineError::Silent { host, cause: error.to_string() },
    }
}

#[cfg(test)]
mod tests;
