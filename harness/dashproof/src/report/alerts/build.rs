//! From a campaign's records to its report.

use std::collections::{BTreeMap, BTreeSet};

use sim::{time::Nanos, traffic::Profile};

use super::model::{
    AlertsReport, ByPrometheus, Difference, FullRate, IncidentReport, NormalReport, OperandReport,
    Quantiles, RanReport, RuleReport, SettingReport, SettingsReport, SweepReport, TrialReport,
};
use prom::{duration, series::Labels};
use rules::campaign::{
    crew::Work,
    findings::Finding,
    incidents::Trouble,
    interval,
    measure::{self, Days, Measure, Trials},
    notify::{Fired, notifications},
    plan::{Run, Trial},
    record::{Lives, Record},
    setup::Campaign,
    subjects::Subject,
    sweep::Setting,
};

impl AlertsReport {
    /// What `work` amounts to.
    #[must_use]
    pub fn of(campaign: &Campaign, work: &Work, findings: Vec<Finding>) -> AlertsReport {
        let settings = &campaign.settings;
        let records = work.records.as_slice();
        let evaluations = records.iter().flat_map(|record| &record.rules).map(|rule| {
            let times = rule.evaluations;
            ((times.last_ms - times.first_ms) / times.interval_ms + 1).max(0) as u64
        });
        let rules = campaign.subjects.iter().enumerate();
        AlertsReport {
            engine: campaign.binary.to_string(),
            settings: SettingsReport {
                seed: settings.seed,
                days: settings.days,
                span: span(settings.span),
                trials: settings.trials,
                profiles: settings.profiles.iter().map(|profile| profile.name()).collect(),
                incidents: settings.troubles.iter().map(|trouble| trouble.name()).collect(),
                warm_up: span(settings.warm_up),
                scrape: span(settings.scrape),
            },
            ran: RanReport {
                days: profiles(campaign, records, |run| run.trial.is_none()),
                trials: profiles(campaign, records, |run| run.trial.is_some()),
            },
            complete: records.len(),
            planned: campaign.runs.len(),
            interrupted: work.interrupted,
            requests: records.iter().map(|record| record.requests).sum(),
            samples: records.iter().map(|record| record.samples).sum(),
            evaluations: evaluations.sum(),
            by_prometheus: by_prometheus(campaign, records),
            rules: rules
                .map(|(nth, subject)| rule(subject, nth, &campaign.runs, records))
                .collect(),
            incidents: incidents(campaign, records),
            sweep: sweep(campaign, records),
            full_rate: full_rate(campaign, records),
            findings,
        }
    }
}

fn by_prometheus(campaign: &Campaign, records: &[Record]) -> ByPrometheus {
    let runs = records.iter().filter_map(|record| campaign.runs.get(record.run));
    let mut differences = BTreeMap::new();
    for (expr, difference) in records.iter().flat_map(|record| &record.differences) {
        differences.entry(expr).or_insert(difference);
    }
    let differences = differences.into_iter().map(|(expr, found)| format!("`{expr}`: {found}"));
    ByPrometheus {
        runs: runs.filter(|run| run.by_prometheus).count(),
        compared: records.iter().map(|record| record.compared).sum(),
        always: campaign.expressions.not_plain().to_vec(),
        differences: differences.collect(),
    }
}

/// The profiles of the complete runs of a kind, in the order in which they were asked for.
fn profiles(
    campaign: &Campaign,
    records: &[Record],
    kind: impl Fn(&Run) -> bool,
) -> Vec<&'static str> {
    let runs = records.iter().filter_map(|record| campaign.runs.get(record.run));
    let ran: Vec<Profile> = runs.filter(|run| kind(run)).map(|run| run.profile).collect();
    let asked = campaign.settings.profiles.iter().filter(|profile| ran.contains(profile));
    asked.map(|profile| profile.name()).collect()
}

fn span(nanos: Nanos) -> String {
    duration::format(nanos.as_millis() as i64)
}

fn rule(subject: &Subject, nth: usize, runs: &[Run], records: &[Record]) -> RuleReport {
    let measure = Measure::of(measure::of_rule(runs, records, nth), 0);
    let condition = &subject.condition;
    let furthest = |operand: usize| {
        let days = measure::of_rule(runs, records, nth).filter(|(run, _)| run.trial.is_none());
        let found = days.filter_map(|(_, record)| record.extremes.get(operand).copied().flatten());
        let below = matches!(condition.operands[operand].relation.symbol(), "<" | "<=");
        found.reduce(if below { f64::min } else { f64::max })
    };
    let operands = condition.operands.iter().enumerate().map(|(at, operand)| OperandReport {
        name: operand.name.clone(),
        left: operand.left.clone(),
        relation: operand.relation.symbol(),
        value: operand.value,
        times: operand.against.clone(),
        furthest: furthest(at),
    });
    let timing = subject.rule.timing;
    RuleReport {
        name: subject.rule.name.clone(),
        group: subject.rule.group.clone(),
        file: subject.rule.file.display().to_string(),
        line: subject.rule.line,
        expr: subject.rule.expr.trim().to_owned(),
        r#for: duration::format(timing.for_ms),
        keep_firing_for: duration::format(timing.keep_firing_for_ms),
        normal: normal(&measure.all_days()),
        by_profile: measure.days.iter().map(|(name, days)| (*name, normal(days))).collect(),
        operands: operands.collect(),
        trials: measure.trials.iter().map(|(cell, trials)| trial(*cell, trials)).collect(),
    }
}

fn normal(days: &Days) -> NormalReport {
    NormalReport {
        days: days.runs,
        false_alarms: days.alarms,
        per_week: days.per_week(),
        days_with: days.share_of_days(),
        share_of_time: days.share_of_time(),
    }
}

fn trial((incident, severity): (Trouble, usize), trials: &Trials) -> TrialReport {
    let detected = trials.detected as f64;
    TrialReport {
        incident,
        severity: incident.severities()[severity].name,
        trials: trials.of,
        already_firing: trials.already,
        detection: trials.probability(),
        delay: quantiles(&trials.delays),
        resolution: quantiles(&trials.resolves),
        unresolved: trials.unresolved,
        flapping: trials.flapping(),
        alerts: (0 < trials.detected).then(|| trials.alerts as f64 / detected),
    }
}

fn quantiles(sorted: &[f64]) -> Option<Quantiles> {
    let (median, p95) = (interval::quantile(sorted, 0.5)?, interval::quantile(sorted, 0.95)?);
    Some(Quantiles { median, p95, n: sorted.len() })
}

/// All rules together, by kind and severity.
fn incidents(campaign: &Campaign, records: &[Record]) -> Vec<IncidentReport> {
    let mut cells: BTreeMap<(Trouble, usize), Load> = BTreeMap::new();
    for record in records {
        let run = &campaign.runs[record.run];
        let Some(trial) = run.trial.as_ref().filter(|_| !run.full_rate) else { continue };
        let fired = fired(run, trial, record);
        let load = cells.entry((trial.trouble, trial.severity)).or_default();
        let alerts: BTreeSet<&Labels> = fired.iter().map(|fired| &fired.labels).collect();
        load.trials += 1;
        load.noticed += u64::from(!alerts.is_empty());
        load.alerts += alerts.len();
        let sent = fired.into_iter().filter_map(|fired| {
            let labels = campaign.sending.labels(&fired.labels)?;
            Some(Fired { labels, ..fired })
        });
        load.notifications +=
            notifications(&sent.collect::<Vec<_>>(), campaign.alertmanager.as_ref());
    }
    let cell = |((incident, severity), load): ((Trouble, usize), Load)| IncidentReport {
        incident,
        severity: incident.severities()[severity].name,
        trials: load.trials,
        detection: interval::share(load.noticed, load.trials),
        alerts: load.alerts as f64 / load.trials as f64,
        notifications: load.notifications as f64 / load.trials as f64,
    };
    cells.into_iter().map(cell).collect()
}

/// What the trials of one severity meant for the people on call.
#[derive(Default)]
struct Load {
    trials: u64,
    noticed: u64,
    alerts: usize,
    notifications: usize,
}

/// The alerts that an incident raised, each as often as it fired.
fn fired(run: &Run, trial: &Trial, record: &Record) -> Vec<Fired> {
    let span = measure::span_of(run, trial);
    let all = record.rules.iter().filter_map(|rule| rule.settings.first()).flatten();
    all.flat_map(|lives| {
        measure::belonging(lives, span).filter_map(|episode| {
            Some(Fired {
                labels: lives.labels.clone(),
                firing_ms: episode.firing_ms?,
                ended_ms: episode.ended_ms.unwrap_or(run.end_ms()),
            })
        })
    })
    .collect()
}

fn sweep(campaign: &Campaign, records: &[Record]) -> Option<SweepReport> {
    let (nth, subject) =
        campaign.subjects.iter().enumerate().find(|(_, subject)| 1 < subject.settings.len())?;
    let measures: Vec<Measure> = (0..subject.settings.len())
        .map(|setting| Measure::of(measure::of_rule(&campaign.runs, records, nth), setting))
        .collect();
    let severest = |measure: &Measure, trouble: Trouble| {
        measure.trials.get(&(trouble, trouble.severities().len() - 1)).cloned().unwrap_or_default()
    };
    let notices = |trouble: &Trouble| {
        measures.iter().any(|measure| {
            let trials = severest(measure, *trouble);
            0 < trials.detected && trials.of <= 2 * trials.detected
        })
    };
    let about: Vec<Trouble> = campaign.settings.troubles.iter().copied().filter(notices).collect();
    let setting = |(setting, measure): (&Setting, &Measure)| {
        let (mut all, mut worst) = (Trials::default(), Trials::default());
        for trouble in &about {
            worst.add(&severest(measure, *trouble));
            for ((of, _), trials) in &measure.trials {
                if of == trouble {
                    all.add(trials);
                }
            }
        }
        let days = measure.all_days();
        SettingReport {
            set: setting.swept.iter().map(|p| (p.name.clone(), p.shown.clone())).collect(),
            false_alarms: days.alarms,
            per_week: days.per_week(),
            detection: all.probability(),
            severest: worst.probability(),
            delay: quantiles(&worst.delays),
            resolution: quantiles(&worst.resolves),
        }
    };
    let settings = subject.settings.iter().zip(&measures).map(setting).collect();
    Some(SweepReport { rule: subject.rule.name.clone(), incidents: about, settings })
}

fn full_rate(campaign: &Campaign, records: &[Record]) -> Vec<FullRate> {
    let of = |index: usize| records.iter().find(|record| record.run == index);
    let pairs = campaign.runs.iter().filter_map(|run| {
        let earlier = &campaign.runs[run.copy_of?];
        Some((run, earlier, of(run.index)?, of(earlier.index)?))
    });
    pairs
        .map(|(run, earlier, full, thinned)| {
            let described = match &run.trial {
                None => format!("a day of {}", run.profile),
                Some(trial) => {
                    format!("{}, {}", trial.trouble.name(), trial.severity().name)
                }
            };
            let rules = campaign.subjects.iter().zip(full.rules.iter().zip(&thinned.rules));
            let differing: Vec<Difference> = rules
                .filter_map(|(subject, (full, thinned))| {
                    let full = transitions(full.settings.first()?, run.start_ms);
                    let thinned = transitions(thinned.settings.first()?, earlier.start_ms);
                    (full != thinned).then(|| Difference {
                        rule: subject.rule.name.clone(),
                        fired: thinned.len(),
                        fired_at_full_rate: full.len(),
                        apart: (full.len() == thinned.len()).then(|| apart(&full, &thinned)),
                    })
                })
                .collect();
            FullRate { run: described, same: campaign.subjects.len() - differing.len(), differing }
        })
        .collect()
}

type Transition = (String, i64, Option<i64>);

/// When alerts fired and resolved, in milliseconds after the run's start.
fn transitions(alerts: &[Lives], start_ms: i64) -> Vec<Transition> {
    let mut found: Vec<Transition> = alerts
        .iter()
        .flat_map(|lives| {
            lives.episodes.iter().filter_map(|episode| {
                let ended = episode.ended_ms.map(|ended| ended - start_ms);
                Some((lives.labels.to_string(), episode.firing_ms? - start_ms, ended))
            })
        })
        .collect();
    found.sort();
    found
}

fn apart(one: &[Transition], other: &[Transition]) -> f64 {
    let pairs = one.iter().zip(other).map(|(one, other)| {
        let ended = one.2.zip(other.2).map_or(0, |(one, other)| (one - other).abs());
        (one.1 - other.1).abs().max(ended)
    });
    pairs.max().unwrap_or(0) as f64 / 1000.0
}
