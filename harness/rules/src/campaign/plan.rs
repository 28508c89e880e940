//! Which runs a campaign has: days of normal traffic, and incidents of graded severity, one after the other in time.
//!
//! Everything follows from the [`Settings`]: seeds, places on the time axis, instants of incidents. Nothing here
//! simulates.

use std::{collections::BTreeSet, fmt};

use sim::{
    incident::{Incident, Severity},
    rng::{Rng, Stream},
    time::Nanos,
    traffic::Profile,
};

use super::incidents::Trouble;
use scenario::{Course, Pace, Scenario, ScrapePhase, Stretch, Traffic, World};

/// What a campaign consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The seed from which those of all runs are drawn.
    pub seed: u64,
    /// Runs of normal traffic, in turn of each profile.
    pub days: u32,
    /// How much of each of them is judged.
    pub span: Nanos,
    /// Trials of each severity of each incident, in turn under each profile.
    pub trials: u32,
    /// The kinds of traffic.
    pub profiles: Vec<Profile>,
    /// The kinds of incident.
    pub troubles: Vec<Trouble>,
    /// How long each run lasts before anything is judged.
    pub warm_up: Nanos,
    /// How long a trial goes on after its incident.
    pub aftermath: Nanos,
    /// The least time between stored samples of a module.
    pub scrape: Nanos,
    /// Whether Prometheus evaluates all runs, and not only the first of each kind.
    pub all_by_prometheus: bool,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its place in the plan.
    pub index: usize,
    /// The seed of everything random in it.
    pub seed: u64,
    /// The kind of traffic.
    pub profile: Profile,
    /// Its start in Unix milliseconds.
    pub start_ms: i64,
    /// From its start to its end.
    pub duration: Nanos,
    /// From its start to where it is judged.
    pub warm_up: Nanos,
    /// What goes wrong.
    pub trial: Option<Trial>,
    /// Whether every sample is stored: a copy of an earlier run, to be compared with it.
    pub full_rate: bool,
    /// The earlier run.
    pub copy_of: Option<usize>,
    /// Whether Prometheus evaluates it: what is evaluated here in later runs of its kind is held against that.
    pub by_prometheus: bool,
}

/// An incident that is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its kind.
    pub trouble: Trouble,
    /// Which severity of the kind, from 0.
    pub severity: usize,
    /// When it begins.
    pub at: Nanos,
    /// What happens.
    pub incidents: Vec<Incident>,
}

impl Trial {
    /// Its severity.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.trouble.severities()[self.severity]
    }

    /// When it ends.
    #[must_use]
    pub fn ends(&self) -> Nanos {
        self.at + self.severity().lasts
    }
}

/// 2001-01-01T00:00:00Z: decades before any clock, as engines refuse samples from the future.
const AXIS_MS: i64 = 978_307_200_000;

const DAY_MS: i64 = 86_400_000;

/// The runs, in the order of time. One day and one trial come first at the full rate, as they take longest; trials stand
/// among the days, so that whoever stops early has some of everything. Between two runs lies at least `gap`, which must
/// be longer than anything looks back.
#[must_use]
pub fn runs(settings: &Settings, gap: Nanos) -> Vec<Run> {
    let mut planned = Vec::new();
    for round in 0..settings.days.max(settings.trials) {
        if round < settings.days {
            planned.push((day(settings, round), 0));
        }
        if settings.trials <= round {
            continue;
        }
        for &trouble in &settings.troubles {
            let severities = 0..trouble.severities().len();
            planned.extend(severities.map(|severity| trial(settings, trouble, severity, round)));
        }
    }
    let mut kinds = BTreeSet::new();
    for (run, _) in &mut planned {
        let kind = match &run.trial {
            None => (Some(run.profile.name()), None),
            // Where more happens there is more to compare.
            Some(trial) if !is_worst(trial) => continue,
            Some(trial) => (None, Some(trial.trouble)),
        };
        run.by_prometheus |= kinds.insert(kind);
    }
    let day = planned.iter().position(|(run, _)| run.trial.is_none());
    let worst = planned.iter().position(|(run, _)| run.trial.as_ref().is_some_and(is_worst));
    let copied: Vec<usize> = day.into_iter().chain(worst).collect();
    let copies = copied.iter().map(|&of| {
        let (run, hour_ms) = planned[of].clone();
        let copy_of = Some(copied.len() + of);
        (Run { full_rate: true, by_prometheus: true, copy_of, ..run }, hour_ms)
    });
    let mut at_ms = AXIS_MS;
    let place = |(index, (run, hour_ms)): (usize, (Run, i64))| {
        let run = Run { index, start_ms: at_ms + hour_ms, ..run };
        let end_ms = run.end_ms() + gap.as_millis() as i64;
        // On whole days, so that the hour of the day is the profile's own.
        at_ms = AXIS_MS + (end_ms - AXIS_MS).div_euclid(DAY_MS) * DAY_MS + DAY_MS;
        run
    };
    copies.collect::<Vec<_>>().into_iter().chain(planned).enumerate().map(place).collect()
}

fn is_worst(trial: &Trial) -> bool {
    trial.severity + 1 == trial.trouble.severities().len()
}

/// An ordinary day, not yet placed.
fn day(settings: &Settings, round: u32) -> Run {
    const DAYS: Stream = Stream::named("campaign days");
    Run {
        index: 0,
        seed: Rng::new(settings.seed, DAYS.nth(u64::from(round))).next_u64() >> 11,
        profile: settings.profiles[round as usize % settings.profiles.len().max(1)],
        start_ms: 0,
        duration: settings.warm_up + settings.span,
        warm_up: settings.warm_up,
        trial: None,
        full_rate: false,
        copy_of: None,
        by_prometheus: settings.all_by_prometheus,
    }
}

/// The run of a trial, not yet placed, and the time of the day at which it starts.
fn trial(settings: &Settings, trouble: Trouble, severity: usize, round: u32) -> (Run, i64) {
    const TRIALS: Stream = Stream::named("campaign trials");
    // The same trial has the same draws whatever else is tried.
    let nth = trouble.nth() << 40 | (severity as u64) << 32 | u64::from(round);
    let mut rng = Rng::new(settings.seed, TRIALS.nth(nth));
    let seed = rng.next_u64() >> 11;
    let hour_ms = rng.below(24) as i64 * 3_600_000;
    // At any phase of scrapes and evaluations.
    let at = settings.warm_up + Nanos::from_millis(rng.below(30 * 60_000));
    let graded = trouble.severities()[severity];
    let incidents = trouble.incidents(graded, at, &mut rng);
    let turn = round as usize + severity;
    let run = Run {
        index: 0,
        seed,
        profile: settings.profiles[turn % settings.profiles.len().max(1)],
        start_ms: 0,
        duration: at + graded.lasts + settings.aftermath,
        warm_up: settings.warm_up,
        trial: Some(Trial { trouble, severity, at, incidents }),
        full_rate: false,
        copy_of: None,
        by_prometheus: settings.all_by_prometheus,
    };
    (run, hour_ms)
}

impl Run {
    /// Its end in Unix milliseconds.
    #[must_use]
    pub fn end_ms(&self) -> i64 {
        self.start_ms + self.duration.as_millis() as i64
    }

    /// Where it begins to be judged, in Unix milliseconds.
    #[must_use]
    pub fn judged_ms(&self) -> i64 {
        self.start_ms + self.warm_up.as_millis() as i64
    }

    /// What is simulated: an ordinary day of the profile at its usual rate.
    ///
    /// # Panics
    /// If the time axis reaches beyond the calendar.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        let course = Course {
            rate: self.profile.parameters().default_rate,
            stretches: vec![(Stretch::Diurnal(1.0), self.duration)],
            bursts: Vec::new(),
        };
        Scenario {
            name: format!("run {}", self.index),
            file: std::path::PathBuf::new(),
            about: String::new(),
            seed: self.seed,
            epoch: jiff::Timestamp::from_millisecond(self.start_ms)
                .expect("a campaign is shorter than a thousand years"),
            duration: self.duration,
            traffic: Traffic::Generated { profile: self.profile, course },
            replicas: [1; 3],
            scrape_phase: ScrapePhase::Seeded,
            pace: Pace::Short,
            world: World::default(),
            incidents: self.trial.iter().flat_map(|trial| trial.incidents.clone()).collect(),
            alerts: Vec::new(),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.trial {
            None => write!(out, "a day of {}", self.profile)?,
            Some(trial) => {
                let severity = trial.severity().name;
                write!(out, "{}, {severity}, {}", trial.trouble.name(), self.profile)?;
            }
        }
        if self.full_rate { out.write_str(", at the full rate") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down() -> Trouble {
        Trouble::named("module-down").unwrap()
    }

    fn restarts() -> Trouble {
        Trouble::named("restarts").unwrap()
    }

    const GAP: Nanos = Nanos(72 * Nanos::HOUR.0);

    fn settings() -> Settings {
        Settings {
            seed: 1,
            days: 4,
            span: Nanos(24 * Nanos::HOUR.0),
            trials: 2,
            profiles: vec![Profile::Chat, Profile::Rag],
            troubles: vec![down(), restarts()],
            warm_up: Nanos::HOUR,
            aftermath: Nanos::HOUR,
            scrape: Nanos::MINUTE,
            all_by_prometheus: false,
        }
    }

    #[test]
    fn runs_lie_apart_and_in_order() {
        let settings = settings();
        let runs = runs(&settings, GAP);
        assert_eq!(runs.len(), 4 + 2 * 6 + 2);
        let gap_ms = GAP.as_millis() as i64;
        for pair in runs.windows(2) {
            assert!(pair[0].end_ms() + gap_ms <= pair[1].start_ms, "{pair:?}");
        }
        for copy in runs.iter().filter(|run| run.full_rate) {
            let of = &runs[copy.copy_of.unwrap()];
            assert_eq!((copy.seed, &copy.trial), (of.seed, &of.trial));
            assert_eq!((copy.start_ms - of.start_ms) % DAY_MS, 0);
        }
        assert!(runs.iter().enumerate().all(|(nth, run)| run.index == nth));
        let first = runs.iter().filter(|run| !run.full_rate);
        let mut seeds: Vec<u64> = first.map(|run| run.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), runs.len() - 2);
    }

    #[test]
    fn prometheus_evaluates_the_first_run_of_each_kind() {
        let names = |settings: &Settings| -> Vec<String> {
            let runs = runs(settings, GAP);
            runs.iter().filter(|run| run.by_prometheus).map(Run::to_string).collect()
        };
        let expected = [
            "a day of chat, at the full rate",
            "module-down, 10 min, chat, at the full rate",
            "a day of chat",
            "module-down, 10 min, chat",
            "restarts, 5 in 15 min, chat",
            "a day of rag",
        ];
        assert_eq!(names(&settings()), expected);
        let all = Settings { all_by_prometheus: true, ..settings() };
        assert_eq!(names(&all).len(), runs(&all, GAP).len());
    }

    #[test]
    fn a_trial_is_the_same_whatever_else_is_tried() {
        let all = runs(&settings(), GAP);
        let fewer = Settings { days: 0, troubles: vec![restarts()], ..settings() };
        let trials = |runs: &[Run]| -> Vec<(u64, Nanos)> {
            let first = runs.iter().filter(|run| !run.full_rate);
            let of = first.filter_map(|run| Some((run.seed, run.trial.as_ref()?)));
            let restarts = of.filter(|(_, trial)| trial.trouble == restarts());
            restarts.map(|(seed, trial)| (seed, trial.at)).collect()
        };
        assert_eq!(trials(&all), trials(&runs(&fewer, GAP)));
    }
}
