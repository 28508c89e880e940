//! One body over both: a stack is the same whether programs of this machine or containers run it.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::{Failed, Trial};
use live::LiveRoad;
use proof::verify::ScenarioReport;
use stack::{backend::Stack, prometheus_binary::PrometheusBinary};
use testkit::{
    contained::{environment_of, in_containers, site},
    lines::block_on,
};

use crate::{
    contained::{cache, root},
    stories::bench,
};

/// Short, with an incident, an alert and a notification.
const STORY: &str = "provider-outage";

pub(crate) fn trials() -> Vec<Trial> {
    in_containers("a_story_has_the_same_verdicts_natively_and_in_containers", same_verdicts)
}

fn same_verdicts(binary: &PrometheusBinary) -> Result<(), Failed> {
    let story = bench::story(STORY)?;
    let native = bench::road(binary)?;
    let contained = block_on(async {
        let environment = environment_of(binary, &cache()).await?;
        site(&root().join("monitoring"), &environment).await
    })?;
    let contained = LiveRoad { stack: Stack::Containers(contained), ..bench::road(binary)? };
    let mut found = Vec::new();
    for road in [&native, &contained] {
        let report = bench::play(road, &story)?;
        if !report.held() {
            return Err(bench::told(road, &story, report).into());
        }
        found.push(summary(&report));
    }
    assert_eq!(found[0], found[1]);
    Ok(())
}

/// What was judged and how it ended, place by place.
fn summary(report: &ScenarioReport) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for verdict in &report.verdicts {
        let place = &verdict.question.place;
        let place = format!("{}/{}", place.dashboard, place.panel);
        found.entry(place).or_default().insert(verdict.held().to_string());
    }
    for verdict in &report.alerts {
        let place = format!("alerts/{}", verdict.alert);
        found.entry(place).or_default().insert(verdict.held().to_string());
    }
    for wiring in &report.wiring {
        let place = format!("wiring {:?}", wiring.part);
        found.entry(place).or_default().insert(wiring.broken.is_empty().to_string());
    }
    assert!(found.len() > 60, "{found:?}");
    found
}
