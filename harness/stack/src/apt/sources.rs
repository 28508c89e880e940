//! The machine's apt sources, in both of their formats.
//!
//! Read to find the mirrors of the machine's own distribution, so that another suite can be asked of
//! the same mirrors with the same keys and options. Formats: `sources.list(5)`, one line per source
//! or deb822 stanzas. Nothing is written here and no host is known.

use std::io;
use std::path::{Path, PathBuf};

/// Suites that a machine may name instead of its release's codename.
const ROLLING: [&str; 4] = ["unstable", "sid", "testing", "stable"];

/// One source of binary packages: deb822 fields, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    fields: Vec<(String, String)>,
}

impl Source {
    /// Whether it is enabled and names packages of the distribution's `release` itself, rather than
    /// of a third party.
    pub(super) fn carries(&self, release: &str) -> bool {
        let words = |name| self.get(name).unwrap_or_default().split_whitespace();
        let off = ["no", "false", "0", "off", "without"];
        let enabled = !words("Enabled").any(|word| off.contains(&word));
        let binary = words("Types").any(|kind| kind == "deb");
        let suite = words("Suites").any(|suite| suite == release || ROLLING.contains(&suite));
        // Debian and its descendants call the component of their own free packages so.
        let component = words("Components").any(|component| component == "main");
        enabled && binary && suite && component
    }

    /// The same source as a deb822 stanza, of `suite` alone.
    pub(super) fn with_suite(&self, suite: &str) -> String {
        let mut stanza = format!("Types: deb\nSuites: {suite}\n");
        for (name, value) in &self.fields {
            if !["types", "suites", "enabled"].contains(&name.to_ascii_lowercase().as_str()) {
                stanza.push_str(&format!("{name}: {value}\n"));
            }
        }
        stanza
    }

    fn get(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }
}

/// All sources of `places`: files, or directories whose `.list` and `.sources` files count. What
/// does not exist is skipped, as apt does.
pub(super) fn read(places: &[PathBuf]) -> Result<Vec<Source>, (PathBuf, io::Error)> {
    let mut sources = Vec::new();
    for place in places {
        for file in files(place).map_err(|error| (place.clone(), error))? {
            let text = std::fs::read_to_string(&file).map_err(|error| (file.clone(), error))?;
            let deb822 = file.extension().is_some_and(|extension| extension == "sources");
            sources.extend(if deb822 { stanzas(&text) } else { one_line(&text) });
        }
    }
    Ok(sources)
}

fn files(place: &Path) -> io::Result<Vec<PathBuf>> {
    if place.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    if !place.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(place)?.collect::<io::Result<Vec<_>>>()?;
    let counts = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "list" || extension == "sources")
    };
    let mut files: Vec<PathBuf> = entries.iter().map(|entry| entry.path()).filter(counts).collect();
    files.sort();
    Ok(files)
}

/// deb822: stanzas apart by blank lines; a line that starts with a blank continues its field.
fn stanzas(text: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).chain([""]) {
        if line.trim().is_empty() {
            if !fields.is_empty() {
                sources.push(Source { fields: std::mem::take(&mut fields) });
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    sources
}

/// `deb [option=value …] URI suite component…`
fn one_line(text: &str) -> Vec<Source> {
    text.lines().filter_map(|line| one_source(line.split('#').next()?.trim())).collect()
}

fn one_source(line: &str) -> Option<Source> {
    let rest = line.strip_prefix("deb")?;
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?, words.next()?);
    let components = words.collect::<Vec<_>>().join(" ");
    let own = [("Types", "deb"), ("URIs", uri), ("Suites", suite), ("Components", &components)];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let options = options.split_whitespace().filter_map(|option| {
        let (name, value) = option.split_once('=')?;
        // The same options have these names in deb822, see sources.list(5).
        let name = match name {
            "arch" => "Architectures",
            "lang" => "Languages",
            "target" => "Targets",
            other => other,
        };
        Some((name.to_owned(), value.replace(',', " ")))
    });
    Some(Source { fields: own.into_iter().chain(options).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stanza_keeps_its_mirror_and_key_for_another_suite() {
        let text = "# comment\nTypes: deb deb-src\nURIs: http://mirror.test/debian\n\
                    Suites: bookworm bookworm-updates\nComponents: main contrib\n\
                    Signed-By:\n -----BEGIN\n .\n abc\n\nTypes: deb\nURIs: http://other.test\n\
                    Suites: nodistro\nComponents: main\n";
        let sources = stanzas(text);
        assert_eq!(sources.len(), 2);
        assert!(sources[0].carries("bookworm") && !sources[1].carries("bookworm"));
        assert_eq!(
            sources[0].with_suite("unstable"),
            "Types: deb\nSuites: unstable\nURIs: http://mirror.test/debian\n\
             Components: main contrib\nSigned-By: \n -----BEGIN\n .\n abc\n"
        );
    }

    #[test]
    fn a_line_becomes_the_same_stanza() {
        let text = "deb-src http://mirror.test/debian trixie main\n\
                    deb [arch=amd64,arm64 signed-by=/k.gpg] http://mirror.test/debian trixie main # x\n";
        let [source] = &one_line(text)[..] else { panic!("one source of binary packages") };
        assert_eq!(
            source.with_suite("unstable"),
            "Types: deb\nSuites: unstable\nURIs: http://mirror.test/debian\nComponents: main\n\
             Architectures: amd64 arm64\nsigned-by: /k.gpg\n"
        );
    }

    #[test]
    fn disabled_sources_and_those_of_third_parties_are_not_the_distribution() {
        let carries = |fields: &str| stanzas(fields)[0].carries("noble");
        let own = "Types: deb\nURIs: u\nSuites: noble\nComponents: main universe\n";
        assert!(carries(own));
        assert!(!carries(&format!("{own}Enabled: no\n")));
        assert!(!carries("Types: deb-src\nURIs: u\nSuites: noble\nComponents: main\n"));
        assert!(!carries("Types: deb\nURIs: u\nSuites: noble\nComponents: stable\n"));
        assert!(!carries("Types: deb\nURIs: u\nSuites: noble-backports\nComponents: main\n"));
    }
}
