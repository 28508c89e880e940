//! Whether both lines of both servers accept a changed copy, and read in it what was asked for.

use std::net::SocketAddr;

use libtest_mimic::{Failed, Trial};
use proof::verify::targets;
use sim::{
    label::Label,
    world::{Instance, Module},
};
use stack::{
    alertmanager_binary::AlertmanagerBinary,
    amtool,
    deploy::{Cadence, Changes, Deployment},
    prometheus_binary::PrometheusBinary,
    promtool,
};

use crate::live_stack::{
    alertmanagers::on_each_alertmanager,
    lines::{block_on, environment, on_each_line},
    shipped,
};

pub(crate) fn trials() -> Vec<Trial> {
    on_each_line("promtool_accepts_every_cadence", accepted_by_promtool)
        .into_iter()
        .chain(on_each_line("targets_have_the_cadence_of_their_labels", cadence_of_targets))
        .chain(on_each_alertmanager("amtool_accepts_every_cadence", accepted_by_amtool))
        .collect()
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn changes(cadence: Option<Cadence>) -> Changes {
    let first = |(port, &module): (u16, &Module)| (Instance { module, replica: 0 }, address(port));
    Changes {
        targets: (40_000..).zip(Module::ALL).map(first).collect(),
        prometheus: Some(address(40_010)),
        alertmanager: Some(address(40_011)),
        receiver: Some("http://127.0.0.1:40012/".into()),
        cadence,
        within: None,
    }
}

/// As shipped, and from almost nothing to slower than any default timeout.
fn cadences() -> Vec<Option<Cadence>> {
    let cadence = |(scrape_ms, timeout_ms, divisor)| {
        Some(Cadence { scrape_ms, timeout_ms, divisor, least_for_ms: 0 })
    };
    let cadences = [(200, 200, 20), (500, 400, 1), (1_000, 1_000, 3600), (60_000, 30_000, 7)];
    std::iter::once(None).chain(cadences.map(cadence)).collect()
}

fn accepted_by_promtool(binary: &PrometheusBinary) -> Result<(), Failed> {
    for cadence in cadences() {
        let copy = Deployment::write(&shipped(), &changes(cadence), &environment())?;
        let config = copy.directory().join("prometheus/prometheus.yml");
        block_on(promtool::check_config(binary, &config))?;
    }
    Ok(())
}

fn accepted_by_amtool(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    for cadence in cadences() {
        let copy = Deployment::write(&shipped(), &changes(cadence), &environment())?;
        let config = copy.directory().join("alertmanager/alertmanager.yml");
        block_on(amtool::check_config(binary, &config))?;
    }
    Ok(())
}

/// What the backfill road takes from a deployment whose modules are where it expects them.
fn cadence_of_targets(binary: &PrometheusBinary) -> Result<(), Failed> {
    let cadence = Cadence { scrape_ms: 500, timeout_ms: 400, divisor: 10, least_for_ms: 10_000 };
    let changes = Changes { cadence: Some(cadence), ..Changes::default() };
    let copy = Deployment::write(&shipped(), &changes, &environment())?;
    let found = block_on(targets::targets(copy.monitoring(), binary, [1, 2, 1]))?;
    let found: Vec<(i64, i64)> =
        found.targets.iter().map(|(_, config)| (config.interval_ms, config.timeout_ms)).collect();
    assert_eq!(found, [(500, 400); 6], "Prometheus, Alertmanager and four copies of modules");
    let shipped = block_on(targets::targets(&shipped(), binary, [1, 1, 1]))?;
    for (instance, config) in shipped.targets {
        let expected = if instance.is_some() { (5_000, 4_000) } else { (15_000, 10_000) };
        assert_eq!(
            (config.interval_ms, config.timeout_ms),
            expected,
            "{:?}",
            instance.map(|i| i.module.as_str())
        );
    }
    Ok(())
}
