//! What `--help` says: that it is true of what is typed, and readable where it is shown.

use crate::expect;

#[test]
fn only_tells_how_alerts_and_recording_rules_are_named() {
    let texts = ["`dashboard uid/panel title`", "`recording rules/NAME`", "`alerts/NAME`"];
    let said = expect(&["verify", "--help"], 0, &["dashproof verify --only alerts/ModuleDown "]);
    let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in texts {
        assert!(words.contains(text), "{text} is not in {}", said.out);
    }
    // The example and the form that it tells of are taken.
    let short = ["verify", "restart", "--only"];
    expect(&[&short[..], &["alerts/ModuleDown"]].concat(), 0, &["✓ held: 1 alert "]);
    expect(&[&short[..], &["recording rules/module:cost"]].concat(), 0, &["✓ held: "]);
}
