//! What prompt-security says of a prompt or an answer, as events.
//!
//! Called from a request's path; the guard itself only decides.

use crate::{
    engine::{
        flight::Process,
        guard::{Finding, Judgement},
    },
    event::{Event, EventKind, LlmTokens},
    time::Nanos,
    world::security::{EventSeverity, EventType, SecurityError, SecurityModel, SecurityOperation},
};

/// A judgement, at the instant at which it is made.
pub(super) fn tell_judgement(
    at: Nanos,
    guard: Process,
    judgement: &Judgement,
    tokens: LlmTokens,
    sink: &mut impl FnMut(&Event),
) {
    let mut tell = |kind| sink(&Event { at, replica: guard.replica, kind });
    tell(EventKind::SecurityOperation {
        operation: SecurityOperation::Validate,
        error: judgement.error,
        duration: judgement.lasts,
    });
    tell(EventKind::Validation(judgement.verdict));
    if judgement.error != Some(SecurityError::RateLimited) {
        let input = (tokens.input + tokens.cached_input).min(512);
        tell(EventKind::SecurityUsage { model: SecurityModel::PromptGuard, input, output: 1 });
    }
    if let Some(input) = judgement.judged_tokens {
        tell(EventKind::SecurityUsage { model: SecurityModel::Judge, input, output: 24 });
    }
    if let Some(duration) = judgement.sanitised {
        tell(EventKind::SecurityOperation {
            operation: SecurityOperation::Sanitize,
            error: None,
            duration,
        });
        tell(EventKind::SecurityEvent {
            event_type: EventType::Pii,
            severity: EventSeverity::Info,
        });
    }
    if let Some(finding) = judgement.finding {
        tell_finding(at, guard, finding, sink);
    }
}

/// A risk that was found.
pub(super) fn tell_finding(
    at: Nanos,
    guard: Process,
    finding: Finding,
    sink: &mut impl FnMut(&Event),
) {
    let mut tell = |kind| sink(&Event { at, replica: guard.replica, kind });
    tell(EventKind::SecurityEvent { event_type: finding.event_type, severity: finding.severity });
    if let Some((injection, severity)) = finding.injection {
        tell(EventKind::Injection { injection, severity });
    }
}
