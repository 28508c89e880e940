//! What a Prometheus is told to do, and whom it sends alerts to.
//!
//! Part of the query client; only servers of our own are told anything.

use serde::Deserialize;

use super::{ClientError, Problem, Prometheus, QUOTED, content_type};

/// What became of a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reload {
    /// The configuration and the rules are those of the files now; targets follow within seconds.
    Applied,
    /// Something in the files is wrong: what was loaded before goes on.
    Refused {
        /// Prometheus' words.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alertmanagers {
    active_alertmanagers: Vec<ActiveAlertmanager>,
}

#[derive(Deserialize)]
struct ActiveAlertmanager {
    url: String,
}

impl Prometheus {
    /// Reads the configuration again (`/-/reload`, which the server must have been started with), and waits until it is
    /// loaded.
    ///
    /// # Errors
    /// If the server cannot be reached or offers no reload.
    pub async fn reload(&self) -> Result<Reload, ClientError> {
        let url = self.url("/-/reload");
        let unreachable = |source| ClientError::unreachable(&url, "", source);
        let response = self.http.post(&url).send().await.map_err(unreachable)?;
        let (status, content_type) = (response.status().as_u16(), content_type(&response));
        let body = response.text().await.map_err(unreachable)?;
        match status {
            200 => Ok(Reload::Applied),
            500 => Ok(Reload::Refused { reason: body.trim().to_owned() }),
            _ => {
                let body = body.chars().take(QUOTED).collect();
                let problem = Problem::NotPrometheus { status, content_type, body };
                Err(ClientError { url, asked: String::new(), problem })
            }
        }
    }

    /// The URLs that alerts are sent to, those of discovery that was completed.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn alertmanagers(&self) -> Result<Vec<String>, ClientError> {
        let found: Alertmanagers = self.get("/api/v1/alertmanagers", &[]).await?;
        Ok(found.active_alertmanagers.into_iter().map(|one| one.url).collect())
    }
}
