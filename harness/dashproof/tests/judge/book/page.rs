//! A page of Markdown as blocks, links and headings. Nothing is run here.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use libtest_mimic::Failed;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A page, by its path below the repository's root.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) blocks: Vec<Block>,
    /// Line and target of each link and picture.
    pub(crate) links: Vec<(usize, String)>,
    /// What a link may name after `#`.
    pub(crate) anchors: BTreeSet<String>,
}

/// A fenced block.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// What is to be done with a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Run it by a shell; it must end with this code.
    Run { exit: i32 },
    /// A run would need more than a test has: its commands must be understood.
    Understood,
    /// Load it as a scenario.
    Scenario,
    /// Load it as a contract.
    Contract,
    /// For readers alone.
    Shown,
}

/// What a run may need, as `docs/src/SUMMARY.md` explains it.
const NEEDS: [&str; 10] = [
    "minutes", "live", "ctrl-c", "server", "folder", "data", "docker", "network", "cargo", "mdbook",
];

impl Block {
    pub(crate) fn is_tried(&self) -> bool {
        self.kind != Kind::Shown
    }
}

impl Page {
    /// Reads a page; the error names file and line.
    pub(crate) fn read(root: &Path, path: PathBuf) -> Result<Self, String> {
        let full = root.join(&path);
        let text =
            std::fs::read_to_string(&full).map_err(|e| format!("{}: {e}", full.display()))?;
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: PathBuf, text: &str) -> Result<Self, String> {
        let mut page = Self { path, ..Self::default() };
        let line = |offset: usize| text[..offset].matches('\n').count() + 1;
        let (mut block, mut heading): (Option<Block>, Option<String>) = (None, None);
        for (event, range) in Parser::new(text).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let line = line(range.start);
                    let place = || format!("{}:{line}", page.path.display());
                    let kind = kind(&info).map_err(|error| format!("{}: {error}", place()))?;
                    block = Some(Block { line, kind, text: String::new() });
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push((line(range.start), dest_url.to_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors.extend(heading.take().map(|words| anchor(&words)));
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some(block) = &mut block {
                        block.text.push_str(&words);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                _ => {}
            }
        }
        Ok(page)
    }
}

/// A heading's id in the built book and on forges: lower case, `-` for spaces, no punctuation.
fn anchor(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    };
    heading.to_lowercase().chars().filter_map(kept).collect()
}

/// What a block's info string asks for.
fn kind(info: &str) -> Result<Kind, String> {
    let words: Vec<&str> = info.split(',').map(str::trim).collect();
    match words.as_slice() {
        ["yaml", "scenario"] => Ok(Kind::Scenario),
        ["yaml", "contract"] => Ok(Kind::Contract),
        ["text" | "yaml" | "json"] => Ok(Kind::Shown),
        ["sh", settings @ ..] => shell(settings),
        _ => Err(format!("nobody knows what to do with a block of {info:?}")),
    }
}

fn shell(settings: &[&str]) -> Result<Kind, String> {
    let (mut exit, mut needs) = (0, false);
    for setting in settings {
        match setting.split_once('=') {
            Some(("exit", code)) => {
                exit = code.parse().map_err(|_| format!("{code:?} is no exit code"))?;
            }
            Some(("needs", word)) if NEEDS.contains(&word) => needs = true,
            _ => return Err(format!("{setting:?} is no word of a block of `sh`")),
        }
    }
    Ok(if needs { Kind::Understood } else { Kind::Run { exit } })
}

/// The reader of blocks can fail.
pub(crate) fn unknown_is_refused() -> Result<(), Failed> {
    for info in ["sh,need=live", "sh,needs=luck", "sh,exit=red", "console", ""] {
        let text = format!("one\n\n```{info}\nx\n```\n");
        let error = Page::parse("page.md".into(), &text).err().ok_or(format!("{info:?} passed"))?;
        if !error.starts_with("page.md:3: ") {
            return Err(format!("{info:?}: {error:?} does not name the line").into());
        }
    }
    Ok(())
}
