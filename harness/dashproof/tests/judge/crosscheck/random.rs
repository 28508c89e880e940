//! Random alert rules with `for` and `keep_firing_for` over random series.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, time::Duration};

use libtest_mimic::{Failed, Trial};
use prom::{
    remote_write::{EncodedLabels, SeriesRef},
    series::Labels,
    staleness,
};
use proof::{
    alert::{alert_rules, timeline},
    export::{Confirmation, InputSeries, UnitTest, values},
};
use sim::rng::{Rng, Stream};
use stack::{
    client::{prometheus::Prometheus, remote_write::RemoteWriter},
    native::{NativePrometheus, Options},
    prometheus_binary::PrometheusBinary,
};

use crate::crosscheck::{chain, lines};

const SEEDS: u64 = 8;
/// Rules in one unit test.
const RULES: usize = 25;
/// Evaluations after the first.
const STEPS: i64 = 120;
const INTERVAL_MS: i64 = 30_000;
/// 2026-01-05T00:00:00Z.
const EPOCH_MS: i64 = 1_767_571_200_000;

pub(crate) fn trials() -> Vec<Trial> {
    let of = |seed: u64| {
        lines::on_each_line(&format!("random::{seed}"), move |binary| {
            lines::block_on(agree(binary, seed)).map_err(Failed::from)
        })
    };
    (0..SEEDS).flat_map(of).collect()
}

async fn agree(binary: &PrometheusBinary, seed: u64) -> Result<(), String> {
    const STREAM: Stream = Stream::named("random alert rules");
    let mut rng = Rng::new(seed, STREAM);
    let text = rules(&mut rng);
    let file = monitoring::rules::parse(Path::new("random.yml"), &text)
        .map_err(|problems| format!("{problems:?}"))?;
    let environment = lines::environment();
    let options = Options { span: Duration::from_secs(7_200), ..Options::default() };
    let engine = NativePrometheus::start(binary, &environment, &options)
        .await
        .map_err(|error| chain(&error))?;
    let series = series(&mut rng);
    let encoded: Vec<(EncodedLabels, Vec<(i64, f64)>)> = series.iter().map(stored).collect();
    let batch: Vec<SeriesRef<'_>> =
        encoded.iter().map(|(labels, samples)| SeriesRef { labels, samples }).collect();
    RemoteWriter::new(engine.url()).write(&batch).await.map_err(|error| chain(&error))?;
    let client = Prometheus::new(engine.url());
    let span = (EPOCH_MS - 1, EPOCH_MS + STEPS * INTERVAL_MS);
    let mut timelines = Vec::new();
    for rule in alert_rules(std::slice::from_ref(&file), INTERVAL_MS, span, |_, _, _| EPOCH_MS) {
        timelines.push(timeline(&rule, &client).await.map_err(|error| chain(&error))?);
    }
    engine.stop().await;
    let fired = timelines.iter().filter(|timeline| timeline.fired()).count();
    if fired < RULES / 4 {
        return Err(format!("only {fired} of {RULES} rules fired: nothing is tested"));
    }
    let last_ms = STEPS * INTERVAL_MS;
    let input = |(labels, samples): &Random| InputSeries {
        labels: labels.clone(),
        values: values(samples, INTERVAL_MS, last_ms).expect("samples lie on the grid"),
    };
    let mut test = UnitTest {
        interval_ms: INTERVAL_MS,
        epoch_ms: EPOCH_MS,
        rules: vec![file],
        series: series.iter().map(input).collect(),
        timelines,
        left_out: BTreeMap::new(),
    };
    match test.confirm(binary, &environment).await.map_err(|error| chain(&error))? {
        Confirmation::Confirmed if test.left_out.is_empty() => Ok(()),
        Confirmation::Confirmed => Err(format!("rules were left out: {:?}", test.left_out)),
        Confirmation::Differs(said) => Err(format!("{said}\n{text}")),
    }
}

/// Labels, and samples by milliseconds after the start.
type Random = (Labels, Vec<(i64, f64)>);

/// Gauges that linger on a level, jump, and are sometimes not there.
fn series(rng: &mut Rng) -> Vec<Random> {
    let mut found = Vec::new();
    for metric in ["x", "y", "z"] {
        for module in ["m", "n"] {
            let mut samples = Vec::new();
            let mut level = None;
            for step in 0..=STEPS {
                if rng.below(5) == 0 {
                    level = (rng.below(6) > 0).then(|| rng.below(4) as f64);
                }
                samples.extend(level.map(|level| (step * INTERVAL_MS, level)));
            }
            found.push(([("__name__", metric), ("module", module)].into_iter().collect(), samples));
        }
    }
    found
}

/// The samples as scraping would have stored them: with a stale marker where a series is gone.
fn stored((labels, samples): &Random) -> (EncodedLabels, Vec<(i64, f64)>) {
    let mut stored = Vec::new();
    for (index, (at, value)) in samples.iter().enumerate() {
        stored.push((EPOCH_MS + at, *value));
        let next = at + INTERVAL_MS;
        if next <= STEPS * INTERVAL_MS && samples.get(index + 1).is_none_or(|(at, _)| *at > next) {
            stored.push((EPOCH_MS + next, staleness::MARKER));
        }
    }
    (EncodedLabels::new(&labels.iter().collect::<Vec<_>>()), stored)
}

fn rules(rng: &mut Rng) -> String {
    let mut text = "groups:\n- name: random\n  rules:\n".to_owned();
    for nth in 0..RULES {
        let (held, kept) = (duration(rng), duration(rng));
        let expr = expression(rng);
        let _ = writeln!(
            text,
            "  - {{ alert: A{nth}, expr: '{expr}', for: {held}s, keep_firing_for: {kept}s, labels: {{ severity: s }} }}"
        );
    }
    text
}

/// Seconds: none, whole evaluations, or something between.
fn duration(rng: &mut Rng) -> u64 {
    match rng.below(4) {
        0 => 0,
        1 => 10 + rng.below(120),
        _ => 30 * rng.below(6),
    }
}

fn expression(rng: &mut Rng) -> String {
    let metric = |rng: &mut Rng| ["x", "y", "z"][rng.below(3) as usize];
    let comparison = |rng: &mut Rng| {
        let op = [">", ">=", "<", "<=", "==", "!="][rng.below(6) as usize];
        format!("{} {op} {}", metric(rng), rng.below(4))
    };
    let left = comparison(rng);
    match rng.below(6) {
        0 => format!("{left} and on (module) {}", comparison(rng)),
        1 => format!("({left}) * 0 + 1 or on (module) ({}) * 0 + 1", comparison(rng)),
        2 => format!("{left} unless on (module) {}", comparison(rng)),
        3 => format!("sum without (module) ({left}) > 1"),
        4 => format!("absent({}{{module=\"m\"}}) or {left}", metric(rng)),
        _ => left,
    }
}
