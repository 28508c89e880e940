//! A Prometheus-compatible database that somebody else runs.
//!
//! Found out about before anything is written: whether it answers us, which product it is, whether it takes samples,
//! and whether it is free of series like ours. Asked and written to, never started, stopped or emptied: what was there
//! before stays there. It must not know what is written or asked, nor whose arithmetic is known.

use std::fmt;

use crate::client::{
    endpoint::{Credentials, Endpoint},
    prometheus::{ClientError, Problem, Prometheus},
    remote_write::{RemoteWriter, WriteError},
};

/// The default of `--query.lookback-delta`.
const LOOKBACK: [&str; 2] = ["5m", "5m0s"];

/// A running database at its URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// Where it is, and as whom it is asked.
    pub endpoint: Endpoint,
    /// What answers there.
    pub product: Product,
    /// The version that it states.
    pub version: Option<String>,
}

/// Which product answers the query API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Product {
    /// Prometheus itself, with the lookback that panels count on.
    Prometheus,
    /// VictoriaMetrics. Some of its versions state a version of Prometheus as their own.
    VictoriaMetrics,
    /// Another one, by the name that it states.
    Other(String),
}

/// Why a database cannot be used. Nothing was written into it.
#[derive(Debug, thiserror::Error)]
pub enum ExternalError {
    /// It does not know us, or not as the one that we say we are.
    #[error("{url} refuses {as_whom} with HTTP {status}")]
    Credentials {
        /// Where.
        url: String,
        /// The kind of credentials that it was given.
        as_whom: &'static str,
        /// 401 or 403.
        status: u16,
    },
    /// Something else is there, or nothing at all.
    #[error(transparent)]
    Ask(#[from] ClientError),
    /// It takes no samples.
    #[error("{url} takes no samples by remote write")]
    Write {
        /// Where.
        url: String,
        /// Why.
        #[source]
        source: WriteError,
    },
    /// It already has series like those that would be written.
    #[error(
        "{url} already holds {series} series such as {example} between {from} and {until}: they would mix with those of the simulation"
    )]
    Occupied {
        /// Where.
        url: String,
        /// How many.
        series: usize,
        /// One of them.
        example: String,
        /// Start of the time in which they have samples.
        from: jiff::Timestamp,
        /// Its end.
        until: jiff::Timestamp,
    },
}

impl ExternalError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Credentials { as_whom: "no credentials", .. } => {
                "say who you are: DASHPROOF_BEARER_TOKEN, or DASHPROOF_BASIC_USER with DASHPROOF_BASIC_PASSWORD; each secret also as …_FILE"
            }
            Self::Credentials { .. } => {
                "correct the token or the password, and check that it may query and write"
            }
            Self::Ask(ClientError { problem: Problem::Unreachable { .. }, .. }) => {
                "start it, or correct the URL: --prometheus-url http://HOST:PORT"
            }
            Self::Ask(_) => {
                "give the base URL, below which /api/v1/query is: --prometheus-url http://HOST:PORT[/PREFIX]; redirects are not followed"
            }
            Self::Write { .. } => {
                "start Prometheus with --web.enable-remote-write-receiver, or name where samples are taken: --remote-write-url URL"
            }
            Self::Occupied { .. } => {
                "use an empty database, remove those series, or play into another time: --earlier 365d (a Prometheus takes that only with `out_of_order_time_window` in its configuration)"
            }
        }
    }
}

impl External {
    /// Asks the server at `endpoint` what it is, and whether it answers and takes samples; writes nothing.
    ///
    /// # Errors
    /// If it does not.
    pub async fn find(mut endpoint: Endpoint) -> Result<External, ExternalError> {
        let client = Prometheus::at(&endpoint);
        let as_whom = endpoint.credentials.kind();
        client.query("1", 0).await.map_err(|error| refused(error, as_whom))?;
        // Both endpoints are not part of every product; what they say only decides what is believed of it.
        let info = client.build_info().await.unwrap_or_default();
        let health = client.health().await.unwrap_or_default();
        let (product, version) = if health.contains("VictoriaMetrics") {
            let metrics = client.text("/metrics").await.unwrap_or_default();
            // Otherwise it moves the instants of a range query to multiples of the step, to cache their answers.
            endpoint.parameters = &[("nocache", "1")];
            endpoint.flush = Some(format!("{}/internal/force_flush", endpoint.base));
            (Product::VictoriaMetrics, victoria_version(&metrics))
        } else if health.starts_with("Prometheus") && info.application.is_none() {
            let flags = client.flags().await.unwrap_or_default();
            let lookback = flags.get("query.lookback-delta").map(String::as_str);
            let product = match lookback {
                Some(other) if !LOOKBACK.contains(&other) => {
                    Product::Other(format!("Prometheus with --query.lookback-delta={other}"))
                }
                _ => Product::Prometheus,
            };
            (product, info.version)
        } else {
            let name = info.application.unwrap_or_else(|| "unknown database".to_owned());
            (Product::Other(name), info.version)
        };
        let writer = RemoteWriter::at(&endpoint);
        match writer.write(&[]).await {
            Ok(()) => Ok(External { endpoint, product, version }),
            Err(WriteError::Refused { url, status: status @ (401 | 403), .. }) => {
                Err(ExternalError::Credentials { url, as_whom, status })
            }
            Err(source) => Err(ExternalError::Write { url: endpoint.write, source }),
        }
    }

    /// Refuses if any series whose name matches `names` (a regular expression) has samples from `from_ms` to
    /// `until_ms`, Unix milliseconds.
    ///
    /// # Errors
    /// If there is one, or it cannot be asked.
    pub async fn is_free(
        &self,
        names: &str,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<(), ExternalError> {
        let client = Prometheus::at(&self.endpoint);
        let matcher = format!("{{__name__=~\"{names}\"}}");
        let found = client.series(&[&matcher], from_ms, until_ms).await?;
        let Some(example) = found.first() else { return Ok(()) };
        let instant = |ms| jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
        Err(ExternalError::Occupied {
            url: self.endpoint.base.clone(),
            series: found.len(),
            example: example.to_string(),
            from: instant(from_ms),
            until: instant(until_ms),
        })
    }
}

impl fmt::Display for Product {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Prometheus => "Prometheus",
            Self::VictoriaMetrics => "VictoriaMetrics",
            Self::Other(name) => name,
        })
    }
}

impl fmt::Display for External {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.product)?;
        match &self.version {
            Some(version) => write!(out, " {version}")?,
            None => out.write_str(" of unknown version")?,
        }
        write!(out, " at {}", self.endpoint.base)?;
        match self.endpoint.credentials {
            Credentials::None => Ok(()),
            _ => write!(out, " (asked with {})", self.endpoint.credentials.kind()),
        }
    }
}

fn refused(error: ClientError, as_whom: &'static str) -> ExternalError {
    match error.problem {
        Problem::Refused { status: status @ (401 | 403), .. }
        | Problem::NotPrometheus { status: status @ (401 | 403), .. } => {
            ExternalError::Credentials { url: error.url, as_whom, status }
        }
        _ => ExternalError::Ask(error),
    }
}

/// The version in `vm_app_version{version="…", short_version="v1.79.5"} 1`, which builds may leave empty.
fn victoria_version(metrics: &str) -> Option<String> {
    let line = metrics.lines().find(|line| line.starts_with("vm_app_version{"))?;
    let (_, rest) = line.split_once("short_version=\"")?;
    let (version, _) = rest.split_once('"')?;
    (!version.is_empty()).then(|| version.trim_start_matches('v').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_a_version_has_none() {
        let line = |short: &str| {
            victoria_version(&format!(
                "x 1\nvm_app_version{{version=\"a\", short_version=\"{short}\"}} 1\n"
            ))
        };
        assert_eq!(line("v1.102.1"), Some("1.102.1".to_owned()));
        assert_eq!(line(""), None);
        assert_eq!(victoria_version(""), None);
    }
}
