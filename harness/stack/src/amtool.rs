//! Asks amtool about configuration files of Alertmanager.
//!
//! The companion of the real server is the judge of what a configuration means, before anything is
//! started. Both lines are spoken to with the flags that they share. It must not know which
//! receivers are right.

use std::path::Path;
use std::time::Duration;

use super::alertmanager_binary::AlertmanagerBinary;
use super::process::{CommandLine, Output, ProcessError};
use prom::series::Labels;

const CEILING: Duration = Duration::from_secs(60);

/// Checks a configuration with everything that it refers to.
///
/// # Errors
/// With amtool's own words, if it finds anything wrong.
pub async fn check_config(
    binary: &AlertmanagerBinary,
    config: &Path,
) -> Result<Output, ProcessError> {
    let check = CommandLine::new(&binary.amtool).arg("check-config").arg(config);
    check.show_both_outputs().run(CEILING).await
}

/// The receivers of an alert with these labels, in the order of the routes.
///
/// # Errors
/// With amtool's own words, if it cannot read the configuration or the labels.
pub async fn receivers(
    binary: &AlertmanagerBinary,
    config: &Path,
    labels: &Labels,
) -> Result<Vec<String>, ProcessError> {
    // A quoted value is read alike by both ways of reading matchers.
    let words = labels.iter().map(|(name, value)| {
        format!(
            "{name}=\"{}\"",
            value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
        )
    });
    let said = CommandLine::new(&binary.amtool)
        .args(["config", "routes", "test"])
        .arg(format!("--config.file={}", config.display()))
        .args(words)
        .run(CEILING)
        .await?;
    let line = said.stdout.lines().next_back().unwrap_or_default();
    Ok(line.split(',').map(|receiver| receiver.trim().to_owned()).collect())
}
