//! Where scenarios lie on the time axis of a database that they share.
//!
//! A native engine is fresh for each scenario; a database of somebody else's is not, and is never emptied. So each
//! scenario has a time of its own, further from the others than anything looks back. Scenarios are moved by whole
//! weeks, so that the hour of the day, the weekday and every step of a graph stay what they are, and into the past,
//! since a server may refuse what lies ahead of its clock. A label of its own for each run would separate them too,
//! but would be on every answer, where no panel expects it.

use std::collections::BTreeSet;

use modules::module::Module;
use sim::{
    label::Label as _,
    world::{self, Instance},
};

use monitoring::{Monitoring, RuleKind};
use prom::promql::{self, RangeWindow, Step};
use scenario::Scenario;
use stack::external::{External, ExternalError};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const WEEK_MS: i64 = 7 * DAY_MS;

/// How far apart scenarios must lie so that nothing of one is seen from another, in milliseconds: a rule may read
/// another rule, and a panel a whole scenario; an hour is left for lookbacks and margins.
#[must_use]
pub fn gap_ms(monitoring: &Monitoring, scenarios: &[Scenario]) -> i64 {
    let rules =
        monitoring.rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    let panels = monitoring.dashboards.iter().flat_map(|dashboard| &dashboard.panels);
    let exprs = rules
        .map(|rule| rule.expr.as_str())
        .chain(panels.flat_map(|panel| &panel.targets).map(|target| target.expr.as_str()));
    let reach = exprs.map(reach_ms).max().unwrap_or(0);
    2 * reach + scenarios.iter().map(duration_ms).max().unwrap_or(0) + HOUR_MS
}

/// Moves each scenario into a time of its own, in their order, the last one `earlier_ms` (rounded up to weeks) before
/// its own time.
pub fn lay(scenarios: &mut [Scenario], gap_ms: i64, earlier_ms: i64) {
    let longest = scenarios.iter().map(duration_ms).max().unwrap_or(0);
    let weeks = |ms: i64| (ms + WEEK_MS - 1).div_euclid(WEEK_MS);
    // Scenarios may differ in their own times.
    let own = scenarios.iter().map(|scenario| scenario.epoch.as_millisecond());
    let (first, last) =
        own.fold((i64::MAX, i64::MIN), |(first, last), epoch| (first.min(epoch), last.max(epoch)));
    // Some databases find series by the day.
    let apart = weeks(longest + gap_ms + DAY_MS + last.saturating_sub(first).max(0));
    let n = scenarios.len() as i64;
    for (nth, scenario) in scenarios.iter_mut().enumerate() {
        let back = (n - 1 - nth as i64) * apart + weeks(earlier_ms);
        let moved = scenario.epoch.as_millisecond() - back * WEEK_MS;
        scenario.epoch = jiff::Timestamp::from_millisecond(moved).unwrap_or(scenario.epoch);
    }
}

/// A regular expression for the names of all series that a scenario writes.
#[must_use]
pub fn written(monitoring: &Monitoring) -> String {
    let mut names: BTreeSet<String> = crate::backfill::OWN.map(str::to_owned).into();
    for &module in world::Module::ALL {
        let mut module = Module::new(Instance { module, replica: 0 }, 0, None);
        if let Ok(exposition) = module.scrape() {
            names.extend(exposition.series().iter().map(|series| series.name.clone()));
        }
    }
    let rules =
        monitoring.rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
    names.extend(
        rules
            .filter(|rule| matches!(rule.kind, RuleKind::Record { .. }))
            .map(|rule| rule.name().to_owned()),
    );
    names.into_iter().collect::<Vec<_>>().join("|")
}

/// Refuses if `external` has series like those that the scenarios write, where they or anything that looks back from
/// them could see them.
///
/// # Errors
/// If it has, or cannot be asked.
pub async fn is_free(
    monitoring: &Monitoring,
    external: &External,
    scenarios: &[Scenario],
) -> Result<(), ExternalError> {
    let names = written(monitoring);
    let gap_ms = gap_ms(monitoring, scenarios);
    for scenario in scenarios {
        let epoch_ms = scenario.epoch.as_millisecond();
        let end_ms = epoch_ms + duration_ms(scenario);
        external.is_free(&names, epoch_ms - gap_ms, end_ms + gap_ms).await?;
    }
    Ok(())
}

fn duration_ms(scenario: &Scenario) -> i64 {
    scenario.duration.as_millis() as i64
}

/// How far an expression itself looks back; Grafana's windows are no longer than a scenario.
fn reach_ms(expr: &str) -> i64 {
    let fixed = |window: &RangeWindow| match window {
        RangeWindow::Fixed(millis) => *millis,
        _ => 0,
    };
    let selectors = promql::selectors(expr).unwrap_or_default();
    let of = |selector: &promql::SelectorUse| {
        let subqueries = selector.path.iter().map(|step| match step {
            Step::Subquery(window) => fixed(window),
            _ => 0,
        });
        selector.window.as_ref().map_or(0, fixed)
            + selector.offset_ms.max(0)
            + subqueries.sum::<i64>()
    };
    selectors.iter().map(of).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn scenarios(names: [&str; 3]) -> Vec<Scenario> {
        let (found, _) = scenario::load_dir(&root().join("scenarios"));
        let named = |name: &str| found.iter().find(|scenario| scenario.name == name).unwrap();
        names.iter().map(|name| named(name).clone()).collect()
    }

    #[test]
    fn scenarios_lie_whole_weeks_apart_beyond_what_anything_sees() {
        let monitoring = Monitoring::load(&root().join("monitoring")).unwrap();
        let own = scenarios(["chat", "burst", "provider-outage"]);
        let gap = gap_ms(&monitoring, &own);
        assert!(gap > 2 * 3 * DAY_MS, "the longest window of a rule is three days");
        let mut laid = own.clone();
        lay(&mut laid, gap, 0);
        assert_eq!(laid[2].epoch, own[2].epoch, "the last one stays");
        for (own, laid) in own.iter().zip(&laid) {
            let moved = own.epoch.as_millisecond() - laid.epoch.as_millisecond();
            assert_eq!(moved.rem_euclid(WEEK_MS), 0);
        }
        for pair in laid.windows(2) {
            let end = pair[0].epoch.as_millisecond() + duration_ms(&pair[0]);
            assert!(pair[1].epoch.as_millisecond() - end >= gap + DAY_MS);
        }
        lay(&mut laid, gap, DAY_MS);
        let back = own[2].epoch.as_millisecond() - laid[2].epoch.as_millisecond();
        assert_eq!(back, WEEK_MS, "a day is rounded up to a week");
    }

    #[test]
    fn all_that_is_written_has_a_name() {
        let monitoring = Monitoring::load(&root().join("monitoring")).unwrap();
        let names = written(&monitoring);
        let names: Vec<&str> = names.split('|').collect();
        for name in ["up", "llm_provider_requests_total", "module:operations:rate5m"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(names.iter().any(|name| name.ends_with("_bucket")));
    }
}
