//! Expressions in which an engine is peculiar, or that rules are mostly made of.

use libtest_mimic::Failed;
use stack::prometheus_binary::PrometheusBinary;

use crate::evaluate::{
    agree::{Both, Outcome},
    leaves::Exactness,
    series::{evaluations, series},
};

const SEED: u64 = 2;

/// Those that are refused at no evaluation.
const ANSWERED: &[&str] = &[
    // As rules have them.
    "sum by (m) (rate(c_total[5m])) / sum by (m) (rate(d_total[5m]))",
    "sum by (m) (rate(c_total[5m])) / sum by (m) (rate(d_total[5m])) > 0.8",
    "1 - sum(rate(c_total[5m])) / (sum(rate(c_total[5m])) + sum(rate(d_total[5m])))",
    "histogram_quantile(0.95, sum by (m, le) (rate(h_bucket[5m]))) > 0.2",
    "max_over_time(g[10m]) - min_over_time(g[10m]) > 1",
    "time() - timestamp(c_total) > 20",
    "changes(low[15m]) > 2 and on (m) low < 3",
    "absent(c_total{m=\"a\", i=\"1\"} offset -1m) or absent(none)",
    "sum by (m, team) (rate(c_total[5m]) * on (m) group_left (team) info{m!=\"c\"})",
    // What absent says of labels depends on the order of matchers.
    "absent(none{m=\"a\", m=~\"b\"})",
    "absent(none{m=~\"b\", m=\"a\"})",
    "absent(none{m=\"a\", m=\"b\", i=\"0\"})",
    "absent(none{m=\"\", i=\"0\"})",
    "absent((none{m=\"a\"}))",
    "absent(none{m=\"a\"} offset 1m)",
    "absent({__name__=\"none\", m=\"a\"})",
    "absent(none{m=\"a\"} > 1)",
    "absent(rate(none{m=\"a\"}[5m]))",
    "absent(last_over_time(none{m=\"a\"}[5m]))",
    // Numbers that are none.
    "clamp_min(odd, Inf)",
    "clamp_max(odd, -Inf)",
    "clamp_min(odd, NaN)",
    "clamp_max(odd, NaN)",
    "1 / clamp_min(low * -1, 0)",
    "1 / clamp_max(clamp_min(low, 0) * -1, 0)",
    "min(odd)",
    "max(odd)",
    "avg(odd)",
    "sum(odd)",
    "min by (m) ({__name__=~\"odd|low\"})",
    "max by (m) ({__name__=~\"odd|low\"})",
    "min_over_time(odd[5m])",
    "max_over_time(odd[5m])",
    "avg_over_time(odd[5m])",
    "sum_over_time(odd[5m])",
    "changes(odd[5m])",
    "resets(odd[5m])",
    "rate(odd[5m])",
    "odd == odd",
    "odd != odd",
    "odd != bool odd",
    "-odd % 2",
    "odd / 0",
    "avg_over_time(u_total[10m])",
    "avg_over_time(f[10m])",
    "sum_over_time(f[10m])",
    "avg(f)",
    "sum(cancels)",
    "avg(cancels)",
    "sum(huge)",
    "avg(huge)",
    "sum_over_time(huge[5m])",
    "avg_over_time(huge[5m])",
    "avg by (m) ({__name__=~\"huge|odd\"})",
    // Names that stay or go.
    "{__name__=~\"low|high\"} > 0",
    "last_over_time({__name__=~\"low|high\"}[2m])",
    "sum by (__name__) ({__name__=~\"low|high\"})",
    "sum by (__name__, m) (last_over_time({__name__=~\"low|high\"}[2m]))",
    "sum without (m) ({__name__=~\"low|high\"})",
    "low > on (m) high",
    "low > on (m) group_left () high",
    "low > bool on (m) group_left () high",
    "c_total > on (m) group_left (team) info{m!=\"c\"}",
    "c_total * on (m) group_left (__name__) high",
    "high or low",
    "high or on (m) low",
    "low and high",
    "low unless high > 0",
    "sum(low) or low",
    "+low",
    "-low",
    "- -low",
    // Empty sides hide what would be refused.
    "none * on () c_total",
    "none * on (m) c_total",
    "c_total * on (m) none",
    "c_total * on (m) group_left () none",
    "none * on (m) group_left () c_total",
    "(none or low > 100) == on () group_left () c_total or vector(1)",
    // Histograms of two metrics.
    "histogram_quantile(0.5, {__name__=~\"[hn]_bucket\", i=\"1\"})",
    "histogram_quantile(0.5, n_bucket)",
    "histogram_quantile(0.5, h_bucket{m=\"b\",i=\"0\"})",
    "histogram_quantile(NaN, h_bucket)",
    "histogram_quantile(-(0.5), h_bucket)",
    "histogram_quantile(0.5, low)",
    "histogram_quantile(0.5, rate(h_bucket{le=\"+Inf\"}[5m]))",
    // Precedence.
    "low + high * 2 - 1 > 0 and low < 3 or high > 100",
    "-low * 2 == bool -2 * low",
    "-1 - -2 * -3",
    "low unless high > 0 or low",
    "2 * 3 % 4 - 1",
    "1 > bool 0 == bool 1",
    "sum(low) by (m) + max(high) without (i)",
    "low offset 1m - low offset -1m",
    "{__name__=\"low\", m!=\"\"}",
    "low{nothing=\"\"}",
    "low{nothing!~\".+\", m=~\"a|b\"}",
    "c_total{m=~\"[ab]\", i!~\"1\"}",
    "scalar(low)",
    "scalar(low{m=\"a\"}) + 1",
    "vector(scalar(none))",
    "low + scalar(high{m=\"b\"})",
    "vector(time()) - time()",
    "timestamp(low offset 1m)",
    "timestamp((low))",
    "rate(c_total[10m] offset 7m)",
    "increase(c_total[30s])",
    "group(low)",
    "count(low) > bool 2",
];

/// Those of which at least one evaluation is refused.
const REFUSED: &[&str] = &[
    "low * on () high",
    "c_total * on (m) d_total",
    "low * on (m) d_total",
    "c_total * on (m) group_left () d_total",
    "c_total * on (m) group_left (team) info",
    // Though no element of the left side meets those that are the same.
    "c_total{m!=\"c\"} * on (m) group_left (team) info",
    "low * on (m) group_right (op) e_total * on (m) group_left () c_total",
    "rate({__name__=~\"[cd]_total\", op=\"\"}[5m])",
    "-{__name__=~\"low|high\"}",
    "abs({__name__=~\"low|high\"})",
    "{__name__=~\"low|high\"} + 1",
    "{__name__=~\"low|high\"} > bool 1",
    "timestamp({__name__=~\"low|high\"})",
    "{__name__=~\"low|high\"} * on (m) group_left () info{m=\"a\"}",
];

/// Those of which it is for the engine to say how they end, which may depend on the line.
const EITHER: &[&str] = &[
    "histogram_quantile(0.5, {__name__=~\"[hn]_bucket\", i=\"0\"})",
    "histogram_quantile(0.5, {__name__=~\"[hn]_bucket\"})",
    "low == on (m) c_total",
    "c_total > on (m) low",
    "low > on (m) c_total",
    "c_total == on (m) group_left () d_total",
    "e_total > on (m, i) group_left () d_total",
    "info == on (m) 1 * info",
    "info{team=\"blue\"} * on (m) info",
    "low * on (m) info",
    "sum without (le) (h_bucket) == ignoring (i) group_right () n_bucket",
    "{__name__=~\"low|high\"} > on (m) group_left () odd",
    "{__name__=~\"low|high\"} == ignoring (i) low",
    "last_over_time({__name__=~\"low|high\"}[2m]) * 2",
    "(high > 100 or low) or {__name__=~\"low|high\"}",
    "-(high > 2 or low < -2)",
    "abs(high > 2) or abs(low < -2)",
    "-(high > 2 or low < 2)",
    "({__name__=~\"low|high\"} > 3) * 2",
    "(low > 3 or high) * on (m) group_right () (c_total > 5)",
];

/// Asks all of them.
pub(crate) async fn agree(binary: &PrometheusBinary) -> Result<(), Failed> {
    let mut both = Both::start(binary, &series(SEED), evaluations(SEED)).await?;
    let mut wrong = Vec::new();
    let mut answered = 0;
    let asked = [(ANSWERED, Some(false)), (REFUSED, Some(true)), (EITHER, None)];
    for (expr, refused) in asked.iter().flat_map(|(all, wish)| all.iter().map(move |e| (*e, wish)))
    {
        match both.ask(expr, Exactness::Rough).await {
            Err(why) => wrong.push(format!("{expr}\n    {why}")),
            Ok((_, outcome)) => {
                if refused.is_some_and(|refused| refused != (outcome == Outcome::Refused)) {
                    wrong.push(format!("{expr}\n    {outcome:?} on both sides"));
                }
                answered += usize::from(outcome == Outcome::Answered);
            }
        }
    }
    println!("{}: {answered} answered, {} wrong", both.version, wrong.len());
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
