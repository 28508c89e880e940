//! What a compose file says of where files lie: images, commands and mounts, and nothing else.
//!
//! A lenient reader: whatever else a file says is Compose's affair. (The strict one, which boots services, refuses
//! what it does not understand; a starter stack that has `deploy` or `build` must not be refused here.)

use std::path::{Component, Path, PathBuf};

use prom::document::{self, Node};

/// What runs in a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Prometheus,
    Alertmanager,
    Grafana,
}

/// A service that runs one of the programs that are read.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) program: Program,
    /// Entrypoint and command.
    pub(super) words: Vec<String>,
    /// Paths of the machine, and where they are in the container.
    pub(super) mounts: Vec<(PathBuf, String)>,
}

impl Service {
    /// The value of a flag, as `--flag=value` or `--flag value`.
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            let Some(rest) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
                continue;
            };
            match rest.strip_prefix(name) {
                Some("") => return words.next().map(String::as_str),
                Some(rest) if rest.starts_with('=') => return Some(&rest[1..]),
                _ => {}
            }
        }
        None
    }
}

/// The services of a file; none where it cannot be read, which Compose will say better.
pub(super) fn services(file: &Path, text: &str) -> Vec<Service> {
    let Ok(root) = document::tree(text) else { return Vec::new() };
    let directory = file.parent().unwrap_or(Path::new(""));
    let configs = root.get("configs").map(Node::entries).unwrap_or_default();
    let of = |(name, node): &(Node, Node)| {
        let program = program(name.text()?, node)?;
        let mut mounts: Vec<(PathBuf, String)> = node
            .get("volumes")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| mount(directory, item))
            .collect();
        for item in node.get("configs").map(Node::items).unwrap_or_default() {
            let source = item.text().or_else(|| item.get("source")?.text());
            let target = item.get("target").and_then(Node::text);
            let found = source.and_then(|source| {
                let (_, config) = configs.iter().find(|(name, _)| name.text() == Some(source))?;
                Some((source, config.get("file")?.text()?))
            });
            if let Some((source, path)) = found {
                let target = target.map_or_else(|| format!("/{source}"), str::to_owned);
                mounts.push((beside(directory, Path::new(&variables(path)?)), target));
            }
        }
        let words = ["entrypoint", "command"].into_iter().flat_map(|key| words(node.get(key)));
        Some(Service { program, words: words.collect(), mounts })
    };
    root.get("services").map(Node::entries).unwrap_or_default().iter().filter_map(of).collect()
}

/// By the image; by the service's name where the image is built.
fn program(name: &str, node: &Node) -> Option<Program> {
    let image = node.get("image").and_then(Node::text).and_then(variables);
    let image = image.unwrap_or_else(|| name.to_owned());
    let base = image.rsplit('/').next()?.split([':', '@']).next()?;
    let others =
        ["exporter", "push", "adapter", "operator", "loki", "tempo", "renderer", "agent", "node"];
    if others.iter().any(|other| base.contains(other)) {
        return None;
    }
    let all = [
        ("alertmanager", Program::Alertmanager),
        ("prometheus", Program::Prometheus),
        ("grafana", Program::Grafana),
    ];
    all.into_iter().find(|(word, _)| base.contains(word)).map(|(_, program)| program)
}

fn words(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    let several = node.items().iter().filter_map(Node::text);
    let one = node.text().into_iter().flat_map(str::split_whitespace);
    several.chain(one).filter_map(|word| variables(word.trim_matches(['"', '\'']))).collect()
}

fn mount(directory: &Path, item: &Node) -> Option<(PathBuf, String)> {
    let (source, target) = match item.text() {
        Some(text) => {
            let text = variables(text)?;
            let (source, rest) = text.split_once(':')?;
            (source.to_owned(), rest.split(':').next()?.to_owned())
        }
        None => (variables(item.get("source")?.text()?)?, item.get("target")?.text()?.to_owned()),
    };
    // A name is a volume.
    let is_path = source.starts_with(['.', '/']) || source.contains('/');
    is_path.then(|| (beside(directory, Path::new(&source)), target))
}

/// The text with variables replaced by their defaults; nothing where one has none. The working directory is the
/// file's.
fn variables(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(escaped) = after.strip_prefix('$') {
            out.push('$');
            rest = escaped;
            continue;
        }
        let (inside, behind) = match after.strip_prefix('{') {
            Some(open) => open.split_once('}')?,
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                after.split_at(end.unwrap_or(after.len()))
            }
        };
        let (name, default) =
            inside.split_once(":-").or_else(|| inside.split_once('-')).unwrap_or((inside, ""));
        match (name, inside == name) {
            ("PWD", _) => out.push('.'),
            (_, false) => out.push_str(default),
            (_, true) => return None,
        }
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

/// What `path` means beside a compose file. The directory stays as it was named, so that all files of a folder begin
/// with the folder's own path.
fn beside(directory: &Path, path: &Path) -> PathBuf {
    let mut found = directory.to_owned();
    let mut depth = 0;
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => {
                depth -= 1;
                found.pop();
            }
            Component::RootDir | Component::Prefix(_) => found = PathBuf::from(part.as_os_str()),
            part => {
                depth += usize::from(part != Component::ParentDir);
                found.push(part);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_commands_and_mounts_are_read_and_all_else_is_not() {
        let text = "x-common: &common { restart: always, deploy: { replicas: 1 } }\nservices:\n  prom:\n    <<: *common\n    image: ${REGISTRY:-docker.io}/prom/prometheus:v3\n    command: ['--config.file=/etc/p/main.yaml', '--web.enable-lifecycle']\n    volumes:\n      - ./conf/../prom:/etc/p:ro\n      - data:/prometheus\n      - { type: bind, source: ./rules, target: /rules }\n      - ${UNKNOWN}/x:/x\n  node-exporter: { image: prom/node-exporter }\n  grafana: { build: ./grafana, configs: [{ source: ds, target: /etc/grafana/ds.yml }] }\nconfigs:\n  ds: { file: ./ds.yml }\n";
        let found = services(Path::new("a/docker-compose.yml"), text);
        let [prometheus, grafana] = &found[..] else { panic!("{found:?}") };
        assert_eq!(prometheus.program, Program::Prometheus);
        assert_eq!(prometheus.flag("config.file"), Some("/etc/p/main.yaml"));
        let mounts = [("a/prom", "/etc/p"), ("a/rules", "/rules")];
        assert_eq!(
            prometheus.mounts,
            mounts.map(|(source, target)| (PathBuf::from(source), target.to_owned()))
        );
        assert_eq!(grafana.mounts, [(PathBuf::from("a/ds.yml"), "/etc/grafana/ds.yml".to_owned())]);
    }
}
