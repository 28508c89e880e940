//! prompt-security's side: what the guard finds in a prompt or an answer, and how long it takes.

use crate::{
    engine::{effects::Effects, latency::lognormal, limit::TokenBucket, parameters::Parameters},
    label::Label,
    rng::{Rng, Stream},
    sample::{InverseCdf, Weighted},
    time::Nanos,
    world::{
        Limit,
        security::{
            EventSeverity, EventType, InjectionSeverity, InjectionType, SecurityError,
            SecurityVerdict,
        },
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

/// A call that one of prompt-security's own limits refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) limit: Limit,
    pub(crate) severity: EventSeverity,
}

/// A risk that the guard saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) event_type: EventType,
    pub(crate) severity: EventSeverity,
    pub(crate) injection: Option<(InjectionType, InjectionSeverity)>,
}

/// Categories of attacks: injection .45, jailbreak .2, personal data .2, secrets .05, toxicity .1, and a few that fit
/// none. A choice.
const CATEGORIES: [(EventType, f64); 6] = [
    (EventType::PromptInjection, 0.45),
    (EventType::Jailbreak, 0.2),
    (EventType::Pii, 0.2),
    (EventType::Secrets, 0.05),
    (EventType::Toxicity, 0.1),
    (EventType::Other, 0.02),
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
/// Share of prompts in which something is noted for the record, without consequence.
const NOTED: f64 = 0.004;
/// Share of calls on which the guard fails.
const FAILING: f64 = 0.0008;
/// Share of answers that break a policy; the more severe half is refused.
const POLICY: f64 = 0.002;
/// Share of missed attacks that the output scan catches.
const CAUGHT_LATE: f64 = 0.5;
/// The most tokens of a prompt that the judge reads, and those of its instructions.
const JUDGED: (u32, u32) = (4_000, 180);
/// prompt-security's own limits on requests, tokens and cost: as multiples of the busiest hour's load, how many seconds
/// of that may come at once, and how many mean calls at least. A choice. Only the judge costs anything.
const LIMITS: [(f64, f64, f64); 3] = [(1.5, 15.0, 30.0), (1.3, 30.0, 20.0), (1.0, 40.0, 400.0)];

/// prompt-security.
#[derive(Debug)]
pub(crate) struct Guard {
    rng: Rng,
    detection: f64,
    false_positives: f64,
    limits: [TokenBucket; 3],
    latency: &'static InverseCdf,
    judge: &'static InverseCdf,
    scan: &'static InverseCdf,
    category: Weighted,
    injection: Weighted,
    severity: Weighted,
}

impl Guard {
    pub(crate) fn new(parameters: &Parameters) -> Guard {
        const GUARD: Stream = Stream::named("guard");
        let judged = parameters.mean_tokens.0.min(f64::from(JUDGED.0)) + f64::from(JUDGED.1);
        let of_a_call = [1.0, parameters.mean_tokens.0, UNSURE * judged];
        let limits = std::array::from_fn(|limit| {
            let (headroom, seconds, at_least) = LIMITS[limit];
            let rate = parameters.peak_rate * of_a_call[limit] * headroom;
            TokenBucket::new(rate, (rate * seconds).max(of_a_call[limit] * at_least))
        });
        Guard {
            rng: Rng::new(parameters.seed, GUARD),
            detection: parameters.detection,
            false_positives: parameters.false_positives,
            limits,
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

    /// Judges a prompt that arrives at `now`; `Err` is a limit's refusal.
    pub(crate) fn judge(
        &mut self,
        now: Nanos,
        input_tokens: u32,
        effects: &Effects,
    ) -> Result<Judgement, Refusal> {
        self.admit(now, Limit::Requests, 1.0)?;
        self.admit(now, Limit::Tokens, f64::from(input_tokens))?;
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
                let judged = input_tokens.min(JUDGED.0) + JUDGED.1;
                self.admit(now, Limit::Cost, f64::from(judged))?;
                judgement.judged_tokens = Some(judged);
                seconds += self.judge.draw(&mut self.rng) * effects.guard_latency;
            } else if case > 1.0 - SANITISED {
                judgement.sanitised = Some(Nanos::from_secs_f64(
                    self.scan.draw(&mut self.rng) * effects.guard_latency,
                ));
            } else if case < FAILING + UNSURE + NOTED {
                let (event_type, _) = CATEGORIES[self.category.draw(&mut self.rng)];
                judgement.finding =
                    Some(Finding { event_type, severity: EventSeverity::Info, injection: None });
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

    /// Takes what a call asks for from one of the limits.
    fn admit(&mut self, now: Nanos, limit: Limit, asked: f64) -> Result<(), Refusal> {
        self.limits[limit.index()].take(now, asked, 1.0).map_err(|wait| {
            // The longer until the limit admits it, the more too much there is.
            let severity = match wait.as_secs_f64() {
                wait if wait < 0.02 => EventSeverity::Info,
                wait if wait < 0.1 => EventSeverity::Low,
                wait if wait < 0.5 => EventSeverity::Medium,
                _ => EventSeverity::High,
            };
            Refusal { limit, severity }
        })
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
            use EventSeverity::{High, Info, Low, Medium};
            let severity = match case / POLICY {
                severe if severe < 0.15 => High,
                severe if severe < 0.5 => Medium,
                severe if severe < 0.85 => Low,
                _ => Info,
            };
            let finding = Finding { event_type: EventType::Policy, severity, injection: None };
            return (lasts, Some(finding), severity == High || severity == Medium);
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
