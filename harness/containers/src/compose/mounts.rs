//! `volumes` of a service, in the short and in the long form.
//!
//! Sources are made absolute from the file's directory; whether they exist, is not asked here.

use std::path::{Component, Path, PathBuf};

use super::node::{Node, Value};
use super::reader::Reader;

/// A directory or file of a container that comes from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Line in the file, from 1.
    pub line: usize,
    /// Where it comes from.
    pub source: Source,
    /// The absolute path inside of the container.
    pub target: String,
    /// Whether the container may not write there.
    pub read_only: bool,
}

/// Where a mount comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An absolute path of the machine.
    Path(PathBuf),
    /// A volume of the file, by its name there.
    Volume(String),
}

/// The keys of the long form.
const LONG: [&str; 4] = ["type", "source", "target", "read_only"];

pub(crate) fn read(reader: &mut Reader<'_>, node: &Node, what: &str) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for item in reader.items(node, what) {
        let mount = match item.value {
            Value::Map(_) => long(reader, item, what),
            _ => short(reader, item, what),
        };
        let Some(mount) = mount else { continue };
        if !mount.target.starts_with('/') {
            let message = format!("`{}` is no absolute path in the container", mount.target);
            reader.wrong(item.line, what, message);
        } else if mounts.iter().any(|other| other.target == mount.target) {
            reader.wrong(item.line, what, format!("`{}` twice", mount.target));
        } else {
            mounts.push(mount);
        }
    }
    mounts
}

/// `source:target[:ro|rw|z|Z,…]`.
fn short(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Mount> {
    let text = reader.text(node, what)?;
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts[..] {
        [source, target] => (source, target, ""),
        [source, target, options] => (source, target, options),
        [_] => {
            let message = format!("`{text}` has no source");
            reader.wrong_with_remedy(node.line, what, message, "name a volume or a path before it");
            return None;
        }
        _ => {
            reader.wrong(node.line, what, format!("`{text}` has too many parts"));
            return None;
        }
    };
    let mut read_only = false;
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => read_only = true,
            "rw" => {}
            "z" | "Z" => {
                let why = "labels of SELinux are the engine's affair";
                reader.ignore(node.line, format!("{what}: {option}"), why);
            }
            _ => reader.wrong(node.line, what, format!("the option `{option}` is not read")),
        }
    }
    // As Compose tells them apart: a path begins with a dot, a slash or a tilde.
    let source = if source.starts_with(['.', '/', '~']) {
        Source::Path(absolute(reader, node, what, source)?)
    } else {
        Source::Volume(source.to_owned())
    };
    Some(Mount { line: node.line, source, target: target.to_owned(), read_only })
}

fn long(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Mount> {
    let (mut kind, mut source, mut target, mut read_only) = (None, None, None, false);
    for entry in reader.entries(node, what) {
        let inner = format!("{what}.{}", entry.key);
        match entry.key.as_str() {
            "type" => kind = reader.text(&entry.node, &inner),
            "source" => source = reader.text(&entry.node, &inner),
            "target" => target = reader.text(&entry.node, &inner),
            "read_only" => read_only = reader.truth(&entry.node, &inner).unwrap_or_default(),
            _ => reader.unknown(entry, what, &LONG),
        }
    }
    let (Some(kind), Some(source), Some(target)) = (kind, source, target) else {
        reader.wrong(node.line, what, "`type`, `source` and `target` are needed");
        return None;
    };
    let source = match kind {
        "bind" => Source::Path(absolute(reader, node, what, source)?),
        "volume" => Source::Volume(source.to_owned()),
        _ => {
            let message = format!("the type `{kind}` is not read, only bind and volume");
            reader.wrong(node.line, what, message);
            return None;
        }
    };
    Some(Mount { line: node.line, source, target: target.to_owned(), read_only })
}

fn absolute(reader: &mut Reader<'_>, node: &Node, what: &str, source: &str) -> Option<PathBuf> {
    if source.starts_with('~') {
        let message = format!("`{source}` depends on who starts it");
        reader.wrong_with_remedy(node.line, what, message, "write a path relative to the file");
        return None;
    }
    Some(without_dots(&reader.directory.join(source)))
}

/// A path without `.` and `..`; symbolic links are not asked.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_resolved_by_their_letters() {
        let table = [("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/a/b/", "/a/b")];
        for (path, expected) in table {
            assert_eq!(without_dots(Path::new(path)), Path::new(expected));
        }
    }
}
