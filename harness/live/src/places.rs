//! Where the rules of a deployed copy stand in the user's own files.
//!
//! Rules are judged with the copy's timings, and told with the place at which the user can mend them: the copy is gone
//! when the report is read. It must not know what is judged.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use monitoring::{RuleFile, RuleKind};
use proof::alert::AlertRule;

/// `rules` of the directory `copy`, each with file and line of the same rule of `files`, which are those of the directory
/// `shipped`: the one of the same name at the same place among its group's rules of that name. A rule that only the copy
/// has keeps its place there.
#[must_use]
pub(crate) fn in_shipped(
    mut rules: Vec<AlertRule>,
    copy: &Path,
    (shipped, files): (&Path, &[RuleFile]),
) -> Vec<AlertRule> {
    let own = |rule: &AlertRule| -> Option<&RuleFile> {
        let file = shipped.join(rule.file.strip_prefix(copy).ok()?);
        files.iter().find(|other| other.file == file)
    };
    let mut seen: BTreeMap<(PathBuf, String, String), usize> = BTreeMap::new();
    for rule in &mut rules {
        let key = (rule.file.clone(), rule.group.clone(), rule.name.clone());
        let nth = seen.entry(key).or_default();
        if let Some(file) = own(rule) {
            let group = file.groups.iter().filter(|group| group.name == rule.group);
            let alerts = group.flat_map(|group| &group.rules).filter(|other| {
                matches!(other.kind, RuleKind::Alert { .. }) && other.name() == rule.name
            });
            if let Some(same) = alerts.into_iter().nth(*nth) {
                (rule.file, rule.line) = (file.file.clone(), same.line);
            }
        }
        *nth += 1;
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::alert::alert_rules;

    #[test]
    fn a_rule_is_told_where_the_user_can_mend_it() {
        let own = "# ours\n# on two lines\ngroups:\n- name: g\n  rules:\n  - { alert: A, expr: up > 0 }\n  \
                   - { alert: A, expr: up > 1 }\n";
        let copied = "groups:\n- name: g\n  rules:\n  - { alert: A, expr: up > 0 }\n  - { alert: A, expr: up > 1 }\n  \
                      - { alert: B, expr: up }\n";
        let parse =
            |name: &str, text: &str| [monitoring::rules::parse(Path::new(name), text).unwrap()];
        let (own, copied) = (parse("own/rules/a.yml", own), parse("copy/rules/a.yml", copied));
        let rules = alert_rules(&copied, 15_000, (0, 0), |_, _, _| 0);
        let told: Vec<_> = in_shipped(rules, Path::new("copy"), (Path::new("own"), &own))
            .into_iter()
            .map(|rule| (rule.name, rule.file.display().to_string(), rule.line))
            .collect();
        let expected = [
            ("A", "own/rules/a.yml", Some(6)),
            ("A", "own/rules/a.yml", Some(7)),
            ("B", "copy/rules/a.yml", Some(6)),
        ];
        assert_eq!(told, expected.map(|(name, file, line)| (name.into(), file.into(), line)));
    }
}
