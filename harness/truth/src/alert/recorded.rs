//! Which recorded metric holds a fact, or holds it among others.

use std::collections::BTreeMap;

use crate::{
    contract::{TargetContract, Window},
    fact::{Condition, Fact, Total},
};

/// A recorded metric that holds a fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<'a> {
    /// The metric.
    pub record: &'a str,
    /// Which of its series do.
    pub only: Vec<Condition>,
    /// The factor from what is recorded to the fact.
    pub times: f64,
}

/// The metric among `rules` that holds `fact` over a window of so many milliseconds.
#[must_use]
pub fn recorded<'a>(
    rules: &'a BTreeMap<String, TargetContract>,
    fact: &Fact,
    over_ms: i64,
) -> Option<Recorded<'a>> {
    let over = Window::Fixed(over_ms);
    let holds = |(record, rule): (&'a String, &'a TargetContract)| {
        let (only, times) = part_of(fact, &rule.fact)?;
        Some(Recorded { record, only, times })
    };
    let mut found: Vec<Recorded<'a>> =
        rules.iter().filter(|(_, rule)| rule.over == over).filter_map(holds).collect();
    // The one that holds nothing else, if there is one.
    found.sort_by_key(|found| (found.only.len(), found.times != 1.0));
    (!found.is_empty()).then(|| found.remove(0))
}

/// What must be so of the labels of `whole` to have `fact`, and the factor.
fn part_of(fact: &Fact, whole: &Fact) -> Option<(Vec<Condition>, f64)> {
    match (fact, whole) {
        (Fact::Total(one), Fact::Total(all)) if one.per_second == all.per_second => {
            Some((of_total(one, all)?, one.times / all.times))
        }
        (Fact::Ratio { part, whole }, Fact::Ratio { part: all_part, whole: all }) => {
            let only = of_total(part, all_part)?;
            (only == of_total(whole, all)?).then_some((only, 1.0))
        }
        (Fact::Quantile { q, of }, Fact::Quantile { q: all_q, of: all }) if q == all_q => {
            Some((of_total(of, all)?, 1.0))
        }
        (Fact::ShareAbove { bound, of }, Fact::ShareAbove { bound: all_bound, of: all })
            if bound == all_bound =>
        {
            Some((of_total(of, all)?, 1.0))
        }
        _ => None,
    }
}

fn of_total(one: &Total, all: &Total) -> Option<Vec<Condition>> {
    if one.by.len() != all.by.len() || !one.by.iter().all(|label| all.by.contains(label)) {
        return None;
    }
    let mut only = Vec::new();
    if !same(&one.quantities, &all.quantities) {
        // Apart by module, each module's series hold its own quantities alone.
        let modules: Vec<String> =
            one.quantities.iter().map(|quantity| quantity.module().to_string()).collect();
        let of_them: Vec<_> = all
            .quantities
            .iter()
            .copied()
            .filter(|quantity| modules.contains(&quantity.module().to_string()))
            .collect();
        if !all.by.iter().any(|label| label == "module") || !same(&one.quantities, &of_them) {
            return None;
        }
        only.push(Condition { label: "module".to_owned(), values: modules });
    }
    if !all.conditions.iter().all(|condition| one.conditions.contains(condition)) {
        return None;
    }
    let further = one.conditions.iter().filter(|condition| !all.conditions.contains(condition));
    for condition in further {
        if !all.by.contains(&condition.label) {
            return None;
        }
        only.push(condition.clone());
    }
    Some(only)
}

fn same<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.len() == other.len() && one.iter().all(|item| other.contains(item))
}
