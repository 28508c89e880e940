//! Every file below a directory that could be part of a monitoring stack.
//!
//! Hidden directories and those of package managers are left out. It must not know what the files are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Directories of others' files.
const SKIPPED: [&str; 5] = ["node_modules", "vendor", "target", "__pycache__", "venv"];

/// Larger files are no configuration.
const MOST_BYTES: u64 = 16 << 20;

/// How deep directories may nest: a link to a directory above would go on for ever.
const DEEPEST: usize = 24;

const EXTENSIONS: [&str; 5] = ["yml", "yaml", "rules", "rule", "json"];

/// The files below `root`, or `root` itself, in the order of their paths; and the directories that were left out.
pub(super) fn files(root: &Path, skipped: &mut BTreeSet<String>) -> Vec<PathBuf> {
    if root.is_file() {
        return vec![root.to_owned()];
    }
    let mut found = Vec::new();
    let shown = if root == Path::new(".") { PathBuf::new() } else { root.to_owned() };
    walk(root, &shown, 0, &mut found, skipped);
    found.sort();
    found
}

fn walk(
    at: &Path,
    shown: &Path,
    depth: usize,
    found: &mut Vec<PathBuf>,
    skipped: &mut BTreeSet<String>,
) {
    for entry in fs::read_dir(at).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let (path, shown) = (entry.path(), shown.join(name));
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            if SKIPPED.contains(&name) {
                skipped.insert(format!("{}/: a directory of others' files", shown.display()));
            } else if depth < DEEPEST {
                walk(&path, &shown, depth + 1, found, skipped);
            }
        } else if metadata.len() <= MOST_BYTES
            && shown.extension().and_then(|e| e.to_str()).is_some_and(|e| EXTENSIONS.contains(&e))
        {
            found.push(shown);
        }
    }
}
