//! Whether Grafana has the dashboards and data sources that the files say: each once, under its uid, title and folder.
//!
//! Pure: files and what Grafana lists in, problems with file and remedy out. What Grafana does with a mistake was
//! recorded (`tests/data/faults.json.gz`): a broken file is left out and the server is healthy, of two files with one
//! uid a random one wins and nothing is updated any more.

use std::{collections::BTreeMap, path::Path};

use monitoring::grafana::dashboard::{Dashboard, DatasourceRef};
use prom::problem::{Code, Problem};

use crate::client::Listed;

/// What is wrong with the dashboards that Grafana lists. `log` is Grafana's own, where it can be read; `folder` is the
/// one that the files' provider names.
#[must_use]
pub fn dashboards(
    files: &[Dashboard],
    folder: Option<&str>,
    listed: &[Listed],
    log: Option<&str>,
) -> Vec<Problem> {
    let mut problems = twice(files);
    for file in files {
        let problem = |words: String| Problem::new(Code::NotProvisioned, &file.file, None, words);
        let found: Vec<&Listed> = listed.iter().filter(|one| one.uid == file.uid).collect();
        let Some(found) = found.first() else {
            let why = log.and_then(|log| of_file(log, &file.file)).unwrap_or_default();
            let words = format!("Grafana has no dashboard with its uid `{}`{why}", file.uid);
            problems
                .push(problem(words).remedy("see Grafana's log; it is healthy without the file"));
            continue;
        };
        if found.title != file.title {
            let words = format!(
                "Grafana has {:?} under its uid `{}`, not {:?}",
                found.title, file.uid, file.title
            );
            let remedy = "give every file a uid of its own, or wait until Grafana has read the file again (10 s)";
            problems.push(problem(words).remedy(remedy));
        }
        let of = |folder: Option<&str>| folder.unwrap_or("General").to_owned();
        let (is, should) = (of(found.folder_title.as_deref()), of(folder));
        if is != should {
            let words = format!("Grafana has it in the folder {is:?}, not in {should:?}");
            problems.push(problem(words).remedy("remove the other provider, or correct `folder`"));
        }
        let others = listed.iter().filter(|one| {
            one.title == file.title && one.uid != file.uid && one.folder_title == found.folder_title
        });
        for other in others.filter(|other| !files.iter().any(|file| file.uid == other.uid)) {
            let words = format!(
                "Grafana has {:?} a second time, under the uid `{}`",
                file.title, other.uid
            );
            problems.push(problem(words).remedy("remove the one that is not in the files"));
        }
    }
    problems
}

/// Files that share a uid or a title.
fn twice(files: &[Dashboard]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (what, of) in
        [("uid", (|file| &file.uid) as fn(&Dashboard) -> &String), ("title", |file| &file.title)]
    {
        let mut first: BTreeMap<&String, &Path> = BTreeMap::new();
        for file in files {
            let Some(other) = first.get(of(file)) else {
                first.insert(of(file), &file.file);
                continue;
            };
            let words = format!(
                "has the {what} `{}` as {} has: Grafana shows one of them by chance, and updates none of the folder any more",
                of(file),
                other.display()
            );
            problems.push(
                Problem::new(Code::NotProvisioned, &file.file, None, words)
                    .remedy(format!("give it a {what} of its own")),
            );
        }
    }
    problems
}

/// What Grafana's log says of a file: ` ("unexpected EOF")`.
fn of_file(log: &str, file: &Path) -> Option<String> {
    let name = file.file_name()?.to_string_lossy().into_owned();
    let line = log.lines().find(|line| {
        line.contains("level=error")
            && line.contains("failed to load dashboard")
            && line.contains(&name)
    })?;
    let (_, error) = line.split_once("error=")?;
    Some(format!(": {error}"))
}

/// The data sources that the panels of some dashboards name by uid, each with the first dashboard that does. Uids that
/// are variables are left out; those that an export left (`${DS_…}`) are problems: Grafana stores them as they are.
#[must_use]
pub fn sources(files: &[Dashboard]) -> (BTreeMap<String, &Dashboard>, Vec<Problem>) {
    let (mut named, mut problems) = (BTreeMap::new(), Vec::new());
    for file in files {
        for placeholder in &file.placeholders {
            let words = format!(
                "Grafana stores `{}` as it is and finds no such data source",
                placeholder.text
            );
            let remedy = "write the data source's uid: only the import dialog replaces it";
            problems.push(
                Problem::new(Code::NotProvisioned, &file.file, placeholder.line, words)
                    .remedy(remedy),
            );
        }
        for panel in &file.panels {
            let targets = panel.targets.iter().map(|target| &target.datasource);
            for source in targets.chain([&panel.datasource]).flatten() {
                if let DatasourceRef::Uid { uid, .. } = source
                    && !uid.contains(['$', '['])
                    && uid != "-- Mixed --"
                    && uid != "grafana"
                {
                    named.entry(uid.clone()).or_insert(file);
                }
            }
        }
    }
    (named, problems)
}

/// A data source that is named and not there.
#[must_use]
pub fn unknown_source(uid: &str, file: &Dashboard) -> Problem {
    let words =
        format!("asks the data source `{uid}`, which Grafana does not have: its panels stay blank");
    Problem::new(Code::NotProvisioned, &file.file, None, words)
        .remedy("give the data source that uid in provisioning/datasources")
}

/// A data source whose Prometheus does not answer; `words` are Grafana's.
#[must_use]
pub fn unreachable_source(uid: &str, file: &Dashboard, words: &str) -> Problem {
    let words =
        format!("asks the data source `{uid}`, which does not reach its Prometheus: {words}");
    Problem::new(Code::NotProvisioned, &file.file, None, words)
        .remedy("correct `url` in provisioning/datasources")
}

#[cfg(test)]
mod tests;
