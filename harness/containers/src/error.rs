//! Why a stack did not start: one cause with its remedy, and the last log lines of every container.
//!
//! The engine tells causes in sentences of its own; here they are told apart. This module must not know how something
//! is started.

use std::fmt;
use std::time::Duration;

use testcontainers::TestcontainersError;
use testcontainers::bollard::errors::Error as ApiError;
use testcontainers::core::error::ClientError;

use crate::engine::message;
use crate::problem::{self, Problem};

/// A stack that did not start. Displayed as the cause, then the last log lines of each container.
#[derive(Debug)]
pub struct StartError {
    /// What went wrong.
    pub cause: Cause,
    /// The last log lines of each container that was there, by service.
    pub logs: Vec<(String, Vec<String>)>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The plan names what is not there, e.g. the source of a mount.
    #[error("{}", problem::lines(.0))]
    Plan(Vec<Problem>),
    /// Images that the engine does not have.
    #[error("not on this machine: {} ({})", list(.images), pull_hint(.images))]
    Images {
        /// Their names with tags.
        images: Vec<String>,
    },
    /// An image that could not be pulled.
    #[error("the image {image} cannot be pulled: {message} (check its name and the network)")]
    Pull {
        /// Its name with tag.
        image: String,
        /// What the engine says.
        message: String,
    },
    /// Fixed ports that somebody else has.
    #[error("{} (end what listens there, or choose another port)", taken(.0))]
    PortsTaken(Vec<TakenPort>),
    /// A mount that the engine refuses.
    #[error(
        "{service}: a mount is refused: {message} (a file goes on a file and a directory on a directory, and \
         both must exist)"
    )]
    Mount {
        /// The service.
        service: String,
        /// What the engine says.
        message: String,
    },
    /// `host-gateway` means nothing to the engine.
    #[error(
        "{service}: the engine does not resolve host-gateway: {message} (it needs Docker 20.10 or later with its \
         default bridge, or `host-gateway-ip` in its configuration)"
    )]
    HostGateway {
        /// The service.
        service: String,
        /// What the engine says.
        message: String,
    },
    /// A service that ended although it should run.
    #[error("{service} ended with exit code {code}{}", if *.out_of_memory { ": out of memory" } else { "" })]
    Ended {
        /// The service.
        service: String,
        /// Its exit code.
        code: i64,
        /// Whether the system ended it for want of memory.
        out_of_memory: bool,
    },
    /// A service whose health check failed as often as it may.
    #[error("{service} is unhealthy; its last check said: {check}")]
    Unhealthy {
        /// The service.
        service: String,
        /// Exit code and output of the last check.
        check: String,
    },
    /// A service that was not well in time.
    #[error("{service} was not ready after {} s; its last check said: {check}", .after.as_secs())]
    NotInTime {
        /// The service.
        service: String,
        /// How long was waited.
        after: Duration,
        /// Exit code and output of the last check.
        check: String,
    },
    /// Another service waits until this one is well, and nothing ever says so.
    #[error(
        "{service} waits until {dependency} is healthy, which has no health check (add one, or wait for \
         service_started)"
    )]
    NoHealthCheck {
        /// The service that waits.
        service: String,
        /// The one that is waited for.
        dependency: String,
    },
    /// Anything else that the engine refuses for a service.
    #[error("{service}: the engine refuses: {message}")]
    Refused {
        /// The service.
        service: String,
        /// What the engine says.
        message: String,
    },
    /// Anything else that the engine refuses.
    #[error("the engine refuses {what}: {message}")]
    Engine {
        /// What was asked for.
        what: String,
        /// What the engine says.
        message: String,
    },
}

/// A port of 127.0.0.1 that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenPort {
    /// The port.
    pub port: u16,
    /// The service that was to be published on it.
    pub service: String,
    /// The container that has it, if it is one.
    pub container: Option<String>,
}

impl StartError {
    pub(crate) fn engine(what: impl Into<String>, error: &ApiError) -> Self {
        Cause::Engine { what: what.into(), message: message(error) }.into()
    }
}

impl From<Cause> for StartError {
    fn from(cause: Cause) -> Self {
        Self { cause, logs: Vec::new() }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.cause)?;
        for (service, lines) in &self.logs {
            if lines.is_empty() {
                write!(out, "\n{service} has logged nothing")?;
                continue;
            }
            write!(out, "\nthe last lines of {service}:")?;
            for line in lines {
                write!(out, "\n  | {line}")?;
            }
        }
        Ok(())
    }
}

/// What an error of a start means.
pub(crate) fn cause(service: &str, error: &TestcontainersError) -> Cause {
    let service = service.to_owned();
    let text = match error {
        TestcontainersError::Client(
            ClientError::CreateContainer(error) | ClientError::StartContainer(error),
        ) => message(error),
        TestcontainersError::Client(ClientError::PullImage { descriptor, .. }) => {
            return Cause::Images { images: vec![descriptor.clone()] };
        }
        other => other.to_string(),
    };
    told(service, text)
}

/// Docker 20.10 and later versions, and Podman, agree in these words.
fn told(service: String, message: String) -> Cause {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["host-gateway"]) {
        return Cause::HostGateway { service, message };
    }
    if says(&["port is already allocated", "address already in use"]) {
        let container = None;
        let taken = address_port(&message).map(|port| TakenPort {
            port,
            service: service.clone(),
            container,
        });
        return match taken {
            Some(taken) => Cause::PortsTaken(vec![taken]),
            None => Cause::Refused { service, message },
        };
    }
    if says(&["invalid mount config", "not a directory", "bind source path does not exist"])
        || (says(&["mount"]) && says(&["no such file or directory"]))
    {
        return Cause::Mount { service, message };
    }
    Cause::Refused { service, message }
}

/// The port in `… 127.0.0.1:9090: …` or `… 127.0.0.1:9090 …`.
fn address_port(message: &str) -> Option<u16> {
    let after = &message[message.find("127.0.0.1:")? + "127.0.0.1:".len()..];
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    after[..digits].parse().ok()
}

fn list(names: &[String]) -> String {
    let kind = if names.len() == 1 { "the image" } else { "the images" };
    format!("{kind} {}", names.join(", "))
}

fn pull_hint(images: &[String]) -> String {
    let commands: Vec<_> = images.iter().map(|image| format!("`docker pull {image}`")).collect();
    format!("ask for a pull, or run {}", commands.join(", "))
}

fn taken(ports: &[TakenPort]) -> String {
    let one = |taken: &TakenPort| {
        let holder = taken.container.as_ref().map(|name| format!(" by the container {name}"));
        let TakenPort { port, service, .. } = taken;
        format!("{service}: 127.0.0.1:{port} is in use{}", holder.unwrap_or_default())
    };
    ports.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sentences of Docker 20.10 and 28 and of Podman 4.
    #[test]
    fn the_engines_sentences_are_told_apart() {
        let port = "driver failed programming external connectivity on endpoint p (1f): Bind for 127.0.0.1:9090 \
                    failed: port is already allocated";
        let listen = "driver failed programming external connectivity on endpoint p (1f): Error starting userland \
                      proxy: listen tcp4 127.0.0.1:9090: bind: address already in use";
        let mount = "invalid mount config for type \"bind\": bind source path does not exist: /x";
        let onto = "failed to create shim: OCI runtime create failed: … mounting \"/x\" to rootfs at \"/y\" caused: \
                    mount through procfd: not a directory: unknown";
        let gateway = "invalid IP address in add-host: \"host-gateway\"";
        let underivable = "unable to derive the IP value for host-gateway";
        let program =
            "OCI runtime create failed: … exec: \"/bin/x\": stat /bin/x: no such file or directory";
        let name = |message: &str| {
            let debug = format!("{:?}", told("p".into(), message.into()));
            debug.split([' ', '(']).next().unwrap_or_default().to_owned()
        };
        let table = [
            (port, "PortsTaken"),
            (listen, "PortsTaken"),
            (mount, "Mount"),
            (onto, "Mount"),
            (gateway, "HostGateway"),
            (underivable, "HostGateway"),
            (program, "Refused"),
        ];
        for (message, expected) in table {
            assert_eq!(name(message), expected, "{message}");
        }
        let told = told("p".into(), port.into()).to_string();
        assert!(told.starts_with("p: 127.0.0.1:9090 is in use (end what listens"), "{told}");
    }

    #[test]
    fn an_error_ends_with_the_logs_of_every_container() {
        let cause = Cause::Ended { service: "p".into(), code: 2, out_of_memory: false };
        let logs = vec![("a".into(), Vec::new()), ("p".into(), vec!["one".into(), "two".into()])];
        let error = StartError { cause, logs };
        assert_eq!(
            error.to_string(),
            "p ended with exit code 2\na has logged nothing\nthe last lines of p:\n  | one\n  | two"
        );
    }

    #[test]
    fn missing_images_are_named_with_the_commands_that_fetch_them() {
        let images = vec!["a:1".to_owned(), "b:2".to_owned()];
        assert_eq!(
            Cause::Images { images }.to_string(),
            "not on this machine: the images a:1, b:2 (ask for a pull, or run `docker pull a:1`, `docker pull b:2`)"
        );
    }
}
