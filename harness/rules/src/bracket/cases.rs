//! The cases of a rule: every threshold, every span, every branch, every group.
//!
//! Each is a set of levels or a course of the condition, with what the rule's text says that the alert does then.

mod groups;
mod series;
mod timing;

use monitoring::recorded::RecordedLabels;
use std::collections::BTreeSet;

use super::{
    Behaviour, Bracket, Case, Firing, Lack, NotBracketed, What,
    atoms::{AtomError, Atoms},
    build,
    course::Course,
    demand::{Demands, Side, Want},
    grid::Grid,
    labels::{self, Group, LabelMap, Naming},
    node::{Compare, LeafKind, Levels, Model, Node},
    solve,
    spans::spans,
    story,
};
use proof::alert::AlertRule;

/// The cases of `rule`, whose recorded series have the labels `recorded`.
#[must_use]
pub fn bracket(rule: &AlertRule, recorded: &RecordedLabels) -> Bracket {
    let mut bracket =
        Bracket { alert: rule.name.clone(), cases: Vec::new(), not_bracketed: Vec::new() };
    let naming = Naming { templates: templates(rule), recorded: recorded.clone() };
    let prepared = build::model(&rule.expr).map_err(|error| error.to_string()).and_then(|model| {
        let groups = model
            .root
            .branches()
            .into_iter()
            .map(|branch| Group { given: labels::given(&model, branch, 0), ..Group::default() });
        let branches: Result<Vec<Branch>, _> = groups
            .map(|group| {
                Ok(Branch { atoms: Atoms::new(&model, &naming, &group)?, given: group.given })
            })
            .collect();
        branches.map(|branches| (model, branches)).map_err(|error: AtomError| error.to_string())
    });
    let (model, branches) = match prepared {
        Ok(found) => found,
        Err(reason) => {
            bracket.not_bracketed.push(NotBracketed {
                what: What::Rule,
                lack: Lack::Unknown,
                reason,
            });
            return bracket;
        }
    };
    let intervals = |millis: i64| {
        let interval = rule.evaluations.interval_ms;
        usize::try_from((millis.max(0) + interval - 1) / interval).unwrap_or(usize::MAX)
    };
    let maker = Maker {
        rule,
        model: &model,
        branches: &branches,
        branch: 0,
        naming: &naming,
        n_for: intervals(rule.timing.for_ms),
        n_keep: intervals(rule.timing.keep_firing_for_ms),
        bracket: &mut bracket,
    };
    maker.make();
    bracket
}

/// Labels that the rule's templates read.
pub(super) fn templates(rule: &AlertRule) -> BTreeSet<String> {
    let texts = rule.labels.values().chain(rule.annotations.values());
    let named = texts.flat_map(|text| {
        text.match_indices("$labels.").map(|(at, found)| {
            let rest = &text[at + found.len()..];
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
        })
    });
    named.filter(|name| !name.is_empty()).collect()
}

/// A branch of `or`: what stands behind the leaves while the alert hangs on it.
struct Branch {
    atoms: Atoms,
    given: LabelMap,
}

struct Maker<'a> {
    rule: &'a AlertRule,
    model: &'a Model,
    branches: &'a [Branch],
    /// The branch that cases are made for now.
    branch: usize,
    naming: &'a Naming,
    /// `for` and `keep_firing_for` in evaluations.
    n_for: usize,
    n_keep: usize,
    bracket: &'a mut Bracket,
}

impl<'a> Maker<'a> {
    fn make(mut self) {
        let root = &self.model.root;
        let nothing = vec![None; self.model.leaves.len()];
        self.steady(What::Absent { operand: "everything".to_owned() }, &nothing);
        if self.model.leaves.is_empty() {
            return;
        }
        let mut demands = Demands::default();
        demands.some(root);
        let Some(firing) = self.solve(&demands, true) else {
            self.skip(What::Rule, Lack::Unknown, "found no values for which the condition is true");
            return;
        };
        let mut demands = Demands::default();
        demands.none(root);
        let quiet = self.solve(&demands, false);
        for node in root.all() {
            self.threshold(node);
        }
        self.branch = 0;
        self.timing(&firing);
        let branches = self.branches(&firing);
        self.windows(&branches);
        self.groups();
        self.branch = 0;
        self.absences(&firing);
        self.presences();
        self.branch = 0;
        self.reset(quiet.as_ref());
        self.template_labels();
    }

    fn atoms(&self) -> &'a Atoms {
        &self.branches[self.branch].atoms
    }

    /// Goes on in the branch that a part stands in; what stands outside of all is seen from the first.
    fn turn_to(&mut self, part: &Node) {
        let branches = self.model.root.branches();
        let is_in = |branch: &&Node| branch.all().into_iter().any(|node| std::ptr::eq(node, part));
        self.branch = branches.iter().position(is_in).unwrap_or(0);
    }

    fn solve(&self, demands: &Demands, some: bool) -> Option<Levels> {
        solve::levels(self.model, self.atoms(), demands, some, &[])
    }

    fn skip(&mut self, what: What, lack: Lack, reason: impl Into<String>) {
        self.bracket.not_bracketed.push(NotBracketed { what, lack, reason: reason.into() });
    }

    /// A comparison with its left side just below, at and just above its right one.
    fn threshold(&mut self, node: &Node) {
        let Node::Compare(compare) = node else { return };
        self.turn_to(node);
        let operand = compare.text.clone();
        let Some((demands, polarity)) = self.hanging(node) else { return };
        for side in Side::ALL {
            let what = if compare.is_guard {
                What::Guard { operand: operand.clone(), side }
            } else {
                What::Threshold { operand: operand.clone(), side }
            };
            let mut demands = demands.clone();
            demands.compares.insert(compare.id, Want::Side(side));
            let holds = compare.op.holds(side.sign(), 0.0);
            let levels = self.solve(&demands, holds == polarity);
            if side == Side::At && !levels.as_ref().is_some_and(|l| self.is_exact(compare, l)) {
                let (lack, reason) = if self.is_read_exactly(compare) {
                    (Lack::Unknown, "found no values for which both sides are exactly equal")
                } else {
                    (Lack::Nothing, "what is read over a window is not exact to the last digit")
                };
                self.skip(what, lack, reason);
                continue;
            }
            let Some(levels) = levels else {
                let least = side == Side::Below && compare.rhs.value(&self.zeroes()) == Some(0.0);
                if least {
                    self.skip(what, Lack::Nothing, "nothing that is counted falls below 0");
                } else {
                    let reason =
                        "no levels are known that set it there with all else as it is needed";
                    self.skip(what, Lack::Unknown, reason);
                }
                continue;
            };
            let ages = |leaf: &usize| self.model.leaves[*leaf].kind == LeafKind::Age;
            match compare.lhs.leaves().into_iter().chain(compare.rhs.leaves()).find(ages) {
                Some(leaf) => self.aging(what, &levels, leaf),
                None => self.steady(what, &levels),
            }
        }
    }

    /// Whether the engine reads every level of a comparison back bit by bit.
    fn is_read_exactly(&self, compare: &Compare) -> bool {
        let leaves = compare.lhs.leaves().into_iter().chain(compare.rhs.leaves());
        leaves.into_iter().all(|leaf| self.model.leaves[leaf].kind.is_exact())
    }

    /// Whether the engine finds both sides equal, bit by bit.
    fn is_exact(&self, compare: &Compare, levels: &Levels) -> bool {
        let sides = (compare.lhs.value(levels), compare.rhs.value(levels));
        let mut leaves = compare.lhs.leaves();
        leaves.extend(compare.rhs.leaves());
        let is_exact = |leaf: &usize| {
            // An increase of zero is exactly that.
            self.model.leaves[*leaf].kind.is_exact() || levels[*leaf] == Some(0.0)
        };
        matches!(sides, (Some(lhs), Some(rhs)) if lhs == rhs) && leaves.iter().all(is_exact)
    }

    /// Each branch of `or` alone; the levels at which the condition holds, branch by branch.
    fn branches(&mut self, firing: &Levels) -> Vec<(usize, Levels)> {
        let branches = self.model.root.branches();
        if branches.len() < 2 {
            return vec![(0, firing.clone())];
        }
        let mut found = Vec::new();
        for (nth, branch) in branches.into_iter().enumerate() {
            self.branch = nth;
            let what = What::BranchAlone { operand: shown(self.model, branch) };
            let hanging = self.hanging(branch);
            match hanging.and_then(|(demands, polarity)| self.solve(&demands, polarity)) {
                Some(levels) => {
                    self.steady(what, &levels);
                    found.push((nth, levels));
                }
                None => self.skip(what, Lack::Unknown, "no levels are known at which it does"),
            }
        }
        found
    }

    /// What must hold so that the whole hangs on a part, and whether it yields an element where the part does.
    fn hanging(&self, part: &Node) -> Option<(Demands, bool)> {
        let mut demands = Demands::default();
        let polarity = demands.hang(&self.model.root, &|node| std::ptr::eq(node, part))?;
        Some((demands, polarity))
    }

    /// A label that a template reads must be on an alert of some case.
    fn template_labels(&mut self) {
        let has = |label: &str, case: &Case| {
            case.expected
                .firings
                .iter()
                .any(|firing| firing.labels.contains(&format!("{label}=\"")))
        };
        let lost: Vec<String> = self
            .naming
            .templates
            .iter()
            .filter(|label| !self.bracket.cases.iter().any(|case| has(label, case)))
            .map(|label| {
                format!("`$labels.{label}` is read by a template, and no alert has the label")
            })
            .collect();
        for reason in lost {
            self.skip(What::TemplateLabels, Lack::Wrong, reason);
        }
    }

    /// Levels of nothing, for what does not depend on them.
    fn zeroes(&self) -> Levels {
        vec![Some(0.0); self.model.leaves.len()]
    }

    fn n_steady(&self) -> usize {
        self.n_for + 2
    }

    fn grid(&self, n_evaluations: usize) -> Grid {
        let windows = story::windows(self.model);
        Grid::new(self.rule.evaluations.interval_ms, n_evaluations, &windows)
    }

    /// The case of levels that last.
    fn steady(&mut self, what: What, levels: &Levels) {
        let grid = self.grid(self.n_steady());
        match story::steady(self.model, self.atoms(), levels, &grid) {
            Some(courses) => {
                let holds = self.model.root.eval(levels).is_some();
                let on = vec![holds; grid.n_evaluations];
                self.case(what, levels, &on, &[(self.atoms(), courses)], &grid);
            }
            None => {
                self.skip(what, Lack::Unknown, "its level cannot be held for as long as `for` asks")
            }
        }
    }

    /// A case in which the condition holds at the evaluations `on`, with the element that it has at `levels`.
    fn case(
        &mut self,
        what: What,
        levels: &Levels,
        on: &[bool],
        groups: &[(&Atoms, Vec<Course>)],
        grid: &Grid,
    ) {
        let mut firings = Vec::new();
        for element in labels::elements(&self.model.root, levels, &self.atoms().series) {
            let labels = match self.rule.alert_labels(&element.into_iter().collect()) {
                Ok(labels) => labels.to_string(),
                Err(error) => return self.skip(what, Lack::Unknown, error.to_string()),
            };
            let firing = |(from, until)| Firing { labels: labels.clone(), from, until };
            firings.extend(spans(on, self.n_for, self.n_keep).into_iter().map(firing));
        }
        firings.sort();
        let expected = Behaviour { firings };
        match story::series(self.model, groups, grid) {
            Ok((series, lead_ms)) => self.bracket.cases.push(Case {
                what,
                series,
                lead_ms,
                n_evaluations: grid.n_evaluations,
                interval_ms: grid.interval_ms,
                expected,
                value: if on.iter().all(|on| *on) { self.model.root.eval(levels) } else { None },
            }),
            // Groups that need one series at two levels are no groups.
            Err(_) if groups.len() > 1 => {}
            Err(leaf) => {
                let reason = format!(
                    "`{leaf}` needs series at two levels at once: the condition cannot last that long"
                );
                self.skip(what, Lack::Wrong, reason);
            }
        }
    }
}

fn shown(model: &Model, node: &Node) -> String {
    match node {
        Node::Compare(compare) => compare.text.clone(),
        Node::Set { text, .. } => text.clone(),
        _ => {
            let leaves = node.leaves().into_iter().map(|leaf| model.leaves[leaf].text.clone());
            leaves.collect::<Vec<_>>().join(", ")
        }
    }
}
