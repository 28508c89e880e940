//! The last log lines of a container.
//!
//! It must not know whose they are.

use futures_util::StreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as ApiError;
use testcontainers::bollard::query_parameters::LogsOptionsBuilder;

/// At most `lines` lines of what it wrote on both outputs, the oldest first; also of one that has ended.
pub(crate) async fn last(docker: &Docker, id: &str, lines: usize) -> Result<Vec<String>, ApiError> {
    let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&lines.to_string());
    let mut parts = Box::pin(docker.logs(id, Some(options.build())));
    let mut bytes = Vec::new();
    while let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part?.into_bytes());
    }
    Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
}
