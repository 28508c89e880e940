//! Dashboards against contracts: what is seen of each panel, as far as that can be said without a server.
//!
//! What a query answers is judged by asking; how the answer is shown stands in the file. Panels without contract,
//! contracts without panel and what nobody can tell are not reported here but by `verify::bind`.

use std::collections::BTreeSet;

use display::{Certainty, Subject};
use monitoring::grafana::{
    dashboard::{Dashboard, Panel},
    legend::tight,
};
use prom::problem::{Code, Problem};
use truth::contract::{Contracts, DashboardContract};

/// Everything that is shown otherwise than the contracts say.
#[must_use]
pub fn compare(dashboards: &[Dashboard], contracts: &Contracts) -> Vec<Problem> {
    let mut problems = Vec::new();
    for dashboard in dashboards {
        let contract = contracts.dashboards.get(&dashboard.uid);
        problems
            .extend(contract.into_iter().flat_map(|contract| stale_variables(dashboard, contract)));
        let mut told = BTreeSet::new();
        for (subject, finding) in display::of_dashboard(dashboard, contract, &[]) {
            let (Subject::Panel(panel), Certainty::Wrong) = (subject, finding.certainty) else {
                continue;
            };
            told.insert((panel.title.clone(), finding.ref_id.clone()));
            let target = panel.targets.iter().find(|target| target.ref_id == finding.ref_id);
            let line = target.map_or(panel.line, |target| target.line);
            let ref_id = if finding.ref_id.is_empty() { "" } else { " " };
            let message =
                format!("panel {:?}{ref_id}{} {}", panel.title, finding.ref_id, finding.message);
            let remedy = format!("change {}, or correct the contract", finding.member);
            problems.push(
                Problem::new(Code::DisplayDiffers, &dashboard.file, line, message).remedy(remedy),
            );
        }
        let unlike = contract.into_iter().flat_map(|contract| legends(dashboard, contract));
        problems.extend(unlike.filter(|(place, _)| !told.contains(place)).map(|(_, found)| found));
    }
    problems
}

/// Legends other than their contract's, with panel and target. With a variable in one, only a view can tell:
/// verification compares the names that are shown.
fn legends<'a>(
    dashboard: &'a Dashboard,
    contract: &'a DashboardContract,
) -> impl Iterator<Item = ((String, String), Problem)> + 'a {
    let targets = |panel: &'a Panel| panel.targets.iter().map(move |target| (panel, target));
    dashboard.panels.iter().flat_map(targets).filter_map(|(panel, target)| {
        let bound = contract.panels.get(&panel.title)?.targets.get(&target.ref_id)?;
        let (shown, wanted) = (target.legend_format.as_str(), bound.legend.as_deref()?);
        if tight(shown) == tight(wanted) || shown.contains('$') {
            return None;
        }
        let message = format!(
            "panel {:?} {} has the legend {shown:?} where the contract says {wanted:?}: {}",
            panel.title, target.ref_id, target.expr
        );
        let problem = Problem::new(Code::DisplayDiffers, &dashboard.file, target.line, message)
            .remedy("set legendFormat, or correct the contract");
        Some(((panel.title.clone(), target.ref_id.clone()), problem))
    })
}

/// Variables of the contract that the dashboard does not have, renamed there perhaps: what they select would be judged
/// as if nothing were selected.
fn stale_variables<'a>(
    dashboard: &'a Dashboard,
    contract: &'a DashboardContract,
) -> impl Iterator<Item = Problem> + 'a {
    let names = || dashboard.variables.iter().map(|variable| variable.name.as_str());
    let stale =
        contract.variables.iter().filter(move |(name, _)| !names().any(|known| known == *name));
    stale.map(move |(name, label)| {
        let message = format!(
            "the contract's variable {name:?}, which chooses values of {label:?}, is none of dashboard {:?}",
            dashboard.uid
        );
        let unbound = names().find(|name| !contract.variables.contains_key(*name));
        Problem::new(Code::StaleVariable, &contract.file, None, message).remedy(match unbound {
            Some(new) => format!("was it renamed? `variables: {{ {new}: {label} }}` in the contract"),
            None => "remove it from the contract's `variables`".to_owned(),
        })
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
         "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{ provider }}"}]},
        {"id": 2, "type": "table", "title": "T", "fieldConfig": {"defaults": {"unit": "short"}, "overrides": [
            {"matcher": {"id": "byName", "options": "Cost"}, "properties": [{"id": "unit", "value": "currencyUSD"}]}]},
         "transformations": [{"id": "merge", "options": {}}, {"id": "organize", "options": {"renameByName": {"Value #B": "Cost"}}}],
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
      A: { rate: [llm_provider.requests], by: [provider], over: 5m, legend: "{{provider}}" }
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
        let differs = |(found, part): (&String, &&str)| !found.contains(*part);
        let wrong = found.len() != expected.len() || found.iter().zip(expected).any(differs);
        assert!(!wrong, "{from} → {to}: {found:#?}");
    }

    #[test]
    fn what_is_shown_is_held_against_the_contract() {
        check("x", "x", &[]);
        check(r#""unit": "s""#, r#""unit": "ms""#, &[r#"panel "P" A"#]);
        check(r#""unit": "s", "#, "", &[r#"panel "P" A"#]);
        let message = r#"panel "P" A shows 1 as "Up" where the contract says "UP""#;
        check(r#""UP""#, r#""Up""#, &[message]);
        check(r#"{"1": "#, r#"{"0": "#, &[r#"panel "P" A"#]);
        check(r#""options": "Cost""#, r#""options": "Costs""#, &[r#"panel "T" B"#]);
        check(r#"["lastNotNull"]"#, r#"["mean"]"#, &[r#"panel "P" A shows"#]);
        let message = r#"panel "P" A has the legend "{{model}}" where the contract says"#;
        check("{{ provider }}", "{{model}}", &[message]);
        // Without it a table shows its first answer alone.
        check(r#"{"id": "merge", "options": {}}, "#, "", &[r#"panel "T" B does not show"#]);
    }

    #[test]
    fn what_grafana_does_by_default_needs_not_be_written() {
        check(r#""calcs": ["lastNotNull"]"#, "", &[]);
    }
}
