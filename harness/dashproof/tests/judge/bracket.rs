//! Whether cases say what the real engine does, and whether they turn red where a rule is wrong.

use testkit::lines;

mod random;
mod rules;

use ::rules::bracket::{self, Bracket, What, run::BracketReport};
use libtest_mimic::{Failed, Trial};
use proof::alert::AlertRule;
use stack::prometheus_binary::PrometheusBinary;

use lines::{block_on, environment, on_each_line};

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let mut trials = on_each_line("good_rules_do_what_their_cases_say", good);
    trials.extend(on_each_line("wrong_rules_turn_red", wrong));
    trials.extend(on_each_line("levels_come_back", random::levels_come_back));
    trials.push(Trial::test("cases_are_the_same_every_time", same_every_time));
    trials.push(Trial::test("what_cannot_be_turned_around_is_named", named));
    trials
}

fn brackets(rules: &[AlertRule]) -> Vec<Bracket> {
    rules.iter().map(|rule| bracket::bracket(rule, &rules::recorded())).collect()
}

fn run(rules: &[AlertRule], binary: &PrometheusBinary) -> Result<BracketReport, Failed> {
    let report =
        block_on(bracket::run::run(rules, brackets(rules), binary, &environment(), |_| {}))?;
    Ok(report)
}

fn good(binary: &PrometheusBinary) -> Result<(), Failed> {
    let report = run(&rules::of(rules::GOOD), binary)?;
    let is_whole = report.alerts.iter().all(|alert| alert.gaps().next().is_none());
    if report.held() && is_whole { Ok(()) } else { Err(report.to_string().into()) }
}

fn wrong(binary: &PrometheusBinary) -> Result<(), Failed> {
    let report = run(&rules::of(rules::WRONG), binary)?;
    let red: Vec<&str> =
        report.alerts.iter().filter(|a| !a.held()).map(|a| a.alert.as_str()).collect();
    let all: Vec<&str> = report.alerts.iter().map(|alert| alert.alert.as_str()).collect();
    if red == all { Ok(()) } else { Err(report.to_string().into()) }
}

fn same_every_time() -> Result<(), Failed> {
    let rules = rules::of(rules::GOOD);
    // Stale markers are no numbers, so that cases are compared by their words.
    let words = |all: Vec<Bracket>| all.iter().map(|b| format!("{b:?}")).collect::<Vec<_>>();
    if words(brackets(&rules)) == words(brackets(&rules)) {
        Ok(())
    } else {
        Err("they differ".into())
    }
}

fn named() -> Result<(), Failed> {
    for bracket in brackets(&rules::of(rules::UNKNOWN)) {
        let of_rule = bracket.not_bracketed.iter().find(|not| not.what == What::Rule);
        let Some(of_rule) = of_rule else {
            return Err(format!("{} has cases: {bracket:?}", bracket.alert).into());
        };
        assert!(!of_rule.reason.is_empty() && bracket.cases.len() <= 1, "{of_rule:?}");
    }
    Ok(())
}
