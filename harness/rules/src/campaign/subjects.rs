//! Which rules a campaign is about: those in force, and of these the ones that are asked.

use std::path::PathBuf;

use super::sweep::{self, Axis, Setting, SweepError};
use monitoring::{Rule, RuleFile};
use prom::promql::condition::Condition;
use proof::alert::AlertRule;

/// A rule that is asked.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its place among all alert rules of the files.
    pub nth: usize,
    /// As the rule manager has it; its evaluations are those of no run in particular.
    pub rule: AlertRule,
    /// Taken apart.
    pub condition: Condition,
    /// As it is written, then what is swept.
    pub settings: Vec<Setting>,
}

/// The deployed rules with those of a file that is not yet deployed: they take the place of those of the same name.
#[must_use]
pub fn in_force(deployed: &[RuleFile], own: Option<&RuleFile>) -> Vec<RuleFile> {
    let Some(own) = own else { return deployed.to_vec() };
    // A file that cannot be resolved is known by its name.
    let real = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    let own_rules = || own.groups.iter().flat_map(|group| &group.rules);
    let is_own = |rule: &Rule| own_rules().any(|own| own.name() == rule.name());
    let others = deployed.iter().filter(|file| real(&file.file) != real(&own.file));
    let mut files: Vec<RuleFile> = others.cloned().collect();
    for group in files.iter_mut().flat_map(|file| &mut file.groups) {
        group.rules.retain(|rule| !is_own(rule));
    }
    files.push(own.clone());
    files
}

/// The `wanted` ones of all alert rules, taken apart, with what `axes` sweep.
///
/// # Errors
/// If an axis names nothing of a rule.
pub fn subjects(
    all: &[AlertRule],
    wanted: impl Fn(&AlertRule) -> bool,
    axes: &[Axis],
) -> Result<Vec<Subject>, SweepError> {
    let found = all.iter().cloned().enumerate().filter(|(_, rule)| wanted(rule));
    let subject = |(nth, rule): (usize, AlertRule)| {
        // What our parser does not read is asked whole.
        let condition = Condition::of(&rule.expr).unwrap_or_else(|_| Condition::whole(&rule.expr));
        let interval_ms = rule.evaluations.interval_ms;
        let settings = sweep::settings(&rule.name, &condition, rule.timing, interval_ms, axes)?;
        Ok(Subject { nth, rule, condition, settings })
    };
    found.map(subject).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_rule_of_ones_own_takes_the_place_of_the_deployed_one() {
        let parse = |name: &str, rules: &str| {
            let text = format!("groups:\n- name: g\n  rules: [{rules}]\n");
            monitoring::rules::parse(Path::new(name), &text).unwrap()
        };
        let deployed = parse("a.yml", "{alert: A, expr: x}, {alert: B, expr: y}");
        let own = parse("b.yml", "{alert: B, expr: z}");
        let files = in_force(std::slice::from_ref(&deployed), Some(&own));
        let exprs: Vec<&str> = files
            .iter()
            .flat_map(|file| &file.groups)
            .flat_map(|group| group.rules.iter().map(|rule| rule.expr.as_str()))
            .collect();
        assert_eq!(exprs, ["x", "z"]);
        assert_eq!(in_force(std::slice::from_ref(&deployed), None), [deployed]);
    }
}
