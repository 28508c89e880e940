//! The settings of the process that matter to the stack, read once.
//!
//! Built in `main` (or by a test) from environment variables and passed down, so that nothing else
//! in the library depends on who runs it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::settings::Settings;

/// The variables of the shipped compose file; `main` adds all others.
const COMPOSE: [&str; 6] = [
    "PROMETHEUS_IMAGE",
    "ALERTMANAGER_IMAGE",
    "GRAFANA_IMAGE",
    "PROMETHEUS_PORT",
    "ALERTMANAGER_PORT",
    "GRAFANA_PORT",
];

/// Where binaries are looked for and where files may be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `DASHPROOF_PROMETHEUS`: the Prometheus to use, or the directory that holds it.
    pub prometheus: Option<PathBuf>,
    /// `DASHPROOF_ALERTMANAGER`: the Alertmanager to use, or the directory that holds it.
    pub alertmanager: Option<PathBuf>,
    /// `DASHPROOF_VICTORIA_METRICS`: the VictoriaMetrics of the tests, or the directory that holds it.
    pub victoria_metrics: Option<PathBuf>,
    /// What `DASHPROOF_STACK`, `DASHPROOF_PROMETHEUS_URL` and their like say of a running stack.
    pub stack: Settings,
    /// The variables that a compose file may use, by name.
    pub compose: BTreeMap<String, String>,
    /// `PATH`, as it stands.
    pub search_path: OsString,
    /// Where downloaded binaries are kept: `DASHPROOF_CACHE`, else `$XDG_CACHE_HOME/dashproof`,
    /// else `~/.cache/dashproof`, else below the temporary directory.
    pub cache: PathBuf,
    /// Where run directories are made: `TMPDIR`, else `/tmp`.
    pub temporary: PathBuf,
}

impl Environment {
    /// Reads variables through `variable`; in `main` that is `|name| std::env::var_os(name)`.
    /// Empty variables count as unset, and so do relative cache directories, as the XDG base
    /// directory specification demands.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let absolute = |name| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let temporary = absolute("TMPDIR").unwrap_or_else(|| "/tmp".into());
        let cache = absolute("DASHPROOF_CACHE")
            .or_else(|| Some(absolute("XDG_CACHE_HOME")?.join("dashproof")))
            .or_else(|| Some(absolute("HOME")?.join(".cache/dashproof")))
            .unwrap_or_else(|| temporary.join("dashproof-cache"));
        Self {
            prometheus: set("DASHPROOF_PROMETHEUS").map(PathBuf::from),
            alertmanager: set("DASHPROOF_ALERTMANAGER").map(PathBuf::from),
            victoria_metrics: set("DASHPROOF_VICTORIA_METRICS").map(PathBuf::from),
            stack: Settings::from_variables(&variable),
            compose: COMPOSE
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), variable(name)?.into_string().ok()?)))
                .collect(),
            search_path: set("PATH").unwrap_or_default(),
            cache,
            temporary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_of(variables: &[(&str, &str)]) -> PathBuf {
        let value = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        Environment::from_variables(value).cache
    }

    #[test]
    fn the_cache_is_the_most_specific_absolute_directory() {
        let home = ("HOME", "/home/ada");
        assert_eq!(cache_of(&[home]), PathBuf::from("/home/ada/.cache/dashproof"));
        let xdg = ("XDG_CACHE_HOME", "/xdg");
        assert_eq!(cache_of(&[home, xdg]), PathBuf::from("/xdg/dashproof"));
        assert_eq!(cache_of(&[home, xdg, ("DASHPROOF_CACHE", "/own")]), PathBuf::from("/own"));
        assert_eq!(cache_of(&[home, ("XDG_CACHE_HOME", "relative")]), cache_of(&[home]));
        assert_eq!(cache_of(&[("TMPDIR", "/t")]), PathBuf::from("/t/dashproof-cache"));
    }
}
