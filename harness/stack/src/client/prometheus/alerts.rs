//! The alerts that a Prometheus has now.
//!
//! Part of the query client, for whoever watches; verdicts are made of the expressions' own values.

use serde::Deserialize;

use super::{ClientError, Prometheus};
use prom::series::Labels;

/// One alert of `/api/v1/alerts`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActiveAlert {
    /// Its labels, `alertname` among them.
    pub labels: Labels,
    /// `pending` or `firing`.
    pub state: String,
}

#[derive(Deserialize)]
struct ActiveAlerts {
    alerts: Vec<ActiveAlert>,
}

impl Prometheus {
    /// The alerts that are pending or firing.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn alerts(&self) -> Result<Vec<ActiveAlert>, ClientError> {
        let found: ActiveAlerts = self.get("/api/v1/alerts", &[]).await?;
        Ok(found.alerts)
    }
}
