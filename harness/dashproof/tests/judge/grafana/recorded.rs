//! The recorded answers, the dashboards and contracts of then, and the verdict on one answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use flate2::read::GzDecoder;
use grafana::{Answered, Answers, Asking, DataSource, Page, Predicted, View, width};
use libtest_mimic::Failed;
use monitoring::grafana::{behaviour::Behaviour, variables::Selection};
use proof::verify::{
    ask::{self, Truth},
    look::Occasion,
    question::Question,
    through,
};
use serde_json::Value;
use testkit::lines::{block_on, lines};
use truth::{
    contract::Contracts,
    fact::{Expectation, Expected},
    judge::{self, Observed},
    oracle::{Arithmetic, Era},
};

use super::story;

/// When each recorded scenario began.
const EPOCHS: [(&str, &str); 3] = [
    ("long-memory", "2025-11-10T00:00:00Z"),
    ("provider-outage", "2025-11-24T00:00:00Z"),
    ("quiet-night", "2025-12-08T00:00:00Z"),
];

/// Everything recorded, and the truth of it.
pub(super) struct Recorded {
    cases: Value,
    pages: BTreeMap<String, Page>,
    contracts: Contracts,
    truths: BTreeMap<&'static str, Arc<Truth>>,
}

/// One recorded request.
pub(super) struct Case<'a>(&'a Value);

/// What held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) cases: usize,
    pub(super) queries: usize,
    pub(super) empty: usize,
    pub(super) series: usize,
    pub(super) points: usize,
}

impl Judged {
    pub(super) fn add(&mut self, other: &Judged) {
        self.cases += other.cases;
        self.queries += other.queries;
        self.empty += other.empty;
        self.series += other.series;
        self.points += other.points;
    }
}

impl<'a> Case<'a> {
    pub(super) fn name(&self) -> &'a str {
        self.0["case"].as_str().expect("a case has a name")
    }

    pub(super) fn answer(&self) -> &'a Value {
        &self.0["answer"]
    }

    fn whole(&self, name: &str) -> i64 {
        self.0[name].as_i64().expect("a whole number")
    }

    fn view(&self) -> View {
        let selection = self.0["selection"].as_object().expect("selections by variable");
        let selected = selection.iter().map(|(name, values)| {
            let chosen = values.as_array().map(|values| {
                let values = values.iter().filter_map(|value| value.as_str().map(str::to_owned));
                Selection::Values(values.collect())
            });
            (name.clone(), chosen.unwrap_or(Selection::All))
        });
        View {
            from_ms: self.whole("from_ms"),
            to_ms: self.whole("to_ms"),
            screen: width::USUAL_SCREEN,
            utc_offset_s: self.whole("utcOffsetSec"),
            selected: selected.collect(),
            options: BTreeMap::new(),
        }
    }
}

/// JSON that was packed as test data of the crate that asks Grafana.
fn read(name: &str) -> Result<Value, Failed> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana/tests/data");
    let mut text = String::new();
    GzDecoder::new(File::open(data.join(format!("{name}.json.gz")))?).read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}

impl Recorded {
    pub(super) fn read() -> Result<Recorded, Failed> {
        let then = read("at-399a880")?;
        let (mut pages, mut contracts) = (BTreeMap::new(), Contracts::default());
        let mut problems = Vec::new();
        for (name, text) in then.as_object().into_iter().flatten() {
            let (file, text) = (PathBuf::from(name), text.as_str().unwrap_or_default());
            match name.split_once('/') {
                Some(("dashboards", _)) => {
                    let page = Page::parse(&file, text).map_err(|found| format!("{found:?}"))?;
                    pages.insert(page.dashboard.uid.clone(), page);
                }
                Some((_, file_name)) if file_name.ends_with(".yaml") => {
                    contracts.add(&file, text, &mut problems);
                }
                _ => {}
            }
        }
        if !problems.is_empty() {
            return Err(format!("{problems:?}").into());
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let binary =
            lines().iter().find_map(|(_, binary)| binary.as_ref().ok()).ok_or("no promtool")?;
        let truths = EPOCHS.map(|(name, epoch)| {
            let epoch = epoch.parse().expect("an instant");
            (name, block_on(story::truth(&root, name, epoch, &contracts, binary)))
        });
        Ok(Recorded { cases: read("panels")?, pages, truths: truths.into(), contracts })
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        self.cases.as_array().into_iter().flatten().map(Case)
    }

    /// The story in whose time a case lies.
    fn truth(&self, case: &Case<'_>) -> &Truth {
        let to_ms = case.whole("to_ms");
        let begun = self.truths.values().filter(|truth| truth.ledger.epoch_ms() <= to_ms);
        begun.max_by_key(|truth| truth.ledger.epoch_ms()).expect("every case lies in a story")
    }

    /// What breaks of an answer to a case, in words.
    pub(super) fn judge(&self, case: &Case<'_>, answer: &Value) -> Result<Judged, Vec<String>> {
        let page = &self.pages[case.0["dashboard"].as_str().expect("a uid")];
        let (view, behaviour) = (case.view(), Behaviour::of("9.3.2").expect("it was recorded"));
        let source = DataSource {
            uid: "prometheus".to_owned(),
            id: Some(1),
            time_interval: Some("15s".to_owned()),
        };
        let asking = Asking { page, view: &view, source: &source, behaviour };
        let (panel, _) = page.panel(case.whole("panel")).expect("it was there then");
        let contract = &self.contracts.dashboards[&page.dashboard.uid];
        let words = |error: &dyn std::fmt::Display| vec![error.to_string()];
        let asked = through::of_panel(&asking, panel, contract, Occasion::Recorded)
            .map_err(|error| words(&error))?;
        let answers = Answers::read(200, &answer.to_string()).map_err(|error| words(&error))?;
        let (mut held, mut broken) = (Judged { cases: 1, ..Judged::default() }, Vec::new());
        for (predicted, question) in asked.request.predicted.iter().zip(&asked.questions) {
            let Some(question) = question else {
                broken.push(format!("{}: no contract", predicted.ref_id));
                continue;
            };
            let answered = answers.0.get(&predicted.ref_id).cloned().unwrap_or_default();
            let json = &answer["results"][&predicted.ref_id]["frames"];
            let found = query(question, predicted, &answered, json, self.truth(case), &mut held);
            broken.extend(found.into_iter().map(|words| format!("{}: {words}", predicted.ref_id)));
        }
        if broken.is_empty() { Ok(held) } else { Err(broken) }
    }
}

/// What breaks of an answer to one query. Each series is judged at the instants of which it could have kept points.
fn query(
    question: &Question,
    predicted: &Predicted,
    answered: &Answered,
    json: &Value,
    truth: &Truth,
    held: &mut Judged,
) -> Vec<String> {
    let shown = match answered.shown(&predicted.ref_id) {
        Ok(shown) => shown,
        Err(error) => return vec![error.to_string()],
    };
    let mut broken = through::unlike(predicted, answered, &shown);
    let misnamed = through::misnamed(question, &shown);
    broken.extend(misnamed.map(|(shown, wanted)| format!("named {shown:?} instead of {wanted:?}")));
    assert!(truth.blinds.is_empty(), "no recorded scenario blinds a metric");
    let arithmetic = Arithmetic::Modelled(Era::UpTo2_50);
    let expected = ask::expected(question, arithmetic, truth);
    let instants = question.form.instants();
    held.queries += 1;
    held.empty += usize::from(shown.is_empty());
    let mut known: BTreeSet<_> = BTreeSet::new();
    for (place, shown) in shown.into_iter().enumerate() {
        let frame = &json[place];
        let value = prom::series::Value::Matrix(vec![through::series(shown)]);
        let observed = ask::observed(value).remove(0);
        let expectation = expected.iter().find(|one| one.labels == observed.labels);
        if !known.insert(observed.labels.clone()) {
            broken.push(format!("{:?} is there twice", observed.labels));
        }
        held.series += 1;
        held.points += observed.points.len();
        let Some(expectation) = expectation else {
            broken.push(format!("{:?} is not expected", observed.labels));
            continue;
        };
        let there = |expected: &&Expected| **expected != Expected::Absent;
        let points = expectation.points.iter().filter(there).count();
        if frame["points"].as_u64() != Some(points as u64) {
            broken.push(format!(
                "{:?} has {} points, not {points}",
                observed.labels, frame["points"]
            ));
        }
        let shortened = frame["shortened"].as_bool() == Some(true);
        let (kept, one) = kept(&instants, expectation, &observed, shortened);
        broken.extend(breaches(&[one], &kept, &[observed]));
    }
    let missing: Vec<Expectation> =
        expected.into_iter().filter(|one| !known.contains(&one.labels)).collect();
    broken.extend(breaches(&missing, &instants, &[]));
    broken
}

/// The instants of which points were kept, and what was expected then.
fn kept(
    instants: &[i64],
    expectation: &Expectation,
    observed: &Observed,
    shortened: bool,
) -> (Vec<i64>, Expectation) {
    let half = observed.points.len() / 2;
    let gap =
        match (shortened, observed.points.get(half.wrapping_sub(1)), observed.points.get(half)) {
            (true, Some((last, _)), Some((first, _))) => (*last, *first),
            _ => (i64::MAX, i64::MIN),
        };
    let both = instants.iter().zip(&expectation.points);
    let both = both.filter(|(at, _)| **at <= gap.0 || **at >= gap.1);
    let (kept, points) = both.map(|(at, point)| (*at, *point)).unzip();
    (kept, Expectation { labels: expectation.labels.clone(), points })
}

fn breaches(expected: &[Expectation], instants: &[i64], observed: &[Observed]) -> Vec<String> {
    let finding = judge::judge(expected, instants, observed, |_| true);
    finding.breaches.iter().map(|breach| format!("{breach:?}")).collect()
}
