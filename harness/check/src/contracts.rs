//! Dashboards against contracts, as far as that can be read: units, reducers, value mappings, legends.
//!
//! What a query answers is judged by asking; how the answer is shown stands in the file. Panels without contract and
//! contracts without panel are not reported here but by `verify::bind`.

use serde_json::Value;

use monitoring::grafana::dashboard::{Dashboard, Panel, QueryFormat, Target};
use prom::problem::{Code, Problem};
use truth::contract::{Contracts, PanelContract, TargetContract};

/// Visualisations that reduce a series to one number.
const REDUCING: [&str; 4] = ["stat", "gauge", "bargauge", "piechart"];
/// What Grafana takes where a panel states no reducer.
const DEFAULT_REDUCER: &str = "lastNotNull";
/// A number without unit.
const NO_UNIT: &str = "none";

/// Everything that is shown otherwise than the contracts say.
#[must_use]
pub fn compare(dashboards: &[Dashboard], contracts: &Contracts) -> Vec<Problem> {
    let mut problems = Vec::new();
    for dashboard in dashboards {
        let Some(contract) = contracts.dashboards.get(&dashboard.uid) else { continue };
        for panel in &dashboard.panels {
            let Some(bound) = contract.panels.get(&panel.title) else { continue };
            problems.extend(reducer(dashboard, panel, bound));
            problems.extend(mappings(dashboard, panel, bound));
            for target in &panel.targets {
                let Some(wanted) = bound.targets.get(&target.ref_id) else { continue };
                problems.extend(unit(dashboard, panel, target, bound));
                problems.extend(legend(dashboard, panel, target, wanted));
            }
        }
    }
    problems
}

fn reducer(dashboard: &Dashboard, panel: &Panel, bound: &PanelContract) -> Option<Problem> {
    if !REDUCING.contains(&panel.kind.as_str()) {
        return None;
    }
    let shown = match panel.reduce.calcs.as_slice() {
        _ if panel.reduce.values => "every value".to_owned(),
        [] => DEFAULT_REDUCER.to_owned(),
        calcs => calcs.join(", "),
    };
    let wanted = bound.reducer.as_deref().unwrap_or(DEFAULT_REDUCER);
    let message = format!("panel {:?} shows {shown} where the contract says {wanted}", panel.title);
    (shown != wanted).then(|| {
        Problem::new(Code::ReducerDiffers, &dashboard.file, panel.line, message)
            .remedy("set options.reduceOptions.calcs, or correct the contract")
    })
}

/// Values that are shown as other words than the contract's.
fn mappings(dashboard: &Dashboard, panel: &Panel, bound: &PanelContract) -> Option<Problem> {
    let mapped = |value: &String| {
        let of_values = panel.field.mappings.iter().filter(|mapping| mapping["type"] == "value");
        let mut texts = of_values.filter_map(|mapping| mapping["options"][value]["text"].as_str());
        texts.next_back()
    };
    let (value, word) = bound.mappings.iter().find(|(value, word)| mapped(value) != Some(word))?;
    let shown = mapped(value).map_or_else(|| value.clone(), |text| format!("{text:?}"));
    let message = format!(
        "panel {:?} shows {value} as {shown} where the contract says {word:?}",
        panel.title
    );
    let problem = Problem::new(Code::MappingDiffers, &dashboard.file, panel.line, message);
    Some(problem.remedy("set fieldConfig.defaults.mappings, or correct the contract"))
}

fn unit(
    dashboard: &Dashboard,
    panel: &Panel,
    target: &Target,
    bound: &PanelContract,
) -> Option<Problem> {
    let shown = shown_unit(panel, target);
    let wanted = bound.units.get(&target.ref_id).unwrap_or(&bound.unit);
    let message = format!(
        "panel {:?} {} shows its numbers as {shown:?} where the contract says {wanted:?}: {}",
        panel.title, target.ref_id, target.expr
    );
    (shown != wanted).then(|| {
        Problem::new(Code::UnitDiffers, &dashboard.file, panel.line, message)
            .remedy("set fieldConfig.defaults.unit or its override, or correct the contract")
    })
}

/// The unit of a target's numbers: the last override that names them, else the panel's.
fn shown_unit<'a>(panel: &'a Panel, target: &Target) -> &'a str {
    let column = format!("Value #{}", target.ref_id);
    let names_it = |matcher: &str, options: &Value| match (matcher, options.as_str()) {
        ("byFrameRefID", Some(name)) => name == target.ref_id,
        ("byName", Some(name)) if target.format == QueryFormat::Table => {
            // `merge` names the number of each target so; `organize` may give it another name.
            name == column || panel.renames.get(&column).is_some_and(|renamed| renamed == name)
        }
        ("byName", Some(name)) => name == target.legend_format,
        _ => false,
    };
    let overrides = panel.overrides.iter().rev();
    let unit = overrides
        .filter(|found| names_it(&found.matcher, &found.options))
        .flat_map(|found| &found.properties)
        .find_map(|(id, value)| value.as_str().filter(|_| id == "unit"));
    unit.or(panel.field.unit.as_deref()).unwrap_or(NO_UNIT)
}

fn legend(
    dashboard: &Dashboard,
    panel: &Panel,
    target: &Target,
    wanted: &TargetContract,
) -> Option<Problem> {
    // A table shows labels as columns.
    let wanted = wanted.legend.as_deref()?;
    let shown = target.legend_format.as_str();
    let message = format!(
        "panel {:?} {} has the legend {shown:?} where the contract says {wanted:?}: {}",
        panel.title, target.ref_id, target.expr
    );
    let tight = |template: &str| template.replace("{{ ", "{{").replace(" }}", "}}");
    // With a variable in it, only a look can tell: verification compares the names that are shown.
    let differs = tight(shown) != tight(wanted) && !shown.contains('$');
    differs.then(|| {
        Problem::new(Code::LegendDiffers, &dashboard.file, target.line, message)
            .remedy("set legendFormat, or correct the contract")
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use monitoring::grafana::dashboard;

    const DASHBOARD: &str = r#"{"uid": "d", "title": "D", "panels": [
        {"id": 1, "type": "stat", "title": "P", "fieldConfig": {"defaults": {"unit": "s", "mappings": [
            {"type": "value", "options": {"1": {"text": "UP"}}}]}},
         "options": {"reduceOptions": {"calcs": ["lastNotNull"]}},
         "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{ a }}"}]},
        {"id": 2, "type": "table", "title": "T", "fieldConfig": {"defaults": {"unit": "short"}, "overrides": [
            {"matcher": {"id": "byName", "options": "Cost"}, "properties": [{"id": "unit", "value": "currencyUSD"}]}]},
         "transformations": [{"id": "organize", "options": {"renameByName": {"Value #B": "Cost"}}}],
         "targets": [{"refId": "A", "expr": "x", "format": "table"}, {"refId": "B", "expr": "y", "format": "table"}]}
    ]}"#;

    const CONTRACT: &str = r#"
dashboard: d
panels:
  P:
    unit: s
    reducer: lastNotNull
    mappings: { "1": UP }
    targets:
      A: { rate: [llm_provider.requests], over: 5m, legend: "{{a}}" }
  T:
    unit: short
    units: { B: currencyUSD }
    targets:
      A: { rate: [llm_provider.requests], over: 5m }
      B: { rate: [llm_provider.cost], over: 5m }
"#;

    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        assert!(DASHBOARD.contains(from), "nothing to change");
        let text = DASHBOARD.replacen(from, to, 1);
        let dashboard = dashboard::parse(Path::new("d.json"), &text).unwrap();
        let (mut contracts, mut problems) = (Contracts::default(), Vec::new());
        contracts.add(Path::new("c.yaml"), CONTRACT, &mut problems);
        assert_eq!(problems, []);
        let found: Vec<String> =
            compare(&[dashboard], &contracts).into_iter().map(|problem| problem.message).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_shown_is_held_against_the_contract() {
        check("x", "x", &[]);
        let message = r#"panel "P" A shows its numbers as "ms" where the contract says "s": x"#;
        check(r#""unit": "s""#, r#""unit": "ms""#, &[message]);
        let message = r#"panel "P" A shows its numbers as "none" where the contract says "s": x"#;
        check(r#""unit": "s", "#, "", &[message]);
        let message = r#"panel "P" shows 1 as "Up" where the contract says "UP""#;
        check(r#""UP""#, r#""Up""#, &[message]);
        let message = r#"panel "P" shows 1 as 1 where the contract says "UP""#;
        check(r#"{"1": "#, r#"{"0": "#, &[message]);
        let message =
            r#"panel "T" B shows its numbers as "short" where the contract says "currencyUSD": y"#;
        check(r#""options": "Cost""#, r#""options": "Costs""#, &[message]);
        let message = r#"panel "P" shows mean where the contract says lastNotNull"#;
        check(r#"["lastNotNull"]"#, r#"["mean"]"#, &[message]);
        let message = r#"panel "P" A has the legend "{{b}}" where the contract says "{{a}}": x"#;
        check("{{ a }}", "{{b}}", &[message]);
    }

    #[test]
    fn what_grafana_does_by_default_needs_not_be_written() {
        check(r#""calcs": ["lastNotNull"]"#, "", &[]);
    }
}
