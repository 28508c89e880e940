//! Whether an alert does what its contract says, at every evaluation of its rule.
//!
//! The ledger says when the contract's condition holds ([`truth::alert`]), the state machine what an alert then does;
//! the rule's own timeline must be the same. What the rule's expression is, is read for one thing only: whether it reads
//! what a recording rule records, and is as late as that.

use std::collections::BTreeMap;

use prom::{
    duration,
    evaluations::Evaluations,
    promql::{self, MetricNames},
    series::Labels,
};
use scenario::Scenario;
use sim::world::Instance;
use truth::{
    alert::{Course, Holds, Point, Watch, recorded::recorded},
    contract::{Contracts, alert::AlertContract},
    fact::{Fact, Labels as Pairs},
    judge::TOLERANCE,
    oracle::Arithmetic,
};

use super::{AlertVerdict, Expected, unjudged};
use crate::{
    alert::{
        AlertSeries, Timeline, Timing,
        machine::{State, states},
        rule::ALERTNAME,
    },
    verify::ask::{Truth, quantities},
};

/// All that alerts are held against in one scenario.
#[derive(Clone, Copy, Debug)]
pub struct Specified<'a> {
    /// What they are meant to say.
    pub contracts: &'a Contracts,
    /// The story.
    pub scenario: &'a Scenario,
    /// What happened in it.
    pub truth: &'a Truth,
    /// The engine's arithmetic, if it is known.
    pub arithmetic: Arithmetic,
    /// The labels of each target.
    pub targets: &'a BTreeMap<Instance, Pairs>,
    /// When each recorded metric was evaluated.
    pub recorded: &'a BTreeMap<String, Evaluations>,
}

/// Where a timeline leaves its contract.
struct Difference {
    at_ms: i64,
    text: String,
}

impl Specified<'_> {
    /// Adds to the verdicts what the contracts say, and where a rule differs from its own.
    pub fn judge(&self, verdicts: &mut Vec<AlertVerdict>, timelines: &[Timeline]) {
        for (alert, contract) in &self.contracts.specified {
            let of_it: Vec<&Timeline> =
                timelines.iter().filter(|timeline| timeline.rule.name == *alert).collect();
            if contract.is_draft || contract.beyond_the_ledger().is_some() {
                continue;
            }
            let Some(first) = of_it.first() else { continue };
            let evaluations = first.rule.evaluations;
            let found = match of_it.as_slice() {
                [timeline] => self.difference(contract, timeline),
                _ => Some(Difference {
                    at_ms: evaluations.first_ms,
                    text: format!(
                        "{} rules raise it, of which none alone is what its contract says: make one rule of them",
                        of_it.len()
                    ),
                }),
            };
            let known = verdicts.iter().position(|verdict| verdict.alert == *alert);
            let index = known.unwrap_or_else(|| {
                let mut verdict = unjudged(alert, evaluations.last_ms);
                verdict.rules.extend(of_it.iter().map(|timeline| timeline.rule.clone()));
                let firings = of_it.iter().flat_map(|timeline| timeline.firings());
                verdict.fired.extend(firings.map(|(labels, life)| (labels.clone(), life)));
                verdicts.push(verdict);
                verdicts.len() - 1
            });
            let verdict = &mut verdicts[index];
            verdict.expected.push(Expected::Specified { evaluations: evaluations.count() });
            verdict.broken.extend(found.map(|found| found.text));
        }
        verdicts.sort_by(|a, b| a.alert.cmp(&b.alert));
    }

    /// What the contract expects at the evaluations of a rule.
    #[must_use]
    pub fn courses(&self, contract: &AlertContract, rule: &crate::alert::AlertRule) -> Vec<Course> {
        let reads = promql::metrics_read(&rule.expr);
        let recorded_at = |fact: &Fact, over_ms: i64| {
            let found = recorded(&self.contracts.rules, fact, over_ms)?;
            let named = |metrics: &MetricNames| {
                matches!(metrics, MetricNames::Listed(_)) && metrics.may_select(found.record)
            };
            let is_read = reads.iter().any(named);
            self.recorded.get(found.record).copied().filter(|_| is_read)
        };
        let is_blind = |fact: &Fact, at: i64| {
            let of = quantities(fact);
            self.truth.blinds.iter().any(|blind| {
                // A recorded window may reach back from there.
                of.contains(&blind.quantity) && at >= blind.from_ms
            })
        };
        let instants: Vec<i64> = rule.evaluations.instants().collect();
        let watch = Watch {
            contract,
            ledger: &self.truth.ledger,
            arithmetic: self.arithmetic,
            targets: self.targets,
            instants: &instants,
            constants_ms: self.truth.constants_ms,
            recorded: &recorded_at,
            is_blind: &is_blind,
        };
        watch.expect()
    }

    /// The first evaluation at which a rule does something else than its contract says.
    fn difference(&self, contract: &AlertContract, timeline: &Timeline) -> Option<Difference> {
        let rule = &timeline.rule;
        let timing =
            Timing { for_ms: contract.for_ms, keep_firing_for_ms: contract.keep_firing_for_ms };
        let mut left: BTreeMap<&Labels, &AlertSeries> =
            timeline.alerts.iter().map(|alert| (&alert.labels, alert)).collect();
        let mut found = Vec::new();
        let nothing =
            AlertSeries { labels: Labels::default(), values: Vec::new(), episodes: Vec::new() };
        for course in self.courses(contract, rule) {
            let labels = course.labels.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            let labels: Labels = labels.chain([(ALERTNAME, rule.name.as_str())]).collect();
            let series = left.remove(&labels).unwrap_or(&nothing);
            found.extend(self.of_series((contract, timing), &course.points, rule, &labels, series));
        }
        for (labels, series) in left {
            let Some((at_ms, _)) = series.values.first() else { continue };
            let wanted = contract
                .each()
                .map_or_else(|| "those of a target".to_owned(), |each| each.join(", "));
            let text = format!(
                "{}: it has the labels {labels}, which its contract gives it nowhere (by {wanted}, and {})",
                self.at(*at_ms),
                truth::fact::words::pairs(&contract.labels.clone().into_iter().collect::<Vec<_>>())
            );
            found.push(Difference { at_ms: *at_ms, text });
        }
        found.into_iter().min_by_key(|difference| difference.at_ms)
    }

    fn of_series(
        &self,
        (contract, timing): (&AlertContract, Timing),
        points: &[Point],
        rule: &crate::alert::AlertRule,
        labels: &Labels,
        series: &AlertSeries,
    ) -> Option<Difference> {
        let values: BTreeMap<i64, f64> = series.values.iter().copied().collect();
        let instants = || rule.evaluations.instants();
        let holds: Vec<bool> = instants().map(|at| values.contains_key(&at)).collect();
        let wanted: Vec<bool> = points
            .iter()
            .zip(&holds)
            .map(|(point, observed)| match point.holds {
                Holds::Yes => true,
                Holds::No => false,
                Holds::Either => *observed,
            })
            .collect();
        let does = states(&holds, rule.evaluations, rule.timing);
        let must = states(&wanted, rule.evaluations, timing);
        for (nth, at_ms) in instants().enumerate() {
            let point = &points[nth];
            let difference = if does[nth] != must[nth] {
                format!(
                    "the rule is {}, its contract says {}",
                    self.state(does[nth]),
                    self.state(must[nth])
                )
            } else {
                let told = contract.number.and(point.value);
                let (Some(value), Some((low, high))) = (values.get(&at_ms), told) else { continue };
                if within(*value, low, high) {
                    continue;
                }
                format!("the rule's value is {value}, its contract says {}", range((low, high)))
            };
            let text = format!(
                "{}, {labels}: {difference}; {}; {}",
                self.at(at_ms),
                clause(contract, point),
                self.event(at_ms)
            );
            return Some(Difference { at_ms, text });
        }
        None
    }

    fn at(&self, at_ms: i64) -> String {
        let epoch_ms = self.scenario.epoch.as_millisecond();
        format!(
            "first differs from its contract {} after the start",
            duration::format(at_ms - epoch_ms)
        )
    }

    fn state(&self, state: State) -> String {
        let epoch_ms = self.scenario.epoch.as_millisecond();
        let since = |at: i64| duration::format(at - epoch_ms);
        match state {
            State::Inactive => "inactive".to_owned(),
            State::Pending(since_ms) => format!("pending since {}", since(since_ms)),
            State::Firing(since_ms) => format!("firing since {}", since(since_ms)),
            State::Kept(since_ms) => {
                format!("firing since {}, kept without its condition", since(since_ms))
            }
        }
    }

    /// The last thing that began or ended before an instant.
    fn event(&self, at_ms: i64) -> String {
        let epoch_ms = self.scenario.epoch.as_millisecond();
        let since = |at: sim::time::Nanos| at.as_millis() as i64;
        let edges = self.scenario.incidents.iter().flat_map(|incident| {
            let title = incident.kind.title();
            [
                (since(incident.at), format!("{title} began")),
                (since(incident.ends()), format!("{title} ended")),
            ]
        });
        let before = edges.filter(|(at, _)| epoch_ms + at <= at_ms);
        match before.max_by_key(|(at, _)| *at) {
            Some((at, what)) => format!("{what} at {}", duration::format(at)),
            None => "no incident had begun".to_owned(),
        }
    }
}

/// The clause that decides, and what it looked at.
fn clause(contract: &AlertContract, point: &Point) -> String {
    let (branch, position) = point.decided;
    let clause = &contract.branches[branch][position];
    let (file, line) = (contract.file.file_name().unwrap_or_default(), clause.line);
    let seen = point.seen.map_or_else(|| "there is nothing".to_owned(), range);
    format!("{}:{line}: {clause}; there: {seen}", file.to_string_lossy())
}

fn range((low, high): (f64, f64)) -> String {
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}

fn within(value: f64, low: f64, high: f64) -> bool {
    low - TOLERANCE * low.abs() <= value && value <= high + TOLERANCE * high.abs()
}
