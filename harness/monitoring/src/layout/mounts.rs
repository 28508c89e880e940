//! From paths in a container to files of the machine.
//!
//! It must not know what is mounted, and why.

use std::path::{Path, PathBuf};

use crate::files;

/// What is mounted into a container: a path of the machine, and where it is there.
pub(super) type Mounts = [(PathBuf, String)];

/// The files of the machine that a path or pattern of the container means, and whether a mount explains it.
pub(super) fn expand(mounts: &Mounts, pattern: &str) -> (Vec<PathBuf>, bool) {
    let wanted = parts(pattern);
    let (mut found, mut explained) = (Vec::new(), false);
    for (source, target) in mounts {
        let target = parts(target);
        let holds = target.len() <= wanted.len()
            && wanted
                .iter()
                .zip(&target)
                .all(|(wanted, part)| wanted == part || files::matches(wanted, part));
        if !holds {
            continue;
        }
        explained = true;
        let rest = wanted[target.len()..].join("/");
        if rest.is_empty() {
            found.push(source.clone());
        } else {
            found.extend(files::expand(source, &rest));
        }
    }
    found.retain(|path| path.exists());
    found.sort();
    found.dedup();
    (found, explained)
}

/// The path of the container of a relative path in a file there.
pub(super) fn join(file: &str, relative: &str) -> String {
    let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
    format!("{directory}/{relative}")
}

fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts
}

/// Whether a path is one of the machine or the container as a whole.
pub(super) fn is_absolute(path: &str) -> bool {
    Path::new(path).is_absolute()
}
