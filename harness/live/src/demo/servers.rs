//! The servers of a demonstration: a Prometheus with a history, an Alertmanager, a receiver that is notified.
//!
//! They are a stack like any other, but for the order in which it comes to be. What is shown is not known here.

use modules::clock::Clock;

use super::{
    Setting, Step,
    history::{self, HistoryError},
    seam::Bridge,
};
use scenario::Scenario;
use stack::native::Options;

use crate::stack::{LiveStack, LiveStackError, Prepared, RESEND_DELAY, StackPlan};

/// Where the shipped files have Prometheus, Alertmanager and Grafana.
pub const PROMETHEUS_PORT: u16 = 9090;
/// Likewise.
pub const ALERTMANAGER_PORT: u16 = 9093;
/// Likewise.
pub const GRAFANA_PORT: u16 = 3000;

/// Servers that could not be started; nothing of them is left.
#[derive(Debug, thiserror::Error)]
pub enum ServersError {
    /// The stack could not be started.
    #[error(transparent)]
    Stack(#[from] LiveStackError),
    /// Prometheus has no history.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// Starts everything with the history of a scenario up to now; `clock` is that of the modules' servers, which began in
/// the past, and the scenario's duration must reach beyond now. What bridges the time until Prometheus scrapes is the
/// caller's to run.
///
/// # Errors
/// If any part of it fails.
pub async fn start(
    plan: StackPlan<'_>,
    (scenario, clock): (&Scenario, Clock),
    notice: impl FnMut(Step),
) -> Result<(LiveStack, Bridge), ServersError> {
    let (prepared, addresses) = Prepared::make(&plan)?;
    let options = Options {
        // What fires within the seconds before Alertmanager is discovered is sent again after that.
        resend_delay: plan.cadence.map(|_| RESEND_DELAY),
        steady: true,
        ..prepared.options(&addresses)
    };
    let setting = Setting {
        scenario,
        clock,
        modules: &plan.targets,
        deployed: prepared.deployment().monitoring(),
        options: &options,
        stack: plan.stack,
        environment: plan.environment,
    };
    let (prometheus, bridge) = history::write(&setting, notice).await?;
    // Not before: the Prometheus that told the phases had the same rules, and its alerts are nobody's.
    let stack = LiveStack::beside(prometheus, &plan, prepared, addresses).await?;
    Ok((stack, bridge))
}
