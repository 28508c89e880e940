//! From a directory or a text to dashboards, or to everything wrong with them.
//!
//! Directories are walked as Grafana's file provisioning walks them: every
//! `.json` at any depth, here in the order of their paths.
//! The reading of the content is in `read.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Dashboard, Placeholder};
use crate::grafana::{
    fields::{Node, Notes},
    lines::Lines,
};
use prom::problem::{Code, Problem};

/// Reads every `.json` file below `path`.
///
/// # Errors
/// All problems of all files, in the order of files and lines; also when the
/// directory cannot be read or holds no dashboard.
pub fn load_dir(path: &Path) -> Result<Vec<Dashboard>, Vec<Problem>> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    collect(path, &mut files, &mut problems);
    files.sort();
    if files.is_empty() && problems.is_empty() {
        problems.push(Problem::new(
            Code::NoDashboards,
            path,
            None,
            "no dashboard (*.json) in this directory",
        ));
    }
    let mut dashboards = Vec::new();
    for file in files {
        match fs::read_to_string(&file) {
            Ok(text) => match parse(&file, &text) {
                Ok(dashboard) => dashboards.push(dashboard),
                Err(found) => problems.extend(found),
            },
            Err(error) => problems.push(Problem::new(
                Code::UnreadableFile,
                &file,
                None,
                format!("cannot read: {error}"),
            )),
        }
    }
    if problems.is_empty() { Ok(dashboards) } else { Err(problems) }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>, problems: &mut Vec<Problem>) {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(Problem::new(
                Code::UnreadableFile,
                path,
                None,
                format!("cannot read directory: {error}"),
            ));
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files, problems);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}

/// Reads one dashboard; `file` is only for messages.
///
/// # Errors
/// All problems of the text, in the order of lines: either its one syntax error
/// or every value that is missing or of the wrong type.
pub fn parse(file: &Path, text: &str) -> Result<Dashboard, Vec<Problem>> {
    match read(file, text) {
        (Some(dashboard), problems) if problems.is_empty() => Ok(dashboard),
        (_, problems) => Err(problems),
    }
}

/// Reads as much of a dashboard as can be read, and everything that is wrong with it; none where the text is no JSON
/// object.
pub fn read(file: &Path, text: &str) -> (Option<Dashboard>, Vec<Problem>) {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let message = format!("not JSON: {}", without_position(&error.to_string()));
            return (None, vec![Problem::new(Code::MalformedJson, file, error.line(), message)]);
        }
    };
    let lines = Lines::of(text);
    let mut notes = Notes { file, lines: &lines, problems: Vec::new() };
    let root = Node { value: &value, pointer: String::new() };
    let mut dashboard = super::read::dashboard(&root, &mut notes);
    let mut problems = notes.problems;
    dashboard.placeholders = placeholders(text, &dashboard);
    problems.sort_by_key(|problem| problem.line);
    (value.is_object().then_some(dashboard), problems)
}

/// `serde_json` ends its messages with the position, which a [`Problem`] has itself.
fn without_position(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |end| &message[..end])
}

/// `${DS_…}` is replaced by Grafana's import only, `__datasource_uid__` by nobody.
/// A variable of the dashboard with the name is no left-over.
fn placeholders(text: &str, dashboard: &Dashboard) -> Vec<Placeholder> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let lower = line.to_ascii_lowercase();
        for (needle, prefix) in
            [("${ds_", "${"), ("$ds_", "$"), ("[[ds_", "[["), ("__datasource_uid__", "")]
        {
            for (at, _) in lower.match_indices(needle) {
                let name = &line[at + prefix.len()..];
                let end = name
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(name.len());
                let name = &name[..end];
                if dashboard.variables.iter().any(|variable| variable.name == name) {
                    continue;
                }
                let close = match prefix {
                    "${" => "}",
                    "[[" => "]]",
                    _ => "",
                };
                found.push(Placeholder { line: index + 1, text: format!("{prefix}{name}{close}") });
            }
        }
    }
    found
}
