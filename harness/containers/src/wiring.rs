//! Lost wiring, found from inside of the containers: names that mean nothing there, ports on which nobody listens.
//!
//! A stack may be healthy and still be of no use, because each health check asks a service about itself. Here one
//! service is asked to reach another one, by the `wget` that health checks use as well.
//! This module must not know who should reach whom, nor why.

use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use testcontainers::bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::running::{Running, ServiceError, refused};

/// How long somebody may take to answer.
const CEILING: Duration = Duration::from_secs(15);

/// Somebody whom a service must reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The service that must reach it.
    pub from: String,
    /// A URL as it stands in the service's configuration, e.g. `http://alertmanager:9093`.
    pub url: String,
    /// Where it stands, e.g. `prometheus.yml:22`.
    pub named_in: String,
}

/// A wire that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The place that names it.
    pub named_in: String,
    /// What is wrong, with what would be right.
    pub what: String,
}

impl fmt::Display for Lost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.named_in, self.what)
    }
}

impl Running {
    /// Tries all published ports from this machine, and all peers from their services.
    ///
    /// # Errors
    /// If a service was not booted or the engine refuses to ask it. Wires that are lost are no error but the answer.
    pub async fn check_wiring(&self, peers: &[Peer]) -> Result<Vec<Lost>, ServiceError> {
        let mut lost = Vec::new();
        for service in &self.booted {
            for port in &service.ports {
                let address = self.address(&service.name, port.container).await?;
                if !somebody_listens(address).await {
                    let named_in = self.place(port.line);
                    let what = format!(
                        "port {} of {} is published and nobody listens on it there",
                        port.container, service.name
                    );
                    lost.push(Lost { named_in, what });
                }
            }
        }
        for peer in peers {
            if let Some(what) = self.try_peer(peer).await? {
                lost.push(Lost { named_in: peer.named_in.clone(), what });
            }
        }
        Ok(lost)
    }

    /// Why a service does not reach a URL; `None` if it does, whatever the answer is.
    async fn try_peer(&self, peer: &Peer) -> Result<Option<String>, ServiceError> {
        let Peer { from, url, .. } = peer;
        let (code, output) = match timeout(CEILING, self.wget(from, url)).await {
            Ok(answer) => answer?,
            Err(_) => {
                let seconds = CEILING.as_secs();
                return Ok(Some(format!("{from} gets no answer from {url} within {seconds} s")));
            }
        };
        let host = host_of(url);
        Ok(match meaning(code, &output) {
            Answer::Reached => None,
            Answer::Unresolved => Some(format!(
                "{from} finds no `{host}`; in its network are {}, in its hosts file {}",
                self.services().collect::<Vec<_>>().join(", "),
                self.hosts_of(from)?
            )),
            Answer::Refused => Some(format!(
                "{from} reaches {host}, and nobody listens there for {url}{}",
                self.hint(from, host, &output)?
            )),
            Answer::NoProgram => {
                Some(format!("{from} cannot be asked for {url}: its image has no wget"))
            }
            Answer::Other => {
                Some(format!("{from} does not reach {url}: {output} (exit code {code})"))
            }
        })
    }

    /// Runs `wget` in a container; its exit code and output.
    async fn wget(&self, service: &str, url: &str) -> Result<(i64, String), ServiceError> {
        let docker = &self.network.owned.docker;
        let words = ["wget", "-q", "-O", "/dev/null", url];
        let command = CreateExecOptions {
            cmd: Some(words.map(str::to_owned).to_vec()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..CreateExecOptions::default()
        };
        let failed = |error| refused(service, "ask", &error);
        let exec = docker.create_exec(self.id(service)?, command).await.map_err(failed)?;
        let started =
            docker.start_exec(&exec.id, None::<StartExecOptions>).await.map_err(failed)?;
        let mut output = Vec::new();
        if let StartExecResults::Attached { output: mut parts, .. } = started {
            while let Some(part) = parts.next().await {
                output.extend_from_slice(&part.map_err(failed)?.into_bytes());
            }
        }
        let code = docker.inspect_exec(&exec.id).await.map_err(failed)?.exit_code;
        Ok((code.unwrap_or_default(), String::from_utf8_lossy(&output).trim().to_owned()))
    }

    fn hosts_of(&self, service: &str) -> Result<String, ServiceError> {
        let hosts = &self.service(service)?.hosts;
        let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
        Ok(if names.is_empty() { "nothing".into() } else { names.join(", ") })
    }

    /// For a name of this machine, on which address to listen.
    fn hint(&self, service: &str, host: &str, output: &str) -> Result<String, ServiceError> {
        let hosts = &self.service(service)?.hosts;
        if !hosts.iter().any(|known| known.name == host && known.address.is_none()) {
            return Ok(String::new());
        }
        let address = tried_address(output).unwrap_or(self.network.listen_address());
        Ok(format!(
            " (on this machine, listen on {address}; loopback is not reached from a container)"
        ))
    }
}

/// The address that `wget` of BusyBox has tried: `… remote host (172.17.0.1): …`.
fn tried_address(output: &str) -> Option<IpAddr> {
    output.split(['(', ')']).find_map(|part| part.parse().ok())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Reached,
    Unresolved,
    Refused,
    NoProgram,
    Other,
}

/// What `wget` of BusyBox or of GNU says.
fn meaning(code: i64, output: &str) -> Answer {
    let says = |words: &[&str]| words.iter().any(|word| output.contains(word));
    if code == 0 || says(&["server returned error", "ERROR 4", "ERROR 5"]) {
        Answer::Reached
    } else if matches!(code, 126 | 127) || says(&["executable file not found"]) {
        Answer::NoProgram
    } else if says(&["bad address", "unable to resolve", "not known"]) {
        Answer::Unresolved
    } else if says(&["refused"]) {
        Answer::Refused
    } else {
        // GNU's exit code for an answer with an error status, which -q does not print.
        if code == 8 { Answer::Reached } else { Answer::Other }
    }
}

/// `http://host:port/path` is `host`.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// Whether somebody listens behind a published port. The engine accepts connections for everybody, and closes them at
/// once where nobody does.
async fn somebody_listens(address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        stream.read(&mut [0; 1]).await
    };
    match timeout(CEILING, ask).await {
        Ok(Ok(read)) => read > 0,
        Ok(Err(error)) => !matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused | ErrorKind::BrokenPipe
        ),
        // A service that does not speak first nor HTTP.
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wget_says_is_understood() {
        let table = [
            (0, "", Answer::Reached),
            (1, "wget: server returned error: HTTP/1.1 404 Not Found", Answer::Reached),
            (8, "", Answer::Reached),
            (1, "wget: bad address 'alertmanagr:9093'", Answer::Unresolved),
            (4, "wget: unable to resolve host address ‘alertmanagr’", Answer::Unresolved),
            (
                1,
                "wget: can't connect to remote host (172.17.0.1): Connection refused",
                Answer::Refused,
            ),
            (
                126,
                "OCI runtime exec failed: exec: \"wget\": executable file not found",
                Answer::NoProgram,
            ),
            (1, "wget: error getting response", Answer::Other),
        ];
        for (code, output, expected) in table {
            assert_eq!(meaning(code, output), expected, "{output}");
        }
    }

    #[test]
    fn the_address_that_was_tried_is_read() {
        let output = "wget: can't connect to remote host (172.17.0.1): Connection refused";
        assert_eq!(tried_address(output), "172.17.0.1".parse().ok());
        assert_eq!(tried_address("(what) ever"), None);
    }

    #[test]
    fn the_host_of_a_url_has_no_port() {
        for url in ["http://a:1/x", "http://a/x:1", "a:1", "http://a?x"] {
            assert_eq!(host_of(url), "a", "{url}");
        }
    }
}
