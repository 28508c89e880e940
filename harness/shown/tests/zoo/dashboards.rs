//! The shipped dashboards: every member of them is in the list.

use std::path::Path;

use serde_json::Value;

/// The panels of a dashboard with those inside rows.
fn panels(value: &Value) -> Vec<&Value> {
    let own = value["panels"].as_array().into_iter().flatten();
    own.flat_map(|panel| std::iter::once(panel).chain(panels(panel))).collect()
}

#[test]
fn every_member_of_the_shipped_dashboards_is_in_the_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring/grafana/dashboards");
    let mut files = 0;
    let mut judged = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let dashboard: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let none: Vec<String> = Vec::new();
        for panel in panels(&dashboard) {
            judged += 1;
            assert_eq!(shown::unmodelled(panel), none, "{}: {}", path.display(), panel["title"]);
        }
        for variable in dashboard["templating"]["list"].as_array().into_iter().flatten() {
            assert_eq!(shown::unmodelled_variable(variable), none, "{}", path.display());
        }
        for link in dashboard["links"].as_array().into_iter().flatten() {
            assert_eq!(shown::unmodelled_link(link), none, "{}", path.display());
        }
        files += 1;
    }
    assert!(files > 0 && judged > files, "{files} files, {judged} panels");
}
