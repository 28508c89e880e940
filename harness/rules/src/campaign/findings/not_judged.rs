//! Why runs tell nothing of a rule: it was never evaluated, or it depends on what no simulation shows.
//!
//! Each reason is a text for whoever wrote the rule. What the runs tell of all other rules is not looked at here.

use std::{collections::BTreeMap, path::Path};

use super::super::{needs::Needs, setup::Campaign, subjects::Subject};
use check::EmittedMetrics;
use monitoring::{Monitoring, RuleKind};
use prom::{
    duration,
    promql::{self, MetricNames, SelectorUse},
    series::Labels,
};
use proof::{
    backfill::rules,
    verify::{group_offset, not_emulated},
};

/// What Prometheus stores of alerts, and of a scrape after relabelling.
const ALERT_SERIES: [&str; 2] = ["ALERTS", "ALERTS_FOR_STATE"];
const RELABELLED: [&str; 2] = ["scrape_samples_post_metric_relabeling", "scrape_series_added"];

/// What follows the name of a metric in those of its series.
const SUFFIXES: [&str; 4] = ["", "_bucket", "_sum", "_count"];

/// What a rule reads, directly or through recording rules.
struct Reading<'a> {
    campaign: &'a Campaign,
    subject: &'a Subject,
    needs: Needs,
    selectors: Vec<SelectorUse>,
}

/// Why nothing is to be concluded of `subject`, as far as that is known before any run; none where something is.
pub(super) fn beforehand(
    campaign: &Campaign,
    subject: &Subject,
    monitoring: &Monitoring,
    emitted: &EmittedMetrics,
) -> Vec<String> {
    // What is not read was refused before the campaign began.
    let Some(reading) = Reading::of(campaign, subject) else { return Vec::new() };
    let mut found = reading.settings_of_jobs(monitoring, emitted);
    found.extend(reading.settings_of_groups(monitoring));
    found.extend(reading.foreign(emitted));
    found.extend(reading.never_evaluated());
    found.extend(too_far_back(campaign, subject));
    found
}

/// A label whose template is not emulated, in words; the rule's alerts are then not known.
pub(super) fn template(subject: &Subject) -> Option<String> {
    // Whether a template is one that is emulated does not depend on the element.
    let error = subject.rule.alert_labels(&Labels::default()).err()?;
    Some(format!("{error}: not judged here"))
}

impl<'a> Reading<'a> {
    fn of(campaign: &'a Campaign, subject: &'a Subject) -> Option<Reading<'a>> {
        let needs = Needs::reading(&campaign.files, vec![subject.rule.expr.as_str()]);
        let rules = campaign.files.iter().flat_map(|file| &file.groups).flat_map(|g| &g.rules);
        let read = rules.filter(|rule| {
            matches!(&rule.kind, RuleKind::Record { metric } if needs.records.contains(metric))
        });
        let mut selectors = promql::selectors(&subject.rule.expr).ok()?;
        for rule in read {
            selectors.extend(promql::selectors(&rule.expr).ok()?);
        }
        Some(Reading { campaign, subject, needs, selectors })
    }

    /// Whether a series of this name may be read.
    fn reads(&self, name: &str) -> bool {
        self.selectors.iter().any(|selector| selector.metrics.may_select(name))
    }

    /// Settings of jobs whose metrics are read.
    fn settings_of_jobs(&self, monitoring: &Monitoring, emitted: &EmittedMetrics) -> Vec<String> {
        let relabelled = RELABELLED.iter().any(|name| self.reads(name));
        let reads = |job: &str| {
            let mut metrics =
                emitted.metrics.iter().filter(|(_, metric)| metric.jobs.contains(job));
            metrics.any(|(name, _)| {
                SUFFIXES.iter().any(|suffix| self.reads(&format!("{name}{suffix}")))
            })
        };
        let concerned = monitoring.config.jobs.iter().filter_map(|job| {
            let reason = not_emulated::of_job(job)?;
            (relabelled || reads(&job.name)).then(|| {
                let message = format!("job {:?}, whose metrics it reads: {reason}", job.name);
                not_judged(&monitoring.config.file, job.line, message)
            })
        });
        concerned.collect()
    }

    /// Settings of its group, and of those that record what it reads.
    fn settings_of_groups(&self, monitoring: &Monitoring) -> Vec<String> {
        let rule = &self.subject.rule;
        let mut found = Vec::new();
        for file in &self.campaign.files {
            for group in &file.groups {
                let own = file.file == rule.file && group.name == rule.group;
                let mut recorded = group.rules.iter().filter_map(|rule| match &rule.kind {
                    RuleKind::Record { metric } => Some(metric),
                    RuleKind::Alert { .. } => None,
                });
                let recorded = recorded.find(|metric| self.needs.records.contains(*metric));
                let which = match recorded {
                    _ if own => format!("group {:?}", group.name),
                    Some(metric) => format!("group {:?}, which records {metric}", group.name),
                    None => continue,
                };
                let reasons = not_emulated::of_group(group, &monitoring.config).into_iter();
                found.extend(reasons.map(|reason| {
                    not_judged(&file.file, group.line, format!("{which}: {reason}"))
                }));
            }
        }
        found
    }

    /// Metrics of others: what the rule would do with their values, no simulation shows.
    fn foreign(&self, emitted: &EmittedMetrics) -> Option<String> {
        let has_prefix = |name: &str| {
            let mut prefixes = emitted.foreign_prefixes.iter();
            prefixes.any(|prefix| name.starts_with(prefix.as_str()))
        };
        // Servers and modules share some names; then the job tells.
        let emits = |name: &str, selector: &SelectorUse| {
            emitted.metrics.get(name).is_some_and(|metric| {
                let mut of_job = selector.matchers.iter().filter(|m| m.label() == "job");
                of_job.all(|matcher| metric.jobs.iter().any(|job| matcher.accepts(job)))
            })
        };
        let listed = self.selectors.iter().filter_map(|selector| match &selector.metrics {
            MetricNames::Listed(names) => {
                let is_foreign = |name: &String| {
                    ALERT_SERIES.contains(&name.as_str())
                        || has_prefix(name) && !emits(name, selector)
                };
                names.iter().all(is_foreign).then_some(names)
            }
            _ => None,
        });
        let mut names: Vec<&str> = listed.flatten().map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        let names = names.join(", ");
        (!names.is_empty())
            .then(|| format!("reads {names}, which the simulated modules do not show: not judged"))
    }

    /// Groups whose intervals are so long that no run has an evaluation: its own, or one that records what it reads.
    fn never_evaluated(&self) -> Option<String> {
        let Campaign { runs, files, default_interval_ms, .. } = self.campaign;
        // How often, and the interval.
        let mut own = (0, 0);
        let mut records: BTreeMap<String, (usize, i64)> = BTreeMap::new();
        for run in runs {
            let offset = |file: &str, group: &str, interval_ms| {
                group_offset(run.seed, file, group, interval_ms)
            };
            let span = (run.start_ms, run.end_ms());
            let alerts = proof::alert::alert_rules(files, *default_interval_ms, span, offset);
            let evaluations = alerts[self.subject.nth].evaluations;
            own = (own.0 + evaluations.count(), evaluations.interval_ms);
            for rule in rules::recording_rules(files, *default_interval_ms, span, offset) {
                let entry = records.entry(rule.record).or_default();
                *entry = (entry.0 + rule.evaluations.count(), rule.evaluations.interval_ms);
            }
        }
        let why = |interval_ms| {
            format!(
                "was not evaluated in any run: its interval is {} (--span)",
                duration::format(interval_ms)
            )
        };
        if own.0 == 0 {
            return Some(why(own.1));
        }
        let mut read = records.iter().filter(|(name, _)| self.needs.records.contains(*name));
        let (name, (_, interval_ms)) = read.find(|(_, (evaluated, _))| *evaluated == 0)?;
        Some(format!("reads {name}, which {}", why(*interval_ms)))
    }
}

/// A rule that reads what was before any run began, in words.
fn too_far_back(campaign: &Campaign, subject: &Subject) -> Option<String> {
    let selectors = promql::selectors(&subject.rule.expr).ok()?;
    let back = selectors.iter().map(|selector| selector.offset_ms).max()?;
    let longest = campaign.runs.iter().map(|run| run.duration.as_millis() as i64).max()?;
    (back >= longest).then(|| {
        let (back, longest) = (duration::format(back), duration::format(longest));
        format!("reads {back} of history, but the longest run is {longest}: not judged (make runs longer: --span)")
    })
}

/// A setting that is not emulated, with its place.
fn not_judged(file: &Path, line: Option<usize>, message: String) -> String {
    let line = line.map_or_else(String::new, |line| format!("{line}:"));
    format!("not judged here: {}:{line} {message}", file.display())
}
