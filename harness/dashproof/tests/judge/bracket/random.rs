//! Random simple rules: what the series of a case were made to give is what the engine finds.

use ::rules::bracket::{self, run::Staged};
use libtest_mimic::Failed;
use prom::series::Value;
use proof::alert::AlertRule;
use sim::rng::{Rng, Stream};
use stack::prometheus_binary::PrometheusBinary;

use crate::bracket::{
    lines::{block_on, environment},
    rules,
};

const SEED: u64 = 20_260_105;
const N_RULES: u64 = 120;
/// Relative.
const CLOSE: f64 = 1e-9;

fn random_rule(nth: u64) -> AlertRule {
    const RULES: Stream = Stream::named("random rules to bracket");
    let mut rng = Rng::new(SEED, RULES.nth(nth));
    let mut below = |n: u64| rng.below(n);
    let window = ["1m", "5m", "10m", "1h"][below(4) as usize];
    let other = ["90s", "5m", "30m"][below(3) as usize];
    let threshold = (below(9_999) + 1) as f64 / 10f64.powi(below(7) as i32);
    let share = (below(980) + 10) as f64 / 1000.0;
    let op = [">", ">=", "<", "<="][below(4) as usize];
    let expr = match below(11) {
        0 => format!("x {op} {threshold}"),
        1 => format!("{threshold} {op} x * 100"),
        2 => format!("rate(a_total[{window}]) {op} {threshold}"),
        3 => format!("sum by (p) (rate(a_total[{window}])) {op} {threshold}"),
        4 => format!("sum(increase(a_total[{window}])) {op} {threshold}"),
        5 => format!(
            "sum by (p) (rate(a_total{{s=\"e\"}}[{window}])) / sum by (p) (rate(a_total[{window}])) {op} {share}"
        ),
        6 => format!(
            "1 - sum(rate(a_total{{s=\"e\"}}[{window}])) / sum(rate(b_total[{other}])) {op} {share}"
        ),
        7 => format!(
            "histogram_quantile(0.9, sum by (le) (rate(h_bucket[{window}]))) {op} {threshold}"
        ),
        8 => format!("x {op} on (p) {share} * y"),
        9 => format!("x / 3 {op} on (p) {threshold} * (x offset 1h)"),
        _ => format!("max_over_time(x[{window}]) {op} {threshold} and on () y > {share}"),
    };
    let text = format!(
        "groups:\n- name: g\n  interval: 30s\n  rules:\n  - alert: R{nth}\n    expr: '{expr}'\n"
    );
    rules::of(&text).remove(0)
}

/// The value of every case that lasts comes back, and the alert does what the case says.
pub(crate) fn levels_come_back(binary: &PrometheusBinary) -> Result<(), Failed> {
    let rules: Vec<AlertRule> = (0..N_RULES).map(random_rule).collect();
    let brackets: Vec<_> =
        rules.iter().map(|rule| bracket::bracket(rule, &rules::recorded())).collect();
    block_on(async {
        let staged = Staged::new(binary, &environment(), &brackets).await?;
        let mut n_compared = 0;
        for (nth, bracket) in brackets.iter().enumerate() {
            let expr = &rules[nth].expr;
            if bracket.cases.len() < 3 {
                return Err(format!("{expr} has hardly a case: {bracket:?}").into());
            }
            for (index, case) in bracket.cases.iter().enumerate() {
                let Some(value) = case.value else { continue };
                let at = staged.start_ms(nth, index);
                let Value::Vector(found) = staged.client().query(expr, at).await?.value else {
                    return Err(format!("{expr} is no vector").into());
                };
                let [found] = &found[..] else {
                    return Err(format!("{expr} in `{}` yields {found:?}", case.what).into());
                };
                if (found.value - value).abs() > CLOSE * value.abs() {
                    let message = format!("{expr} in `{}`: {} not {value}", case.what, found.value);
                    return Err(message.into());
                }
                n_compared += 1;
            }
        }
        staged.stop().await;
        assert!(n_compared > 2 * N_RULES, "only {n_compared} values");
        Ok::<(), Failed>(())
    })?;
    let report = crate::bracket::run(&rules, binary)?;
    if report.held() { Ok(()) } else { Err(report.to_string().into()) }
}
