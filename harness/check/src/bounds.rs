//! Between which values an expression's elements surely lie: shares, states, what recording rules make of them.
//!
//! Only what follows from the expression itself; anything else has no bounds.

use std::collections::BTreeMap;

use monitoring::{RuleFile, RuleKind};

use super::tree::{Binary, Selector, Tree};

/// The smallest and the largest value.
pub(crate) type Bounds = (f64, f64);

const ANY: Bounds = (f64::NEG_INFINITY, f64::INFINITY);

/// The bounds of what rules record.
#[derive(Debug, Default)]
pub(crate) struct Recorded<'a> {
    /// Expressions by the names under which they are recorded.
    rules: BTreeMap<&'a str, Vec<Tree>>,
}

impl<'a> Recorded<'a> {
    pub(crate) fn of(files: &'a [RuleFile]) -> Recorded<'a> {
        let mut rules: BTreeMap<&str, Vec<Tree>> = BTreeMap::new();
        for rule in files.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules) {
            let RuleKind::Record { metric } = &rule.kind else { continue };
            let Some(tree) = Tree::of(&rule.expr) else { continue };
            rules.entry(metric).or_default().push(tree);
        }
        Recorded { rules }
    }

    /// The expressions that are recorded under a name.
    pub(crate) fn expressions(&self, metric: &str) -> &[Tree] {
        self.rules.get(metric).map(Vec::as_slice).unwrap_or_default()
    }

    /// The bounds of an expression.
    pub(crate) fn bounds(&self, tree: &Tree) -> Bounds {
        self.within(tree, 0)
    }

    fn within(&self, tree: &Tree, depth: usize) -> Bounds {
        if depth > DEEPEST {
            return ANY;
        }
        let below = |tree: &Tree| self.within(tree, depth + 1);
        match tree {
            Tree::Number(number) => (*number, *number),
            Tree::Select(selector) | Tree::Range(selector, _) => self.selector(selector, depth),
            Tree::Negate(inner) => {
                let (low, high) = below(inner);
                (-high, -low)
            }
            Tree::Subquery(inner) => below(inner),
            Tree::Call(name, arguments) => match (name.as_str(), &arguments[..]) {
                ("absent" | "absent_over_time" | "present_over_time", _) => (1.0, 1.0),
                (
                    "min_over_time" | "max_over_time" | "avg_over_time" | "last_over_time" | "sort"
                    | "sort_desc",
                    [inner],
                )
                | ("quantile_over_time", [_, inner])
                | ("label_replace" | "label_join" | "vector" | "scalar", [inner, ..]) => {
                    below(inner)
                }
                ("clamp_max", [inner, limit]) => {
                    let (low, high) = below(inner);
                    (low, high.min(limit.constant().unwrap_or(f64::INFINITY)))
                }
                ("rate" | "increase" | "irate" | "count_over_time" | "changes" | "resets", _) => {
                    (0.0, f64::INFINITY)
                }
                _ => ANY,
            },
            Tree::Aggregate { operator, inner, .. } => match operator.as_str() {
                "avg" | "min" | "max" | "topk" | "bottomk" => below(inner),
                "sum" => {
                    let (low, high) = below(inner);
                    // Of many elements the sum has no upper bound.
                    (
                        if low >= 0.0 { low } else { f64::NEG_INFINITY },
                        if high <= 0.0 { high } else { f64::INFINITY },
                    )
                }
                "count" | "group" => (1.0, f64::INFINITY),
                _ => ANY,
            },
            Tree::Text(_) => ANY,
            Tree::Binary(binary) => self.binary(binary, depth),
        }
    }

    fn selector(&self, selector: &Selector, depth: usize) -> Bounds {
        let Some(name) = &selector.metric else { return ANY };
        if name == "up" {
            return (0.0, 1.0);
        }
        let expressions = self.expressions(name);
        let bounds = expressions.iter().map(|tree| self.within(tree, depth + 1));
        bounds.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or(ANY)
    }

    fn binary(&self, binary: &Binary, depth: usize) -> Bounds {
        let (left, right) =
            (self.within(&binary.left, depth + 1), self.within(&binary.right, depth + 1));
        if binary.is_comparison() {
            return match (binary.is_bool, binary.left.is_vector()) {
                (true, _) => (0.0, 1.0),
                (false, true) => left,
                (false, false) => right,
            };
        }
        let ordered = |values: [f64; 4]| {
            let known = values.iter().all(|value| !value.is_nan());
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if known { (low, high) } else { ANY }
        };
        match binary.operator.as_str() {
            "and" | "unless" => left,
            "or" => (left.0.min(right.0), left.1.max(right.1)),
            "+" => (left.0 + right.0, left.1 + right.1),
            "-" => (left.0 - right.1, left.1 - right.0),
            "*" => {
                ordered([left.0 * right.0, left.0 * right.1, left.1 * right.0, left.1 * right.1])
            }
            "/" if is_share(&binary.left, &binary.right) => (0.0, 1.0),
            "/" => match binary.right.constant() {
                Some(number) if number != 0.0 => {
                    ordered([left.0 / number, left.1 / number, left.0 / number, left.1 / number])
                }
                _ if left.0 >= 0.0 && right.0 >= 0.0 => (0.0, f64::INFINITY),
                _ => ANY,
            },
            _ => ANY,
        }
    }
}

/// Recording rules that read each other are not followed further.
const DEEPEST: usize = 40;

/// Whether `part` is a part of `whole`: the same sum of the same rate, of series that the whole has as well.
pub(crate) fn is_share(part: &Tree, whole: &Tree) -> bool {
    match (part, whole) {
        (
            Tree::Aggregate { operator, grouping, inner, .. },
            Tree::Aggregate { operator: other, grouping: by, inner: of, .. },
        ) => {
            operator == other
                && matches!(operator.as_str(), "sum" | "count")
                && grouping == by
                && is_share(inner, of)
        }
        (Tree::Call(name, arguments), Tree::Call(other, of)) => {
            name == other
                && matches!(name.as_str(), "rate" | "increase")
                && matches!((&arguments[..], &of[..]), ([part], [whole]) if is_share(part, whole))
        }
        (Tree::Range(part, window), Tree::Range(whole, other)) => {
            window == other && selects_less(part, whole)
        }
        _ => false,
    }
}

/// Whether every series of `part` is one of `whole`.
fn selects_less(part: &Selector, whole: &Selector) -> bool {
    // A negative rate is none: only counters are summed so.
    part.metric.is_some()
        && part.metric == whole.metric
        && whole.matchers.iter().all(|matcher| part.matchers.contains(matcher))
}
