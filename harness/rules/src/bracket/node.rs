//! A rule's expression as something that can be turned around: operators over leaves whose levels can be chosen.
//!
//! One element of a vector is one number here: an aggregation of a single series is that series, and operands of
//! equal labels are taken to match. Whether they really do is what the engine is asked. Knows no samples.

use std::collections::{BTreeMap, BTreeSet};

use prom::promql::{
    LabelMatcher,
    operator::{Arithmetic, Grouping, Join, Relation, SetOperation},
};

/// How a leaf's level shows in samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum LeafKind {
    /// The level is the sample.
    Gauge,
    /// The level is a counter's increase per second.
    Counter,
    /// The level is the number of changes within the window.
    Changes,
    /// The level is every sample of the window, of which one that is larger (`true`) or smaller would decide.
    Over(Option<bool>),
    /// The level is the age of the newest sample in seconds.
    Age,
    /// The level is a quantile of a histogram's increases, `q` in millionths.
    Quantile(u32),
}

impl LeafKind {
    /// Whether the level is read over a window of samples.
    pub(super) fn is_windowed(self) -> bool {
        !matches!(self, Self::Gauge | Self::Age)
    }

    /// Whether the level comes in whole steps.
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Changes | Self::Age)
    }

    /// Whether the engine's arithmetic gives the level back bit by bit.
    pub(super) fn is_exact(self) -> bool {
        !matches!(self, Self::Counter | Self::Quantile(_))
    }
}

/// A selector with what is read of it.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// As written, with the function around it.
    pub(super) text: String,
    /// The metrics that it may select.
    pub(super) names: Vec<String>,
    /// Matchers on other labels.
    pub(super) matchers: Vec<LabelMatcher>,
    pub(super) kind: LeafKind,
    /// Windows in milliseconds.
    pub(super) windows: BTreeSet<i64>,
    /// Shift into the past in milliseconds.
    pub(super) offset_ms: i64,
    /// Labels that are grouped or matched by further out.
    pub(super) wanted: BTreeSet<String>,
    /// Summed over series.
    pub(super) summed: bool,
    /// The labels that are not lost on the way out; all, if `None`.
    pub(super) visible: Option<BTreeSet<String>>,
}

impl Leaf {
    /// Whether series that differ in this label alone are told apart by the whole.
    pub(super) fn tells(&self, label: &str) -> bool {
        self.visible.as_ref().is_none_or(|visible| visible.contains(label))
    }
}

/// Where a comparison holds: above the other operand (1), below it (-1), or neither.
pub(super) fn direction(relation: Relation) -> f64 {
    match relation {
        Relation::Above | Relation::AtLeast => 1.0,
        Relation::Below | Relation::AtMost => -1.0,
        Relation::Equal | Relation::NotEqual => 0.0,
    }
}

/// Whether operands must agree in a label; with a number instead of a vector, which is `None`, nothing keeps them apart.
pub(super) fn keeps(join: Option<&Join>, label: &str) -> bool {
    // Of a many-to-one matching the labels are not kept here: none is relied on.
    join.is_none_or(|join| join.many.is_none() && join.matching.keeps(label))
}

/// A comparison in its place.
#[derive(Clone, Debug)]
pub(super) struct Compare {
    /// Its number in the order in which comparisons stand.
    pub(super) id: usize,
    pub(super) op: Relation,
    pub(super) lhs: Node,
    pub(super) rhs: Node,
    /// Yields 0 or 1 instead of filtering.
    pub(super) is_bool: bool,
    /// Of two vectors.
    pub(super) join: Option<Join>,
    /// As written.
    pub(super) text: String,
    /// Part of a larger number, or beside the first operand of `and`: it says when the alert may speak at all.
    pub(super) is_guard: bool,
}

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Number(f64),
    Leaf(usize),
    /// An aggregation that leaves a single series as it is.
    Grouped(Box<Node>, Grouping),
    /// `count` and `group`: 1 of a single series.
    Counted(Box<Node>, Grouping),
    Arithmetic {
        op: Arithmetic,
        lhs: Box<Node>,
        rhs: Box<Node>,
        join: Option<Join>,
    },
    Compare(Box<Compare>),
    Set {
        op: SetOperation,
        lhs: Box<Node>,
        rhs: Box<Node>,
        join: Option<Join>,
        /// As written.
        text: String,
    },
    /// `absent`, with the labels that it yields.
    Absent(Box<Node>, BTreeMap<String, String>),
}

impl Node {
    /// The parts right below, left to right.
    pub(super) fn parts(&self) -> Vec<&Node> {
        match self {
            Self::Number(_) | Self::Leaf(_) => Vec::new(),
            Self::Grouped(inner, _) | Self::Counted(inner, _) | Self::Absent(inner, _) => {
                vec![inner]
            }
            Self::Arithmetic { lhs, rhs, .. } | Self::Set { lhs, rhs, .. } => vec![lhs, rhs],
            Self::Compare(compare) => vec![&compare.lhs, &compare.rhs],
        }
    }

    /// The leaves below, left to right.
    pub(super) fn leaves(&self) -> Vec<usize> {
        match self {
            Self::Leaf(leaf) => vec![*leaf],
            _ => self.parts().into_iter().flat_map(Node::leaves).collect(),
        }
    }

    /// The comparisons below, inner ones before those that they stand in.
    pub(super) fn compares(&self) -> Vec<&Compare> {
        let mut found: Vec<&Compare> = self.parts().into_iter().flat_map(Node::compares).collect();
        if let Self::Compare(compare) = self {
            found.push(compare);
        }
        found
    }

    /// All parts, this one first.
    pub(super) fn all(&self) -> Vec<&Node> {
        std::iter::once(self).chain(self.parts().into_iter().flat_map(Node::all)).collect()
    }

    /// How the operands of all operations are matched.
    pub(super) fn joins(&self) -> Vec<Option<&Join>> {
        let all = self.all().into_iter();
        all.filter_map(|node| match node {
            Self::Arithmetic { join, .. } | Self::Set { join, .. } => Some(join.as_ref()),
            Self::Compare(compare) => Some(compare.join.as_ref()),
            _ => None,
        })
        .collect()
    }

    /// Every operation `op`, and its right side, that asks there only whether there is a series.
    pub(super) fn plain(&self, wanted: SetOperation) -> Vec<(&Node, &Node)> {
        let all = self.all().into_iter();
        all.filter_map(|node| match node {
            Self::Set { op, rhs, .. } if *op == wanted && rhs.compares().is_empty() => {
                Some((node, rhs.as_ref()))
            }
            _ => None,
        })
        .collect()
    }

    /// The operands of `or` that can raise the alert, left to right; a single one where there is no `or`.
    pub(super) fn branches(&self) -> Vec<&Node> {
        match self {
            Self::Set { op: SetOperation::Or, lhs, rhs, .. } => {
                let mut branches = lhs.branches();
                branches.extend(rhs.branches());
                branches
            }
            Self::Set { op: SetOperation::And | SetOperation::Unless, lhs, .. } => {
                let branches = lhs.branches();
                if branches.len() > 1 { branches } else { vec![self] }
            }
            _ => vec![self],
        }
    }
}

/// An expression with its leaves.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) root: Node,
    pub(super) leaves: Vec<Leaf>,
}

/// The level of every leaf; `None` where its series are absent.
pub(super) type Levels = Vec<Option<f64>>;

impl Node {
    /// The value of the element, if there is one.
    pub(super) fn eval(&self, levels: &Levels) -> Option<f64> {
        self.walk(levels, true)
    }

    /// The same as if every filter let it pass.
    pub(super) fn value(&self, levels: &Levels) -> Option<f64> {
        self.walk(levels, false)
    }

    fn walk(&self, levels: &Levels, filters: bool) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Leaf(leaf) => levels[*leaf],
            Self::Grouped(inner, _) => inner.walk(levels, filters),
            Self::Counted(inner, _) => inner.walk(levels, filters).map(|_| 1.0),
            Self::Arithmetic { op, lhs, rhs, .. } => {
                let (lhs, rhs) = (lhs.walk(levels, filters)?, rhs.walk(levels, filters)?);
                Some(op.exact()?(lhs, rhs))
            }
            Self::Compare(compare) => {
                let lhs = compare.lhs.walk(levels, filters)?;
                let rhs = compare.rhs.walk(levels, filters)?;
                let holds = compare.op.holds(lhs, rhs);
                match (compare.is_bool, filters && !holds) {
                    (true, _) => Some(f64::from(u8::from(holds))),
                    (false, true) => None,
                    // A constant on the left filters the vector on the right.
                    (false, false) if compare.lhs.is_constant() => Some(rhs),
                    (false, false) => Some(lhs),
                }
            }
            Self::Set { op, lhs, rhs, .. } => {
                let (lhs, rhs) = (lhs.walk(levels, filters), rhs.walk(levels, filters));
                match op {
                    SetOperation::And => lhs.filter(|_| rhs.is_some()),
                    SetOperation::Or => lhs.or(rhs),
                    SetOperation::Unless => lhs.filter(|_| rhs.is_none()),
                }
            }
            Self::Absent(inner, _) => match inner.walk(levels, filters) {
                Some(_) => None,
                None => Some(1.0),
            },
        }
    }

    /// Whether no leaf is below.
    pub(super) fn is_constant(&self) -> bool {
        self.leaves().is_empty()
    }
}
