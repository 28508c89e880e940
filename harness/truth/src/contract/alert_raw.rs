//! An alert's contract as it is written; what it means is decided in [`super::alert_read`].

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;

use super::{
    alert::{Level, Number},
    values::{Bound, Figure, Multiple, Quantile, Yes},
};
use prom::{
    document::{Field, Flaw, Meaning, Part, Scalar, Table, choose},
    duration,
};

use crate::quantity::Quantity;

/// Clauses that must hold together.
pub(super) type Branch = Vec<Part<RawClause>>;

/// Lists of texts by name.
pub(super) type Texts = BTreeMap<String, Part<Vec<Field<String>>>>;

/// A span of time in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(pub(super) i64);

/// What an alert is meant to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "specification")]
pub(super) struct RawAlert {
    /// The branches of its condition: each alone is enough. In a branch every clause must hold; the first gives the
    /// alert its value and its labels, the others are guards.
    pub(super) when: Option<Part<Vec<Part<Branch>>>>,
    /// Clauses that must hold in every branch.
    pub(super) guards: Option<Part<Vec<Part<RawClause>>>>,
    /// How long the condition must hold. Default: it fires at once.
    #[serde(rename = "for")]
    pub(super) lasting: Option<Field<Span>>,
    /// How long it outlives its condition. Default: it does not.
    pub(super) keep_firing_for: Option<Field<Span>>,
    /// All labels that the rule adds, with their values.
    #[schemars(required)]
    pub(super) labels: Option<Part<Table<String, String>>>,
    /// Labels that its texts name.
    pub(super) names: Option<Part<Vec<Field<String>>>>,
    /// The number that its texts give.
    pub(super) number: Option<Field<Number>>,
    /// The receiver that is told of it. Default: nobody is told.
    pub(super) told: Option<Field<String>>,
    /// How soon after it fires the receiver is told at the latest, if nothing mutes it.
    pub(super) told_within: Option<Field<Span>>,
    /// Whether the receiver is told of its end as well. Default: yes.
    pub(super) tells_end: Option<Field<bool>>,
    /// After how long the receiver is told again while nothing changes.
    pub(super) repeated: Option<Field<Span>>,
    /// Labels that tell notifications apart: alerts that differ in one of them have notifications of their own, others
    /// share one.
    pub(super) apart_by: Option<Part<Vec<Field<String>>>>,
    /// Alerts that mute it, by name, each with the labels that both must have alike. Nothing else may. Default: none.
    pub(super) muted_by: Option<Part<Texts>>,
    /// Time intervals of `alertmanager.yml` in which it may be muted. Default: none.
    pub(super) muted_at: Option<Part<Vec<Field<String>>>>,
    /// Where its runbook is, as the annotation `runbook_url` says.
    pub(super) runbook: Option<Field<String>>,
    /// Drafted from the rule and confirmed by nobody: it proves nothing. Remove the mark when it says what is meant.
    pub(super) draft: Option<Field<Yes>>,
}

/// One condition or guard: what is looked at, and what must be so.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "clause")]
pub(super) struct RawClause {
    /// How much per second there was of these, added up.
    pub(super) rate: Option<Part<Vec<Field<Quantity>>>>,
    /// How much there was of these, added up.
    pub(super) increase: Option<Part<Vec<Field<Quantity>>>>,
    /// The share of what `counting` admits in these; absent where there is none of them.
    pub(super) ratio: Option<Part<Vec<Field<Quantity>>>>,
    /// What those of `ratio` are a share of, where the two are counted apart.
    pub(super) out_of: Option<Part<Vec<Field<Quantity>>>>,
    /// A quantile (0 to 1) of the durations in `of`.
    pub(super) quantile: Option<Field<Quantile>>,
    /// The share of the durations in `of` above this bucket bound in seconds.
    pub(super) share_above: Option<Field<Bound>>,
    /// The durations of a quantile or a share.
    pub(super) of: Option<Part<Vec<Field<Quantity>>>>,
    /// What the part of a ratio fulfils beside `where`.
    pub(super) counting: Option<Part<Table<String, String>>>,
    /// Labels that must have these values.
    #[serde(rename = "where")]
    pub(super) conditions: Option<Part<Table<String, String>>>,
    /// Labels that must have none of these values.
    pub(super) except: Option<Part<Texts>>,
    /// The labels by which it is added up; `module` may be one.
    pub(super) by: Option<Part<Vec<Field<String>>>>,
    /// A factor on the value, such as 3600 for "per hour".
    pub(super) times: Option<Field<Multiple>>,
    /// A level of each target or module, as the last scrape tells it.
    pub(super) level: Option<Field<Level>>,
    /// How often such a level changed.
    pub(super) changes: Option<Field<Level>>,
    /// The increase of a metric of the monitoring system itself.
    pub(super) engine_increase: Option<Field<String>>,
    /// The highest value of a metric of the monitoring system itself.
    pub(super) engine_highest: Option<Field<String>>,
    /// It holds whatever happens.
    pub(super) always: Option<Field<Yes>>,
    /// The window.
    pub(super) over: Option<Field<Span>>,
    /// How long ago.
    pub(super) ago: Option<Field<Span>>,

    /// It is greater than this.
    pub(super) above: Option<Field<Figure>>,
    /// It is greater than or equal to this.
    pub(super) at_least: Option<Field<Figure>>,
    /// It is less than this.
    pub(super) below: Option<Field<Figure>>,
    /// It is less than or equal to this.
    pub(super) at_most: Option<Field<Figure>>,
    /// It equals this.
    pub(super) is: Option<Field<Figure>>,
    /// It is greater than this, by the value of the one label in `by`.
    pub(super) above_each: Option<Part<Table<String, Figure>>>,
    /// It is greater than what it was some time ago, times a factor.
    pub(super) above_itself: Option<Part<RawItself>>,
    /// There is a value at all (true), or there is none (false).
    pub(super) present: Option<Field<bool>>,
    /// The clause also holds where there is no value.
    pub(super) or_absent: Option<Field<Yes>>,
}

/// What something was some time ago.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "itself")]
pub(super) struct RawItself {
    /// The factor.
    #[schemars(required)]
    pub(super) times: Option<Field<Multiple>>,
    /// How long ago.
    #[schemars(required)]
    pub(super) ago: Option<Field<Span>>,
}

impl Meaning for Span {
    fn read(scalar: &Scalar) -> Result<Span, Flaw> {
        let expected = "a duration such as 5m";
        let Scalar::Text(text) = scalar else { return Err(Flaw::expected(expected, scalar)) };
        match duration::parse(text) {
            Ok(millis) if millis > 0 => Ok(Span(millis)),
            _ => Err(Flaw::expected(expected, scalar)),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^(\\d+(ms|[smhdwy]))+$", "examples": ["5m"] })
    }
}

impl Level {
    /// All levels.
    const ALL: [Level; 7] = [
        Level::Answers,
        Level::Started,
        Level::Samples,
        Level::ScrapeSeconds,
        Level::Operations,
        Level::Targets,
        Level::Silence,
    ];

    fn name(self) -> &'static str {
        match self {
            Level::Answers => "answers",
            Level::Started => "started",
            Level::Samples => "samples",
            Level::ScrapeSeconds => "scrape_seconds",
            Level::Operations => "operations",
            Level::Targets => "targets",
            Level::Silence => "silence",
        }
    }
}

impl Meaning for Level {
    fn read(scalar: &Scalar) -> Result<Level, Flaw> {
        choose("level", &Level::ALL, Level::name, scalar)
    }

    fn schema() -> Schema {
        json_schema!({ "enum": Level::ALL.map(Level::name) })
    }
}

impl Number {
    const ALL: [Number; 4] = [Number::Share, Number::Seconds, Number::Usd, Number::Count];

    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Number::Share => "share",
            Number::Seconds => "seconds",
            Number::Usd => "usd",
            Number::Count => "count",
        }
    }
}

impl Meaning for Number {
    fn read(scalar: &Scalar) -> Result<Number, Flaw> {
        choose("number", &Number::ALL, Number::name, scalar)
    }

    fn schema() -> Schema {
        json_schema!({ "enum": Number::ALL.map(Number::name) })
    }
}
