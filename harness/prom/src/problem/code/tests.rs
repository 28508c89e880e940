//! The names are fit to be written by people, and the committed page is the one that the table gives.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use super::*;

#[test]
fn every_code_has_a_plain_name_of_its_own() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len(), "a name is given twice");
    for name in names {
        let words = name.split('-');
        let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        assert!(words.clone().all(plain) && words.count() > 1, "{name} is not kebab-case");
    }
    for code in Code::ALL {
        assert!(code.about().ends_with('.'), "{code} has no sentence");
    }
}

#[test]
fn the_committed_page_of_codes_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference/codes.md");
    let current = page();
    if std::env::var_os("DASHPROOF_RENEW").is_some() {
        fs::write(&path, &current).expect("the page can be written");
    } else {
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == current,
            "docs/src/reference/codes.md is not current; renew it by\n    DASHPROOF_RENEW=1 cargo test page_of_codes"
        );
    }
}

fn page() -> String {
    let mut out = String::from(
        "# Message codes\n\n\
        <!-- Made from the table in harness/prom/src/problem/code.rs: DASHPROOF_RENEW=1 cargo test page_of_codes -->\n\n\
        Every problem of a file has a code, which names its kind.\n\
        Text reports show it in brackets after the message, JSON reports as `code`.\n\
        Messages may change; a code is stable and keeps its meaning.\n",
    );
    let mut heading = "";
    for code in Code::ALL {
        if code.heading() != heading {
            heading = code.heading();
            let _ = write!(
                out,
                "\n## {heading}\n\n| code | severity | meaning |\n| --- | --- | --- |\n"
            );
        }
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let about = code.about().replace('|', "\\|");
        let _ = writeln!(out, "| `{code}` | {severity} | {about} |");
    }
    out
}
