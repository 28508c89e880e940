//! A real Prometheus with the samples of a test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use dashproof::client::answer::{Answer, Labels, Value};
use dashproof::client::prometheus::Prometheus;
use dashproof::client::remote_write::{EncodedLabels, RemoteWriter, SeriesRef};
use dashproof::oracle::Era;

pub struct Engine {
    pub version: String,
    pub era: Era,
    pub base: String,
    client: Prometheus,
    child: Child,
    _directory: tempfile::TempDir,
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Engine {
    pub async fn start(n: usize) -> Self {
        let paths = std::fs::read_to_string("/tmp/prom-paths.txt").unwrap();
        let path = paths.lines().nth(n).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("p.yml"), "{}").unwrap();
        let mut child = Command::new(path)
            .args([
                "--config.file=p.yml",
                "--storage.tsdb.path=data",
                "--web.listen-address=127.0.0.1:0",
                "--web.enable-remote-write-receiver",
                "--storage.tsdb.min-block-duration=48h",
                "--storage.tsdb.max-block-duration=48h",
                "--storage.tsdb.retention.time=100y",
                "--web.console.libraries=c",
                "--web.console.templates=c",
            ])
            .current_dir(directory.path())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut base = String::new();
        for line in &mut lines {
            let line = line.unwrap();
            if let Some((_, rest)) = line.split_once("127.0.0.1:")
                && line.contains("Listening on")
            {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                base = format!("http://127.0.0.1:{port}");
            }
            if line.contains("ready to receive web") {
                break;
            }
        }
        std::thread::spawn(move || for _ in lines {});
        let client = Prometheus::new(&base);
        let version = client.build_info().await.unwrap().version;
        let era = Era::of_version(&version).unwrap();
        Self { version, era, base, client, child, _directory: directory }
    }

    /// Stores series, each with its labels and its samples.
    pub async fn store(&self, series: &[(Vec<(&str, String)>, Vec<(i64, f64)>)]) {
        let labels: Vec<EncodedLabels> = series
            .iter()
            .map(|(labels, _)| {
                let labels: Vec<(&str, &str)> =
                    labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
                EncodedLabels::new(&labels)
            })
            .collect();
        let batch: Vec<SeriesRef<'_>> = labels
            .iter()
            .zip(series)
            .map(|(labels, (_, samples))| SeriesRef { labels, samples })
            .collect();
        let mut session = RemoteWriter::new(&self.base).session();
        session.push(&batch).await.expect("the engine stores samples");
        session.finish().await.expect("the engine stores samples");
    }

    /// The value of each series in the answer to an instant query, by its label `s`.
    pub async fn ask(&self, expr: &str, at: i64) -> Vec<(usize, f64)> {
        let answer = self.client.query(expr, at).await.expect("the engine answers");
        let Answer { value: Value::Vector(samples), .. } = answer else {
            panic!("{expr} is a vector")
        };
        let number =
            |labels: &Labels| labels.get("s").expect("a label s").parse().expect("a number");
        samples
            .iter()
            .map(|sample| {
                assert_eq!(sample.at, at, "{expr} is evaluated at the instant asked");
                (number(&sample.labels), sample.value)
            })
            .collect()
    }
}
