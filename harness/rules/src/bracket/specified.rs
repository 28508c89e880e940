//! Cases from what an alert is meant to say: its contract as a rule of its own, which the deployed rule must behave as.
//!
//! Cases that are made from a rule pass with any threshold. Here the contract's clauses are written as an expression over
//! the metrics that record its facts, the cases are made of that, and the deployed rule is asked. Its own expression is
//! read for one thing: whether it reads anything else, for which there are no series.

use std::collections::{BTreeMap, BTreeSet};

use prom::{
    duration,
    promql::{self, MetricNames},
    series::Labels,
    staleness,
};
use proof::alert::{AlertRule, Timing};
use stack::{environment::Environment, prometheus_binary::PrometheusBinary};
use truth::{
    alert::recorded::recorded,
    contract::{
        Contracts, TargetContract,
        alert::{AlertContract, Clause, Compare, EngineReading, Level, Limit, Subject, Test},
    },
    fact::Fact,
};

use monitoring::recorded::RecordedLabels;

use super::{
    Bracket, CaseSeries, Lack, NotBracketed, What, bracket,
    run::{AlertReport, BracketReport, Observed, Ran, RunError, Staged},
};

/// The counter of operations that a target shows: one of the three will do.
const OPERATIONS: &str = "prompt_manager_operations_total";
/// How far apart the samples of what rules state stand, in milliseconds.
const STATED_EVERY_MS: i64 = 60_000;

/// Rules with the cases of their contracts.
#[derive(Clone, Debug, Default)]
pub struct Specified {
    /// The deployed rules that have a contract.
    pub rules: Vec<AlertRule>,
    /// For each the rule that its contract describes.
    pub references: Vec<AlertRule>,
    /// For each the cases.
    pub brackets: Vec<Bracket>,
}

/// The cases of every contract that some rule of `rules` has; recorded series have the labels `recorded`.
#[must_use]
pub fn specified(
    rules: &[AlertRule],
    contracts: &Contracts,
    recorded: &RecordedLabels,
) -> Specified {
    let mut found = Specified::default();
    for (alert, contract) in contracts.specified.iter().filter(|(_, one)| !one.is_draft) {
        let mut of_it = rules.iter().filter(|rule| rule.name == *alert);
        let (Some(rule), None) = (of_it.next(), of_it.next()) else { continue };
        let references = references(rule, contract, &contracts.rules);
        let cases = |reference: AlertRule| {
            let bracket = cases(rule, &reference, &contracts.rules, recorded);
            (reference, bracket)
        };
        let of_it: Vec<(AlertRule, Bracket)> = match references {
            Ok(references) => references.into_iter().map(cases).collect(),
            Err(reason) => vec![(rule.clone(), lacking(alert, reason))],
        };
        for (reference, bracket) in of_it {
            found.rules.push(rule.clone());
            found.references.push(reference);
            found.brackets.push(bracket);
        }
    }
    found
}

/// Runs the cases of contracts.
///
/// # Errors
/// If they could not be run; a rule that does something else is no error.
pub async fn run(
    specified: Specified,
    binary: &PrometheusBinary,
    environment: &Environment,
    answered: impl FnMut(usize),
) -> Result<BracketReport, RunError> {
    let Specified { rules, references, brackets } = specified;
    let staged = Staged::new(binary, environment, &brackets).await?;
    let asked: Vec<_> = brackets
        .iter()
        .enumerate()
        .flat_map(|(nth, bracket)| {
            let (reference, rule) = (&references[nth], &rules[nth]);
            bracket.cases.iter().enumerate().flat_map(move |(at, case)| {
                [(reference, nth, at, case.n_evaluations), (rule, nth, at, case.n_evaluations)]
            })
        })
        .collect();
    let observed = staged.ask_all(&asked, answered).await?;
    staged.stop().await;
    let mut observed = observed.chunks(2);
    let mut alerts = Vec::new();
    for bracket in brackets {
        let mut report = AlertReport {
            alert: bracket.alert,
            cases: Vec::new(),
            not_bracketed: bracket.not_bracketed,
            by_contract: true,
        };
        for case in bracket.cases {
            let Some([of_reference, of_rule]) = observed.next() else { continue };
            if *of_reference == Observed::Behaved(case.expected.clone()) {
                let (what, expected) = (case.what, case.expected);
                report.cases.push(Ran { what, expected, observed: of_rule.clone() });
            } else {
                report.not_bracketed.push(NotBracketed {
                    what: case.what,
                    lack: Lack::Unknown,
                    reason: "the series of this case do not do what it says".to_owned(),
                });
            }
        }
        alerts.push(report);
    }
    Ok(BracketReport { alerts })
}

fn lacking(alert: &str, reason: String) -> Bracket {
    let not = NotBracketed { what: What::Rule, lack: Lack::Unknown, reason };
    Bracket { alert: alert.to_owned(), cases: Vec::new(), not_bracketed: vec![not] }
}

fn cases(
    rule: &AlertRule,
    reference: &AlertRule,
    rules: &BTreeMap<String, TargetContract>,
    recorded: &RecordedLabels,
) -> Bracket {
    let listed = |expr: &str| -> BTreeSet<String> {
        let read = promql::metrics_read(expr).into_iter();
        let names = read.filter_map(|metrics| match metrics {
            MetricNames::Listed(names) => Some(names),
            MetricNames::Pattern(_) | MetricNames::Variable => None,
        });
        names.flatten().collect()
    };
    let known = listed(&reference.expr);
    let stated: Vec<(&String, &Fact)> = rules
        .iter()
        .filter(|(record, rule)| {
            matches!(rule.fact, Fact::Constant(_)) && !known.contains(record.as_str())
        })
        .map(|(record, rule)| (record, &rule.fact))
        .collect();
    let is_known = |metrics: &MetricNames| {
        known.iter().any(|name| metrics.may_select(name))
            || stated.iter().any(|(record, _)| metrics.may_select(record))
    };
    if !promql::metrics_read(&rule.expr).iter().all(is_known) {
        let names: Vec<String> =
            listed(&rule.expr).into_iter().filter(|name| !known.contains(name)).collect();
        return lacking(
            &rule.name,
            format!(
                "the rule reads {}, and its contract's facts are recorded as {}: only scenarios judge its thresholds",
                names.join(", "),
                known.into_iter().collect::<Vec<_>>().join(", ")
            ),
        );
    }
    let mut bracket = bracket(reference, recorded);
    for case in &mut bracket.cases {
        let end = case.interval_ms * case.n_evaluations as i64;
        let begin = (1 - case.lead_ms).max(-5 * STATED_EVERY_MS);
        for (record, fact) in &stated {
            let Fact::Constant(figures) = fact else { continue };
            for (labels, figure) in figures {
                let mut pairs: BTreeMap<&str, &str> =
                    labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                pairs.insert("__name__", record);
                let step = usize::try_from(STATED_EVERY_MS).unwrap_or(1);
                let mut samples: Vec<(i64, f64)> =
                    (begin..=end).step_by(step).map(|at| (at, *figure)).collect();
                samples.push((end + 1, staleness::MARKER));
                let labels: Labels = pairs.into_iter().collect();
                case.series.push(CaseSeries { labels, samples });
            }
        }
    }
    bracket
}

/// The rules that a contract describes, evaluated as the deployed one is: one for each value of a label that limits
/// depend on, as cases of all of them at once would be too many to find.
fn references(
    rule: &AlertRule,
    contract: &AlertContract,
    rules: &BTreeMap<String, TargetContract>,
) -> Result<Vec<AlertRule>, String> {
    let writer = Writer { rules };
    let each = contract.branches.iter().flatten().find_map(|clause| match &clause.test {
        Test::Compare(_, Limit::Each(table)) => Some((clause.by()?.first()?.clone(), table)),
        _ => None,
    });
    let texts = contract.names.iter().map(|name| format!("{{{{ $labels.{name} }}}}"));
    let text = texts.collect::<Vec<_>>().join(" ");
    let reference = |only: Option<(&String, &String)>| {
        let branches = contract.branches.iter().map(|clauses| writer.branch(clauses, only));
        let branches: Vec<String> = branches.collect::<Result<_, String>>()?;
        Ok(AlertRule {
            expr: branches.join("\nor\n"),
            labels: contract.labels.clone(),
            annotations: [("summary".to_owned(), text.clone())].into(),
            timing: Timing {
                for_ms: contract.for_ms,
                keep_firing_for_ms: contract.keep_firing_for_ms,
            },
            ..rule.clone()
        })
    };
    match &each {
        None => Ok(vec![reference(None)?]),
        Some((label, table)) => table.keys().map(|value| reference(Some((label, value)))).collect(),
    }
}

struct Writer<'a> {
    rules: &'a BTreeMap<String, TargetContract>,
}

impl Writer<'_> {
    fn branch(
        &self,
        clauses: &[Clause],
        only: Option<(&String, &String)>,
    ) -> Result<String, String> {
        let Some((condition, guards)) = clauses.split_first() else {
            return Err("a branch has no clause".to_owned());
        };
        let mut text = self.compared(condition, only)?;
        for guard in guards {
            let (vector, on) = (self.vector(guard, guard.ago_ms, only)?, on(guard));
            let (word, vector) = match (&guard.test, guard.or_absent) {
                (Test::Present, _) => ("and", vector),
                (Test::Absent, _) => ("unless", vector),
                (Test::Compare(compare, _), true) => {
                    let limit = limit(guard, only)?;
                    ("unless", format!("{vector} {} {limit}", sign(inverse(*compare)?)))
                }
                (Test::Compare(..), false) => ("and", self.compared(guard, only)?),
            };
            text = format!("{text} {word} on ({}) {vector}", on.join(", "));
        }
        Ok(text)
    }

    fn compared(
        &self,
        clause: &Clause,
        only: Option<(&String, &String)>,
    ) -> Result<String, String> {
        let vector = self.vector(clause, clause.ago_ms, only)?;
        Ok(match (&clause.test, &clause.subject) {
            (Test::Absent, Subject::Level(Level::Silence)) => "absent(up)".to_owned(),
            (Test::Compare(Compare::Is, Limit::Number(0.0)), Subject::Level(Level::Targets)) => {
                let stated = self.rules.iter().find(|(_, rule)| match &rule.fact {
                    Fact::Constant(figures) => {
                        figures.iter().all(|(labels, _)| labels.iter().any(|(n, _)| n == "module"))
                    }
                    _ => false,
                });
                let (record, _) = stated.ok_or("no rule states which modules must exist")?;
                format!("{record} unless on (module) {vector}")
            }
            (Test::Present, _) => vector,
            (Test::Absent, _) => return Err("an absence gives an alert no labels".to_owned()),
            (Test::Compare(compare, Limit::Itself(times, ago)), _) => {
                let before = self.vector(clause, clause.ago_ms + ago, only)?;
                format!("{vector} {} {times} * {before}", sign(*compare))
            }
            (Test::Compare(compare, _), _) => {
                format!("{vector} {} {}", sign(*compare), limit(clause, only)?)
            }
        })
    }

    fn vector(
        &self,
        clause: &Clause,
        ago_ms: i64,
        only: Option<(&String, &String)>,
    ) -> Result<String, String> {
        let offset = match ago_ms {
            0 => String::new(),
            ago => format!(" offset {}", duration::format(ago)),
        };
        let raw = |metric: &str, window: &str| format!("{metric}{{module!=\"\"}}{window}{offset}");
        let over = |ms: &i64| format!("[{}]", duration::format(*ms));
        Ok(match &clause.subject {
            Subject::Fact(fact, over_ms) => {
                let found = recorded(self.rules, fact, *over_ms)
                    .ok_or_else(|| format!("no rule records {fact}"))?;
                let mut matchers: Vec<String> = found
                    .only
                    .iter()
                    .map(|one| format!("{}=~\"{}\"", one.label, one.values.join("|")))
                    .collect();
                let by = clause.by().unwrap_or_default();
                let of_only = only.filter(|(label, _)| by.contains(label));
                matchers.extend(of_only.map(|(label, value)| format!("{label}=\"{value}\"")));
                let selector = match matchers.is_empty() {
                    true => found.record.to_owned(),
                    false => format!("{}{{{}}}", found.record, matchers.join(",")),
                };
                match found.times {
                    1.0 => format!("{selector}{offset}"),
                    times => format!("{selector}{offset} * {times}"),
                }
            }
            Subject::Level(Level::Answers) => raw("up", ""),
            Subject::Level(Level::Samples) => raw("scrape_samples_scraped", ""),
            Subject::Level(Level::ScrapeSeconds) => raw("scrape_duration_seconds", ""),
            Subject::Level(Level::Operations) => format!("{OPERATIONS}{offset}"),
            Subject::Level(Level::Targets) => format!("up{offset}"),
            Subject::Level(Level::Silence) => "time() - max(timestamp(up))".to_owned(),
            Subject::Level(Level::Started) => raw("process_start_time_seconds", ""),
            Subject::Changes(Level::Started, ms) => {
                format!("changes({})", raw("process_start_time_seconds", &over(ms)))
            }
            Subject::Changes(_, ms) => format!("changes({})", raw("up", &over(ms))),
            Subject::Engine(metric, EngineReading::Increase(ms)) => {
                format!("increase({metric}{}{offset})", over(ms))
            }
            Subject::Engine(metric, EngineReading::Highest(ms)) => {
                format!("max_over_time({metric}{}{offset})", over(ms))
            }
            Subject::Nothing => "vector(1)".to_owned(),
        })
    }
}

/// The labels by which a guard is matched.
fn on(guard: &Clause) -> Vec<String> {
    guard.by().unwrap_or_else(|| vec!["job".to_owned(), "instance".to_owned()])
}

fn limit(clause: &Clause, only: Option<(&String, &String)>) -> Result<f64, String> {
    match (&clause.test, only) {
        (Test::Compare(_, Limit::Number(number)), _) => Ok(*number),
        (Test::Compare(_, Limit::Each(table)), Some((label, value))) => {
            table.get(value).copied().ok_or_else(|| format!("no limit where {label} is {value}"))
        }
        _ => Err(format!("`{clause}` has no number to compare with")),
    }
}

fn sign(compare: Compare) -> &'static str {
    match compare {
        Compare::Above => ">",
        Compare::AtLeast => ">=",
        Compare::Below => "<",
        Compare::AtMost => "<=",
        Compare::Is => "==",
    }
}

fn inverse(compare: Compare) -> Result<Compare, String> {
    match compare {
        Compare::Above => Ok(Compare::AtMost),
        Compare::AtLeast => Ok(Compare::Below),
        Compare::Below => Ok(Compare::AtLeast),
        Compare::AtMost => Ok(Compare::Above),
        Compare::Is => {
            Err("an equality that also holds where nothing is cannot be written".to_owned())
        }
    }
}
