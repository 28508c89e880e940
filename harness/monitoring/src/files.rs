//! Which files a path or pattern of Prometheus' configuration means.
//!
//! `rule_files` and `file_sd_configs` are relative to the configuration and may
//! have `*` and `?` in the last component, which is all that `file_sd` allows
//! and all that rule files need here.
//! Reads directories, never files.

use std::fs;
use std::path::{Path, PathBuf};

/// The files that `pattern` means below `directory`, in the order of their names.
///
/// A path without wildcard is returned whether or not it exists, as reading it
/// gives the better error. A directory that cannot be read holds no match.
pub fn expand(directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let path = directory.join(pattern);
    let (Some(parent), Some(name)) =
        (path.parent(), path.file_name().and_then(|name| name.to_str()))
    else {
        return vec![path];
    };
    if !name.contains(['*', '?']) {
        return vec![path];
    }
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|found| matches(name, found)))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

fn matches(pattern: &str, name: &str) -> bool {
    let mut characters = pattern.chars();
    match characters.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = characters.as_str();
            name.char_indices().any(|(at, _)| matches(rest, &name[at..])) || matches(rest, "")
        }
        Some(expected) => {
            let mut name = name.chars();
            let found = name.next();
            found.is_some_and(|found| expected == '?' || expected == found)
                && matches(characters.as_str(), name.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_and_plain_paths_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::create_dir(path.join("rules")).unwrap();
        for name in ["b.yml", "a.yml", "a.yaml", "note.txt"] {
            fs::write(path.join("rules").join(name), "").unwrap();
        }
        let names = |pattern: &str| -> Vec<String> {
            let files = expand(path, pattern);
            files
                .iter()
                .map(|file| file.file_name().unwrap().to_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names("rules/*.yml"), ["a.yml", "b.yml"]);
        assert_eq!(names("rules/?.yml"), ["a.yml", "b.yml"]);
        assert_eq!(names("rules/a*"), ["a.yaml", "a.yml"]);
        assert_eq!(names("rules/none*"), [""; 0]);
        assert_eq!(names("missing/*.yml"), [""; 0]);
        assert_eq!(expand(path, "rules/missing.yml"), [path.join("rules/missing.yml")]);
    }
}
