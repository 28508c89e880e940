//! What an alert is meant to say, in the application's own terms: its condition and guards, how long they must hold,
//! the labels it carries, who is told, what its texts name. Written by hand; no rule is ever read for it.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use prom::duration;

use crate::fact::{Fact, Labels};

/// What one alert is meant to say.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertContract {
    /// The file it stands in.
    pub file: PathBuf,
    /// Its line there, from 1.
    pub line: usize,
    /// Its branches: each alone is enough, and in each of them every clause must hold. The first clause of a branch
    /// gives the alert its value and its own labels; the others are guards.
    pub branches: Vec<Vec<Clause>>,
    /// `for`, in milliseconds.
    pub for_ms: i64,
    /// `keep_firing_for`, in milliseconds.
    pub keep_firing_for_ms: i64,
    /// All labels that its rule adds, with their values.
    pub labels: BTreeMap<String, String>,
    /// Labels that its texts name.
    pub names: Vec<String>,
    /// The number that its texts give, if any.
    pub number: Option<Number>,
    /// The receiver that is told of it; `None` where nobody is, by design.
    pub told: Option<String>,
    /// How soon at the latest after it fires, in milliseconds.
    pub told_within_ms: Option<i64>,
    /// Whether that receiver is told of its end as well.
    pub tells_end: bool,
    /// Alerts that may mute it.
    pub muted_by: Vec<String>,
    /// Where its runbook is, as the annotation says.
    pub runbook: Option<String>,
    /// Whether nobody has confirmed it yet: it proves nothing.
    pub is_draft: bool,
}

/// One condition or guard.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Its line, from 1.
    pub line: usize,
    /// What is looked at.
    pub subject: Subject,
    /// How long ago, in milliseconds.
    pub ago_ms: i64,
    /// What must be so.
    pub test: Test,
    /// Whether it also holds where there is nothing to look at.
    pub or_absent: bool,
}

/// What a clause looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A fact about quantities, as of a recording rule, over a window in milliseconds.
    Fact(Fact, i64),
    /// The latest level of each target, or of each module.
    Level(Level),
    /// How often a level changed in a window in milliseconds.
    Changes(Level, i64),
    /// A metric of the monitoring system itself, which the application knows nothing of.
    Engine(String, EngineReading),
    /// Nothing: it always holds.
    Nothing,
}

/// A level of a target or of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Of each target: 1 if its last scrape was answered and taken, else 0.
    Answers,
    /// Of each target: when its process started.
    Started,
    /// Of each target: samples in its last scrape.
    Samples,
    /// Of each target: how long its last scrape took, in seconds.
    ScrapeSeconds,
    /// Of each target: 1 while it shows the counter of its operations.
    Operations,
    /// Of each module that must exist: how many targets it has.
    Targets,
    /// Of all targets together: seconds since the newest sample; nothing where no target was ever scraped.
    Silence,
}

/// How a metric of the monitoring system is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineReading {
    /// Its increase over a window in milliseconds.
    Increase(i64),
    /// Its highest value in a window in milliseconds.
    Highest(i64),
}

/// What must be so.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// A comparison.
    Compare(Compare, Limit),
    /// There is a value.
    Present,
    /// There is none.
    Absent,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Greater than.
    Above,
    /// Greater than or equal.
    AtLeast,
    /// Less than.
    Below,
    /// Less than or equal.
    AtMost,
    /// Equal.
    Is,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A number.
    Number(f64),
    /// A number for each value of the clause's only label.
    Each(BTreeMap<String, f64>),
    /// The same, so many milliseconds ago, times a factor.
    Itself(f64, i64),
}

/// The number in an alert's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A share, given as a percentage.
    Share,
    /// A duration, given with its unit.
    Seconds,
    /// US dollars.
    Usd,
    /// A count, or a number without a unit.
    Count,
}

impl AlertContract {
    /// The labels that tell its alerts apart beside those of its rule; `None` where they are those of a target.
    #[must_use]
    pub fn each(&self) -> Option<Vec<String>> {
        self.branches.first().and_then(|clauses| clauses.first()).and_then(Clause::by)
    }

    /// The file and line, for messages.
    #[must_use]
    pub fn place(&self) -> (&Path, usize) {
        (&self.file, self.line)
    }
}

impl Clause {
    /// The labels that tell its values apart; `None` for those of a target.
    #[must_use]
    pub fn by(&self) -> Option<Vec<String>> {
        match &self.subject {
            Subject::Fact(fact, _) => Some(by(fact)),
            Subject::Level(Level::Targets) => Some(vec!["module".to_owned()]),
            Subject::Level(Level::Silence) | Subject::Nothing => Some(Vec::new()),
            Subject::Level(_) | Subject::Changes(..) | Subject::Engine(..) => None,
        }
    }

    /// The limit at these labels, where it is a number.
    #[must_use]
    pub fn limit(&self, labels: &Labels) -> Option<f64> {
        match &self.test {
            Test::Compare(_, Limit::Number(number)) => Some(*number),
            Test::Compare(_, Limit::Each(table)) => {
                labels.iter().find_map(|(_, value)| table.get(value).copied())
            }
            _ => None,
        }
    }
}

/// The labels that a fact keeps.
fn by(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Total(total)
        | Fact::Ratio { whole: total, .. }
        | Fact::Quantile { of: total, .. }
        | Fact::ShareAbove { of: total, .. } => total.by.clone(),
        Fact::Health(_) => vec!["module".to_owned()],
        Fact::Constant(values) => {
            let labels = values.iter().flat_map(|(labels, _)| labels.iter().map(|(name, _)| name));
            labels.take(1).cloned().collect()
        }
    }
}

impl Compare {
    /// Whether `value` compares so with `limit`.
    #[must_use]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Compare::Above => value > limit,
            Compare::AtLeast => value >= limit,
            Compare::Below => value < limit,
            Compare::AtMost => value <= limit,
            Compare::Is => value == limit,
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Fact(fact, over) => write!(out, "{fact} over {}", duration::format(*over))?,
            Subject::Level(level) => out.write_str(level.words())?,
            Subject::Changes(level, over) => {
                write!(out, "changes of {} over {}", level.words(), duration::format(*over))?;
            }
            Subject::Engine(metric, EngineReading::Increase(over)) => {
                write!(out, "increase of {metric} over {}", duration::format(*over))?;
            }
            Subject::Engine(metric, EngineReading::Highest(over)) => {
                write!(out, "highest {metric} over {}", duration::format(*over))?;
            }
            Subject::Nothing => return out.write_str("always"),
        }
        if self.ago_ms != 0 {
            write!(out, " {} ago", duration::format(self.ago_ms))?;
        }
        match &self.test {
            Test::Present => out.write_str(" is there")?,
            Test::Absent => out.write_str(" is not there")?,
            Test::Compare(compare, limit) => write!(out, " {} {limit}", compare.words())?,
        }
        if self.or_absent { out.write_str(", or is not there") } else { Ok(()) }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Number(number) => write!(out, "{number}"),
            Limit::Each(table) => {
                let each: Vec<String> =
                    table.iter().map(|(value, limit)| format!("{limit} for {value}")).collect();
                out.write_str(&each.join(", "))
            }
            Limit::Itself(times, ago) => {
                write!(out, "{times} times what it was {} ago", duration::format(*ago))
            }
        }
    }
}

impl Compare {
    /// Its words, and its name in contracts with `_` for a blank.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Compare::Above => "above",
            Compare::AtLeast => "at least",
            Compare::Below => "below",
            Compare::AtMost => "at most",
            Compare::Is => "is",
        }
    }
}

impl Level {
    fn words(self) -> &'static str {
        match self {
            Level::Answers => "whether a target answers",
            Level::Started => "when a target started",
            Level::Samples => "samples of a scrape",
            Level::ScrapeSeconds => "seconds of a scrape",
            Level::Operations => "whether a target shows its operations",
            Level::Targets => "targets of a module",
            Level::Silence => "seconds without a new sample",
        }
    }
}
