//! The committed JSON schema, by which editors complete scenario files, is the one that the types give.

use std::{fs, path::Path};

#[test]
fn the_committed_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/schema.json");
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let current = scenario::schema();
    if std::env::var_os("DASHPROOF_RENEW").is_some() {
        fs::write(&path, &current).expect("the schema can be written");
    } else {
        assert!(
            committed == current,
            "scenarios/schema.json is not current; renew it by\n    cargo run -- schema > scenarios/schema.json"
        );
    }
}
