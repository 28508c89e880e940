//! Why a campaign could not go on, or could not begin.
//!
//! Errors name the rule, and its file where that is known; remedies are for whoever reports them.

use std::{fmt, path::PathBuf};

use prom::{promql::PromqlError, series::Labels};
use proof::{backfill::rules::RuleError, verify::targets::TargetsError};
use scenario::SourceError;
use stack::{
    client::{
        prometheus::{ClientError, Problem},
        remote_write::WriteError,
    },
    native::StartError,
};
use truth::evaluate::{EvaluateError, agreement::Difference};

/// A rule, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePlace {
    /// Its name.
    pub rule: String,
    /// Its file.
    pub file: PathBuf,
    /// Its line.
    pub line: Option<usize>,
}

impl fmt::Display for RulePlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        write!(out, ": rule `{}`", self.rule)
    }
}

/// Why an expression cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum ExpressionError {
    /// Our parser does not read it.
    #[error("{place}: our parser, which knows less than promtool, does not read its expression")]
    Unread {
        /// The rule.
        place: RulePlace,
        /// Why.
        #[source]
        source: PromqlError,
    },
    /// A rule reads what a campaign cannot show it.
    #[error("{place}: {what} is not emulated, as many evaluations are asked for at once")]
    NotEmulated {
        /// The rule.
        place: RulePlace,
        /// What.
        what: &'static str,
    },
}

/// Why a campaign could not go on.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// An expression cannot be tried.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// The targets are not known.
    #[error(transparent)]
    Targets(#[from] TargetsError),
    /// No engine.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No traffic.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Samples were not stored.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Recording rules could not be recorded.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// A question was not answered.
    #[error("rule `{rule}` could not be evaluated")]
    Ask {
        /// The rule.
        rule: String,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// A rule cannot be evaluated.
    #[error("rule `{rule}`: Prometheus would fail its evaluation")]
    Evaluate {
        /// The rule.
        rule: String,
        /// Why.
        #[source]
        source: EvaluateError,
    },
    /// Two targets show the same series.
    #[error(
        "two targets of prometheus.yml have the same labels, so Prometheus mixes their samples: {labels}"
    )]
    SameTarget {
        /// Their labels, or a series of both.
        labels: Labels,
    },
    /// Two rules record the same series.
    #[error(
        "two rules record {labels}, of which one is `{rule}`: Prometheus refuses the samples of one"
    )]
    Twice {
        /// The second rule.
        rule: String,
        /// The series.
        labels: Labels,
    },
    /// Our own evaluation is not that of Prometheus.
    #[error(
        "rule `{rule}`: dashproof and Prometheus evaluate `{expr}` differently, which is a bug in dashproof: {difference}"
    )]
    Differs {
        /// The rule.
        rule: String,
        /// The expression.
        expr: String,
        /// Where they differ first.
        difference: Difference,
    },
    /// Taken apart, an expression does not decide as the engine does.
    #[error(
        "alert rule `{rule}`: the parts of its expression give other series than Prometheus; this is a bug in dashproof"
    )]
    Apart {
        /// The rule.
        rule: String,
    },
}

impl CampaignError {
    /// Whether it is the evaluation of a rule that failed, as it would in production: that ends no campaign.
    pub(super) fn is_of_evaluation(&self) -> bool {
        match self {
            CampaignError::Evaluate { .. } => true,
            CampaignError::Ask { source, .. } => source.is_execution(),
            _ => false,
        }
    }

    /// What failed and why, in words.
    pub(super) fn told(&self) -> String {
        match self {
            CampaignError::Evaluate { source, .. } => source.to_string(),
            CampaignError::Ask { source, .. } => match &source.problem {
                Problem::Refused { error, .. } => error.clone(),
                _ => source.to_string(),
            },
            other => other.to_string(),
        }
    }
}
