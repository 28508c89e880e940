//! Where in a directory the files of Prometheus, Alertmanager and Grafana lie, found from what is there.
//!
//! Compose files say which file is whose configuration and what lies where in a container; configurations name rules,
//! provider files name dashboards; Kubernetes objects hold rules and dashboards; what nothing names is known by its
//! content. Nothing is judged here, and nothing is passed over in silence: what is not read is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use prom::problem::{Code, Problem};

mod compose;
mod kind;
mod kubernetes;
mod mounts;
mod roles;
mod walk;

/// Files that flags name instead of what would be found.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Prometheus' configuration.
    pub prometheus_config: Option<PathBuf>,
    /// Files and patterns of rules, instead of those that the configuration names.
    pub rule_files: Vec<String>,
    /// Files and directories of dashboards.
    pub dashboards: Vec<PathBuf>,
    /// Grafana's provisioning directory.
    pub provisioning: Option<PathBuf>,
    /// Alertmanager's configuration.
    pub alertmanager_config: Option<PathBuf>,
}

/// A file, or a part of one, that a server would read as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file.
    pub file: PathBuf,
    /// The text; blank lines stand for what is before it in the file.
    pub text: String,
}

/// What is where. Every part is read once.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The directory or file that was looked at.
    pub root: PathBuf,
    /// Prometheus' configuration.
    pub prometheus: Option<Part>,
    /// Rule files that Prometheus loads, or all of them where there is no configuration.
    pub rules: Vec<Part>,
    /// Rule files that the configuration does not name.
    pub loose_rules: Vec<Part>,
    /// Alertmanager's configuration.
    pub alertmanager: Option<Part>,
    /// Dashboards that a provider of Grafana loads.
    pub dashboards: Vec<Part>,
    /// Dashboards that no provider loads, as far as can be seen.
    pub loose_dashboards: Vec<Part>,
    /// Files of provisioned data sources.
    pub datasources: Vec<Part>,
    /// Files of Grafana's dashboard providers.
    pub providers: Vec<Part>,
    /// Patterns that match nothing, paths that nothing explains, files that cannot be read.
    pub problems: Vec<Problem>,
    /// What is there and is not read: a file or a kind of file, and why.
    pub not_read: BTreeSet<String>,
}

impl Layout {
    /// Looks through a directory, or at one file.
    #[must_use]
    pub fn find(root: &Path, named: &Named) -> Layout {
        roles::assign(root, named)
    }

    /// Whether there is nothing that could be judged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prometheus.is_none()
            && self.alertmanager.is_none()
            && [
                &self.rules,
                &self.loose_rules,
                &self.dashboards,
                &self.loose_dashboards,
                &self.datasources,
            ]
            .iter()
            .all(|parts| parts.is_empty())
    }
}

impl Part {
    /// Reads a whole file.
    ///
    /// # Errors
    /// A problem that says why it cannot be read.
    pub fn read(file: &Path) -> Result<Part, Problem> {
        let text = fs::read_to_string(file).map_err(|error| {
            Problem::new(Code::UnreadableFile, file, None, format!("cannot be read: {error}"))
        })?;
        Ok(Part { file: file.to_owned(), text })
    }
}

#[cfg(test)]
mod tests;
