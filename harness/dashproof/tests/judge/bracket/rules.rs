//! Small rule files for the tests.

use std::path::Path;

use monitoring::recorded::{RecordedLabels, recorded_labels};
use proof::alert::{AlertRule, alert_rules};

/// Recording rules of which only the labels matter.
const RECORDED: &str = "groups:
- name: recorded
  rules:
  - { record: 'module:errors:ratio', expr: 'sum by (module) (rate(errors_total[5m]))' }
  - { record: 'module:operations:rate', expr: 'sum by (module) (rate(operations_total[5m]))' }
  - { record: 'provider:errors:ratio', expr: 'sum by (provider) (rate(calls_total[5m]))' }
  - { record: 'module:budget', expr: 'vector(1)', labels: { module: m } }
";

/// Every construct that can be turned around.
pub(crate) const GOOD: &str = "groups:
- name: good
  interval: 30s
  rules:
  - alert: Gauge
    expr: up{module!=''} == 0
    for: 1m
    keep_firing_for: 2m
    labels: { severity: page, team: '{{ $labels.module }}' }
  - alert: AtLeast
    expr: x >= 3
  - alert: Negative
    expr: x < -3
  - alert: Levels
    expr: 'module:errors:ratio > on (module) (14.4 * module:budget) and on (module) module:operations:rate > 0.05'
    for: 2m
  - alert: Branches
    expr: '(a > 1 and on (module) b > 2) or (c > 3 and on (module) d > 4) or e > 5'
    for: 1m
  - alert: NameUnlessCounted
    expr: up == 1 unless on (instance) count by (instance) (metric)
    for: 1m
  - alert: Ratio
    expr: sum by (p) (rate(t_total{s='e'}[5m])) / (sum by (p) (rate(t_total[5m])) > 0.05) > 0.1
    for: 2m
    keep_firing_for: 1m
  - alert: RatioBelow
    expr: sum(rate(t_total{s='ok'}[10m])) / (sum(rate(t_total[10m])) > 0.05) < 0.9
    for: 5m
  - alert: SlowShare
    expr: 1 - sum by (p) (rate(b_bucket{le='1'}[5m])) / sum by (p) (rate(b_count[5m])) > 0.05
  - alert: ShortBurst
    expr: sum(increase(t_total[5m])) > 10
    for: 1m
  - alert: AnyIncrease
    expr: increase(t_total[5m]) > 0
    keep_firing_for: 15m
  - alert: Unless
    expr: sum by (p) (rate(t_total{p!='x'}[15m])) > 1 unless on (p) sum by (p) (rate(c_total[15m])) > 0
    for: 15m
  - alert: Flapping
    expr: changes(up[15m]) >= 6
    keep_firing_for: 15m
  - alert: AbsentOfTwo
    expr: absent(up{module='a'}) or absent(up{module='b'})
    for: 2m
  - alert: Yesterday
    expr: y > 3 * (y offset 1d) and y * 3600 > 1
    for: 10m
  - alert: Stalled
    expr: time() - max(timestamp(up)) > 120 or absent(up)
  - alert: StalledForLong
    expr: time() - max(timestamp(up)) >= 120 or absent(up)
    for: 1m
  - alert: BranchesWithOneGuard
    expr: >-
      (p95{module='a'} >= 2 or p95{module='b'} > 0.25)
      and on (module) module:operations:rate > 0.5
    for: 10m
    keep_firing_for: 5m
  - alert: Listed
    expr: x{z=~'a|b'} > 1 and on (z) y > 2
  - alert: Codes
    expr: sum by (job) (rate(h_total{code=~'5..'}[5m])) / sum by (job) (rate(h_total[5m])) > 0.05
    for: 10m
  - alert: PartsOfParts
    expr: >-
      sum(rate(t_total{a='1'}[5m])) / sum(rate(t_total{a=~'1|2'}[5m])) > 0.2
      and sum(rate(t_total[5m])) > 1
  - alert: Between
    expr: 1 < x < 5
  - alert: UnlessEither
    expr: x > 1 unless (y > 2 or z > 3)
  - alert: Product
    expr: x * y > 6
  - alert: Below
    expr: -x > 5
  - alert: Earlier
    expr: x offset 5m > 3
    for: 3m
    keep_firing_for: 5m
  - alert: Without
    expr: sum without (instance) (rate(t_total[5m])) > 1
  - alert: Scalar
    expr: x > scalar(y)
  - alert: Ages
    expr: time() - timestamp(x{job='j'}) > 60
  - alert: Worst
    expr: max_over_time(ok[5m]) == 0
    for: 5m
  - alert: Always
    expr: vector(1)
";

/// Rules each of which is wrong in a way that its own text gives away.
pub(crate) const WRONG: &str = "groups:
- name: wrong
  interval: 30s
  rules:
  - alert: JoinWithoutMatch
    expr: sum by (a) (rate(t_total[5m])) / on (b) sum by (b) (rate(u_total[5m])) > 0.5
  - alert: RecordedWithoutTheLabel
    expr: 'provider:errors:ratio > 0.1 and on (module) module:operations:rate > 1'
  - alert: LabelsDiffer
    expr: 'provider:errors:ratio > 0.1 and module:operations:rate > 1'
  - alert: GroupingLosesTheLabel
    expr: sum(rate(t_total[5m])) > 1
    annotations: { summary: 'on {{ $labels.provider }}' }
  - alert: ForLongerThanItLasts
    expr: x unless x offset 5m
    for: 10m
";

/// Rules that nobody knows series for.
pub(crate) const UNKNOWN: &str = "groups:
- name: unknown
  rules:
  - { alert: Slope, expr: 'deriv(x[5m]) > 5' }
  - { alert: Contradiction, expr: 'x > 5 and x < 3' }
  - { alert: Pattern, expr: '{__name__=~\"x.*\"} > 5' }
  - { alert: Subquery, expr: 'max_over_time(x[5m:1m]) > 5' }
";

pub(crate) fn of(text: &str) -> Vec<AlertRule> {
    let file = monitoring::rules::parse(Path::new("rules.yml"), text).expect("the rules are right");
    alert_rules(&[file], 30_000, (0, 0), |_, _, _| 0)
}

pub(crate) fn recorded() -> RecordedLabels {
    let file =
        monitoring::rules::parse(Path::new("recorded.yml"), RECORDED).expect("they are right");
    recorded_labels(&[file])
}
