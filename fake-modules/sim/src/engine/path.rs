//! A request's path through the modules, stage by stage.
//!
//! Each stage says what the services learn at that instant and plans the next one. A process that died meanwhile
//! says nothing more; its caller sees a failure.

use crate::{
    engine::{
        Engine,
        flight::{Flight, Process, Stage},
        guard::{Finding, Judgement},
        parameters::{DEADLINE, MAX_RETRIES, embeds},
        provider::Attempt,
        telling::{tell_finding, tell_judgement},
    },
    event::{Event, EventKind, LlmTokens},
    label::Label,
    time::Nanos,
    traffic::Arrival,
    world::{
        Module,
        llm::{Deployment, LlmError, LlmOperation, Provider},
        manager::{CacheResult, ManagerError, ManagerModel, ManagerOperation, ManagerVerdict},
        security::{EventType, SecurityError, SecurityOperation, SecurityVerdict},
    },
};

/// How long a caller waits until a refused connection is known.
const REFUSED: Nanos = Nanos(1_500_000);

impl<A: Iterator<Item = Arrival>> Engine<A> {
    pub(super) fn arrive(&mut self, arrival: &Arrival, sink: &mut impl FnMut(&Event)) {
        self.balance.arrived += 1;
        if self.effects.stopped {
            self.balance.withheld += 1;
            return;
        }
        let Some(manager) = self.pick(Module::PromptManager) else {
            self.balance.lost += 1;
            return;
        };
        let operation = self.manager.operation();
        let cached_input = arrival.cached_input_tokens.min(arrival.input_tokens);
        let flight = Flight {
            stage: Stage::BackedOff,
            arrived: arrival.at,
            operation,
            manager,
            tokens: LlmTokens {
                input: arrival.input_tokens - cached_input,
                cached_input,
                output: arrival.output_tokens,
            },
            missed: false,
            llm: manager,
            llm_operation: LlmOperation::Chat,
            llm_began: arrival.at,
            deployment: Deployment::OtherOther,
            retries: 0,
            failed_over: false,
        };
        let mut tell = |kind| sink(&Event { at: arrival.at, replica: manager.replica, kind });
        if let Some(limit) = self.manager.refuses(arrival, operation) {
            tell(EventKind::ManagerLimit(limit));
            let lasts = self.manager.refusal();
            self.answer_after(flight, arrival.at, lasts, Some(ManagerError::RateLimited));
        } else if operation != ManagerOperation::Execute {
            let plain = self.manager.plain(arrival, operation);
            let stage = Stage::Done { error: plain.error, usage: plain.usage };
            let slot = self.flights.add(Flight { stage, ..flight });
            self.agenda.plan(arrival.at + plain.lasts, slot);
        } else if let Some(error) = self.manager.fails_at_once() {
            let lasts = self.manager.refusal();
            self.answer_after(flight, arrival.at, lasts, Some(error));
        } else {
            let lookup = self.manager.look_up(arrival.at, arrival.input_tokens, &self.effects);
            tell(EventKind::CacheLookup(if lookup.hit {
                CacheResult::Hit
            } else {
                CacheResult::Miss
            }));
            if let Some(input) = lookup.embedded {
                tell(EventKind::ManagerUsage { model: ManagerModel::Embedding, input, output: 0 });
            }
            if lookup.hit {
                self.answer_after(flight, arrival.at, lookup.lasts, None);
            } else {
                self.validate(flight, arrival.at + lookup.lasts, arrival.input_tokens, sink);
            }
        }
    }

    /// Asks the guard; a few milliseconds early, since what it finds does not depend on them.
    fn validate(
        &mut self,
        mut flight: Flight,
        at: Nanos,
        input_tokens: u32,
        sink: &mut impl FnMut(&Event),
    ) {
        if self.effects.guard_bypassed {
            flight.missed = self.guard.unseen(&self.effects);
            let slot = self.flights.add(flight);
            self.agenda.plan(at, slot);
            return;
        }
        let Some(guard) = self.pick(Module::PromptSecurity) else {
            let manager = flight.manager;
            let event = EventKind::ManagerValidation(ManagerVerdict::Error);
            sink(&Event { at: flight.arrived, replica: manager.replica, kind: event });
            self.answer_after(flight, at, REFUSED, Some(ManagerError::Internal));
            return;
        };
        let judgement = self
            .guard
            .judge(flight.arrived, input_tokens, &self.effects)
            .unwrap_or_else(|refusal| {
                let mut tell =
                    |kind| sink(&Event { at: flight.arrived, replica: guard.replica, kind });
                tell(EventKind::SecurityLimit(refusal.limit));
                tell(EventKind::SecurityEvent {
                    event_type: EventType::RateLimit,
                    severity: refusal.severity,
                });
                Judgement {
                    lasts: Nanos::MILLISECOND,
                    verdict: SecurityVerdict::Error,
                    error: Some(SecurityError::RateLimited),
                    finding: None,
                    judged_tokens: None,
                    sanitised: None,
                    missed: false,
                }
            });
        flight.missed = judgement.missed;
        flight.stage = Stage::Judged { guard, judgement };
        let slot = self.flights.add(flight);
        self.agenda.plan(at + judgement.lasts, slot);
    }

    fn answer_after(
        &mut self,
        flight: Flight,
        at: Nanos,
        lasts: Nanos,
        error: Option<ManagerError>,
    ) {
        let slot = self.flights.add(Flight { stage: Stage::Done { error, usage: None }, ..flight });
        self.agenda.plan(at + lasts, slot);
    }

    /// The next stage of the request in `slot`.
    pub(super) fn go_on(&mut self, at: Nanos, slot: u32, sink: &mut impl FnMut(&Event)) {
        let flight = *self.flights.get(slot);
        match flight.stage {
            Stage::Done { error, usage } => self.finish(at, slot, &flight, error, usage, sink),
            Stage::Judged { guard, judgement } => {
                self.judged(at, slot, &flight, guard, judgement, sink)
            }
            Stage::BackedOff => self.send(at, slot, sink),
            Stage::Answered { attempt } => self.answered(at, slot, &flight, &attempt, sink),
            Stage::Scanned { guard, lasts, refused } => {
                let mut error = refused.then_some(ManagerError::SecurityBlocked);
                if self.lives(Module::PromptSecurity, guard) {
                    let operation = SecurityOperation::ScanOutput;
                    let kind =
                        EventKind::SecurityOperation { operation, error: None, duration: lasts };
                    sink(&Event { at, replica: guard.replica, kind });
                } else {
                    error = Some(ManagerError::Internal);
                }
                self.finish(at, slot, &flight, error, None, sink);
            }
        }
    }

    fn finish(
        &mut self,
        at: Nanos,
        slot: u32,
        flight: &Flight,
        error: Option<ManagerError>,
        usage: Option<(ManagerModel, u32, u32)>,
        sink: &mut impl FnMut(&Event),
    ) {
        self.flights.end(slot);
        if !self.lives(Module::PromptManager, flight.manager) {
            self.balance.lost += 1;
            return;
        }
        self.balance.finished += 1;
        let mut tell = |kind| sink(&Event { at, replica: flight.manager.replica, kind });
        if let Some((model, input, output)) = usage {
            tell(EventKind::ManagerUsage { model, input, output });
        }
        let duration = at - flight.arrived;
        tell(EventKind::ManagerOperation { operation: flight.operation, error, duration });
    }

    fn judged(
        &mut self,
        at: Nanos,
        slot: u32,
        flight: &Flight,
        guard: Process,
        judgement: Judgement,
        sink: &mut impl FnMut(&Event),
    ) {
        let mut verdict = match judgement.verdict {
            SecurityVerdict::Passed => ManagerVerdict::Allowed,
            SecurityVerdict::Blocked => ManagerVerdict::Blocked,
            SecurityVerdict::Error => ManagerVerdict::Error,
        };
        if self.lives(Module::PromptSecurity, guard) {
            tell_judgement(at, guard, &judgement, flight.tokens, sink);
        } else {
            verdict = ManagerVerdict::Error;
        }
        if self.lives(Module::PromptManager, flight.manager) {
            let kind = EventKind::ManagerValidation(verdict);
            sink(&Event { at, replica: flight.manager.replica, kind });
        }
        match verdict {
            ManagerVerdict::Allowed => self.send(at, slot, sink),
            ManagerVerdict::Blocked => {
                self.finish(at, slot, flight, Some(ManagerError::SecurityBlocked), None, sink);
            }
            ManagerVerdict::Error => {
                self.finish(at, slot, flight, Some(ManagerError::Internal), None, sink)
            }
        }
    }

    /// Hands the request to llm-provider, or sends it once more.
    fn send(&mut self, at: Nanos, slot: u32, sink: &mut impl FnMut(&Event)) {
        let mut flight = *self.flights.get(slot);
        let first = flight.retries == 0 && !flight.failed_over;
        if first {
            let Some(llm) = self.pick(Module::LlmProvider) else {
                self.finish(at, slot, &flight, Some(ManagerError::Upstream), None, sink);
                return;
            };
            flight.llm = llm;
            flight.llm_began = at;
            flight.llm_operation = LlmOperation::ALL[self.operations.draw(&mut self.rng)];
            flight.deployment = if embeds(flight.llm_operation) {
                Deployment::OtherOther
            } else {
                self.manager.route(&self.routes, &self.effects)
            };
        } else if !self.lives(Module::LlmProvider, flight.llm) {
            self.finish(at, slot, &flight, Some(ManagerError::Upstream), None, sink);
            return;
        }
        let embeds = embeds(flight.llm_operation);
        let attempt =
            self.providers.send(at, flight.deployment, embeds, flight.tokens, &self.effects);
        flight.stage = Stage::Answered { attempt };
        *self.flights.get(slot) = flight;
        self.agenda.plan(at + attempt.lasts, slot);
    }

    fn answered(
        &mut self,
        at: Nanos,
        slot: u32,
        flight: &Flight,
        attempt: &Attempt,
        sink: &mut impl FnMut(&Event),
    ) {
        self.providers.finish(flight.deployment);
        if !self.lives(Module::LlmProvider, flight.llm) {
            self.finish(at, slot, flight, Some(ManagerError::Upstream), None, sink);
            return;
        }
        let mut tell = |kind| sink(&Event { at, replica: flight.llm.replica, kind });
        tell(EventKind::LlmRequest {
            deployment: flight.deployment,
            error: attempt.error,
            duration: attempt.lasts,
            first_token: attempt.first_token,
            tokens: attempt.charged,
            priced: !self.effects.unpriced[flight.deployment.index()],
        });
        let Some(error) = attempt.error else {
            let duration = at - flight.llm_began;
            tell(EventKind::LlmOperation {
                operation: flight.llm_operation,
                failed: false,
                duration,
            });
            self.scan(at, slot, flight, sink);
            return;
        };
        if self.tries_again(at, slot, flight, attempt, error) {
            return;
        }
        let duration = at - flight.llm_began;
        tell(EventKind::LlmOperation { operation: flight.llm_operation, failed: true, duration });
        let late = (at - flight.arrived).as_secs_f64() > DEADLINE || error == LlmError::Timeout;
        let error = if late { ManagerError::Timeout } else { ManagerError::Upstream };
        self.finish(at, slot, flight, Some(error), None, sink);
    }

    /// Plans a retry after back-off, or the move to another provider; `false` if the client gives up.
    fn tries_again(
        &mut self,
        at: Nanos,
        slot: u32,
        flight: &Flight,
        attempt: &Attempt,
        error: LlmError,
    ) -> bool {
        let retryable = matches!(
            error,
            LlmError::RateLimit | LlmError::Timeout | LlmError::ServerError | LlmError::Network
        );
        if !retryable {
            return false;
        }
        // x(1 - .25 u), as the public clients do.
        let jitter = 1.0 - 0.25 * self.rng.unit();
        let mut next = *flight;
        let wait = if flight.retries < MAX_RETRIES && !flight.failed_over {
            let back_off = 0.5 * f64::from(1u32 << flight.retries.min(4));
            next.retries += 1;
            let asked = attempt.retry_after.filter(|wait| *wait <= Nanos::MINUTE);
            asked.unwrap_or(Nanos::from_secs_f64(back_off.min(8.0) * jitter))
        } else if !flight.failed_over && !embeds(flight.llm_operation) {
            next.failed_over = true;
            next.deployment = fail_over(flight.deployment);
            Nanos::from_secs_f64(0.02 * jitter)
        } else {
            return false;
        };
        if (at + wait - flight.arrived).as_secs_f64() > DEADLINE {
            return false;
        }
        next.stage = Stage::BackedOff;
        *self.flights.get(slot) = next;
        self.agenda.plan(at + wait, slot);
        true
    }

    fn scan(&mut self, at: Nanos, slot: u32, flight: &Flight, sink: &mut impl FnMut(&Event)) {
        let Some(guard) = self.pick(Module::PromptSecurity) else {
            // Fail closed: an answer that nobody scanned is not given out.
            self.finish(at, slot, flight, Some(ManagerError::Internal), None, sink);
            return;
        };
        let (lasts, finding, refused) = self.guard.scan(flight.missed, &self.effects);
        if let Some(finding) = finding {
            // Only an attack that no validation could block counts as an injection here (I7).
            let injection = finding.injection.filter(|_| self.effects.guard_bypassed);
            tell_finding(at, guard, Finding { injection, ..finding }, sink);
        }
        self.flights.get(slot).stage = Stage::Scanned { guard, lasts, refused };
        self.agenda.plan(at + lasts, slot);
    }
}

/// Where a request goes when its provider fails for good.
fn fail_over(from: Deployment) -> Deployment {
    match from.provider() {
        Provider::OpenAi if from == Deployment::OpenAiGpt4o => Deployment::AzureGpt4o,
        Provider::OpenAi => Deployment::AzureGpt4oMini,
        Provider::AzureOpenAi if from == Deployment::AzureGpt4o => Deployment::OpenAiGpt4o,
        Provider::AzureOpenAi => Deployment::OpenAiGpt4oMini,
        Provider::Anthropic => Deployment::OpenAiGpt4o,
        Provider::Local | Provider::Other => Deployment::OpenAiGpt4oMini,
    }
}
