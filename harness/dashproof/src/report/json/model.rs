//! The structure of the JSON report. Its comments are the descriptions in the generated schema.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// What `dashproof verify --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Dashproof report")]
pub(super) struct Document {
    /// The version of this structure. It rises when a reader of the old one would stumble; members may be added at
    /// any time.
    pub(super) schema: u32,
    pub(super) tool: Tool,
    pub(super) engine: Engine,
    pub(super) stack: Stack,
    /// Grafana's part in this run.
    pub(super) grafana: &'static str,
    /// `held`, `broken`, `not_judged` or `interrupted`.
    pub(super) conclusion: &'static str,
    /// 0 held, 1 broken or unproven, 2 not judged, 130 interrupted.
    pub(super) exit_code: u8,
    /// What is wrong with the files, whatever happens in them.
    pub(super) problems: Vec<FileProblem>,
    /// What nobody could judge; each makes the run fail.
    pub(super) unproven: Vec<Unproven>,
    /// One for each alert rule, in the order of their names.
    pub(super) rules: Vec<Rule>,
    /// What the alert rules do around their thresholds; null where only a part was run.
    pub(super) brackets: Option<Brackets>,
    /// One for each scenario, in the order of their names.
    pub(super) scenarios: Vec<Scenario>,
}

/// Cases made from the alert rules' own expressions.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "brackets")]
pub(super) struct Brackets {
    /// How many cases there are.
    pub(super) cases: usize,
    /// What a rule did otherwise than its expression says, in words: alert and case.
    pub(super) broken: Vec<[String; 2]>,
    /// What there is no case for, in words: alert, subject and reason.
    pub(super) not_bracketed: Vec<[String; 3]>,
    /// Why nothing is known.
    pub(super) error: Option<String>,
}

/// Who wrote this.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "tool")]
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
}

/// Who answered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "engine")]
pub(super) struct Engine {
    pub(super) name: String,
    pub(super) version: String,
    /// How samples got into it.
    pub(super) road: &'static str,
}

/// Which stack was chosen, and what of its answers could be judged.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "stack")]
pub(super) struct Stack {
    /// `native` or `external`.
    pub(super) chosen: &'static str,
    /// Why, in words.
    pub(super) why: String,
    /// `exactly`, where the engine's arithmetic is known, and `truly`.
    pub(super) judged: &'static [&'static str],
}

/// A flaw of a file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "problem")]
pub(crate) struct FileProblem {
    pub(super) file: String,
    /// From 1; null where it is the file as a whole.
    pub(super) line: Option<usize>,
    /// `error` or `warning`.
    pub(super) severity: &'static str,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
    /// What kind of flaw it is, such as `unknown-metric`: stable, where messages may change.
    pub(super) code: &'static str,
}

/// Something that was not proven.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "unproven")]
pub(super) struct Unproven {
    pub(super) dashboard: String,
    pub(super) panel: String,
    pub(super) ref_id: String,
    /// Why, and what to do.
    pub(super) reason: String,
    /// The scenarios under which it was not.
    pub(super) scenarios: Vec<String>,
}

/// A scenario and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "scenario")]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) seed: u64,
    /// Its start.
    pub(super) epoch: String,
    pub(super) duration: String,
    /// Incidents that did not fit into the length that was asked for.
    pub(super) cut: Vec<String>,
    pub(super) state: State,
    /// Why it was not run or not judged.
    pub(super) reason: Option<String>,
    /// What to do about that.
    pub(super) remedy: Option<String>,
    /// What the configuration was changed in for it.
    pub(super) changed: Vec<String>,
    /// What is to be known of how it was played: whether a second try was needed, how late this machine was.
    pub(super) remarks: Vec<String>,
    /// Simulated requests.
    pub(super) requests: u64,
    /// Simulated events.
    pub(super) events: u64,
    /// Samples stored.
    pub(super) samples: usize,
    /// Where the engine's data is, if it was kept.
    pub(super) kept: Option<String>,
    /// One for each question.
    pub(super) verdicts: Vec<Verdict>,
    /// One for each alert of which something is expected.
    pub(super) alerts: Vec<Alert>,
    /// One for each part of the wiring, where a running stack showed it.
    pub(super) wiring: Vec<Wiring>,
}

/// What a part of the wiring is worth.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "wiring")]
pub(super) struct Wiring {
    /// `scrapes`, `samples`, `staleness`, `targets`, `rules` or `notifications`.
    pub(super) part: String,
    pub(super) held: bool,
    /// How much was compared, in words.
    pub(super) compared: String,
    /// What is wrong, and what to do.
    pub(super) broken: Vec<String>,
}

/// What an alert was to do under a scenario, and what it did.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "alert")]
pub(super) struct Alert {
    /// Its name.
    pub(super) alert: String,
    pub(super) held: bool,
    /// Expectations in words; spans count from the scenario's start.
    pub(super) expected: Vec<String>,
    /// What is wrong.
    pub(super) broken: Vec<String>,
    /// Each life that fired.
    pub(super) fired: Vec<Life>,
    /// How a weaker rule is weaker that would have fired where this one was silent, as it should be.
    pub(super) near_miss: Option<String>,
    /// The command that asks again, where it broke.
    pub(super) replay: Option<String>,
}

/// One life of an alert.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "life")]
pub(super) struct Life {
    pub(super) labels: BTreeMap<String, String>,
    /// Pending from here.
    pub(super) pending: String,
    /// Firing from here.
    pub(super) firing: String,
    /// Inactive again; null if it still fired at the end.
    pub(super) ended: Option<String>,
}

/// What the whole run says of an alert rule.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "rule")]
pub(super) struct Rule {
    pub(super) alert: String,
    /// `always` or `live`, where no scenario can prove it.
    pub(super) class: Option<&'static str>,
    /// The scenarios that fired it as they expected.
    pub(super) fired_under: Vec<String>,
    /// The scenarios that nearly fired it, with the weaker rule that would have fired.
    pub(super) near_under: BTreeMap<String, String>,
    /// What is missing for a proof; null also where only a part was run.
    pub(super) lacks: Option<String>,
}

/// What came of a scenario.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "state")]
pub(super) enum State {
    /// Played and judged.
    Judged,
    /// It needs what was not given.
    NotRun,
    /// It could not be judged.
    NotJudged,
    /// The run was stopped before.
    Interrupted,
}

/// What a question is about.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "place")]
pub(super) struct Place {
    /// The dashboard's uid, or `recording rules`.
    pub(super) dashboard: String,
    /// The panel's title, or the recorded metric.
    pub(super) panel: String,
    /// The target; empty for a rule.
    pub(super) ref_id: String,
    /// What is selected in the dashboard's variables; empty where that is everything.
    pub(super) selection: String,
}

/// One question, its answer's worth.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "verdict")]
pub(super) struct Verdict {
    pub(super) place: Place,
    /// Why it was asked for that time.
    pub(super) why: String,
    /// The query as run.
    pub(super) query: String,
    pub(super) at: At,
    /// What was to be shown, in the application's terms.
    pub(super) truth: String,
    /// The window before each instant that the truth is about; `0s` is the latest value.
    pub(super) window: String,
    pub(super) held: bool,
    /// Points compared, absent ones included.
    pub(super) points: usize,
    /// Points at which a number was expected.
    pub(super) values: usize,
    /// Points that broke.
    pub(super) broken: usize,
    /// The engine's words, where it refused the query.
    pub(super) refused: Option<String>,
    /// The first series that is shown under a wrong name.
    pub(super) legend: Option<Legend>,
    /// What the engine remarked on the query.
    pub(super) remarks: Vec<String>,
    /// Why part of it was not held against the real events: an incident blinds the metric by design.
    pub(super) judged_only_exactly: Option<String>,
    /// The first few points that broke.
    pub(super) breaches: Vec<Breach>,
    /// The samples that the first of them rests on, by module and copy.
    pub(super) samples: Option<BTreeMap<String, Vec<String>>>,
    /// The command that asks again, where it broke.
    pub(super) replay: Option<String>,
}

/// When a question was asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "at")]
pub(super) enum At {
    /// At one instant.
    Instant { at: String },
    /// From start to end by steps.
    Range { start: String, end: String, step: String },
}

/// A name under which a series is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "legend")]
pub(super) struct Legend {
    pub(super) shown: String,
    pub(super) expected: String,
}

/// A point that broke.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "breach")]
pub(super) struct Breach {
    /// What is wrong with it.
    pub(super) kind: String,
    /// The labels of its series.
    pub(super) series: BTreeMap<String, String>,
    pub(super) at: String,
    /// Null is no sample.
    pub(super) observed: Option<Figure>,
    /// Null is no sample.
    pub(super) expected: Option<Expectation>,
}

/// What was expected at a point.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "expectation")]
pub(super) struct Expectation {
    /// Lowest and highest by the engine's arithmetic on samples of the truth; null where that is not modelled.
    pub(super) exact: Option<[Figure; 2]>,
    /// Lowest and highest that the real events permit.
    pub(super) real: [Figure; 2],
}

/// A number, or the text `NaN`, `+Inf` or `-Inf`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure(pub(super) f64);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_finite() => serializer.serialize_f64(value),
            value if value.is_nan() => serializer.serialize_str("NaN"),
            value if value > 0.0 => serializer.serialize_str("+Inf"),
            _ => serializer.serialize_str("-Inf"),
        }
    }
}

impl JsonSchema for Figure {
    fn schema_name() -> Cow<'static, str> {
        "figure".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number" }, { "enum": ["NaN", "+Inf", "-Inf"] }] })
    }
}
