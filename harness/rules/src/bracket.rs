//! Cases around every threshold of an alert rule, made from the rule's own expression.
//!
//! [`bracket`] turns an expression around: which series make each comparison just hold and just not hold, let the
//! condition last just long enough for `for`, let one group or one branch of `or` hold alone? It is pure; [`run`] asks
//! a real Prometheus whether the rule does what the case says. What cannot be turned around is named, never guessed.
//! Whether a threshold is a good one, nobody knows here: that is for scenarios.

pub mod against;
mod atoms;
mod build;
mod cases;
mod course;
mod demand;
mod gate;
mod grid;
mod labels;
mod node;
pub mod run;
mod solve;
mod spans;
pub mod specified;
mod story;
mod text;

use serde::Serialize;

use prom::series::Labels;

pub use cases::bracket;
pub use demand::Side;

/// All cases of a rule, and what there are none for.
#[derive(Clone, Debug, PartialEq)]
pub struct Bracket {
    /// The rule's name.
    pub alert: String,
    /// In a fixed order.
    pub cases: Vec<Case>,
    /// What could not be bracketed.
    pub not_bracketed: Vec<NotBracketed>,
}

/// What a case is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A threshold, from below, at it, or from above, with everything else as the alert needs it.
    Threshold {
        /// The comparison.
        operand: String,
        /// Where its left side is.
        side: Side,
    },
    /// The same of a condition that says when the alert may speak at all.
    Guard {
        /// The comparison.
        operand: String,
        /// Where its left side is.
        side: Side,
    },
    /// The condition holds for one evaluation less than `for` asks for.
    ForEarly,
    /// It holds exactly as long as `for` asks for; without `for`, for one evaluation.
    ForLate,
    /// The condition is back at the last evaluation that `keep_firing_for` bridges.
    KeepEarly,
    /// The condition is back one evaluation later.
    KeepLate,
    /// The condition ends; so does the alert, at the exact evaluation.
    ResolveTime,
    /// A window's edges pass over the condition's reason: it begins and ends at the exact evaluation.
    Window {
        /// What is read over the window.
        operand: String,
    },
    /// One branch of `or` holds alone.
    BranchAlone {
        /// The branch.
        operand: String,
    },
    /// One of two groups meets the condition; the other fails in one part alone.
    GroupAlone {
        /// The labels in which the groups differ.
        labels: String,
        /// The part in which the second one fails.
        operand: String,
    },
    /// Series are absent while everything else is as the alert needs it.
    Absent {
        /// What is absent; `everything` if nothing is there at all.
        operand: String,
    },
    /// A part fails where the rest of the condition holds, and holds for another branch alone.
    Elsewhere {
        /// The part.
        operand: String,
    },
    /// What `unless` excludes is there while everything else is as the alert needs it.
    Present {
        /// What is there.
        operand: String,
    },
    /// Counters begin anew while the condition does not hold.
    Reset,
    /// The labels that the rule's templates read.
    TemplateLabels,
    /// The rule as a whole.
    Rule,
}

/// Something without a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotBracketed {
    /// What.
    pub what: What,
    /// Whether there is nothing to bracket, or nobody knows how.
    pub lack: Lack,
    /// Why: a fragment without final dot.
    pub reason: String,
}

/// What a missing case means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// The rule has nothing of the kind: no value below zero, no second group.
    Nothing,
    /// No series are known that would show it.
    Unknown,
    /// The rule itself makes it impossible: it is wrong.
    Wrong,
}

/// One story told by series, and what the alert does then.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it is about.
    pub what: What,
    /// The series; instants are milliseconds from the first evaluation.
    pub series: Vec<CaseSeries>,
    /// How long before the first evaluation no other samples may stand, in milliseconds.
    pub lead_ms: i64,
    /// Evaluations, from 0 on.
    pub n_evaluations: usize,
    /// Between evaluations, in milliseconds.
    pub interval_ms: i64,
    /// What the alert does.
    pub expected: Behaviour,
    /// What the expression yields at the first evaluation, where levels last all the time; `None` of nothing, and of a
    /// condition that comes and goes.
    pub value: Option<f64>,
}

/// A series of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseSeries {
    /// With `__name__`.
    pub labels: Labels,
    /// Milliseconds from the first evaluation, and values.
    pub samples: Vec<(i64, f64)>,
}

/// When a rule's alerts fire, counted in evaluations: nothing, if it is silent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Behaviour {
    /// Sorted by labels and time.
    pub firings: Vec<Firing>,
}

/// One time that an alert fires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Firing {
    /// The alert's labels as PromQL writes them.
    pub labels: String,
    /// The evaluation at which it begins to fire.
    pub from: usize,
    /// The evaluation at which it has ended; `None` if it fires at the last one.
    pub until: Option<usize>,
}
