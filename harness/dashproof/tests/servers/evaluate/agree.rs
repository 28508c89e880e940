//! An engine and a store that hold the same samples, and the same questions to both.
//!
//! An engine is asked over all evaluations at once, as it is asked elsewhere. A range query refuses the same labels of
//! two elements even if they never meet at one instant, which no evaluation of a rule does; so where it refuses, it is
//! asked at each evaluation, and what counts is whether any of these is refused.

use std::time::Duration;

use libtest_mimic::Failed;
use prom::{
    evaluations::Evaluations,
    promql::plain::Plain,
    remote_write::{EncodedLabels, SeriesRef},
    series::{Series, Value},
};
use stack::{
    client::{
        prometheus::{ClientError, Prometheus},
        remote_write::RemoteWriter,
    },
    native::{NativePrometheus, Options},
    prometheus_binary::PrometheusBinary,
};
use truth::{
    evaluate::{
        agreement, evaluate,
        row::{Row, rows},
        store::Store,
    },
    oracle::Era,
};

use crate::evaluate::{
    coverage::Coverage,
    expressions::expressions,
    leaves::Exactness,
    series::{Stored, evaluations, series},
};

/// A failed test names so many disagreements.
const SHOWN: usize = 8;

/// The same samples in an engine and in a store.
pub(crate) struct Both {
    pub(crate) version: String,
    pub(crate) store: Store,
    client: Prometheus,
    evaluations: Evaluations,
    _server: NativePrometheus,
}

/// What an engine says of an expression.
enum Said {
    Rows(Vec<Row>),
    /// It refuses at least one evaluation.
    Refused(String),
}

/// How an expression was answered on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    Empty,
    Refused,
}

impl Both {
    pub(crate) async fn start(
        binary: &PrometheusBinary,
        series: &[Stored],
        evaluations: Evaluations,
    ) -> Result<Both, Failed> {
        let options = Options { span: Duration::from_secs(86_400), ..Options::default() };
        let server =
            NativePrometheus::start(binary, &crate::evaluate::lines::environment(), &options)
                .await?;
        let version = binary.version.to_string();
        let mut store = Store::new(Era::of_version(&version).ok_or("the version has no era")?);
        let encoded = |(labels, _): &Stored| EncodedLabels::new(&labels.iter().collect::<Vec<_>>());
        let labels: Vec<EncodedLabels> = series.iter().map(encoded).collect();
        let batch: Vec<SeriesRef<'_>> = labels
            .iter()
            .zip(series)
            .map(|(labels, (_, samples))| SeriesRef { labels, samples })
            .collect();
        for added in &batch {
            store.append(added)?;
        }
        store.seal();
        RemoteWriter::new(server.url()).write(&batch).await?;
        let client = Prometheus::new(server.url());
        Ok(Both { version, store, client, evaluations, _server: server })
    }

    /// Asks both.
    ///
    /// # Errors
    /// How they differ, or why one cannot be asked.
    pub(crate) async fn ask(
        &mut self,
        expr: &str,
        exactness: Exactness,
    ) -> Result<(Plain, Outcome), String> {
        let plain = Plain::of(expr).ok_or("is not plain")?;
        let ours = evaluate(&plain, &mut self.store, self.evaluations);
        let theirs = self.said(expr).await.map_err(|error| chain(&error))?;
        let outcome = match (theirs, ours) {
            (Said::Refused(_), Err(_)) => Outcome::Refused,
            (Said::Refused(why), Ok(_)) => return Err(format!("is refused, and not here: {why}")),
            (Said::Rows(_), Err(error)) => return Err(format!("fails here alone: {error}")),
            (Said::Rows(theirs), Ok(ours)) => {
                let found = agreement::compare(&plain, &mut self.store, self.evaluations, &theirs);
                if let Some(difference) = found.map_err(|error| error.to_string())? {
                    return Err(difference.to_string());
                }
                if exactness < Exactness::Rough {
                    same_bits(&theirs, &ours)?;
                }
                if theirs.is_empty() { Outcome::Empty } else { Outcome::Answered }
            }
        };
        Ok((plain, outcome))
    }

    async fn said(&self, expr: &str) -> Result<Said, ClientError> {
        let Evaluations { first_ms, last_ms, interval_ms } = self.evaluations;
        let answer = self.client.query_range_in_parts(expr, first_ms, last_ms, interval_ms).await;
        match answer {
            Ok(answer) => {
                let Value::Matrix(series) = answer.value else { return Ok(Said::Rows(Vec::new())) };
                return Ok(Said::Rows(rows(series, self.evaluations)));
            }
            Err(error) if !error.is_execution() => return Err(error),
            Err(_) => {}
        }
        let mut found = Vec::new();
        for at in self.evaluations.instants() {
            match self.client.query(expr, at).await {
                Err(error) if error.is_execution() => return Ok(Said::Refused(chain(&error))),
                answer => found.extend(elements(answer?.value)),
            }
        }
        Ok(Said::Rows(rows(found, self.evaluations)))
    }
}

fn elements(value: Value) -> Vec<Series> {
    match value {
        Value::Vector(samples) => samples
            .into_iter()
            .map(|sample| Series { labels: sample.labels, points: vec![(sample.at, sample.value)] })
            .collect(),
        Value::Scalar { at, value } => {
            vec![Series { labels: Default::default(), points: vec![(at, value)] }]
        }
        Value::Matrix(series) => series,
    }
}

/// Whether values are equal to the last bit; that they are where the others are is known.
fn same_bits(theirs: &[Row], ours: &[Row]) -> Result<(), String> {
    for (their, our) in theirs.iter().zip(ours) {
        for (their, our) in their.values.iter().zip(&our.values).filter_map(|(t, o)| (*t).zip(*o)) {
            if their != our && !(their.is_nan() && our.is_nan()) {
                return Err(format!("Prometheus has {their}, dashproof {our}, not the same bits"));
            }
        }
    }
    Ok(())
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Random expressions over random series.
pub(crate) async fn random(binary: &PrometheusBinary, seed: u64) -> Result<(), Failed> {
    let mut both = Both::start(binary, &series(seed), evaluations(seed)).await?;
    let (mut coverage, mut wrong) = (Coverage::default(), Vec::new());
    let (mut answered, mut refused) = (0, 0);
    let expressions = expressions(seed);
    for made in &expressions {
        match both.ask(&made.text, made.exactness).await {
            Ok((plain, Outcome::Answered)) => {
                coverage.add(plain.expr());
                answered += 1;
            }
            Ok((_, Outcome::Refused)) => refused += 1,
            Ok((_, Outcome::Empty)) => {}
            Err(why) => wrong.push(format!("{}\n    {why}", made.text)),
        }
    }
    println!(
        "{}: {} expressions, {answered} answered, {refused} refused, {} wrong; {} variants",
        both.version,
        expressions.len(),
        wrong.len(),
        coverage.seen()
    );
    if !wrong.is_empty() {
        let shown = wrong[..wrong.len().min(SHOWN)].join("\n");
        return Err(format!("{} differ, such as\n{shown}", wrong.len()).into());
    }
    let missing = coverage.missing();
    if !missing.is_empty() {
        return Err(format!("never held against an answer: {}", missing.join(", ")).into());
    }
    if answered * 3 < expressions.len() * 2 || refused == 0 {
        return Err(format!("{answered} answered and {refused} refused say little").into());
    }
    Ok(())
}
