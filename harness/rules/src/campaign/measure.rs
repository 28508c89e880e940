//! What the runs of a campaign amount to: rates, shares and delays of each rule, with their exact intervals.
//!
//! False alarms are counted on the ordinary days, everything else around the incidents of the trials. Pure arithmetic
//! on records.

use std::collections::BTreeMap;

use super::{
    incidents::Trouble,
    interval::{self, Estimate},
    plan::{Run, Trial},
    record::{Lives, Record, RuleRecord},
};
use proof::alert::Episode;

const WEEK_MS: f64 = 7.0 * 86_400_000.0;

/// How long after an incident's end an alert may begin to fire and still belong to it: windows look back.
pub const GRACE_MS: i64 = 30 * 60_000;

/// A rule on ordinary days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Days {
    /// Judged days (of whatever length).
    pub runs: u64,
    /// Judged time in milliseconds.
    pub judged_ms: i64,
    /// Times that an alert began to fire.
    pub alarms: u64,
    /// Days with such a time.
    pub with_alarm: u64,
    /// Time in which any alert fired, in milliseconds.
    pub firing_ms: i64,
}

/// A rule in the trials of one severity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trials {
    /// Trials that count.
    pub of: u64,
    /// Trials that do not count, as the alert fired when the incident began.
    pub already: u64,
    /// Trials in which it fired.
    pub detected: u64,
    /// From the incident's start until it fired, in seconds, ascending.
    pub delays: Vec<f64>,
    /// From the incident's end until its last alert had resolved, in seconds, ascending; 0 if that was before.
    pub resolves: Vec<f64>,
    /// Trials in which an alert still fired at the end of the run.
    pub unresolved: u64,
    /// Trials in which an alert fired a second time.
    pub flapped: u64,
    /// Alerts that fired.
    pub alerts: u64,
}

/// A rule under one setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measure {
    /// On ordinary days of each kind of traffic, by its name.
    pub days: BTreeMap<&'static str, Days>,
    /// In trials, by kind and severity.
    pub trials: BTreeMap<(Trouble, usize), Trials>,
}

impl Days {
    /// False alarms per week.
    #[must_use]
    pub fn per_week(&self) -> Option<Estimate> {
        interval::rate(self.alarms, self.judged_ms as f64 / WEEK_MS)
    }

    /// The share of days with a false alarm.
    #[must_use]
    pub fn share_of_days(&self) -> Option<Estimate> {
        interval::share(self.with_alarm, self.runs)
    }

    /// The share of time in which it fired.
    #[must_use]
    pub fn share_of_time(&self) -> f64 {
        if self.judged_ms == 0 { 0.0 } else { self.firing_ms as f64 / self.judged_ms as f64 }
    }

    fn add(&mut self, other: &Days) {
        self.runs += other.runs;
        self.judged_ms += other.judged_ms;
        self.alarms += other.alarms;
        self.with_alarm += other.with_alarm;
        self.firing_ms += other.firing_ms;
    }
}

impl Trials {
    /// The probability that it fires.
    #[must_use]
    pub fn probability(&self) -> Option<Estimate> {
        interval::share(self.detected, self.of)
    }

    /// The share of noticed incidents in which an alert fired a second time.
    #[must_use]
    pub fn flapping(&self) -> Option<Estimate> {
        interval::share(self.flapped, self.detected)
    }

    /// These trials and others together.
    pub fn add(&mut self, other: &Trials) {
        self.of += other.of;
        self.already += other.already;
        self.detected += other.detected;
        self.unresolved += other.unresolved;
        self.flapped += other.flapped;
        self.alerts += other.alerts;
        for (mine, others) in
            [(&mut self.delays, &other.delays), (&mut self.resolves, &other.resolves)]
        {
            mine.extend(others);
            mine.sort_by(f64::total_cmp);
        }
    }
}

impl Measure {
    /// A rule's measure: its record of each run, with the run, under the setting `nth`.
    pub fn of<'a>(records: impl Iterator<Item = (&'a Run, &'a RuleRecord)>, nth: usize) -> Measure {
        let mut measure = Measure::default();
        for (run, record) in records {
            let Some(alerts) = record.settings.get(nth) else { continue };
            match &run.trial {
                None => measure.days.entry(run.profile.name()).or_default().add(&day(run, alerts)),
                Some(trial) => {
                    let cell = (trial.trouble, trial.severity);
                    let found = tried(run, trial, alerts, record.evaluations.last_ms);
                    measure.trials.entry(cell).or_default().add(&found);
                }
            }
        }
        measure
    }

    /// All ordinary days together.
    #[must_use]
    pub fn all_days(&self) -> Days {
        self.days.values().fold(Days::default(), |mut all, days| {
            all.add(days);
            all
        })
    }
}

/// The complete runs of a rule, those at the full rate aside.
pub fn of_rule<'a>(
    runs: &'a [Run],
    records: &'a [Record],
    nth_rule: usize,
) -> impl Iterator<Item = (&'a Run, &'a RuleRecord)> + Clone {
    records
        .iter()
        .map(move |record| (&runs[record.run], &record.rules[nth_rule]))
        .filter(|(run, _)| !run.full_rate)
}

/// An ordinary day.
fn day(run: &Run, alerts: &[Lives]) -> Days {
    let (from, until) = (run.judged_ms(), run.end_ms());
    let firing: Vec<(i64, i64)> = episodes(alerts)
        .filter_map(|episode| Some((episode.firing_ms?, episode.ended_ms.unwrap_or(until))))
        .filter(|(_, ended)| from < *ended)
        .collect();
    // What fired before is a consequence of the start, not of the day.
    let alarms = firing.iter().filter(|(firing, _)| from <= *firing).count() as u64;
    Days {
        runs: 1,
        judged_ms: until - from,
        alarms,
        with_alarm: u64::from(0 < alarms),
        firing_ms: covered(firing, from),
    }
}

/// The time that at least one of the spans covers after `from`.
fn covered(mut spans: Vec<(i64, i64)>, from: i64) -> i64 {
    spans.sort_unstable();
    let mut reached = from;
    let mut sum = 0;
    for (begin, end) in spans {
        let begin = begin.max(reached);
        sum += (end - begin).max(0);
        reached = reached.max(end);
    }
    sum
}

/// When a trial's incident begins and ends, in Unix milliseconds.
#[must_use]
pub fn span_of(run: &Run, trial: &Trial) -> (i64, i64) {
    let at = |nanos: sim::time::Nanos| run.start_ms + nanos.as_millis() as i64;
    (at(trial.at), at(trial.ends()))
}

/// Lives that belong to an incident: firing from its start on, and soon enough after its end.
pub fn belonging(lives: &Lives, (begins, ends): (i64, i64)) -> impl Iterator<Item = &Episode> {
    let belongs = move |firing: i64| begins <= firing && firing <= ends + GRACE_MS;
    lives.episodes.iter().filter(move |episode| episode.firing_ms.is_some_and(belongs))
}

fn tried(run: &Run, trial: &Trial, alerts: &[Lives], last_ms: i64) -> Trials {
    let span @ (begins, ends) = span_of(run, trial);
    let fires_at_start = |episode: Episode| {
        episode.firing_ms.is_some_and(|firing| firing < begins)
            && episode.ended_ms.is_none_or(|ended| begins < ended)
    };
    if episodes(alerts).any(fires_at_start) {
        return Trials { already: 1, ..Trials::default() };
    }
    let mut found = Trials { of: 1, ..Trials::default() };
    let mut first: Option<i64> = None;
    let mut resolved = Some(ends);
    for lives in alerts {
        let mut times = 0;
        for episode in belonging(lives, span) {
            times += 1;
            first = first.into_iter().chain(episode.firing_ms).min();
            let ended = episode.ended_ms.filter(|ended| *ended <= last_ms);
            resolved = resolved.zip(ended).map(|(known, ended)| known.max(ended));
        }
        found.alerts += u64::from(0 < times);
        found.flapped = found.flapped.max(u64::from(1 < times));
    }
    let Some(first) = first else { return found };
    let seconds = |millis: i64| millis as f64 / 1000.0;
    found.detected = 1;
    found.delays.push(seconds(first - begins));
    match resolved {
        Some(resolved) => found.resolves.push(seconds(resolved - ends)),
        None => found.unresolved = 1,
    }
    found
}

fn episodes(alerts: &[Lives]) -> impl Iterator<Item = Episode> {
    alerts.iter().flat_map(|lives| lives.episodes.iter().copied())
}

#[cfg(test)]
#[path = "measure/tests.rs"]
mod tests;
