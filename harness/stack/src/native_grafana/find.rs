//! Where a Grafana of this machine is: its program, and the directory with its page and defaults.
//!
//! Nothing is fetched: distributions have no package of it. What is done with it, this does not know.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::process::CommandLine;

/// Where packages put what the program needs beside it.
const PACKAGED: &str = "/usr/share/grafana";
/// A file that every home has.
const DEFAULTS: &str = "conf/defaults.ini";

/// A Grafana of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrafanaBinary {
    /// The program: `grafana`, or `grafana-server` of older releases.
    pub program: PathBuf,
    /// The directory with `conf/defaults.ini` and `public`.
    pub home: PathBuf,
}

/// Why there is none, with what can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotFound(pub String);

impl GrafanaBinary {
    /// The Grafana unpacked at `home`, else `grafana` or `grafana-server` on `search_path`.
    ///
    /// # Errors
    /// If there is none: where it was looked for.
    pub fn find(home: Option<&Path>, search_path: &OsStr) -> Result<GrafanaBinary, NotFound> {
        let Some(home) = home else { return on_path(search_path) };
        if !home.join(DEFAULTS).is_file() {
            let what = "has no conf/defaults.ini: name the directory of an unpacked release";
            return Err(NotFound(format!("{} {what}", home.display())));
        }
        let programs = ["bin/grafana", "bin/grafana-server"].map(|name| home.join(name));
        let Some(program) = programs.into_iter().find(|program| program.is_file()) else {
            let what = "has neither bin/grafana nor bin/grafana-server";
            return Err(NotFound(format!("{} {what}", home.display())));
        };
        // The server runs in another directory than we do.
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok(GrafanaBinary { program: absolute(&program), home: absolute(home) })
    }

    /// The start of its command line.
    pub(super) fn command(&self) -> CommandLine {
        let command = CommandLine::new(&self.program);
        let old = self.program.file_name().is_some_and(|name| name == "grafana-server");
        let command = if old { command } else { command.arg("server") };
        command.arg(format!("--homepath={}", self.home.display()))
    }
}

fn on_path(search_path: &OsStr) -> Result<GrafanaBinary, NotFound> {
    let found = ["grafana", "grafana-server"]
        .into_iter()
        .find_map(|name| which::which_in(name, Some(search_path), "/").ok());
    let Some(program) = found else {
        return Err(NotFound("no `grafana` on PATH, and no --grafana-home".to_owned()));
    };
    // Packages link the program from elsewhere.
    let real = program.canonicalize().unwrap_or_else(|_| program.clone());
    let beside = real.parent().and_then(Path::parent).map(Path::to_owned);
    let home = beside.into_iter().chain([PathBuf::from(PACKAGED)]);
    let Some(home) = home.into_iter().find(|home| home.join(DEFAULTS).is_file()) else {
        let what = "is on PATH, but its conf/defaults.ini is not found: --grafana-home DIR";
        return Err(NotFound(format!("{} {what}", program.display())));
    };
    Ok(GrafanaBinary { program: real, home })
}
