//! Monte Carlo of alert rules against a real Prometheus: a sweep is what asking anew would tell, results repeat, false
//! alarms are counted, and rules that cannot work are found.

use testkit::lines;

mod bench;

use std::collections::BTreeSet;

use bench::{
    SPAN, campaign, campaign_of, found, found_in, monitoring, provider_outage, text, work,
};
use dashproof::report::{
    alerts::{AlertsReport, json, svg, text as report_text},
    paint::Paint,
};
use libtest_mimic::Failed;
use lines::{block_on, on_each_line};
use prom::series::Labels;
use proof::alert::{self, AlertRule, Episode};
use rules::campaign::{
    findings::{Finding, FindingKind},
    incidents::Trouble,
    measure::Measure,
};
use stack::prometheus_binary::PrometheusBinary;

/// All trials of this suite.
pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    [
        on_each_line("a_sweep_equals_asking_anew", a_sweep_equals_asking_anew),
        on_each_line(
            "our_own_evaluation_is_that_of_prometheus",
            our_own_evaluation_is_that_of_prometheus,
        ),
        on_each_line(
            "what_rounding_decides_ends_no_campaign",
            what_rounding_decides_ends_no_campaign,
        ),
        on_each_line("a_failing_rule_is_a_finding", a_failing_rule_is_a_finding),
        on_each_line("results_repeat_whoever_works", results_repeat_whoever_works),
        on_each_line("what_cannot_work_is_found", what_cannot_work_is_found),
        on_each_line("what_is_not_simulated_is_not_judged", what_is_not_simulated_is_not_judged),
        on_each_line("a_threshold_too_low_is_a_false_alarm", a_threshold_too_low_is_a_false_alarm),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The rule whose threshold and duration are swept, with its threshold left out.
const ERRORS: &str = "
  - alert: Errors
    expr: 't:errors:ratio5m > THRESHOLD and on (provider) t:requests:rate5m > 0.02'
    for: 2m
    keep_firing_for: 1m
";

fn a_sweep_equals_asking_anew(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let rules = text(&ERRORS.replace("THRESHOLD", "0.3"));
        let axes = ["t:errors:ratio5m=0.02..0.4/4", "for=0s..5m/3"];
        let campaign = campaign(binary, &rules, &axes, true).await;
        let work = work(&campaign, 2).await;
        let subject = &campaign.subjects[0];
        assert_eq!(subject.settings.len(), 1 + 4 * 3);
        let mut fired = BTreeSet::new();
        for (stage, runs) in &work.stages {
            for run in runs {
                let record = &work.records[run.index].rules[0];
                for (setting, lives) in subject.settings.iter().zip(&record.settings) {
                    let threshold = setting.values[0].to_string();
                    let expr = subject.rule.expr.replace("0.3", &threshold);
                    let rule = AlertRule {
                        expr,
                        timing: setting.timing,
                        evaluations: record.evaluations,
                        ..subject.rule.clone()
                    };
                    let anew = alert::timeline(&rule, stage.client()).await?;
                    let expected: Vec<(Labels, Vec<Episode>)> =
                        anew.alerts.into_iter().map(|a| (a.labels, a.episodes)).collect();
                    let found: Vec<(Labels, Vec<Episode>)> =
                        lives.iter().map(|l| (l.labels.clone(), l.episodes.clone())).collect();
                    assert_eq!(found, expected, "{run} {setting:?}");
                    let times = found.iter().flat_map(|(_, episodes)| episodes);
                    fired.insert(times.filter(|episode| episode.firing_ms.is_some()).count());
                }
            }
        }
        assert!(2 < fired.len(), "settings that all do the same prove nothing: {fired:?}");
        let report = AlertsReport::of(&campaign, &work, Vec::new());
        let sweep = report.sweep.as_ref().expect("a sweep was asked for");
        assert_eq!(sweep.incidents, [provider_outage()]);
        let picture = svg::svg(&report).expect("a sweep has a picture");
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
        assert!(report_text::text(&report, Paint::PLAIN).contains("provider-outage"));
        Ok(())
    })
}

/// Rules of which one is not plain, so that Prometheus is asked in every run, and reads what is recorded here.
const MIXED: &str = "
  - { alert: Errors, expr: 't:errors:ratio5m > 0.05 and on (provider) t:requests:rate5m > 0.02', for: 1m }
  - { alert: Subquery, expr: 'max_over_time(t:errors:ratio5m[10m:1m]) > 0.05' }
  - { alert: Lost, expr: 'topk(1, t:requests:rate5m / on (provider) t:operations:rate5m) > 0' }
  - { alert: Quick, expr: 'sum by (provider) (increase(llm_provider_requests_total{status=\"error\"}[5m])) > 3' }
";

fn our_own_evaluation_is_that_of_prometheus(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let mut all = Vec::new();
        for all_by_prometheus in [false, true] {
            let campaign = campaign(binary, &text(MIXED), &[], all_by_prometheus).await;
            let work = work(&campaign, 2).await;
            let by_prometheus = campaign.runs.iter().filter(|run| run.by_prometheus).count();
            // Both kinds of day and the worst outage, two of them once more at the full rate.
            let expected = if all_by_prometheus { campaign.runs.len() } else { 5 };
            assert_eq!(by_prometheus, expected);
            for record in &work.records {
                let run = &campaign.runs[record.run];
                assert_eq!(record.differences, [], "{run}");
                assert_eq!(record.compared > 0, run.by_prometheus && !run.full_rate, "{run}");
            }
            let findings = found(&campaign, &work);
            let lives: Vec<_> = work
                .records
                .iter()
                .flat_map(|record| &record.rules)
                .map(|rule| (rule.settings.clone(), rule.answered.clone(), rule.parts.clone()))
                .collect();
            all.push((lives, findings));
        }
        let fired = |nth: usize| {
            let records = all[0].0.iter().skip(nth).step_by(4);
            records.filter(|(settings, ..)| settings.iter().any(|lives| !lives.is_empty())).count()
        };
        for (nth, rule) in ["Errors", "Subquery", "Lost", "Quick"].iter().enumerate() {
            assert_eq!(fired(nth) > 0, *rule != "Lost", "{rule}");
        }
        assert_eq!(all[0], all[1]);
        Ok(())
    })
}

/// Rules that hang on the order in which an engine adds, that read others by a pattern, or of which elements take turns.
const ROUNDED: &str = "
  - { alert: Nested, expr: 'sum(sum by (model) (rate(llm_provider_cost_total[5m]))) > 0.0001' }
  - { alert: Doubled, expr: 'sum(rate(llm_provider_tokens_total[5m]) * 2) > 1' }
  - { alert: Average, expr: 'avg(rate(llm_provider_tokens_total[5m]) / 7) > 0.1' }
  - { alert: Cancelled, expr: 'abs(sum(increase(llm_provider_tokens_total[1h])) - sum(sum by (model) (increase(llm_provider_tokens_total[1h])))) > 100' }
  - { alert: Tied, expr: 'count(sum(increase(llm_provider_tokens_total[1h])) == sum(sum by (model, provider) (increase(llm_provider_tokens_total[1h])))) > 0' }
  - { alert: Truth, expr: 'sum(rate(llm_provider_cost_total[1h])) != bool sum(sum by (model) (rate(llm_provider_cost_total[1h]))) > 0' }
  - { alert: Replaced, expr: 'sum(label_replace(rate(llm_provider_tokens_total[5m]), \"a\", \"b\", \"\", \"\")) > 0.1' }
  - { alert: Pattern, expr: 't:sum > 0' }
  - { alert: Turns, expr: 't:busiest > 0' }
- name: sums
  rules:
  - { record: 't:sum', expr: 'sum by (module) ({__name__=~\"t:part_.*\"})' }
  - { record: 't:busiest', expr: 'topk(1, sum by (model) (rate(llm_provider_tokens_total[5m])))', labels: { model: any } }
- name: parts
  rules:
  - { record: 't:part_a', expr: 'up{module!=\"\"}' }
  - { record: 't:part_b', expr: 'up{module!=\"\"} * 2' }
";

fn what_rounding_decides_ends_no_campaign(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        for all_by_prometheus in [false, true] {
            let campaign = campaign(binary, &text(ROUNDED), &[], all_by_prometheus).await;
            let work = work(&campaign, 2).await;
            for record in &work.records {
                assert_eq!(record.differences, [], "{}", campaign.runs[record.run]);
                for (subject, rule) in campaign.subjects.iter().zip(&record.rules) {
                    let name = &subject.rule.name;
                    // Those that compare sums have values wherever the last bits are the same.
                    let may_lack = ["Tied", "Truth"].contains(&name.as_str());
                    assert!(may_lack || rule.answered.iter().all(|answered| *answered), "{name}");
                }
            }
            let findings = found(&campaign, &work);
            let never = |finding: &&Finding| finding.kind == FindingKind::NeverFires;
            let never: Vec<_> = findings.iter().filter(never).collect();
            assert!(never.iter().all(|finding| finding.rule == "Tied"), "{never:#?}");
        }
        Ok(())
    })
}

/// Rules that Prometheus evaluates without a fault, though not over a range, and one that it fails.
const FAILING: &str = "
  - { alert: Apart, expr: '-{__name__=~\".*_op(s|erations)(_total)?\"} < -1e12' }
  - { alert: Ambiguous, expr: 'llm_provider_requests_total > on (module) llm_provider_errors_total' }
  - { alert: Sound, expr: 't:errors:ratio5m > 0.9' }
";

fn a_failing_rule_is_a_finding(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let rules = text(FAILING);
        let campaign = campaign_of(
            binary,
            &rules,
            &[],
            false,
            Trouble::named("metric-renamed").expect("campaigns try it"),
        )
        .await;
        let work = work(&campaign, 2).await;
        let findings = found(&campaign, &work);
        let fails = findings.iter().filter(|finding| finding.kind == FindingKind::Fails);
        let fails: Vec<_> = fails.map(|finding| (&finding.rule, &finding.message)).collect();
        assert!(fails.len() == 1 && fails[0].0 == "Ambiguous", "{findings:#?}");
        assert!(fails[0].1.starts_with("a day of chat, at the full rate: "), "{fails:?}");
        Ok(())
    })
}

fn results_repeat_whoever_works(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let rules = text(&ERRORS.replace("THRESHOLD", "0.05"));
        let mut reports = Vec::new();
        for workers in [1, 2] {
            let campaign = campaign(binary, &rules, &[], false).await;
            let work = work(&campaign, workers).await;
            let findings = found(&campaign, &work);
            reports.push(json(&AlertsReport::of(&campaign, &work, findings)));
        }
        assert!(reports[0].contains("\"Errors\""));
        assert_eq!(reports[0], reports[1]);
        Ok(())
    })
}

const BROKEN: &str = "
  - { alert: LostLabel, expr: 'rate(llm_provider_requests_total{gone=\"yes\"}[5m]) > 0' }
  - { alert: LostMetric, expr: 'rate(llm_provider_calls_total[5m]) > 0' }
  - { alert: NoJoin, expr: 't:requests:rate5m / on (provider) t:operations:rate5m > 0' }
  - { alert: NoMatch, expr: 't:requests:rate5m > 0 and on (module) t:operations:rate5m > 0' }
  - { alert: NoDenominator, expr: 't:requests:rate5m / on (provider) (t:errors:ratio5m > 2) > 0' }
  - { alert: Half, expr: 't:requests:rate5m > 0 or t:nothing > 0' }
  - { alert: Always, expr: 't:operations:rate5m >= 0' }
  - { alert: Narrow, expr: 'rate(llm_provider_requests_total[10s]) > 100' }
  - { alert: Foreign, expr: 'increase(prometheus_rule_evaluation_failures_total[5m]) > 0' }
  - { alert: Missing, expr: 'absent(t:requests:rate5m)' }
  - { alert: Sound, expr: 't:errors:ratio5m > 0.9' }
  - { alert: Restarts, expr: 'changes(process_start_time_seconds[5m]) > 3' }
  - { alert: Names, expr: 'count by (__name__) ({__name__=~\"up|scrape_samples_scraped\"}) > 99' }
";

fn what_cannot_work_is_found(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let campaign = campaign(binary, &text(BROKEN), &[], false).await;
        let work = work(&campaign, 2).await;
        let all = found(&campaign, &work);
        let of = |rule: &str| -> Vec<(FindingKind, &str)> {
            let found = all.iter().filter(|finding| finding.rule == rule);
            found.map(|finding| (finding.kind, finding.message.as_str())).collect()
        };
        for (rule, kind, words) in [
            ("LostLabel", FindingKind::NeverFires, "llm_provider_requests_total"),
            ("LostLabel", FindingKind::Files, "has no label \"gone\""),
            ("LostMetric", FindingKind::NeverFires, "`llm_provider_calls_total` never has"),
            ("NoJoin", FindingKind::NeverFires, "no labels match across `/`"),
            ("NoMatch", FindingKind::NeverFires, "their labels never match"),
            ("NoDenominator", FindingKind::NoDenominator, "`t:errors:ratio5m > 2`"),
            ("Half", FindingKind::DeadBranch, "`t:nothing` never has a value"),
            ("Half", FindingKind::AlwaysFires, "throughout"),
            ("Always", FindingKind::AlwaysFires, "throughout"),
            ("Narrow", FindingKind::ShortWindow, "less than four scrapes"),
            ("Foreign", FindingKind::NotSimulated, "prometheus_rule_evaluation_failures_total"),
        ] {
            let found = of(rule).iter().any(|(k, message)| *k == kind && message.contains(words));
            assert!(found, "{rule}: no {kind:?} with {words:?} in {all:#?}");
        }
        for sound in ["Missing", "Sound", "Restarts", "Names"] {
            assert_eq!(of(sound), [], "{sound}");
        }
        Ok(())
    })
}

/// Rules of which the runs would tell something else than a real installation.
const UNKNOWN: &str = "
  - { alert: Alerts, expr: 'ALERTS{alertname=\"Known\"} > 0' }
  - { alert: Branch, expr: 't:errors:ratio5m > 0.9 or prometheus_tsdb_head_series > 1e6' }
  - { alert: Absent, expr: 'absent(prometheus_tsdb_head_series)' }
  - { alert: Server, expr: 'changes(process_start_time_seconds{job=\"prometheus\"}[5m]) > 0' }
  - { alert: Label, expr: 't:requests:rate5m > 0', labels: { level: '{{ if gt $value 1.0 }}a{{ end }}' } }
  - { alert: ReadsShifted, expr: 't:shifted >= 0' }
  - { alert: ReadsRare, expr: 't:rare > 0' }
  - { alert: Known, expr: 'up < 0' }
- name: limited
  limit: 5
  rules:
  - { alert: Limited, expr: 'sum(up) >= 0' }
- name: shifted
  query_offset: 1m
  rules:
  - { record: 't:shifted', expr: 'sum(up)' }
  - { alert: Shifted, expr: 'sum(up) >= 0' }
- name: rare
  interval: 10d
  rules:
  - { record: 't:rare', expr: 'sum(up)' }
  - { alert: Rare, expr: 'sum(up) >= 0' }
";

fn what_is_not_simulated_is_not_judged(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let campaign = campaign(binary, &text(UNKNOWN), &[], false).await;
        let work = work(&campaign, 2).await;
        let all = found(&campaign, &work);
        for (rule, words) in [
            ("Alerts", "reads ALERTS, which the simulated modules do not show"),
            ("Branch", "reads prometheus_tsdb_head_series, which"),
            ("Absent", "reads prometheus_tsdb_head_series, which"),
            ("Server", "reads process_start_time_seconds, which"),
            ("Label", "label level is the template"),
            ("Limited", "own.yml:22: group \"limited\": the group's `limit` is not emulated"),
            (
                "Shifted",
                "own.yml:26: group \"shifted\": the group's `query_offset` is not emulated",
            ),
            (
                "ReadsShifted",
                "group \"shifted\", which records t:shifted: the group's `query_offset`",
            ),
            ("Rare", "was not evaluated in any run: its interval is 10d (--span)"),
            ("ReadsRare", "reads t:rare, which was not evaluated in any run: its interval is 10d"),
        ] {
            let found: Vec<_> = all.iter().filter(|finding| finding.rule == rule).collect();
            // Nothing else is concluded of it.
            let [finding] = found[..] else { panic!("{rule}: not one finding in {all:#?}") };
            assert_eq!(finding.kind, FindingKind::NotSimulated, "{finding:?}");
            assert!(finding.message.contains(words), "{finding:?}");
        }
        // Of what is simulated the files alone show that it never holds.
        let known: Vec<_> = all.iter().filter(|finding| finding.rule == "Known").collect();
        assert!(known.iter().all(|finding| finding.kind == FindingKind::Files), "{all:#?}");
        // What is not emulated of a job concerns whatever reads its metrics, through recording rules too.
        let mut relabelled = monitoring();
        let job = relabelled.config.jobs.iter_mut().find(|job| job.name == "llm-provider");
        let step =
            serde_json::json!({ "action": "hashmod", "target_label": "shard", "modulus": 2 });
        job.expect("it is shipped").metric_relabel_configs.push(step);
        let all = found_in(&relabelled, &campaign, &work);
        for (rule, concerned) in [("Branch", true), ("Label", true), ("Shifted", false)] {
            let words = "job \"llm-provider\", whose metrics it reads: action hashmod in metric_";
            let told =
                |message: &str| message.contains(words) && message.contains("prometheus.yml:");
            let found = all.iter().any(|f| f.rule == rule && told(&f.message));
            assert_eq!(found, concerned, "{rule}: {all:#?}");
        }
        Ok(())
    })
}

fn a_threshold_too_low_is_a_false_alarm(binary: &PrometheusBinary) -> Result<(), Failed> {
    block_on(async {
        let low = "
  - { alert: Low, expr: 't:requests:rate5m > 0.001', for: 1m }
  - { alert: Right, expr: 't:errors:ratio5m > 0.8' }
  - { alert: Jumpy, expr: 't:errors:ratio5m > 0.001', for: 30s }
";
        let campaign = campaign(binary, &text(low), &[], false).await;
        let work = work(&campaign, 2).await;
        let measured = |nth| {
            let runs = rules::campaign::measure::of_rule(&campaign.runs, &work.records, nth);
            Measure::of(runs, 0)
        };
        let (right, jumpy) = (measured(1).all_days(), measured(2).all_days());
        assert_eq!((right.alarms, right.runs), (0, 2));
        assert!(0 < jumpy.alarms, "{jumpy:?}");
        let rate = jumpy.per_week().expect("two runs take time");
        let weeks = 2.0 * SPAN.as_secs_f64() / (7.0 * 86_400.0);
        assert!((rate.value - jumpy.alarms as f64 / weeks).abs() < 1e-9);
        assert!(rate.low < rate.value && rate.value < rate.high);
        // It fires before it is judged and never ends: that is no alarm, but all of the time.
        assert!(0.9 < measured(0).all_days().share_of_time());
        let worst = &measured(1).trials[&(provider_outage(), 3)];
        assert_eq!((worst.of, worst.detected), (1, 1), "{worst:?}");
        Ok(())
    })
}
