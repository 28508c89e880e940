//! The configuration that Prometheus' container sees: a deployed copy, or an empty one that becomes the copy later.
//!
//! A container's mounts and command never change. So one that is given a history first has an empty file where the
//! real one will be, and is started again once that is there. What stands in the files is not known here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::launch::StartError;
use crate::run_directory::RunDirectory;

/// Prometheus' part of a monitoring directory.
const PROMETHEUS: &str = "prometheus";
/// Its configuration there.
const FILE: &str = "prometheus.yml";

/// Where the configuration is.
#[derive(Debug)]
pub(super) enum Configuration {
    /// In a deployed copy.
    Deployed(PathBuf),
    /// In a deployed copy, whose file is empty until [`Configuration::restore`] writes this text.
    HeldBack { deployed: PathBuf, text: String },
    /// Nowhere: the file is empty.
    Empty(RunDirectory),
}

impl Configuration {
    /// As it stands in the copy.
    pub(super) fn deployed(copy: &Path) -> Configuration {
        Configuration::Deployed(copy.to_owned())
    }

    /// Empties the file of a copy.
    pub(super) fn held_back(copy: &Path) -> Result<Configuration, StartError> {
        let file = file_in(copy);
        let text = fs::read_to_string(&file).map_err(unusable(&file))?;
        fs::write(&file, "").map_err(unusable(&file))?;
        Ok(Configuration::HeldBack { deployed: copy.to_owned(), text })
    }

    /// An empty file in a directory of its own.
    pub(super) fn empty(environment: &Environment) -> Result<Configuration, StartError> {
        let directory = RunDirectory::create(environment)?;
        let file = file_in(directory.path());
        let made = fs::create_dir_all(file.parent().unwrap_or(directory.path()));
        made.and_then(|()| fs::write(&file, "")).map_err(unusable(&file))?;
        Ok(Configuration::Empty(directory))
    }

    /// Writes what was held back.
    pub(super) fn restore(&mut self) -> Result<(), StartError> {
        if let Configuration::HeldBack { deployed, text } = self {
            let file = file_in(deployed);
            fs::write(&file, &*text).map_err(unusable(&file))?;
            *self = Configuration::Deployed(std::mem::take(deployed));
        }
        Ok(())
    }

    /// What stands for the folder of the compose file, or for a part of it: where from, and where it is.
    pub(super) fn replaces(&self, shipped: &Path) -> (PathBuf, PathBuf) {
        match self {
            Configuration::Deployed(copy) | Configuration::HeldBack { deployed: copy, .. } => {
                (shipped.to_owned(), copy.clone())
            }
            Configuration::Empty(directory) => {
                (shipped.join(PROMETHEUS), directory.path().join(PROMETHEUS))
            }
        }
    }

    /// The directory of its own, if it has one.
    pub(super) fn directory(&self) -> Option<&Path> {
        match self {
            Configuration::Empty(directory) => Some(directory.path()),
            Configuration::Deployed(_) | Configuration::HeldBack { .. } => None,
        }
    }
}

fn file_in(directory: &Path) -> PathBuf {
    directory.join(PROMETHEUS).join(FILE)
}

fn unusable(file: &Path) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::File { path: file.to_owned(), source }
}
