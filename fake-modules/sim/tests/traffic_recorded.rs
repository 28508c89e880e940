//! Generated traffic against recorded traffic.
//!
//! The traces are not part of the repository. They are looked for in the directory that `DASHPROOF_TRACES` names,
//! else in `shared/traces` beside the repository; where they are missing, each test says so and compares nothing.
//! Every figure is printed beside the recorded one; a figure further away than stated fails.
//! All output goes to standard error itself, since the test runner hides what passing tests print.

use std::{
    env, fs,
    io::{self, Write as _},
    path::PathBuf,
};

use sim::{
    time::Nanos,
    trace::{TraceArrivals, TraceOptions, TraceSource},
    traffic::{Arrival, Arrivals, Phase, Profile, RateCurve, stats},
};

const SEEDS: u64 = 60;

/// How far the generated figure, the mean over all seeds, may be from the recorded one.
#[derive(Clone, Copy)]
enum Within {
    /// In the figure's own unit.
    Of(f64),
    /// As a factor either way.
    Factor(f64),
}

struct Comparison {
    trace: Vec<Arrival>,
    generated: Vec<Vec<Arrival>>,
    /// Both streams are looked at from their start to here.
    span: Nanos,
    report: String,
    failed: bool,
}

impl Comparison {
    /// The trace and as many generated streams of the same mean rate as there are seeds; `None` without the trace.
    fn with(profile: Profile, file: &str, phase: impl Fn(f64) -> Phase) -> Option<Comparison> {
        let directory = env::var_os("DASHPROOF_TRACES").map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/traces")),
            PathBuf::from,
        );
        let path = directory.join(file);
        if !fs::exists(&path).unwrap_or(false) {
            say(&format!(
                "not run: {profile} against {file}, which is not in {}; DASHPROOF_TRACES names another directory\n",
                directory.display()
            ));
            return None;
        }
        let options =
            TraceOptions { speed: 1.0, from: Nanos(0), to: None, looped: false, profile, seed: 1 };
        let trace: Vec<Arrival> = TraceArrivals::open(TraceSource::file(&path).joined(), options)
            .and_then(Iterator::collect)
            .unwrap_or_else(|error| panic!("{error}"));
        let span = trace.last().expect("a trace with rows").at;
        let rate = trace.len() as f64 / span.as_secs_f64();
        let curve = RateCurve::from_phases(&[(phase(rate), span)]).expect("a valid phase");
        let generated =
            (0..SEEDS).map(|seed| Arrivals::new(profile, curve.clone(), seed).collect()).collect();
        let report = format!("{profile} against {file}, mean of {SEEDS} seeds\n");
        Some(Comparison { trace, generated, span, report, failed: false })
    }

    fn figure(&mut self, name: &str, within: Within, figure: impl Fn(&[Arrival]) -> f64) {
        let recorded = figure(&self.trace);
        let generated =
            self.generated.iter().map(|stream| figure(stream)).sum::<f64>() / SEEDS as f64;
        let (limit, held) = match within {
            Within::Of(distance) => {
                (format!("± {distance}"), (generated - recorded).abs() <= distance)
            }
            Within::Factor(factor) => {
                let ratio = generated / recorded;
                (format!("×÷ {factor}"), 1.0 / factor <= ratio && ratio <= factor)
            }
        };
        self.row(name, recorded, generated, &limit, held);
    }

    fn row(&mut self, name: &str, recorded: f64, generated: f64, limit: &str, held: bool) {
        let verdict = if held { "" } else { "   TOO FAR" };
        self.report += &format!(
            "  {name:<26} recorded {recorded:>9.4}  generated {generated:>9.4}  {limit}{verdict}\n"
        );
        self.failed |= !held;
    }

    fn tokens(&mut self, name: &str, limit: f64, tokens: impl Fn(&Arrival) -> u32) {
        let recorded: Vec<u32> = self.trace.iter().map(&tokens).collect();
        let generated: Vec<u32> = self.generated.iter().flatten().map(&tokens).collect();
        let distance = stats::ks_distance(&recorded, stats::empirical_cdf(&generated));
        self.row(
            &format!("{name} tokens, KS"),
            0.0,
            distance,
            &format!("< {limit}"),
            distance < limit,
        );
    }

    fn times(&mut self, dispersion: [(u64, f64); 3], variation: Within) {
        let span = self.span;
        self.figure("requests/s", Within::Factor(1.05), |stream| {
            stream.len() as f64 / span.as_secs_f64()
        });
        self.figure("variation of gaps", variation, |stream| {
            stats::gap_variation(&instants(stream))
        });
        for (seconds, factor) in dispersion {
            let window = Nanos(seconds * Nanos::SECOND.0);
            self.figure(&format!("dispersion at {seconds} s"), Within::Factor(factor), |stream| {
                stats::dispersion(&instants(stream), window, Nanos(0), span)
            });
        }
    }

    fn conclude(&self) {
        say(&self.report);
        assert!(!self.failed, "{}", self.report);
    }

    fn idle(&mut self, seconds: u64, distance: f64) {
        let (window, span) = (Nanos(seconds * Nanos::SECOND.0), self.span);
        self.figure(&format!("idle share of {seconds} s"), Within::Of(distance), |stream| {
            stats::idle_share(&instants(stream), window, Nanos(0), span)
        });
    }
}

/// One write, so that tests that run at once do not mix their lines.
fn say(text: &str) {
    io::stderr().write_all(text.as_bytes()).expect("standard error is open");
}

fn instants(stream: &[Arrival]) -> Vec<Nanos> {
    stream.iter().map(|arrival| arrival.at).collect()
}

/// Spearman's rank correlation of prompt and answer length, ties broken by position.
fn rank_correlation(stream: &[Arrival]) -> f64 {
    let ranks = |tokens: fn(&Arrival) -> u32| {
        let mut order: Vec<usize> = (0..stream.len()).collect();
        order.sort_by_key(|&i| tokens(&stream[i]));
        let mut ranks = vec![0.0; stream.len()];
        for (rank, i) in order.into_iter().enumerate() {
            ranks[i] = rank as f64;
        }
        ranks
    };
    let (inputs, outputs) = (ranks(|a| a.input_tokens), ranks(|a| a.output_tokens));
    let n = stream.len() as f64;
    let squares: f64 = inputs.iter().zip(&outputs).map(|(a, b)| (a - b) * (a - b)).sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

#[test]
fn chat_is_like_azure_conversation() {
    let file = "AzureLLMInferenceTrace_conv.csv.gz";
    let Some(mut c) = Comparison::with(Profile::Chat, file, |rate| Phase::Constant { rate }) else {
        return println!("not run: {file} is missing; set DASHPROOF_TRACES to its directory");
    };
    c.tokens("input", 0.08, |a| a.input_tokens);
    c.tokens("output", 0.04, |a| a.output_tokens);
    c.times([(1, 1.3), (10, 1.5), (60, 2.0)], Within::Of(0.1));
    c.figure("rank correlation", Within::Of(0.1), rank_correlation);
    c.conclude();
}

#[test]
fn code_is_like_azure_code() {
    let file = "AzureLLMInferenceTrace_code.csv.gz";
    let Some(mut c) = Comparison::with(Profile::Code, file, |rate| Phase::Constant { rate }) else {
        return println!("not run: {file} is missing; set DASHPROOF_TRACES to its directory");
    };
    c.tokens("input", 0.04, |a| a.input_tokens);
    c.tokens("output", 0.05, |a| a.output_tokens);
    c.times([(1, 1.5), (10, 1.6), (60, 1.5)], Within::Factor(1.2));
    c.idle(1, 0.05);
    c.idle(60, 0.05);
    c.figure("rank correlation", Within::Of(0.1), rank_correlation);
    c.conclude();
}

#[test]
fn rag_is_like_ragpulse() {
    let file = "ragpulse_0_trace.jsonl.gz";
    // The trace starts at noon, and its second week seven days later to the minute.
    let day = |mean| Phase::Diurnal { mean, profile: Profile::Rag, start_hour: 12.0 };
    let Some(mut c) = Comparison::with(Profile::Rag, file, day) else {
        return println!("not run: {file} is missing; set DASHPROOF_TRACES to its directory");
    };
    c.tokens("input", 0.06, |a| a.input_tokens);
    c.tokens("output", 0.03, |a| a.output_tokens);
    c.times([(10, 1.5), (60, 1.5), (3600, 2.0)], Within::Factor(1.5));
    c.idle(60, 0.1);
    c.figure("rank correlation", Within::Of(0.1), rank_correlation);
    c.conclude();
}
