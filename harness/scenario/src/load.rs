//! Scenario files on disk.

use std::{fs, path::Path};

use super::{Scenario, check, file::RawScenario};
use prom::{
    document,
    problem::{Code, Problem},
};

impl Scenario {
    /// The scenario in a file.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn load(path: &Path) -> Result<Scenario, Vec<Problem>> {
        let text = fs::read_to_string(path).map_err(|error| {
            vec![
                Problem::new(Code::UnreadableFile, path, None, format!("cannot be read: {error}"))
                    .remedy("check the path and its permissions"),
            ]
        })?;
        Scenario::parse(path, &text)
    }

    /// The scenario in a text; `path` gives its name and stands in problems.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn parse(path: &Path, text: &str) -> Result<Scenario, Vec<Problem>> {
        let (raw, mut problems) =
            document::read::<RawScenario>(path, text).map_err(|problem| vec![problem])?;
        let scenario = check::check(path, raw, &mut problems);
        problems.sort_by_key(|problem| problem.line);
        match scenario {
            Some(scenario) if problems.is_empty() => Ok(scenario),
            _ => Err(problems),
        }
    }
}

/// All scenarios of a directory, sorted by name, and what is wrong with the others.
///
/// Every `.yaml` or `.yml` file is one; anything else and sub-directories are not.
#[must_use]
pub fn load_dir(directory: &Path) -> (Vec<Scenario>, Vec<Problem>) {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("cannot be read: {error}");
            let remedy = "name the directory that holds the scenarios";
            return (
                Vec::new(),
                vec![Problem::new(Code::UnreadableFile, directory, None, message).remedy(remedy)],
            );
        }
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.is_file() && path.extension().is_some_and(|end| end == "yaml" || end == "yml")
        })
        .collect();
    paths.sort();
    let (mut scenarios, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        match Scenario::load(&path) {
            Ok(scenario) => scenarios.push(scenario),
            Err(found) => problems.extend(found),
        }
    }
    (scenarios, problems)
}
