//! Prints the vital figures of scenarios, by which one sees whether a normal day looks normal.
//!
//! `cargo run --release --example vitals -- scenarios/chat.yaml …`; without arguments, all shipped scenarios.
//! Trace scenarios look for their files in the directory that `DASHPROOF_TRACE_DIR` names.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use scenario::{Overrides, Scenario, load_dir};
use sim::{
    event::EventKind,
    world::{
        llm::LlmError,
        manager::{CacheResult, ManagerError, ManagerOperation},
        security::SecurityVerdict,
    },
};

#[derive(Default)]
struct Vitals {
    operations: u64,
    errors: BTreeMap<ManagerError, u64>,
    limits: BTreeMap<String, u64>,
    executes: Vec<f64>,
    hits: u64,
    lookups: u64,
    requests: u64,
    failed: BTreeMap<LlmError, u64>,
    calls: u64,
    failed_calls: u64,
    durations: Vec<f64>,
    first_tokens: Vec<f64>,
    validations: u64,
    blocked: u64,
    guard_errors: u64,
    injections: u64,
    guard_limits: u64,
    nano_dollars: u64,
}

fn main() -> anyhow::Result<()> {
    let mut paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        paths = load_dir(&directory).0.into_iter().map(|scenario| scenario.file).collect();
    }
    let overrides = Overrides {
        trace_dir: std::env::var_os("DASHPROOF_TRACE_DIR").map(PathBuf::from),
        ..Overrides::default()
    };
    for path in paths {
        let scenario = match Scenario::load(&path) {
            Ok(scenario) => scenario.with(&overrides).0,
            Err(problems) => {
                anyhow::bail!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>())
            }
        };
        match scenario.engine() {
            Err(error) => println!("{}: not run: {error}", scenario.name),
            Ok(mut engine) => {
                let mut vitals = Vitals::default();
                engine.run_until(scenario.duration, &mut |event| vitals.add(&event.kind));
                println!("{} ({})", scenario.name, scenario.about);
                println!("  {:?} {:?}", engine.balance(), engine.arrivals().error());
                vitals.print(scenario.duration.as_secs_f64());
            }
        }
    }
    Ok(())
}

impl Vitals {
    fn add(&mut self, kind: &EventKind) {
        match *kind {
            EventKind::ManagerOperation { operation, error, duration } => {
                self.operations += 1;
                if let Some(error) = error {
                    *self.errors.entry(error).or_default() += 1;
                } else if operation == ManagerOperation::Execute {
                    self.executes.push(duration.as_secs_f64());
                }
            }
            EventKind::CacheLookup(result) => {
                self.lookups += 1;
                self.hits += u64::from(result == CacheResult::Hit);
            }
            EventKind::ManagerLimit(limit) => {
                *self.limits.entry(limit.to_string()).or_default() += 1
            }
            EventKind::Validation(verdict) => {
                self.validations += 1;
                self.blocked += u64::from(verdict == SecurityVerdict::Blocked);
                self.guard_errors += u64::from(verdict == SecurityVerdict::Error);
            }
            EventKind::Injection { .. } => self.injections += 1,
            EventKind::SecurityLimit(_) => self.guard_limits += 1,
            EventKind::LlmOperation { failed, .. } => {
                self.calls += 1;
                self.failed_calls += u64::from(failed);
            }
            EventKind::LlmRequest { deployment, error, duration, first_token, tokens, priced } => {
                self.requests += 1;
                if let Some(error) = error {
                    *self.failed.entry(error).or_default() += 1;
                }
                self.durations.push(duration.as_secs_f64());
                self.first_tokens.extend(first_token.map(|first| first.as_secs_f64()));
                if priced {
                    let price = deployment.model().price();
                    self.nano_dollars += u64::from(tokens.input) * price.input
                        + u64::from(tokens.cached_input) * price.cached_input
                        + u64::from(tokens.output) * price.output;
                }
            }
            _ => {}
        }
    }

    fn print(&mut self, seconds: f64) {
        let per_cent =
            |count: u64, whole: u64| format!("{:.3}%", 100.0 * count as f64 / whole.max(1) as f64);
        let errors: u64 = self.errors.values().sum();
        let failed: u64 = self.failed.values().sum();
        let limits: u64 = self.limits.values().sum();
        println!(
            "  manager: {:.2} op/s, errors {} {:?}",
            self.operations as f64 / seconds,
            per_cent(errors, self.operations),
            self.errors
        );
        println!("  limits: {} {:?}", per_cent(limits, self.operations), self.limits);
        println!(
            "  execute: {}; cache hits {}",
            quantiles(&mut self.executes),
            per_cent(self.hits, self.lookups)
        );
        println!(
            "  guard: blocked {}, errors {}, limits {}, injections {}",
            per_cent(self.blocked, self.validations),
            per_cent(self.guard_errors, self.validations),
            self.guard_limits,
            self.injections
        );
        println!(
            "  provider: {:.2} req/s, errors {}, 429 {}, calls failed {}, {:?}",
            self.requests as f64 / seconds,
            per_cent(failed, self.requests),
            per_cent(self.failed.get(&LlmError::RateLimit).copied().unwrap_or(0), self.requests),
            per_cent(self.failed_calls, self.calls),
            self.failed
        );
        println!("  request: {}", quantiles(&mut self.durations));
        println!("  first token: {}", quantiles(&mut self.first_tokens));
        println!("  cost: {:.2} USD/h", self.nano_dollars as f64 / 1e9 / seconds * 3600.0);
    }
}

fn quantiles(values: &mut [f64]) -> String {
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values.get((values.len() as f64 * q) as usize).copied().unwrap_or(f64::NAN);
    format!("P50 {:.3} s, P95 {:.3} s, P99 {:.3} s", at(0.5), at(0.95), at(0.99))
}
