//! A real Prometheus with the samples of a trial.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use prom::remote_write::{EncodedLabels, SeriesRef};
use prom::series::{Answer, Labels, Value};
use stack::client::prometheus::{ClientError, Prometheus};
use stack::client::remote_write::RemoteWriter;
use stack::native::{NativePrometheus, Options};
use stack::prometheus_binary::PrometheusBinary;
use truth::oracle::Era;

use crate::oracle_engines::lines::{block_on, environment, on_each_line};

/// One series: labels and samples.
pub(crate) type Stored = (Labels, Vec<(i64, f64)>);

/// An engine that runs as long as the trial.
pub(crate) struct Engine {
    pub(crate) version: String,
    pub(crate) era: Era,
    client: Prometheus,
    server: NativePrometheus,
}

/// One trial per line, each with a fresh engine.
pub(crate) fn on_each_engine<F>(name: &str, body: F) -> Vec<Trial>
where
    F: AsyncFn(&Engine) -> Result<(), Failed> + Clone + Send + 'static,
{
    on_each_line(name, move |binary| {
        block_on(async {
            let engine = Engine::start(binary).await?;
            body(&engine).await
        })
    })
}

impl Engine {
    async fn start(binary: &PrometheusBinary) -> Result<Self, Failed> {
        let options = Options { span: Duration::from_secs(86_400), ..Options::default() };
        let server = NativePrometheus::start(binary, &environment(), &options).await?;
        let client = Prometheus::new(server.url());
        let version = binary.version.to_string();
        let era = Era::of_version(&version).ok_or("the version has no era")?;
        Ok(Self { version, era, client, server })
    }

    /// Stores series, none of which was stored before.
    pub(crate) async fn store(&self, series: &[Stored]) -> Result<(), Failed> {
        let encoded = |(labels, _): &Stored| EncodedLabels::new(&labels.iter().collect::<Vec<_>>());
        let labels: Vec<EncodedLabels> = series.iter().map(encoded).collect();
        let batch: Vec<SeriesRef<'_>> = labels
            .iter()
            .zip(series)
            .map(|(labels, (_, samples))| SeriesRef { labels, samples })
            .collect();
        let mut session = RemoteWriter::new(self.server.url()).session();
        session.push(&batch).await?;
        session.finish().await?;
        Ok(())
    }

    /// The answer to an instant query.
    pub(crate) async fn query(&self, expr: &str, at: i64) -> Result<Answer, ClientError> {
        self.client.query(expr, at).await
    }

    /// The value of each series in the answer to an instant query, by its label `s`.
    pub(crate) async fn ask(&self, expr: &str, at: i64) -> Result<Vec<(usize, f64)>, Failed> {
        let Value::Vector(samples) = self.query(expr, at).await?.value else {
            return Err(format!("{expr} is no vector").into());
        };
        let number = |labels: &Labels| labels.get("s")?.parse().ok();
        let value = |sample: &prom::series::Sample| {
            assert_eq!(sample.at, at, "{expr} is evaluated at the instant asked");
            Ok((number(&sample.labels).ok_or("a series without its number")?, sample.value))
        };
        samples.iter().map(value).collect()
    }
}
