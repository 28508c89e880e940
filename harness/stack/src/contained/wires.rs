//! Whom each server of the stack must reach, by the configuration that it runs on.
//!
//! Only names and addresses; whether they lead anywhere, `containers` asks from inside. What is served is not known
//! here.

use std::collections::BTreeSet;
use std::path::Path;

use containers::wiring::Peer;
use monitoring::Monitoring;
use serde_json::Value;

use super::{ALERTMANAGER, PROMETHEUS};
use crate::deploy;

/// Every address that the files of a monitoring directory name; places are relative to it.
pub(super) fn peers(monitoring: &Monitoring) -> Vec<Peer> {
    let directory = &monitoring.directory;
    let name = |file: &Path| file.strip_prefix(directory).unwrap_or(file).display().to_string();
    let config = name(&monitoring.config.file);
    let mut peers: Vec<Peer> = deploy::listed(monitoring)
        .into_iter()
        .filter_map(|(nth, address)| {
            let job = monitoring.config.jobs.get(nth)?;
            let line = job.line.map(|line| format!(":{line}")).unwrap_or_default();
            Some(Peer {
                from: PROMETHEUS.0.to_owned(),
                url: format!("http://{address}{}", job.metrics_path),
                named_in: format!("{config}{line}"),
            })
        })
        .collect();
    let read = |file: &Path| std::fs::read_to_string(file).unwrap_or_default();
    for address in alerted(&monitoring.config.file, &read(&monitoring.config.file)) {
        let (from, named_in) = (PROMETHEUS.0.to_owned(), format!("{config} (alerting)"));
        peers.push(Peer { from, url: format!("http://{address}/-/ready"), named_in });
    }
    if let Some(alertmanager) = &monitoring.alertmanager {
        let named_in = format!("{} (receivers)", name(&alertmanager.file));
        for url in notified(&alertmanager.file, &read(&alertmanager.file)) {
            let from = ALERTMANAGER.0.to_owned();
            peers.push(Peer { from, url, named_in: named_in.clone() });
        }
    }
    peers
}

/// The addresses to which Prometheus sends alerts.
fn alerted(file: &Path, text: &str) -> BTreeSet<String> {
    let read: Value = prom::yaml::parse(file, text).unwrap_or_default();
    let managers = list(&read["alerting"]["alertmanagers"]);
    let groups = managers.iter().flat_map(|manager| list(&manager["static_configs"]));
    let targets = groups.flat_map(|group| list(&group["targets"]));
    targets.filter_map(|target| Some(target.as_str()?.to_owned())).collect()
}

/// The URLs that receivers notify.
fn notified(file: &Path, text: &str) -> BTreeSet<String> {
    let read: Value = prom::yaml::parse(file, text).unwrap_or_default();
    let receivers = list(&read["receivers"]);
    let webhooks = receivers.iter().flat_map(|receiver| list(&receiver["webhook_configs"]));
    webhooks.filter_map(|webhook| Some(webhook["url"].as_str()?.to_owned())).collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_whom_the_files_name_is_a_peer() {
        let text =
            "alerting: {alertmanagers: [{static_configs: [{targets: ['a:9093', 'b:9093']}]}]}";
        assert!(alerted(Path::new("p.yml"), text).into_iter().eq(["a:9093", "b:9093"]));
        let text = "receivers: [{name: x, webhook_configs: [{url: 'http://h:1/'}]}, {name: y}]";
        assert!(notified(Path::new("a.yml"), text).into_iter().eq(["http://h:1/"]));
        assert!(alerted(Path::new("p.yml"), "").is_empty());
    }
}
