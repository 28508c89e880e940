//! prompt-security's side: what the guard finds in a prompt or an answer, and how long it takes.

use crate::{
    engine::{effects::Effects, limit::TokenBucket, parameters::Parameters},
    rng::{Rng, Stream},
    sample::{InverseCdf, Weighted},
    time::Nanos,
    world::security::{
        EventSeverity, EventType, InjectionSeverity, InjectionType, SecurityError, SecurityVerdict,
    },
};

/// What the guard made of one prompt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judgement {
    pub(crate) lasts: Nanos,
    pub(crate) verdict: SecurityVerdict,
    pub(crate) error: Option<SecurityError>,
    pub(crate) finding: Option<Finding>,
    /// Tokens that the judge model read, where the classifier was unsure.
    pub(crate) judged_tokens: Option<u32>,
    /// How long it took to sanitise a prompt that passed with personal data in it.
    pub(crate) sanitised: Option<Nanos>,
    /// Whether the prompt was an attack that nobody saw (yet).
    pub(crate) missed: bool,
}

/// A risk that the guard saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) event_type: EventType,
    pub(crate) severity: EventSeverity,
    pub(crate) injection: Option<(InjectionType, InjectionSeverity)>,
}

/// Categories of attacks: injection .45, jailbreak .2, personal data .2, secrets .05, toxicity .1. A choice.
const CATEGORIES: [(EventType, f64); 5] = [
    (EventType::PromptInjection, 0.45),
    (EventType::Jailbreak, 0.2),
    (EventType::Pii, 0.2),
    (EventType::Secrets, 0.05),
    (EventType::Toxicity, 0.1),
];

/// Kinds of injections: direct, indirect, leak of the system prompt, encoding, other. A choice.
const INJECTIONS: [(InjectionType, f64); 5] = [
    (InjectionType::Direct, 0.45),
    (InjectionType::Indirect, 0.3),
    (InjectionType::PromptLeak, 0.14),
    (InjectionType::Encoding, 0.08),
    (InjectionType::Other, 0.03),
];

/// Share of prompts that the classifier hands to the judge.
const UNSURE: f64 = 0.03;
/// Share of prompts that are sanitised.
const SANITISED: f64 = 0.04;
/// Share of calls on which the guard fails.
const FAILING: f64 = 0.0008;
/// Share of answers that break a policy, and of those that are refused.
const POLICY: f64 = 0.002;
/// Share of missed attacks that the output scan catches.
const CAUGHT_LATE: f64 = 0.5;
/// prompt-security's own limit, as a multiple of its mean load, and how many seconds of it may come at once.
const LIMIT: (f64, f64) = (3.0, 20.0);

/// prompt-security.
#[derive(Debug)]
pub(crate) struct Guard {
    rng: Rng,
    detection: f64,
    false_positives: f64,
    limit: TokenBucket,
    latency: InverseCdf,
    judge: InverseCdf,
    scan: InverseCdf,
    category: Weighted,
    injection: Weighted,
    severity: Weighted,
}

impl Guard {
    pub(crate) fn new(parameters: &Parameters) -> Guard {
        const GUARD: Stream = Stream::named("guard");
        let lognormal = |median: f64, sigma| InverseCdf::lognormal(libm::log(median), sigma);
        Guard {
            rng: Rng::new(parameters.seed, GUARD),
            detection: parameters.detection,
            false_positives: parameters.false_positives,
            limit: TokenBucket::new(parameters.mean_rate.max(0.1) * LIMIT.0, LIMIT.1),
            // DeBERTa by ONNX on a GPU: mean 7.7, p95 13.3, p99 14.8 ms (LLM Guard), beside regular expressions.
            latency: lognormal(0.0085, 0.35),
            // A small language model as judge.
            judge: lognormal(0.45, 0.3),
            scan: lognormal(0.006, 0.4),
            category: Weighted::new(&CATEGORIES.map(|(_, weight)| weight)),
            injection: Weighted::new(&INJECTIONS.map(|(_, weight)| weight)),
            severity: Weighted::new(&[0.2, 0.35, 0.45]),
        }
    }

    /// Judges a prompt that arrives at `now`; `Err` is the limit's refusal.
    pub(crate) fn judge(
        &mut self,
        now: Nanos,
        input_tokens: u32,
        effects: &Effects,
    ) -> Result<Judgement, Nanos> {
        if self.limit.take(now, 1.0, 1.0).is_err() {
            return Err(Nanos::MILLISECOND);
        }
        let mut seconds = self.latency.draw(&mut self.rng) * effects.guard_latency;
        // One number decides between the rare cases, which exclude each other.
        let case = self.rng.unit();
        let mut judgement = Judgement {
            lasts: Nanos::ZERO,
            verdict: SecurityVerdict::Passed,
            error: None,
            finding: None,
            judged_tokens: None,
            sanitised: None,
            missed: false,
        };
        if case < FAILING {
            let slow = self.rng.chance(0.4);
            judgement.error =
                Some(if slow { SecurityError::Timeout } else { SecurityError::ModelError });
            judgement.verdict = SecurityVerdict::Error;
            seconds = if slow { 2.0 } else { seconds };
        } else {
            if case < FAILING + UNSURE {
                judgement.judged_tokens = Some(input_tokens.min(4_000) + 180);
                seconds += self.judge.draw(&mut self.rng) * effects.guard_latency;
            } else if case > 1.0 - SANITISED {
                judgement.sanitised = Some(Nanos::from_secs_f64(
                    self.scan.draw(&mut self.rng) * effects.guard_latency,
                ));
            }
            let attack = self.rng.chance(effects.attacks);
            let seen = self.rng.chance(if attack { self.detection } else { self.false_positives });
            if seen {
                judgement.verdict = SecurityVerdict::Blocked;
                judgement.finding = Some(self.finding());
                judgement.sanitised = None;
            }
            judgement.missed = attack && !seen;
        }
        judgement.lasts = Nanos::from_secs_f64(seconds);
        Ok(judgement)
    }

    /// Scans an answer: how long it takes, what is found, and whether the answer is refused.
    pub(crate) fn scan(
        &mut self,
        missed: bool,
        effects: &Effects,
    ) -> (Nanos, Option<Finding>, bool) {
        let lasts = Nanos::from_secs_f64(self.scan.draw(&mut self.rng) * effects.guard_latency);
        let case = self.rng.unit();
        if missed && case < CAUGHT_LATE {
            return (lasts, Some(self.finding()), true);
        }
        if case < POLICY {
            let severity = EventSeverity::Low;
            return (
                lasts,
                Some(Finding { event_type: EventType::Policy, severity, injection: None }),
                case < POLICY / 2.0,
            );
        }
        (lasts, None, false)
    }

    /// What an attack looks like to prompt-manager while it asks no guard: nobody knows whether it is one.
    pub(crate) fn unseen(&mut self, effects: &Effects) -> bool {
        self.rng.chance(effects.attacks)
    }

    fn finding(&mut self) -> Finding {
        let (event_type, _) = CATEGORIES[self.category.draw(&mut self.rng)];
        let level = self.severity.draw(&mut self.rng);
        let severity = [EventSeverity::Low, EventSeverity::Medium, EventSeverity::High][level];
        let of_injection =
            [InjectionSeverity::Low, InjectionSeverity::Medium, InjectionSeverity::High][level];
        let injection = match event_type {
            EventType::PromptInjection => Some(INJECTIONS[self.injection.draw(&mut self.rng)].0),
            EventType::Jailbreak => Some(InjectionType::Jailbreak),
            _ => None,
        };
        Finding { event_type, severity, injection: injection.map(|kind| (kind, of_injection)) }
    }
}
