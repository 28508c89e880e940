//! What the browser answered, held against this crate: every recorded case.
//!
//! Data: `tests/data`, answers of `@grafana/data` 13.2.3, `@grafana/scenes` 9.2.2 and of
//! Grafana's Go SDK. Numbers that JSON has no exact word for are written as texts.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its data must fail")]

mod data;
mod names;
mod overrides;
mod reducers;
mod shown_texts;
mod stat_values;
mod transformed;

use data::Held;

/// A check of all cases of one function.
type Check = fn() -> Held;

/// Every check by the function of Grafana that it is of.
const CHECKS: &[(&str, Check)] = &[
    ("getFieldDisplayName", names::names),
    ("reduceField", reducers::reducers),
    ("reduceField, null value modes", reducers::null_value_modes),
    ("getFieldDisplayValues", stat_values::stat_values),
    ("getDisplayProcessor, units and decimals", shown_texts::display),
    ("getDisplayProcessor, noValue", shown_texts::no_value),
    ("getDisplayProcessor, value mappings", shown_texts::mapped),
    ("getActiveThreshold", shown_texts::threshold),
    ("thresholds in percent", shown_texts::threshold_percentage),
    ("applyFieldOverrides", overrides::overrides),
    ("transformDataFrame", transformed::transformed),
];

#[test]
fn every_recorded_answer_holds() {
    let mut failures = Vec::new();
    let mut total = 0;
    for (function, check) in CHECKS {
        let held = check();
        println!("{:>5} of {:>5}  {function}", held.held(), held.cases);
        total += held.cases;
        failures.extend(held.failures.iter().map(|failure| format!("{function}: {failure}")));
        assert!(held.cases > 0, "{function}: no case was read");
    }
    println!("{total:>14}  in all");
    let listed: Vec<&String> = failures.iter().take(40).collect();
    assert!(failures.is_empty(), "{} do not hold, first of them: {listed:#?}", failures.len());
}
