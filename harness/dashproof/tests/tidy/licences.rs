//! The licences of all that is linked: each package must offer terms of a list, and each term of the list must be in use.
//!
//! Read from Cargo's own metadata. Advisories are not asked: their data cannot be had offline.

use std::{collections::BTreeSet, process::Command};

use spdx::{Expression, LicenseReq};

use crate::reading::{none, root};

/// Terms that our own licences, MIT or Apache-2.0, get on with. All but the notices they ask for is free.
const ACCEPTED: [&str; 6] = ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "Unicode-3.0", "Zlib"];

/// Whether a licence expression can be met with the terms of `accepted`, and which of them it names.
fn met(expression: &str, accepted: &[&str]) -> Result<BTreeSet<String>, String> {
    let lax = spdx::ParseMode::LAX;
    let parsed = Expression::parse_mode(expression, lax).map_err(|error| error.to_string())?;
    let mut named = BTreeSet::new();
    let mut accepts = |wanted: &LicenseReq| {
        let name = wanted.license.id().map_or_else(String::new, |id| id.name.to_owned());
        let found = wanted.addition.is_none() && accepted.contains(&name.as_str());
        named.extend(found.then_some(name));
        found
    };
    if parsed.evaluate(&mut accepts) { Ok(named) } else { Err("no accepted terms".to_owned()) }
}

#[test]
fn what_is_linked_may_be_used() {
    // What other platforms need is linked by nobody here, and need not be fetched.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo's metadata is JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    assert!(100 < packages.len(), "only {} packages were found", packages.len());
    let (mut found, mut used) = (Vec::new(), BTreeSet::new());
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none");
        match met(licence, &ACCEPTED) {
            Ok(named) => used.extend(named),
            Err(why) => found.push(format!("{} is under {licence:?}: {why}", package["name"])),
        }
    }
    let idle = ACCEPTED.iter().filter(|name| !used.contains(**name));
    found.extend(idle.map(|name| format!("no package is under {name}: take it off the list")));
    none(&found, "terms of what is linked are a decision, listed in ACCEPTED");
}

#[test]
fn terms_that_nobody_accepted_are_refused() {
    let accepted = ["MIT", "Zlib"];
    for fine in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "MIT AND Zlib"] {
        assert!(met(fine, &accepted).is_ok(), "{fine}");
    }
    for wrong in ["GPL-3.0", "MIT AND GPL-3.0", "none", "", "MIT WITH LLVM-exception"] {
        assert!(met(wrong, &accepted).is_err(), "{wrong}");
    }
}
