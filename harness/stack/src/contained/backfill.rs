//! What a road needs of Prometheus beyond the command of the compose file; each is a listed difference.
//!
//! The flags are those of `native`, which says why each is needed. How a container is started is not known here.

use std::time::Duration;

use containers::Plan;

use super::PROMETHEUS;
use crate::native::{MAX_SAMPLES, Options, block_hours};

/// Why flags are added for samples of the past.
const PAST: &str = "takes samples of the past by remote write";

/// Adds what `options` ask for.
pub(super) fn arguments(plan: Plan, options: &Options) -> Plan {
    let mut plan = plan;
    let mut add = |argument: String, why: &str| {
        plan = plan.clone().argument(PROMETHEUS.0, argument, why);
    };
    if options.span != Duration::ZERO {
        let block = block_hours(options.span);
        add("--web.enable-remote-write-receiver".to_owned(), PAST);
        add(format!("--storage.tsdb.min-block-duration={block}h"), PAST);
        add(format!("--storage.tsdb.max-block-duration={block}h"), PAST);
        add("--storage.tsdb.retention.time=100y".to_owned(), PAST);
        add(format!("--query.max-samples={MAX_SAMPLES}"), "a day of many series in one range");
    }
    if let Some(delay) = options.resend_delay {
        let argument = format!("--rules.alert.resend-delay={}ms", delay.as_millis());
        add(argument, "what fires before Alertmanager is discovered is sent again soon");
    }
    plan
}
