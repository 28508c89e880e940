//! The sources of the repository as text, and the paths that they name.
//!
//! Comments do not count. What is forbidden is not known here.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Rust file of the repository with its text, the path relative to the root.
pub(crate) fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> =
        ["benches", "fake-modules", "harness"].iter().map(|member| root().join(member)).collect();
    while let Some(directory) = waiting.pop() {
        let entries = fs::read_dir(&directory).expect("a member's directory can be listed");
        for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is text");
                found.push((
                    path.strip_prefix(root()).expect("it is below the root").to_owned(),
                    text,
                ));
            }
        }
    }
    found.sort();
    assert!(100 < found.len(), "only {} source files were found", found.len());
    found
}

/// The text without comments: what follows `//` on a line, unless it is part of a string with a URL.
pub(crate) fn code(text: &str) -> String {
    let uncommented = |line: &str| match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => line[..at].to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(|line| uncommented(line) + "\n").collect()
}

/// The second part of every path that begins with `first::`, braces expanded: `x` and `y` of `first::{x::z, y}`.
pub(crate) fn named(code: &str, first: &str) -> BTreeSet<String> {
    let start = format!("{first}::");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(&start) {
        let preceded = code[..at].chars().next_back();
        if preceded.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + start.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(group_heads(group));
        } else {
            found.insert(word(rest));
        }
    }
    found
}

/// The first words of a brace group's members; `group` begins after the opening brace.
fn group_heads(group: &str) -> Vec<String> {
    let (mut heads, mut depth, mut expected) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            c if expected && (c.is_alphanumeric() || c == '_') => {
                heads.push(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn paths_are_found_in_groups_and_alone() {
    let code = "use a::{\n    b::{c, d},\n    e,\n    self,\n};\nfn f() -> a::g::H { aa::i() }";
    let expected: BTreeSet<String> = ["b", "e", "self", "g"].map(str::to_owned).into();
    assert_eq!(named(code, "a"), expected);
}

#[track_caller]
pub(crate) fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}
