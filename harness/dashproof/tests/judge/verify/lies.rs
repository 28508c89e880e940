//! Teeth: every lie that an instrument can tell turns a verdict red.
//!
//! Each lie is told in a short story in which every metric moves, and every panel and rule is asked once. A lie that
//! nothing asked can see is excused by name, with the reason; the excuse is derived from the queries (a metric that
//! none reads, a label that none keeps), and it must be true: an excused lie that breaks anything fails too.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::Instant,
};

use libtest_mimic::{Failed, Trial};
use modules::lie::{Lie, Metric};
use monitoring::{Monitoring, rules::RuleKind};
use prom::promql::{self, Grouping, SelectorUse, Step};
use proof::verify::{ask::Verdict, question::Question};
use scenario::{Burst, Scenario, Stretch, Traffic};
use sim::{
    label::Label,
    time::Nanos,
    world::{Instance, Module},
};
use truth::{contract::Contracts, fact::Fact, quantity::Quantity};

use crate::verify::{bench, exposed, red};

/// Long enough for a freeze after ten minutes to show, short enough for two hundred runs.
const LASTS: Nanos = Nanos(20 * Nanos::MINUTE.0);

/// Requests per second at which every metric moves within that time.
const RATE: f64 = 12.0;

/// What a lie did: the kinds of expectation that it broke, with the kinds of breach.
type Broken = BTreeSet<(&'static str, &'static str)>;

struct Told {
    lie: Lie,
    broken: OnceLock<Result<Broken, String>>,
}

pub(crate) fn trials() -> Vec<Trial> {
    let lies = Module::ALL.iter().flat_map(|&module| Lie::all_for(Instance { module, replica: 0 }));
    let all: Arc<Vec<Told>> =
        Arc::new(lies.map(|lie| Told { lie, broken: OnceLock::new() }).collect());
    let one = |nth: usize| {
        let told = Arc::clone(&all);
        Trial::test(format!("lies::{}", all[nth].lie), move || told[nth].judge())
    };
    let mut trials: Vec<Trial> = (0..all.len()).map(one).collect();
    trials.push(Trial::test("lies::the table of lies and expectations", move || table(&all)));
    trials
}

/// All incidents of the story begin then.
const INCIDENTS_AT: Nanos = Nanos(2 * Nanos::MINUTE.0);

/// Nobody calls before, so that series which come late are missed when traffic begins, ten seconds before incidents.
const SILENCE: Nanos = Nanos(110 * Nanos::SECOND.0);

/// How much more traffic makes the modules' own limits refuse some of it, before and after a freeze.
const BURST: f64 = 2.6;

/// The shipped story in which everything moves, shorter and quieter.
pub(crate) fn story() -> Result<Scenario, String> {
    let mut scenario = bench::scenario("every-series-distinct")?;
    scenario.duration = LASTS;
    if let Traffic::Generated { course, .. } = &mut scenario.traffic {
        course.rate = RATE;
        course.stretches.insert(0, (Stretch::Stop, SILENCE));
        let lasts = Nanos(2 * Nanos::MINUTE.0);
        let burst = |minute| Burst { at: Nanos(minute * Nanos::MINUTE.0), lasts, factor: BURST };
        course.bursts = [7, 12].map(burst).into();
    }
    for incident in &mut scenario.incidents {
        if incident.at != INCIDENTS_AT {
            return Err(format!("{} has an incident at {:?}", scenario.name, incident.at));
        }
        incident.lasts = Nanos(incident.lasts.0.min(LASTS.saturating_sub(incident.at).0));
    }
    Ok(scenario)
}

/// Every panel over the whole story, with everything selected, and every rule; `early` also just after traffic began.
pub(crate) fn asked_once(questions: Vec<Question>, early: bool) -> Vec<Question> {
    let once = |question: &Question| {
        let why = question.why.as_str();
        let looked = ["the whole scenario", "every evaluation"].contains(&why)
            || (early && why == "one scrape after the edge of an incident at 0:02:00");
        looked && question.place.selection.is_empty()
    };
    questions.into_iter().filter(once).collect()
}

impl Told {
    fn judge(&self) -> Result<(), Failed> {
        let broken = self.broken()?;
        match (excuse(&bench::monitoring()?, &bench::contracts()?, self.lie), broken.is_empty()) {
            (None, false) => Ok(()),
            (Some(reason), true) => {
                eprintln!("{}: cannot be found out, {reason}", self.lie);
                Ok(())
            }
            (None, true) => {
                Err(Failed::from("no verdict turned red: some panel or rule must see it"))
            }
            (Some(reason), false) => {
                Err(Failed::from(format!("is excused ({reason}), but it broke {broken:?}")))
            }
        }
    }

    fn broken(&self) -> Result<&Broken, String> {
        self.broken.get_or_init(|| tell(self.lie)).as_ref().map_err(Clone::clone)
    }
}

fn tell(lie: Lie) -> Result<Broken, String> {
    let verdicts = verdicts_with(Some(lie))?;
    let red = verdicts.iter().filter(|verdict| !verdict.held());
    Ok(red
        .flat_map(|verdict| {
            red::kinds(verdict).into_iter().map(|kind| (kind_of(&verdict.question.fact), kind))
        })
        .collect())
}

/// The verdicts on the story while one module tells a lie, or none does.
pub(crate) fn verdicts_with(lie: Option<Lie>) -> Result<Vec<Verdict>, String> {
    let (verifier, scenario) = (bench::verifier()?, story()?);
    bench::run(async {
        let staged = bench::stage(&verifier, &scenario, lie).await?;
        let (questions, _) = verifier
            .files
            .questions(&scenario, &staged)
            .await
            .map_err(|error| bench::chain(&error))?;
        let early = matches!(lie, Some(Lie::LateSeries { .. }));
        let questions = asked_once(questions, early);
        let verdicts = bench::answers(questions, &staged).await?;
        staged.engine.stop().await;
        Ok(verdicts)
    })
}

/// The kind of expectation.
pub(crate) fn kind_of(fact: &Fact) -> &'static str {
    match fact {
        Fact::Total(total) if total.per_second => "rate",
        Fact::Total(_) => "increase",
        Fact::Ratio { .. } => "ratio",
        Fact::Quantile { .. } => "quantile",
        Fact::ShareAbove { .. } => "share above",
        Fact::Health(_) => "health",
        Fact::Constant(_) => "constant",
    }
}

/// Why nothing that is asked can see the lie, or `None` where something can.
fn excuse(monitoring: &Monitoring, contracts: &Contracts, lie: Lie) -> Option<String> {
    let metric = lie.metric().to_string();
    let reads = reads(monitoring, &metric);
    if reads.is_empty() {
        return Some(format!("since {metric} is emitted but never used"));
    }
    match lie {
        Lie::DoubleCount { metric } if only_shares(contracts, metric) => Some(format!(
            "since only ratios and quantiles of {metric} are shown, which a common factor leaves as they are"
        )),
        Lie::SwapLabels { label, .. } if !reads.iter().any(|read| sees(read, label)) => {
            Some(format!("since no panel and no rule keeps or filters {label} of {metric}"))
        }
        _ => None,
    }
}

/// Whether all that must be shown of the metric is a share or a quantile of it alone.
fn only_shares(contracts: &Contracts, metric: Metric) -> bool {
    let panels = contracts.dashboards.values().flat_map(|dashboard| dashboard.panels.values());
    let targets = panels.flat_map(|panel| panel.targets.values()).chain(contracts.rules.values());
    let is_it = |quantity: &Quantity| exposed::metric(*quantity) == Some(metric.as_str());
    targets.map(|target| &target.fact).all(|fact| match fact {
        Fact::Total(total) => !total.quantities.iter().any(is_it),
        // Of several modules, one alone would shift the share, unless each has its own.
        Fact::Ratio { whole: total, .. }
        | Fact::Quantile { of: total, .. }
        | Fact::ShareAbove { of: total, .. } => {
            !total.quantities.iter().any(is_it)
                || total.quantities.len() == 1
                || total.by.iter().any(|label| label == "module")
        }
        Fact::Health(_) | Fact::Constant(_) => true,
    })
}

/// Every selector of a panel or a recording rule that reads the metric.
fn reads(monitoring: &Monitoring, metric: &str) -> Vec<SelectorUse> {
    let targets = monitoring
        .dashboards
        .iter()
        .flat_map(|dashboard| &dashboard.panels)
        .flat_map(|panel| &panel.targets);
    // Alerts are asked elsewhere; what they read by way of a recorded series is judged there.
    let rules = monitoring
        .rules
        .iter()
        .flat_map(|file| &file.groups)
        .flat_map(|group| &group.rules)
        .filter(|rule| matches!(rule.kind, RuleKind::Record { .. }));
    let expressions = targets.map(|target| &target.expr).chain(rules.map(|rule| &rule.expr));
    let series = ["", "_bucket", "_sum", "_count"].map(|suffix| format!("{metric}{suffix}"));
    expressions
        .flat_map(|expr| promql::selectors(expr).expect("the shipped queries parse"))
        .filter(|read| series.iter().any(|name| read.metrics.may_select(name)))
        .collect()
}

/// Whether the label decides on a selector's answer: it is matched, or no aggregation takes it away.
fn sees(read: &SelectorUse, label: &str) -> bool {
    let taken_away = read.path.iter().any(|step| match step {
        Step::Aggregation { grouping: Grouping::By(kept), .. } => {
            !kept.iter().any(|kept| kept == label)
        }
        Step::Aggregation { grouping: Grouping::Without(lost), .. } => {
            lost.iter().any(|lost| lost == label)
        }
        _ => false,
    });
    !taken_away || read.matchers.iter().any(|matcher| matcher.label() == label)
}

/// What the lies of one kind did.
#[derive(Default)]
struct Row {
    /// How many there were.
    told: usize,
    /// How many of them broke each kind of expectation.
    broken: BTreeMap<&'static str, usize>,
    /// In which ways.
    signs: BTreeSet<&'static str>,
}

/// Prints how many lies of each kind broke expectations of each kind; each kind of lie must break some, and each kind
/// of expectation about metrics must be broken by some.
fn table(all: &[Told]) -> Result<(), Failed> {
    let began = Instant::now();
    let honest = verdicts_with(None)?;
    let (verifier, story) = (bench::verifier()?, story()?);
    if let Some(broken) = red::broken(&verifier, &story, honest.iter(), std::iter::empty()) {
        return Err(Failed::from(format!("without a lie everything must hold:\n{broken}")));
    }
    let asked: BTreeSet<&str> =
        honest.iter().map(|verdict| kind_of(&verdict.question.fact)).collect();
    // What the configuration states, no instrument can distort: `faults` breaks it.
    let columns: Vec<&str> =
        asked.into_iter().filter(|kind| !["health", "constant"].contains(kind)).collect();
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for told in all {
        let row = rows.entry(kind_of_lie(told.lie)).or_default();
        row.told += 1;
        let broken = told.broken()?;
        let facts: BTreeSet<&str> = broken.iter().map(|(fact, _)| *fact).collect();
        facts.into_iter().for_each(|fact| *row.broken.entry(fact).or_default() += 1);
        row.signs.extend(broken.iter().map(|(_, kind)| *kind));
    }
    let mut text = format!("{:<20}{:>6}", "lie", "told");
    columns.iter().for_each(|column| text += &format!("{column:>13}"));
    for (lie, Row { told, broken, signs }) in &rows {
        text += &format!("\n{lie:<20}{told:>6}");
        columns
            .iter()
            .for_each(|column| text += &format!("{:>13}", broken.get(column).unwrap_or(&0)));
        text += &format!("   {}", signs.iter().copied().collect::<Vec<_>>().join(", "));
    }
    eprintln!(
        "lies that break each kind of expectation ({:.0} s):\n{text}",
        began.elapsed().as_secs_f64()
    );
    let unbroken: Vec<&&str> = columns
        .iter()
        .filter(|column| !rows.values().any(|row| row.broken.contains_key(*column)))
        .collect();
    if unbroken.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(format!(
            "no lie breaks an expectation of these kinds: {unbroken:?}\n{text}"
        )))
    }
}

fn kind_of_lie(lie: Lie) -> &'static str {
    match lie {
        Lie::DropEveryNth { .. } => "drop every nth",
        Lie::DoubleCount { .. } => "double count",
        Lie::Freeze { .. } => "freeze",
        Lie::SwapLabels { .. } => "swap labels",
        Lie::ShiftBuckets { .. } => "shift buckets",
        Lie::WrongUnit { .. } => "wrong unit",
        Lie::LateSeries { .. } => "late series",
    }
}
