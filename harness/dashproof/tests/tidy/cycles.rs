//! Modules of a crate name each other in one direction: groups of siblings that do so in a circle are found.
//!
//! A module names another if a path in it, or in a module below it, leads there: from `crate`, `super`, `self` or a
//! child, through what the modules on the way import. Parents and children may name each other. Tests do not count, nor
//! does what only a type could tell, such as a method call.

mod attributes;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, File, Item, ItemUse, Macro, UseTree, Visibility,
    visit::{self, Visit},
};

use crate::reading::{none, root};
use attributes::{is_test, placed};

/// Circles that still stand: (crate, parent, siblings). A group that is mended must leave this list.
const KNOWN: [(&str, &str, &[&str]); 5] = [
    ("containers", "", &["boot", "running"]),
    ("containers", "", &["engine", "error", "garbage", "network", "owned"]),
    ("prom", "promql", &["expr", "matcher", "parser", "print"]),
    ("shown", "", &["config", "frame", "mapping", "threshold"]),
    ("stack", "", &["contained", "launch", "native"]),
];

type Names = Vec<String>;

/// What a module consists of, tests aside.
#[derive(Default)]
struct Module {
    children: BTreeSet<String>,
    /// Every path in it.
    paths: BTreeSet<Names>,
    /// What its imports bind: a name, and the path that it stands for.
    bound: BTreeMap<String, Names>,
}

/// The modules of a crate by their path; the root's is empty.
#[derive(Default)]
struct Modules(BTreeMap<Names, Module>);

impl Modules {
    /// Takes in a module's items, and those of the modules below it; `read` has the text of a child module in a file.
    fn take(
        &mut self,
        path: &[String],
        items: &[Item],
        read: &dyn Fn(&[String], Option<&str>) -> String,
    ) {
        let mut found = Reading::default();
        for item in items {
            match item {
                Item::Mod(module) if is_test(&module.attrs) => {}
                Item::Mod(module) => {
                    let child: Names =
                        path.iter().cloned().chain([module.ident.to_string()]).collect();
                    found.module.children.insert(module.ident.to_string());
                    match &module.content {
                        Some((_, items)) => self.take(&child, items, read),
                        None => {
                            let text = read(&child, placed(module).as_deref());
                            self.take(&child, &parsed(&text).items, read);
                        }
                    }
                }
                item => found.visit_item(item),
            }
        }
        self.0.insert(path.to_vec(), found.module);
    }

    /// The module to which a path in the module `from` leads, if it is one of this crate.
    fn led_to(&self, from: &[String], path: &[String], depth: usize) -> Option<Names> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => from.split_last()?.1.to_vec(),
            _ => {
                rest = path;
                from.to_vec()
            }
        };
        let n_steps = rest.len();
        while let Some((next, after)) = rest.split_first() {
            let module = self.0.get(&at)?;
            if next == "super" {
                at.pop()?;
            } else if module.children.contains(next) {
                at.push(next.clone());
            } else if let Some(bound) = module.bound.get(next).filter(|_| depth < 16) {
                // A name of another crate leads nowhere.
                let whole: Names = bound.iter().chain(after).cloned().collect();
                return match whole == path {
                    true => None,
                    false => self.led_to(&at, &whole, depth + 1),
                };
            } else {
                break;
            }
            rest = after;
        }
        let relative = matches!(first.as_str(), "crate" | "self" | "super");
        (relative || rest.len() < n_steps).then_some(at)
    }

    /// Which children of each module name which others.
    fn edges(&self) -> BTreeMap<Names, BTreeSet<(String, String)>> {
        let mut edges: BTreeMap<Names, BTreeSet<(String, String)>> = BTreeMap::new();
        for (from, module) in &self.0 {
            for to in module.paths.iter().filter_map(|path| self.led_to(from, path, 0)) {
                let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
                if let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) {
                    let pair = (one.clone(), other.clone());
                    edges.entry(from[..shared].to_vec()).or_default().insert(pair);
                }
            }
        }
        edges
    }

    /// The groups of siblings of which each leads to each: their parent, and their names.
    fn circles(&self) -> Vec<(String, Names)> {
        let mut found = Vec::new();
        for (parent, edges) in self.edges() {
            let names: BTreeSet<&String> = edges.iter().map(|(one, _)| one).collect();
            let reached = |from: &String| {
                let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
                while let Some(at) = waiting.pop() {
                    let next = edges.iter().filter(|(one, _)| one == at).map(|(_, other)| other);
                    waiting.extend(next.filter(|other| reached.insert((*other).clone())));
                }
                reached
            };
            let reached: BTreeMap<&String, BTreeSet<String>> =
                names.iter().map(|name| (*name, reached(name))).collect();
            let mut groups = BTreeSet::new();
            for name in &names {
                let is_back = |other: &&String| {
                    reached[*name].contains(*other) && reached[*other].contains(*name)
                };
                let group: Names = names.iter().copied().filter(is_back).cloned().collect();
                groups.extend((1 < group.len()).then_some(group));
            }
            found.extend(groups.into_iter().map(|group| (parent.join("::"), group)));
        }
        found
    }
}

/// Collects the paths of one module's items.
#[derive(Default)]
struct Reading {
    module: Module,
}

impl Reading {
    fn import(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &str| before.iter().cloned().chain([name.to_owned()]).collect::<Names>();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident.to_string())),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, before));
            }
            UseTree::Glob(_) => {
                self.module.paths.insert(before.to_vec());
            }
            UseTree::Name(name) if name.ident == "self" => self.bind(before.last(), before),
            UseTree::Name(name) => {
                self.bind(Some(&name.ident.to_string()), &with(&name.ident.to_string()));
            }
            UseTree::Rename(name) => {
                let path = match name.ident == "self" {
                    true => before.to_vec(),
                    false => with(&name.ident.to_string()),
                };
                self.bind(Some(&name.rename.to_string()), &path);
            }
        }
    }

    fn bind(&mut self, name: Option<&String>, path: &[String]) {
        self.module.paths.insert(path.to_vec());
        if let Some(name) = name {
            self.module.bound.insert(name.clone(), path.to_vec());
        }
    }

    /// Paths in a macro's words, which nobody has parsed.
    fn words(&mut self, tokens: TokenStream) {
        let mut path: Names = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end(&mut path);
                    self.words(group.stream());
                    colons = 0;
                }
                _ => {
                    self.end(&mut path);
                    colons = 0;
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Names) {
        if !path.is_empty() {
            self.module.paths.insert(std::mem::take(path));
        }
    }
}

impl<'ast> Visit<'ast> for Reading {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, &[]);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string());
        self.module.paths.insert(names.collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.words(called.tokens.clone());
        visit::visit_macro(self, called);
    }

    /// To whom something is shown says nothing of what it names.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn parsed(text: &str) -> File {
    syn::parse_file(text).expect("what compiles can be parsed")
}

/// The modules of the crate whose root file this is.
fn modules(file: &Path) -> Modules {
    let directory = file.parent().expect("a file has a directory");
    let read = |path: &[String], placed: Option<&str>| {
        let below: PathBuf = path.iter().collect();
        let beside = directory.join(&below);
        let candidates = [
            placed.map_or(beside.with_extension("rs"), |file| beside.with_file_name(file)),
            beside.join("mod.rs"),
        ];
        let found = candidates.iter().find_map(|file| fs::read_to_string(file).ok());
        found.unwrap_or_else(|| panic!("no file of module {} in {directory:?}", path.join("::")))
    };
    let text = fs::read_to_string(file).expect("a crate has a root");
    let mut modules = Modules::default();
    modules.take(&[], &parsed(&text).items, &read);
    modules
}

/// The root files of all crates of the workspace, with their names.
fn crates() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for directory in ["fake-modules", "harness"] {
        let entries = fs::read_dir(root().join(directory)).expect("the directory can be listed");
        for entry in entries.map(|entry| entry.expect("an entry can be read").path()) {
            let name =
                entry.file_name().expect("an entry has a name").to_string_lossy().into_owned();
            let roots = ["src/lib.rs", "src/main.rs"].map(|file| entry.join(file));
            found.extend(
                roots.into_iter().filter(|file| file.exists()).map(|file| (name.clone(), file)),
            );
        }
    }
    found.sort();
    assert!(10 < found.len(), "only {} crates were found", found.len());
    found
}

#[test]
fn siblings_name_each_other_in_one_direction() {
    let known: BTreeSet<(String, String, Names)> = KNOWN
        .iter()
        .map(|(krate, parent, group)| {
            let group = group.iter().map(|name| (*name).to_owned()).collect();
            ((*krate).to_owned(), (*parent).to_owned(), group)
        })
        .collect();
    let mut found = BTreeSet::new();
    for (name, file) in crates() {
        let circles = modules(&file).circles();
        found.extend(circles.into_iter().map(|(parent, group)| (name.clone(), parent, group)));
    }
    let told = |(krate, parent, group): &(String, String, Names)| {
        format!("{krate}: {parent}::{{{}}}", group.join(", "))
    };
    let new: Vec<String> = found.difference(&known).map(told).collect();
    none(&new, "modules that name each other in a circle are one module in several files");
    let mended: Vec<String> = known.difference(&found).map(told).collect();
    none(&mended, "a circle that is mended leaves the list of known ones");
}

/// The circles of a crate whose files are these.
fn planted(files: &[(&str, &str)]) -> Vec<(String, Names)> {
    let read = |path: &[String], _: Option<&str>| {
        let file = files.iter().find(|(name, _)| *name == path.join("/"));
        file.map_or_else(|| panic!("no file {path:?}"), |(_, text)| (*text).to_owned())
    };
    let mut modules = Modules::default();
    modules.take(&[], &parsed(&read(&[], None)).items, &read);
    modules.circles()
}

fn circle(parent: &str, group: &[&str]) -> (String, Names) {
    (parent.to_owned(), group.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn planted_circles_are_found() {
    let ab = [circle("", &["a", "b"])];
    let both =
        |a: &str, b: &str| planted(&[("", "mod a; mod b; pub use b::B;"), ("a", a), ("b", b)]);
    assert_eq!(both("use super::b::B;", "use crate::{a::A, x};"), ab);
    assert_eq!(both("fn f() { super::B::new() }", "fn g(_: crate::a::A) {}"), ab, "a re-export");
    assert_eq!(both("fn f() { vec![crate::b::B] }", "use super::{a::{self, C}};"), ab, "a macro");
    let below =
        [("", "mod a; mod b;"), ("a", "mod c;"), ("a/c", "use crate::b;"), ("b", "use crate::a;")];
    assert_eq!(planted(&below), ab, "from below");
    let three =
        [("", "mod a { use crate::b::X; } mod b { use crate::c::X; } mod c { use crate::a::X; }")];
    assert_eq!(planted(&three), [circle("", &["a", "b", "c"])]);
    let deep = [("", "mod p { mod a { use super::b; } mod b { use super::super::p::a; } }")];
    assert_eq!(planted(&deep), [circle("p", &["a", "b"])]);
}

#[test]
fn one_direction_is_no_circle() {
    let both = |a: &str, b: &str| planted(&[("", "mod a; mod b; use b::B;"), ("a", a), ("b", b)]);
    for (a, b) in [
        ("use super::b::B;", ""),
        ("use super::B;", "#[cfg(test)] mod tests { use crate::a::A; }"),
        ("use super::B;", "pub(in crate::a) fn f() {}"),
        ("use super::B;", "use other::a::A; fn f() { a::g() }"),
        ("mod c { use super::super::b; }", "use super::*;"),
        ("", "use self::B as a;"),
    ] {
        assert_eq!(both(a, b), [], "{a} | {b}");
    }
}
