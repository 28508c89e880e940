//! Where the answers of a run come from: Prometheus, our own evaluation, or both, held against each other.
//!
//! The first run of each kind goes to Prometheus, and every plain expression is evaluated here as well: its answers must
//! be the same. Later runs are evaluated here; only what is not plain is asked. What answers mean is left to
//! [`super::record`].

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    asking::ask,
    condition::{Applied, Open, decide},
    error::CampaignError,
    setup::Campaign,
    subjects::Subject,
};
use prom::{evaluations::Evaluations, remote_write::SeriesRef, series::Labels};
use proof::{
    alert::AlertRule,
    backfill::{
        SeriesFilter,
        rules::{self, RecordingRule, RuleError},
    },
};
use stack::client::{prometheus::Prometheus, remote_write::RemoteWriter};
use truth::{
    evaluate::{agreement, evaluate, row::Row, store::Store},
    oracle::Era,
};

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Prometheus alone.
    Prometheus,
    /// Prometheus, and the same is evaluated here.
    Both,
    /// Our own evaluation, where an expression is plain.
    Here,
}

/// The answers of one run, each found once.
pub(super) struct Answers<'a> {
    campaign: &'a Campaign,
    source: Source,
    client: &'a Prometheus,
    writer: &'a RemoteWriter,
    store: Store,
    stored: SeriesFilter,
    /// Whether each series of the store, by its place, goes to the engine too.
    written: Vec<bool>,
    known: BTreeMap<(String, Evaluations), Vec<Row>>,
    /// Answers that were compared.
    pub(super) n_compared: usize,
    /// Expressions of which our own evaluation differs, and where; only collected where nothing depends on it.
    pub(super) differences: Vec<(String, String)>,
    /// Samples that were seen.
    pub(super) n_samples: usize,
    /// A series that two targets show.
    twice: Option<Labels>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(
        campaign: &'a Campaign,
        source: Source,
        client: &'a Prometheus,
        writer: &'a RemoteWriter,
    ) -> Answers<'a> {
        let version = campaign.binary.version.to_string();
        Answers {
            campaign,
            source,
            client,
            writer,
            store: Store::new(Era::of_version(&version).unwrap_or(Era::From3_0)),
            stored: campaign.expressions.stored.reads(),
            written: Vec::new(),
            known: BTreeMap::new(),
            n_compared: 0,
            differences: Vec::new(),
            n_samples: 0,
            twice: None,
        }
    }

    /// Takes samples of a scraped series; whether they are for the engine, too.
    pub(super) fn see(&mut self, series: &SeriesRef<'_>) -> bool {
        self.n_samples += series.samples.len();
        if self.source == Source::Prometheus {
            return true;
        }
        let nth = match self.store.append(series) {
            Ok(nth) => nth,
            Err(twice) => {
                self.twice.get_or_insert(twice.labels);
                return false;
            }
        };
        if self.source == Source::Both {
            return true;
        }
        if self.written.len() <= nth {
            let labels: Vec<(String, String)> =
                series.labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            self.written.resize(nth, false);
            self.written.push((self.stored)(&labels));
        }
        self.written[nth]
    }

    /// Records `recording`, in an order in which they may read each other.
    pub(super) async fn record(
        &mut self,
        recording: &[RecordingRule],
    ) -> Result<(), CampaignError> {
        if let Some(labels) = self.twice.take() {
            return Err(CampaignError::SameTarget { labels });
        }
        self.store.seal();
        let mut series = BTreeSet::new();
        for rule in rules::ordered(recording).map_err(RuleError::from)? {
            let evaluations = rule.evaluations;
            let found = self.find(&rule.record, &rule.expr, evaluations).await?;
            let elements = found
                .iter()
                .map(|row| (Labels::clone(&row.labels), row.points(evaluations).collect()));
            let record = || rule.record.clone();
            let recorded = rule
                .records(elements)
                .map_err(|source| RuleError::SameLabels { record: record(), source })?;
            for (labels, _) in &recorded {
                if !series.insert(labels.clone()) {
                    let labels = labels.iter().collect();
                    return Err(CampaignError::Twice { rule: record(), labels });
                }
            }
            let is_read = self.campaign.expressions.stored.records.contains(&rule.record);
            if self.source != Source::Here || is_read {
                rules::store(rule, &recorded, self.writer).await?;
            }
            if self.source == Source::Prometheus {
                continue;
            }
            // The engine's own values, where there are any, so that each expression is compared by itself.
            for (labels, samples) in &recorded {
                let added = self.store.append(&SeriesRef { labels, samples });
                added.map_err(|twice| {
                    let labels = twice.labels;
                    CampaignError::Twice { rule: record(), labels }
                })?;
            }
            self.store.seal();
        }
        Ok(())
    }

    /// The elements of an expression of `rule`.
    pub(super) async fn rows(
        &mut self,
        rule: &str,
        expr: &str,
        evaluations: Evaluations,
    ) -> Result<&Vec<Row>, CampaignError> {
        let key = (expr.to_owned(), evaluations);
        if !self.known.contains_key(&key) {
            let rows = self.find(rule, expr, evaluations).await?;
            self.known.insert(key.clone(), rows);
        }
        Ok(&self.known[&key])
    }

    /// Those parts of a question without an answer that have a value at all.
    pub(super) async fn parts_with_values(
        &mut self,
        rule: &str,
        question: &str,
        evaluations: Evaluations,
    ) -> Result<BTreeSet<String>, CampaignError> {
        let campaign = self.campaign;
        let mut found = BTreeSet::new();
        // At the full rate a run is a copy, which shows nothing new.
        if self.source == Source::Prometheus {
            return Ok(found);
        }
        for part in campaign.expressions.parts(question) {
            if !self.rows(rule, part, evaluations).await?.is_empty() {
                found.insert(part.clone());
            }
        }
        Ok(found)
    }

    /// Whether an expression that was taken apart decides as the engine does on the whole, given the answers.
    pub(super) async fn check(
        &mut self,
        subject: &Subject,
        rule: &AlertRule,
        given: &[Vec<Row>],
    ) -> Result<(), CampaignError> {
        let condition = &subject.condition;
        if condition.operands.is_empty() && condition.asked.len() == 1 {
            return Ok(());
        }
        let whole = self.find(&rule.name, &rule.expr, rule.evaluations).await?;
        let decided = |given: &[Vec<Row>], times: f64| {
            let values: Vec<f64> = condition.values().iter().map(|value| value * times).collect();
            decide(&condition.decision, given, Applied { values: &values, open: Open::None })
        };
        let campaign = self.campaign;
        let plain = |expr: &String| campaign.expressions.plain(expr);
        let parts: Option<Vec<_>> = condition.asked.iter().map(plain).collect();
        let same = match plain(&rule.expr).zip(parts) {
            // Held against the engine as a whole; here the same sums are the same to the last bit.
            Some((whole, asked)) => {
                let mut own = |plain| evaluate(plain, &mut self.store, rule.evaluations);
                let failed = |source| CampaignError::Evaluate { rule: rule.name.clone(), source };
                let whole = own(whole).map_err(failed)?;
                let given: Result<Vec<_>, _> = asked.into_iter().map(own).collect();
                let given = given.map_err(failed)?;
                decided(&given, 1.0).is_ok_and(|decided| sorted(decided) == sorted(whole))
            }
            // The engine may have added in another order, so that what is at its threshold is not decided.
            None => match decided(given, 1.0) {
                Ok(found) => {
                    let around = [1.0 - 1e-9, 1.0 + 1e-9].map(|times| decided(given, times));
                    let around = around.map(Result::unwrap_or_default);
                    let nameless = |rows: Vec<Row>| rows.into_iter().map(Row::nameless).collect();
                    let [low, high] = around.map(nameless);
                    let (found, whole): (Vec<Row>, Vec<Row>) = (nameless(found), nameless(whole));
                    let around = [low, high];
                    agreement::first_difference(&found, &around, &[], rule.evaluations, &whole)
                        .is_none()
                }
                Err(_) => false,
            },
        };
        if same { Ok(()) } else { Err(CampaignError::Apart { rule: rule.name.clone() }) }
    }

    async fn find(
        &mut self,
        rule: &str,
        expr: &str,
        evaluations: Evaluations,
    ) -> Result<Vec<Row>, CampaignError> {
        let campaign = self.campaign;
        let plain = campaign.expressions.plain(expr);
        let failed = |source| CampaignError::Evaluate { rule: rule.to_owned(), source };
        let plain = match (self.source, plain) {
            (Source::Here, Some(plain)) => {
                // Whoever waits for a signal must get a turn.
                tokio::task::yield_now().await;
                return evaluate(plain, &mut self.store, evaluations).map_err(failed);
            }
            (Source::Both, Some(plain)) => plain,
            _ => return ask(self.client, rule, expr, evaluations).await,
        };
        let theirs = ask(self.client, rule, expr, evaluations).await?;
        let difference = agreement::compare(plain, &mut self.store, evaluations, &theirs);
        self.n_compared += 1;
        if let Some(difference) = difference.map_err(failed)? {
            if !campaign.settings.all_by_prometheus {
                let (rule, expr) = (rule.to_owned(), one_line(expr));
                return Err(CampaignError::Differs { rule, expr, difference });
            }
            self.differences.push((one_line(expr), difference.to_string()));
        }
        Ok(theirs)
    }
}

fn one_line(expr: &str) -> String {
    expr.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Bits rather than numbers, as NaN is a value too; the name is not part of an alert.
fn sorted(rows: Vec<Row>) -> Vec<(Arc<Labels>, Vec<Option<u64>>)> {
    let bits = |row: Row| {
        let bits = row.values.into_iter().map(|value| value.map(f64::to_bits));
        (Arc::new(row.labels.without("__name__")), bits.collect())
    };
    let mut rows: Vec<_> = rows.into_iter().map(bits).collect();
    rows.sort();
    rows
}
