//! The book and the README keep their word: each command in them runs, each file loads, each link leads somewhere.
//!
//! How a block says what is to be done with it stands at the top of `docs/src/SUMMARY.md`. Nothing here knows what a command
//! should print; what stands in the book as output is shown, not compared.

mod links;
mod page;
mod shell;

use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use scenario::Scenario;
use truth::contract::Contracts;

use self::page::{Block, Kind, Page};

/// A trial for each page with blocks, one for the links of all, and what shows that these can fail.
pub(crate) fn trials() -> Vec<Trial> {
    let pages = match pages() {
        Ok(pages) => pages,
        Err(error) => return vec![Trial::test("book::pages", move || Err(error.into()))],
    };
    let mut trials = vec![
        Trial::test("book::a_block_nobody_understands_is_refused", page::unknown_is_refused),
        Trial::test("book::a_command_that_fails_is_noticed", shell::failure_is_noticed),
        Trial::test("book::a_link_that_leads_nowhere_is_noticed", links::nowhere_is_noticed),
    ];
    for page in pages.iter().filter(|page| page.blocks.iter().any(Block::is_tried)).cloned() {
        let name = format!("book::{}", page.path.with_extension("").display());
        trials.push(Trial::test(name, move || all_blocks(&page)));
    }
    trials.push(Trial::test("book::every_link_leads_somewhere", move || links::all(&pages)));
    trials
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The README and all pages of the book, in the order of their paths.
fn pages() -> Result<Vec<Page>, String> {
    let mut found = vec![PathBuf::from("README.md")];
    let mut folders = vec![PathBuf::from("docs/src")];
    while let Some(folder) = folders.pop() {
        let full = root().join(&folder);
        let entries = full.read_dir().map_err(|error| format!("{}: {error}", full.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", full.display()))?;
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found.into_iter().map(|path| Page::read(&root(), path)).collect()
}

/// Tries the blocks of a page one after the other in one directory; tells all that failed.
fn all_blocks(page: &Page) -> Result<(), Failed> {
    let folder = shell::Folder::fresh(&root())?;
    let mut failed = String::new();
    for block in &page.blocks {
        let done = match &block.kind {
            Kind::Run { exit } => folder.run(&block.text, *exit),
            Kind::Understood => folder.understood(&block.text),
            Kind::Scenario => scenario(&folder.write("block.yaml", &block.text)?),
            Kind::Contract => contract(&folder.write("contract/block.yaml", &block.text)?),
            Kind::Shown => Ok(()),
        };
        if let Err(error) = done {
            let place = format!("{}:{}", page.path.display(), block.line);
            failed.push_str(&format!("{place}: {}\n", error.message().unwrap_or_default()));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.into()) }
}

fn scenario(file: &Path) -> Result<(), Failed> {
    Scenario::load(file).map(|_| ()).map_err(words)
}

fn contract(file: &Path) -> Result<(), Failed> {
    let folder = file.parent().ok_or("a file has a folder")?;
    Contracts::load_dir(folder).map(|_| ()).map_err(words)
}

fn words(problems: Vec<prom::problem::Problem>) -> Failed {
    problems.into_iter().map(|problem| format!("{problem}\n")).collect::<String>().into()
}
