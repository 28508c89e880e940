//! Which files a path or pattern of Prometheus' configuration means.
//!
//! `rule_files` and `file_sd_configs` are relative to the configuration. Patterns are those of Go's `filepath.Glob`
//! (`path/filepath/match.go`): `*`, `?`, `[a-z]`, `[^a]` and `\`, in every component; there is no `**`.
//! Reads directories, never files.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// The files that `pattern` means below `directory`, in the order of their names.
///
/// A path without wildcard is returned whether or not it exists, as reading it
/// gives the better error. A directory that cannot be read holds no match.
pub fn expand(directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let path = directory.join(pattern);
    if !is_pattern(pattern) {
        return vec![path];
    }
    let mut found = vec![directory.to_owned()];
    for component in Path::new(pattern).components() {
        let Component::Normal(name) = component else {
            found.iter_mut().for_each(|path| path.push(component));
            continue;
        };
        let Some(name) = name.to_str().filter(|name| is_pattern(name)) else {
            found.iter_mut().for_each(|path| path.push(name));
            continue;
        };
        found = found.iter().flat_map(|directory| matching(directory, name)).collect();
    }
    found.retain(|path| path.exists());
    found
}

/// Whether a path has wildcards.
#[must_use]
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '\\'])
}

fn matching(directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|found| matches(pattern, found)))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

/// Whether a component of a path matches a component of a pattern. A pattern that Go refuses matches nothing.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut characters = pattern.chars();
    match characters.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = characters.as_str();
            name.char_indices().any(|(at, _)| matches(rest, &name[at..])) || matches(rest, "")
        }
        Some('[') => {
            let mut name = name.chars();
            let Some(found) = name.next() else { return false };
            let class = class(characters.as_str(), found);
            class.is_some_and(|(holds, rest)| holds && matches(rest, name.as_str()))
        }
        Some(expected) => {
            let literal = if expected == '\\' { characters.next() } else { Some(expected) };
            let mut name = name.chars();
            let found = name.next();
            found.is_some()
                && (expected == '?' || literal == found)
                && matches(characters.as_str(), name.as_str())
        }
    }
}

/// Whether `found` is in the class that `inside` begins with, and what comes after its `]`.
fn class(inside: &str, found: char) -> Option<(bool, &str)> {
    let negated = inside.starts_with('^');
    let mut characters = inside.strip_prefix('^').unwrap_or(inside).chars();
    let mut holds = false;
    let mut first = true;
    loop {
        let low = match characters.next()? {
            ']' if !first => return Some((holds != negated, characters.as_str())),
            '\\' => characters.next()?,
            low => low,
        };
        first = false;
        let mut high = low;
        if let Some(after) = characters.as_str().strip_prefix('-') {
            characters = after.chars();
            high = match characters.next()? {
                '\\' => characters.next()?,
                high => high,
            };
        }
        holds |= (low..=high).contains(&found);
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
        assert_eq!(names("rules/[ab].yml"), ["a.yml", "b.yml"]);
        assert_eq!(names("rules/[^b-z].yml"), ["a.yml"]);
        assert_eq!(names("r*/a.y?ml"), ["a.yaml"]);
        assert_eq!(names("*/[b"), [""; 0]);
        assert_eq!(names("rules/\\a.yml"), ["a.yml"]);
        assert_eq!(names("*/none.yml"), [""; 0]);
        assert_eq!(names("rules/none*"), [""; 0]);
        assert_eq!(names("missing/*.yml"), [""; 0]);
        assert_eq!(expand(path, "rules/missing.yml"), [path.join("rules/missing.yml")]);
    }
}
