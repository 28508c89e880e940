//! Random short stories: any profile, rate and course, any incidents over each other, any copies, any scrape phase.
//!
//! The n-th story is the same on every machine, so that a red one can be told again by its number.

use scenario::{Burst, Course, Pace, Scenario, ScrapePhase, Stretch, Traffic, World};
use sim::{
    incident::{Incident, IncidentKind},
    label::Label,
    rng::{Rng, Stream},
    time::Nanos,
    traffic::Profile,
    world::{
        Module,
        llm::{Deployment, Provider},
    },
};

/// Changing it tells two hundred other stories.
const SEED: u64 = 2026;

/// Copies of the modules; few combinations, since the targets of each are asked of promtool.
const COPIES: [[u8; 3]; 4] = [[1, 1, 1], [1, 1, 1], [2, 1, 2], [1, 3, 1]];

/// 2026-01-05T00:00:00Z.
const EPOCH: i64 = 1_767_571_200;

/// The n-th story.
pub(crate) fn story(nth: u64) -> Scenario {
    const STORIES: Stream = Stream::named("stories");
    let mut draw = Draw(Rng::new(SEED, STORIES.nth(nth)));
    let duration = Nanos(draw.between(12, 22) * Nanos::MINUTE.0);
    let profile = Profile::ALL[draw.below(Profile::ALL.len())];
    let traffic = Traffic::Generated { profile, course: draw.course(duration) };
    let replicas = COPIES[draw.below(COPIES.len())];
    let incidents = (0..draw.between(0, 5)).map(|_| draw.incident(duration, replicas)).collect();
    Scenario {
        name: format!("story-{nth}"),
        file: "harness/tests/verify/story.rs".into(),
        about: format!("A random story, number {nth}."),
        seed: draw.0.next_u64() >> 1,
        epoch: jiff::Timestamp::from_second(EPOCH + draw.between(0, 86_399) as i64)
            .expect("a day in 2026"),
        duration,
        traffic,
        replicas,
        scrape_phase: if draw.0.chance(0.25) { ScrapePhase::Aligned } else { ScrapePhase::Seeded },
        pace: Pace::Short,
        world: World::default(),
        incidents,
        alerts: Vec::new(),
    }
}

struct Draw(Rng);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0.below(n as u64) as usize
    }

    /// From `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.below(high - low + 1)
    }

    /// From 0.2 to 6 requests per second, with a course and bursts.
    fn course(&mut self, duration: Nanos) -> Course {
        let rate = 0.2 + 5.8 * self.0.unit() * self.0.unit();
        let stretches =
            (0..self.between(0, 3)).map(|_| (self.stretch(), Nanos(duration.0 / 4))).collect();
        let bursts = (0..self.between(0, 1))
            .map(|_| Burst {
                at: Nanos(self.0.below(duration.0 / 2)),
                lasts: Nanos(self.between(1, 300) * Nanos::SECOND.0),
                factor: 1.0 + 5.0 * self.0.unit(),
            })
            .collect();
        Course { rate, stretches, bursts }
    }

    fn stretch(&mut self) -> Stretch {
        match self.below(4) {
            0 => Stretch::Constant(2.0 * self.0.unit()),
            1 => Stretch::Ramp { from: self.0.unit(), to: 2.0 * self.0.unit() },
            2 => Stretch::Diurnal(0.2 + self.0.unit()),
            _ => Stretch::Stop,
        }
    }

    /// An incident of any kind; a third begin and end on whole scrape intervals, where scrapes of aligned stories are.
    fn incident(&mut self, duration: Nanos, replicas: [u8; 3]) -> Incident {
        let grid = if self.0.chance(0.33) { 5 * Nanos::SECOND.0 } else { Nanos::MILLISECOND.0 };
        let at = Nanos(self.0.below(duration.0) / grid * grid);
        let longest = if self.0.chance(0.4) { 30 * Nanos::SECOND.0 } else { duration.0 / 2 };
        let lasts = self.0.below(longest).max(grid) / grid * grid;
        let lasts = Nanos(lasts.min(duration.saturating_sub(at).0));
        Incident { at, lasts, kind: self.kind(replicas) }
    }

    fn kind(&mut self, replicas: [u8; 3]) -> IncidentKind {
        let module = Module::ALL[self.below(Module::ALL.len())];
        let provider = Provider::ALL[self.below(Provider::ALL.len())];
        let deployment = Deployment::ALL[self.below(Deployment::ALL.len())];
        let copy = self.0.below(u64::from(replicas[module.index()])) as u8;
        let replica = self.0.chance(0.5).then_some(copy);
        let share = self.0.unit();
        match self.below(15) {
            0 => IncidentKind::ProviderOutage { provider, failing: share },
            1 => IncidentKind::ProviderLatency { provider, factor: 1.0 + 9.0 * share },
            2 => IncidentKind::ProviderThrottling { provider, capacity: share },
            3 => IncidentKind::InjectionAttack { share },
            4 => IncidentKind::CacheFlush,
            5 => IncidentKind::ModelShift { to: deployment, share },
            6 => IncidentKind::PriceMissing { deployment },
            7 => IncidentKind::GuardSlow { factor: 1.0 + 29.0 * share },
            8 => IncidentKind::GuardBypassed,
            9 => IncidentKind::TrafficStop,
            10 => IncidentKind::ModuleDown { module, replica },
            11 => IncidentKind::ModuleRestart { module, replica },
            12 => IncidentKind::MetricRenamed { module },
            // Some are longer than the shipped timeout.
            13 => IncidentKind::MetricsSlow { module, takes: Nanos((6e9 * share) as u64) },
            // Some are more than the shipped sample limit lets pass.
            _ => IncidentKind::CardinalityGrowth { module, series: 1 + (2_500.0 * share) as u32 },
        }
    }
}
