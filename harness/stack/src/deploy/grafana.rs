//! Grafana's provisioning: where the data source is reached, and where the dashboards lie.
//!
//! Used by a Grafana of this machine, which reaches a Prometheus on a port of its own. Texts in, texts out.

use std::path::Path;

use monitoring::grafana::datasource::{self, Datasource};
use prom::problem::{Code, Problem};

use super::edit::Edit;

/// A file of data sources in which each Prometheus is reached at `url`; all else stays byte for byte.
///
/// # Errors
/// If the file cannot be read, or what was to be replaced cannot.
pub fn datasources_at(file: &Path, text: &str, url: &str) -> Result<String, Vec<Problem>> {
    let shipped = datasource::parse_datasources(file, text)?;
    let replaced = replaced(text, &["datasources", "url"], url);
    let moved = |one: Datasource| match one.kind.as_str() {
        "prometheus" => Datasource { url: url.to_owned(), ..one },
        _ => one,
    };
    let others = shipped.iter().filter(|one| one.kind != "prometheus");
    let message = "has data sources of other kinds, whose addresses cannot be kept apart";
    let problems: Vec<Problem> =
        others.map(|one| Problem::new(Code::LeavesTheTest, file, one.line, message)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let wanted: Vec<Datasource> = shipped.into_iter().map(moved).collect();
    if datasource::parse_datasources(file, &replaced)? == wanted {
        return Ok(replaced);
    }
    let line = wanted.first().and_then(|one| one.line);
    let problem = Problem::new(
        Code::AddressNotReplaced,
        file,
        line,
        "the url of a data source cannot be replaced",
    );
    Err(vec![problem.remedy("write it as `url: http://…` on a line of its own")])
}

/// A file of dashboard providers that find their files at `path`; all else stays byte for byte.
///
/// # Errors
/// As [`datasources_at`].
pub fn providers_at(file: &Path, text: &str, path: &Path) -> Result<String, Vec<Problem>> {
    let path = path.display().to_string();
    let shipped = datasource::parse_providers(file, text)?;
    let replaced = replaced(text, &["providers", "options", "path"], &path);
    let found = datasource::parse_providers(file, &replaced)?;
    if found.len() == shipped.len() && found.iter().all(|provider| provider.path == path) {
        return Ok(replaced);
    }
    let line = shipped.first().and_then(|one| one.line);
    let problem = Problem::new(
        Code::AddressNotReplaced,
        file,
        line,
        "the path of a provider cannot be replaced",
    );
    Err(vec![problem.remedy("write it as `path: /…` below `options:`")])
}

fn replaced(text: &str, at: &[&str], value: &str) -> String {
    let mut edit = Edit::new(text);
    for scalar in edit.scalars().iter().filter(|scalar| scalar.is(at)) {
        edit.replace(scalar, value);
    }
    edit.finish().0
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../monitoring/grafana/provisioning");

    fn shipped(name: &str) -> (std::path::PathBuf, String) {
        let file = Path::new(ROOT).join(name);
        let text = std::fs::read_to_string(&file).unwrap();
        (file, text)
    }

    #[test]
    fn the_shipped_files_change_in_one_line_each() {
        let (file, text) = shipped("datasources/prometheus.yml");
        let copy = datasources_at(&file, &text, "http://127.0.0.1:1").unwrap();
        let (providers, of_providers) = shipped("dashboards/dashboard.yml");
        let moved = providers_at(&providers, &of_providers, Path::new("/x/y")).unwrap();
        for (before, after) in [(&text, &copy), (&of_providers, &moved)] {
            let differ = before.lines().zip(after.lines()).filter(|(one, other)| one != other);
            assert_eq!(differ.count(), 1);
            assert_eq!(before.lines().count(), after.lines().count());
        }
        assert!(copy.contains("    url: http://127.0.0.1:1\n"), "{copy}");
        assert!(moved.contains("      path: /x/y\n"), "{moved}");
    }

    #[test]
    fn what_cannot_be_replaced_is_told_with_its_line() {
        let file = Path::new("ds.yml");
        let table = [
            ("datasources:\n- {name: x, type: loki, url: u}\n", "ds.yml:2: has data sources"),
            ("datasources:\n- name: x\n  type: prometheus\n", "ds.yml:2: the url of a data"),
        ];
        for (text, words) in table {
            let problems = datasources_at(file, text, "http://h:1").unwrap_err();
            assert!(problems[0].to_string().starts_with(words), "{}", problems[0]);
        }
    }
}
