//! Whether the cases that bracket the shipped alert rules would notice a mistake in them.

use testkit::lines;

use std::path::Path;

use libtest_mimic::{Failed, Trial};
use monitoring::{Monitoring, recorded::RecordedLabels};
use proof::alert::{AlertRule, alert_rules};
use rules::{
    bracket::{self, Bracket},
    rule_mutants::{self, RuleFate, RuleMutantKind, RuleMutationReport},
};
use stack::prometheus_binary::PrometheusBinary;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let mut trials = lines::on_each_line("mistakes_in_shipped_rules_are_noticed", shipped);
    let first = lines::lines().iter().find_map(|(_, binary)| binary.as_ref().ok());
    if let Some(binary) = first {
        let trial = |name: &str, body: fn(&PrometheusBinary) -> Result<(), Failed>| {
            Trial::test(name, move || body(binary))
        };
        trials.push(trial("without_its_case_a_mistake_survives", blind));
        trials.push(trial("a_boundary_that_is_never_met_is_no_mistake", boundary));
    }
    trials
}

fn brackets(rules: &[AlertRule], recorded: &RecordedLabels) -> Vec<Bracket> {
    rules.iter().map(|rule| bracket::bracket(rule, recorded)).collect()
}

fn run(
    rules: &[AlertRule],
    brackets: &[Bracket],
    binary: &PrometheusBinary,
) -> Result<RuleMutationReport, Failed> {
    let environment = lines::environment();
    let run = rule_mutants::run(rules, brackets, binary, &environment, |_, _| {});
    Ok(lines::block_on(run)?)
}

fn shipped(binary: &PrometheusBinary) -> Result<(), Failed> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring");
    let monitoring = Monitoring::load(&directory)
        .map_err(|problems| problems.iter().map(|p| format!("{p}\n")).collect::<String>())?;
    let interval_ms = monitoring.config.evaluation_interval_ms;
    let rules = alert_rules(&monitoring.rules, interval_ms, (0, 0), |_, _, _| 0);
    let recorded = monitoring::recorded::recorded_labels(&monitoring.rules);
    let report = run(&rules, &brackets(&rules, &recorded), binary)?;
    let (_, killable) = report.score();
    let is_sound = report.alerts.iter().all(|score| score.doubtful.is_empty());
    if report.is_enough() && is_sound && killable > 300 { Ok(()) } else { Err(red(&report)) }
}

/// The report is for whoever reads why the test failed.
fn red(report: &RuleMutationReport) -> Failed {
    report.to_string().into()
}

fn rule(expr: &str) -> Vec<AlertRule> {
    let text = format!(
        "groups:\n- name: g\n  interval: 30s\n  rules:\n  - alert: A\n    expr: '{expr}'\n    for: 1m\n"
    );
    let file = monitoring::rules::parse(Path::new("r.yml"), &text).expect("the rule is right");
    alert_rules(&[file], 30_000, (0, 0), |_, _, _| 0)
}

fn blind(binary: &PrometheusBinary) -> Result<(), Failed> {
    let rules = rule("sum by (p) (x) > 5 and on (p) y > 1");
    let all = brackets(&rules, &RecordedLabels::new());
    let report = run(&rules, &all, binary)?;
    if report.survivors().next().is_some() {
        return Err(red(&report));
    }
    let mut few = all.clone();
    few[0].cases.retain(|case| case.what == rules::bracket::What::ForEarly);
    let mut report = run(&rules, &few, binary)?;
    let alive: Vec<(RuleMutantKind, String)> =
        report.survivors().map(|(_, _, mutant)| (mutant.kind, mutant.what.clone())).collect();
    let of = |wanted: RuleMutantKind| alive.iter().filter(move |(kind, _)| *kind == wanted);
    // The only case left sees that `for` is gone, and neither that it is longer nor anything of a threshold.
    let spans: Vec<&str> = of(RuleMutantKind::For).map(|(_, what)| what.as_str()).collect();
    let expected = [RuleMutantKind::Threshold, RuleMutantKind::Guard, RuleMutantKind::Label];
    if spans != ["for: 4m for 1m"] || expected.iter().any(|kind| of(*kind).next().is_none()) {
        return Err(red(&report));
    }
    let (nth, index, _) = report.survivors().next().ok_or("a survivor")?;
    let before = report.survivors().count();
    report.kill(nth, index, "story".to_owned(), "fires".to_owned());
    assert_eq!(report.survivors().count(), before - 1);
    Ok(())
}

fn boundary(binary: &PrometheusBinary) -> Result<(), Failed> {
    let rules = rule("sum(rate(x_total[5m])) > 5");
    let report = run(&rules, &brackets(&rules, &RecordedLabels::new()), binary)?;
    let moved = report.alerts[0].mutants.iter().find(|m| m.kind == RuleMutantKind::Boundary);
    match moved.map(|mutant| &mutant.fate) {
        Some(RuleFate::Equivalent { .. }) => Ok(()),
        _ => Err(red(&report)),
    }
}
