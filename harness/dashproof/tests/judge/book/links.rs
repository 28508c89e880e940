//! Links between pages: relative, to a file that is there and a heading that it has. Addresses of others are not asked.

use std::path::{Component, Path, PathBuf};

use libtest_mimic::Failed;

use super::{page::Page, root};

/// Tells every link that leads nowhere.
pub(crate) fn all(pages: &[Page]) -> Result<(), Failed> {
    let broken: Vec<String> = pages.iter().flat_map(|page| broken(page, pages)).collect();
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n").into()) }
}

fn broken(page: &Page, pages: &[Page]) -> Vec<String> {
    let check = |(line, target): &(usize, String)| {
        let why = nowhere(page, target, pages)?;
        Some(format!("{}:{line}: {target}: {why}", page.path.display()))
    };
    page.links.iter().filter_map(check).collect()
}

/// Why a link leads nowhere.
fn nowhere(page: &Page, target: &str, pages: &[Page]) -> Option<&'static str> {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        page.path.clone()
    } else {
        plain(&page.path.parent().unwrap_or(Path::new("")).join(file))
    };
    if !root().join(&path).exists() {
        return Some("there is no such file");
    }
    let other = pages.iter().find(|other| other.path == path);
    let has = |other: &Page| heading.is_empty() || other.anchors.contains(heading);
    (!other.is_none_or(has)).then_some("the page has no such heading")
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The check of links can fail.
pub(crate) fn nowhere_is_noticed() -> Result<(), Failed> {
    let text = "# A `b` heading!\n\n[a](README.md) [b](#a-b-heading) [c](nothing.md) [d](#nothing) [e](./docs/../x.md)";
    let page = Page::parse("page.md".into(), text)?;
    // The page itself is no file here: what names it by a heading alone is asked of the README's path.
    let page = Page { path: "README.md".into(), ..page };
    let found = broken(&page, std::slice::from_ref(&page));
    let lines: Vec<&str> = found.iter().map(|line| line.split(": ").nth(1).unwrap_or("")).collect();
    if lines == ["nothing.md", "#nothing", "./docs/../x.md"] {
        Ok(())
    } else {
        Err(format!("{found:?}").into())
    }
}
