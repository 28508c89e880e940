//! Levels that meet demands: each comparison is turned around for one of its leaves, and the whole is checked.
//!
//! Tries leaves and margins in a fixed order and goes back where they contradict each other. Knows no samples.

use super::{
    atoms::Atoms,
    demand::{Demands, Side, Want},
    node::{Compare, LeafKind, Levels, Model, Node, direction},
};
use prom::promql::operator::{Arithmetic, Relation};

/// How far "just" is, relative to the threshold: far more than floating point and extrapolation of a steady rate lose.
pub(super) const CLOSE: f64 = 1e-6;
/// The level of a leaf on which nothing depends; also tried are powers of ten around it.
const PLAIN: f64 = 1.0;
/// Just above zero, where nothing is relative.
const SMALL: f64 = 1e-3;

/// As [`demanded`], also with series absent where a comparison is not to hold and no level does it.
pub(super) fn levels(
    model: &Model,
    atoms: &Atoms,
    demands: &Demands,
    some: bool,
    fixed: &[(usize, Option<f64>)],
) -> Option<Levels> {
    demanded(model, atoms, demands, some, fixed).or_else(|| {
        let mut absent = demands.clone();
        for compare in model.root.compares() {
            if demands.compares.get(&compare.id) == Some(&Want::False) {
                absent.compares.remove(&compare.id);
                absent.absent.extend(compare.lhs.leaves());
            }
        }
        demanded(model, atoms, &absent, some, fixed)
    })
}

/// Levels that meet `demands` and make the whole yield an element (`some`) or none; `fixed` ones are kept.
fn demanded(
    model: &Model,
    atoms: &Atoms,
    demands: &Demands,
    some: bool,
    fixed: &[(usize, Option<f64>)],
) -> Option<Levels> {
    let mut known: Vec<Option<Option<f64>>> = vec![None; model.leaves.len()];
    for &leaf in &demands.absent {
        known[leaf] = Some(None);
    }
    for &(leaf, level) in fixed {
        known[leaf] = Some(level);
    }
    // Inner comparisons are solved before outer ones: they say what the outer ones see. Where they share a leaf, the one
    // that is to be met exactly must have the choice.
    let orders = [true, false].map(|inner_first| ordered(model, demands, inner_first));
    // What is measured is mostly a count: a level below zero is tried last.
    let rounds = [false, true].into_iter().flat_map(|negative| {
        orders.iter().flat_map(move |order| {
            [PLAIN, 0.01, 100.0, 1e-4, 1e4].map(|plain| (negative, order, plain))
        })
    });
    rounds.into_iter().find_map(|(negative, order, plain)| {
        let search = Search { model, atoms, some, plain, negative, demanded: order };
        search.from(order, known.clone())
    })
}

/// The comparisons of which something is wanted; those that are to be met exactly come first, with their inner ones
/// before them if `inner_first`.
fn ordered<'a>(model: &'a Model, demands: &Demands, inner_first: bool) -> Vec<(&'a Compare, Want)> {
    let wanted = |compare: &Compare| demands.compares.get(&compare.id).copied();
    let all = model.root.compares();
    let mut compares: Vec<(&Compare, Want)> = Vec::new();
    for sharp in [true, false] {
        for compare in &all {
            let is_sharp = |want: &Want| matches!(want, Want::Side(_)) == sharp;
            let Some(want) = wanted(compare).filter(is_sharp) else { continue };
            if sharp && inner_first {
                let inner = compare.lhs.compares().into_iter().chain(compare.rhs.compares());
                compares.extend(inner.filter_map(|c| Some((c, wanted(c)?))));
            }
            if !compares.iter().any(|(known, _)| known.id == compare.id) {
                compares.push((compare, want));
            }
        }
    }
    compares
}

struct Search<'a> {
    model: &'a Model,
    atoms: &'a Atoms,
    some: bool,
    plain: f64,
    negative: bool,
    demanded: &'a [(&'a Compare, Want)],
}

type Known = Vec<Option<Option<f64>>>;

impl Search<'_> {
    fn full(&self, known: &Known) -> Levels {
        known.iter().map(|level| level.unwrap_or(Some(self.plain))).collect()
    }

    fn from(&self, compares: &[(&Compare, Want)], known: Known) -> Option<Levels> {
        let Some(((compare, want), rest)) = compares.split_first() else {
            let levels = self.full(&known);
            // A leaf that stands in two comparisons may have left one of them as it is not wanted.
            let fits = self.model.root.eval(&levels).is_some() == self.some
                && self.demanded.iter().all(|(compare, want)| is_met(compare, *want, &levels))
                && self.atoms.possible(self.model, &levels);
            return fits.then_some(levels);
        };
        let levels = self.full(&known);
        let (lhs, rhs) = (compare.lhs.value(&levels)?, compare.rhs.value(&levels)?);
        let sides = [
            (&compare.lhs, rhs, compare.op, *want),
            (&compare.rhs, lhs, compare.op.mirrored(), want.mirrored()),
        ];
        let mut is_driven = false;
        for (side, other, op, want) in sides {
            let free: Vec<usize> =
                side.leaves().into_iter().filter(|leaf| known[*leaf].is_none()).collect();
            for leaf in free {
                is_driven = true;
                let whole = self.model.leaves[leaf].kind.is_whole();
                for target in targets(op, want, other, whole) {
                    let Some(level) = drive(side, leaf, target, &levels) else { continue };
                    let kind = self.model.leaves[leaf].kind;
                    // Counters only grow, and nothing has a negative age.
                    let falls = matches!(kind, LeafKind::Gauge | LeafKind::Over(_));
                    if !level.is_finite() || (level < 0.0 && !(falls && self.negative)) {
                        continue;
                    }
                    // Dividing and multiplying again may miss the threshold by the last digit.
                    let nearest = [level, level.next_up(), level.next_down()];
                    let n_tried = if want == Want::Side(Side::At) { nearest.len() } else { 1 };
                    for level in &nearest[..n_tried] {
                        let mut known = known.clone();
                        known[leaf] = Some(Some(*level));
                        if let Some(found) = self.from(rest, known) {
                            return Some(found);
                        }
                    }
                }
            }
        }
        let holds = compare.op.holds(lhs, rhs);
        let fits = match want {
            Want::True => holds,
            Want::False => !holds,
            Want::Side(_) => false,
        };
        if !is_driven && fits { self.from(rest, known) } else { None }
    }
}

fn is_met(compare: &Compare, want: Want, levels: &Levels) -> bool {
    let sides = (compare.lhs.value(levels), compare.rhs.value(levels));
    let (Some(lhs), Some(rhs)) = sides else { return false };
    match want {
        Want::True => compare.op.holds(lhs, rhs),
        Want::False => !compare.op.holds(lhs, rhs),
        Want::Side(side) => (lhs - rhs).partial_cmp(&0.0) == side.sign().partial_cmp(&0.0),
    }
}

/// Values that make `value op other` do what is wanted, the best first.
fn targets(op: Relation, want: Want, other: f64, whole: bool) -> Vec<f64> {
    let up = if direction(op) == 0.0 { 1.0 } else { direction(op) };
    let far = |away: f64| match (whole, other == 0.0, away > 0.0) {
        (true, _, true) => vec![other + 2.0, other + 1.0],
        (true, _, false) => vec![(other - 2.0).max(0.0), other - 1.0],
        (false, true, true) => vec![1.0, 0.5, 0.01],
        (false, true, false) => vec![-1.0],
        (false, false, true) => {
            let mut far: Vec<f64> = [1.0, 0.5, 0.1].map(|k| other + k * other.abs()).to_vec();
            far.extend([f64::midpoint(other, 1.0), other + 0.01 * other.abs()]);
            far
        }
        (false, false, false) => [0.5, 0.2, 0.1, 1.0].map(|k| other - k * other.abs()).to_vec(),
    };
    let is_strict = !op.holds(0.0, 0.0);
    match want {
        Want::Side(Side::At) => vec![other],
        Want::Side(side) if whole => {
            let next = if side == Side::Above { other + 1.0 } else { other - 1.0 };
            vec![if side == Side::Above { next.floor() } else { next.ceil() }]
        }
        Want::Side(side) if other == 0.0 => vec![side.sign() * SMALL],
        Want::Side(side) => vec![other + side.sign() * other.abs() * CLOSE],
        Want::True if op == Relation::Equal => vec![other],
        Want::False if op == Relation::NotEqual => vec![other],
        Want::True if op == Relation::NotEqual => [far(1.0), far(-1.0)].concat(),
        Want::False if op == Relation::Equal => [far(1.0), far(-1.0)].concat(),
        Want::True => far(up),
        // A counter cannot go below zero: on that side there is only the boundary itself.
        Want::False if is_strict => [far(-up), vec![other]].concat(),
        Want::False => far(-up),
    }
}

/// The level of `leaf` at which `node` has the value `target`, if it stands there once.
pub(super) fn drive(node: &Node, leaf: usize, target: f64, levels: &Levels) -> Option<f64> {
    if node.leaves().iter().filter(|found| **found == leaf).count() != 1 {
        return None;
    }
    match node {
        Node::Leaf(_) => Some(target),
        Node::Grouped(inner, _) => drive(inner, leaf, target, levels),
        Node::Compare(compare) if !compare.is_bool => {
            // A filter lets its vector through, on whichever side that is.
            let vector = if compare.lhs.is_constant() { &compare.rhs } else { &compare.lhs };
            if vector.leaves().contains(&leaf) { drive(vector, leaf, target, levels) } else { None }
        }
        Node::Arithmetic { op, lhs, rhs, .. } => {
            if lhs.leaves().contains(&leaf) {
                let other = rhs.value(levels)?;
                let target = match op {
                    Arithmetic::Add => target - other,
                    Arithmetic::Subtract => target + other,
                    Arithmetic::Multiply => target / other,
                    Arithmetic::Divide => target * other,
                    Arithmetic::Modulo | Arithmetic::Power | Arithmetic::Atan2 => return None,
                };
                drive(lhs, leaf, target, levels)
            } else {
                let other = lhs.value(levels)?;
                let target = match op {
                    Arithmetic::Add => target - other,
                    Arithmetic::Subtract => other - target,
                    Arithmetic::Multiply => target / other,
                    Arithmetic::Divide => other / target,
                    Arithmetic::Modulo | Arithmetic::Power | Arithmetic::Atan2 => return None,
                };
                drive(rhs, leaf, target, levels)
            }
        }
        _ => None,
    }
}
