//! Checks of joins: labels in `on` that the sides do not have.
//!
//! Judged where the labels of both sides are known, which are those of recorded series and of aggregations. Whether
//! values ever match is not known here.

use super::Subject;
use super::expressions::{Expression, Place};
use monitoring::recorded::{RecordedLabels, labels_of, recorded_labels};
use prom::problem::{Code, Problem};
use prom::promql::{
    expr::{Binary, Expr},
    operator::Matching,
};

/// `on` with a label that one side lacks, so that nothing matches, or both, so that everything does.
pub(super) fn labels_in_on(subject: &Subject<'_>) -> Vec<Problem> {
    let known = recorded_labels(subject.inputs.rules);
    let mut problems = Vec::new();
    for expression in &subject.expressions {
        let Place::Rule { rule, .. } = expression.place else { continue };
        let Ok(expr) = Expr::parse(&rule.expr) else { continue };
        for part in expr.all() {
            if let Expr::Binary(binary) = part {
                problems.extend(of_join(binary, expression, &known));
            }
        }
    }
    problems
}

fn of_join(binary: &Binary, expression: &Expression<'_>, known: &RecordedLabels) -> Vec<Problem> {
    let Some(Matching::On(on)) = &binary.matching else { return Vec::new() };
    let (Some(left), Some(right)) =
        (labels_of(&binary.left, known), labels_of(&binary.right, known))
    else {
        return Vec::new();
    };
    let problem = |label: &String| {
        let all = on.join(", ");
        let wrong = match (left.contains(label), right.contains(label)) {
            (true, true) => return None,
            (false, false) => "neither side has this label, so it has no effect",
            (true, false) => "the right side does not have this label, so nothing matches",
            (false, true) => "the left side does not have this label, so nothing matches",
        };
        let message = format!("{} on ({all}): label {label:?}: {wrong}", binary.operator);
        let list = |labels: &std::collections::BTreeSet<String>| match labels.len() {
            0 => "no label".to_owned(),
            _ => labels.iter().cloned().collect::<Vec<_>>().join(", "),
        };
        let has = format!("the left side has {}, the right side {}", list(&left), list(&right));
        Some(expression.problem(Code::UnknownJoinLabel, &message).remedy(has))
    };
    // Selectors have a name and aggregations have none, which the known labels do not tell.
    on.iter().filter(|label| *label != "__name__").filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::{EmittedMetrics, Inputs, all};
    use monitoring::{config, rules};

    fn problems(on: &str) -> Vec<String> {
        let text = format!(
            "groups:\n- name: g\n  interval: 30s\n  rules:\n  - record: a\n    expr: sum by (m) (x)\n  \
             - record: b\n    expr: sum by (m, p) (x)\n  - record: c\n    expr: vector(1)\n  \
             - alert: A\n    expr: b > 1 and on ({on}) a > 1\n"
        );
        let rules = [rules::parse(Path::new("r.yml"), &text).unwrap()];
        let prometheus = config::parse(Path::new("p.yml"), "scrape_configs: []\n").unwrap();
        let emitted = EmittedMetrics::default();
        let found = all(&Inputs {
            dashboards: &[],
            datasources: &[],
            prometheus: &prometheus,
            rules: &rules,
            emitted: &emitted,
        });
        let of_joins = found.iter().map(ToString::to_string).filter(|text| text.contains(" on ("));
        of_joins.collect()
    }

    #[test]
    fn labels_that_a_side_lacks_are_named() {
        assert_eq!(problems("m"), [""; 0]);
        let [both] = &problems("q")[..] else { panic!("one problem") };
        assert!(both.contains("\"q\": neither side has this label"), "{both}");
        let [one] = &problems("m, p")[..] else { panic!("one problem") };
        assert!(
            one.contains("\"p\": the right side does not have this label, so nothing matches"),
            "{one}"
        );
        assert!(one.contains("the left side has m, p, the right side m"), "{one}");
        assert_eq!(problems("__name__"), [""; 0]);
    }
}
