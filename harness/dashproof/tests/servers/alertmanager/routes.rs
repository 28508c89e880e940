//! Claims about who is told of which alert, by the word of amtool.

use std::fs;

use libtest_mimic::{Failed, Trial};
use monitoring::AlertmanagerConfig;
use stack::alertmanager_binary::AlertmanagerBinary;
use stack::amtool;
use stack::prometheus_binary::PrometheusBinary;
use stack::promtool::{self, DiscoveredTarget};

use crate::alertmanager::alertmanagers::on_each_alertmanager;
use crate::alertmanager::lines::{block_on, on_each_line};
use crate::alertmanager::running::Running;
use crate::alertmanager::shipped::{alerts, config, file, labels, monitoring};

type Pairs = &'static [(&'static str, &'static str)];

/// A route by its matchers, with alerts that take it and alerts that only look as if they did.
struct Claim {
    name: &'static str,
    matchers: &'static [&'static str],
    receiver: &'static str,
    takes: &'static [Pairs],
    passes: &'static [Pairs],
}

const CLAIMS: [Claim; 5] = [
    Claim {
        name: "what_has_no_known_severity_is_heard_all_the_same",
        matchers: &[],
        receiver: "unrouted",
        takes: &[
            &[("alertname", "New")],
            &[("alertname", "New"), ("severity", "")],
            &[("alertname", "New"), ("severity", "Critical")],
            &[("alertname", "New"), ("severity", "page"), ("module", "llm-provider")],
            &[("alertname", "New"), ("severity", "none")],
        ],
        passes: &[&[("alertname", "New"), ("severity", "critical")]],
    },
    Claim {
        name: "the_heartbeat_has_a_receiver_of_its_own",
        matchers: &[r#"alertname="Watchdog""#],
        receiver: "watchdog",
        takes: &[
            &[("alertname", "Watchdog"), ("severity", "none")],
            &[("alertname", "Watchdog"), ("severity", "critical")],
            &[("alertname", "Watchdog")],
        ],
        passes: &[&[("alertname", "WatchdogLate"), ("severity", "critical")]],
    },
    Claim {
        name: "critical",
        matchers: &[r#"severity="critical""#],
        receiver: "critical",
        takes: &[
            &[("alertname", "New"), ("severity", "critical")],
            &[("alertname", "New"), ("severity", "critical"), ("module", "a"), ("provider", "b")],
        ],
        passes: &[&[("alertname", "New"), ("severity", "critically")]],
    },
    Claim {
        name: "warning",
        matchers: &[r#"severity="warning""#],
        receiver: "warning",
        takes: &[&[("alertname", "New"), ("severity", "warning"), ("module", "a")]],
        passes: &[&[("alertname", "New"), ("severity", "warnings")]],
    },
    Claim {
        name: "information_notifies_nobody",
        matchers: &[r#"severity="info""#],
        receiver: "quiet",
        takes: &[&[("alertname", "New"), ("severity", "info")]],
        passes: &[&[("alertname", "New"), ("severity", "information")]],
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    let alone = [
        Trial::test("every_route_is_claimed", every_route),
        Trial::test("repetitions_come_when_the_file_says_so", repetitions),
    ];
    let claims = CLAIMS.iter().flat_map(|claim| {
        on_each_alertmanager(&format!("route::{}", claim.name), |binary| route(binary, claim))
    });
    alone
        .into_iter()
        .chain(claims)
        .chain(on_each_alertmanager("the_configuration_is_valid", valid))
        .chain(on_each_alertmanager("every_alert_reaches_the_receiver_of_its_severity", severities))
        .chain(on_each_alertmanager("all_receivers_but_one_deliver", deliveries))
        .chain(on_each_line("prometheus_sends_to_alertmanager_and_scrapes_it", sent_and_scraped))
        .collect()
}

fn every_route() -> Result<(), Failed> {
    let claimed = |matchers: &[String]| CLAIMS.iter().any(|claim| claim.matchers == matchers);
    for route in config().route.walk() {
        let matchers: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
        assert!(
            claimed(&matchers),
            "no claim about the route {matchers:?} (line {:?})",
            route.line
        );
    }
    assert_eq!(config().route.walk().len(), CLAIMS.len(), "a claim is about a route that is gone");
    Ok(())
}

fn route(binary: &AlertmanagerBinary, claim: &Claim) -> Result<(), Failed> {
    block_on(async {
        for pairs in claim.takes {
            let found = amtool::receivers(binary, &file(), &labels(pairs)).await?;
            assert_eq!(found, [claim.receiver], "{pairs:?}");
        }
        for pairs in claim.passes {
            let found = amtool::receivers(binary, &file(), &labels(pairs)).await?;
            assert_ne!(found, [claim.receiver], "{pairs:?}");
        }
        Ok(())
    })
}

fn valid(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let said = block_on(amtool::check_config(binary, &file()))?;
    let said = format!("{}{}", said.stdout, said.stderr);
    assert!(said.contains("SUCCESS") && !said.to_lowercase().contains("warn"), "{said}");
    // The same claim about a file that is wrong: no success without a look.
    let broken = tempfile::TempDir::new()?.keep();
    let copy = broken.join("alertmanager.yml");
    fs::write(&copy, fs::read_to_string(file())?.replace("receiver: unrouted", "receiver: lost"))?;
    let error = block_on(amtool::check_config(binary, &copy));
    fs::remove_dir_all(&broken)?;
    assert!(error.unwrap_err().to_string().contains("lost"));
    Ok(())
}

/// Nothing falls through: each alert that is shipped is routed by its severity, whatever other labels it has.
fn severities(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for alert in alerts() {
        let severity = alert.labels.get("severity").map(String::as_str);
        let expected = match (alert.name(), severity) {
            ("Watchdog", Some("none")) => "watchdog",
            (_, Some("critical")) => "critical",
            (_, Some("warning")) => "warning",
            (_, Some("info")) => "quiet",
            other => panic!("{other:?} has no receiver of its own"),
        };
        let own = [("alertname", alert.name())];
        let own = own.into_iter().chain(alert.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        let more = [("module", "prompt-manager"), ("provider", "openai"), ("instance", "h:1")];
        let both = [own.clone().collect(), own.chain(more).collect()];
        for labels in both {
            let found = block_on(amtool::receivers(binary, &file(), &labels))?;
            if found != [expected] {
                wrong.push(format!("{labels} goes to {found:?} instead of {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The parts that several receivers share are shared in what the server makes of the file.
fn deliveries(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    block_on(async {
        let running = Running::start(binary, &file()).await?;
        let status: serde_json::Value =
            reqwest::get(format!("{}/api/v2/status", running.url())).await?.json().await?;
        let loaded = status["config"]["original"].as_str().unwrap();
        // As the server writes it, every receiver begins with its name.
        let receivers = loaded.split("receivers:").nth(1).unwrap();
        for receiver in receivers.split("- name: ").skip(1) {
            let name = receiver.split_whitespace().next().unwrap();
            let delivers = receiver.contains("webhook_configs:") && receiver.contains("url: ");
            assert_eq!(delivers, name != "quiet", "{receiver}");
        }
        assert_eq!(receivers.matches("- name: ").count(), config().receivers.len());
        let log = running.log();
        assert!(!log.to_lowercase().contains("level=warn"), "it starts without a warning: {log}");
        running.stop().await;
        Ok(())
    })
}

/// Prometheus takes its side of the wiring: where alerts go is also where failed notifications are counted.
fn sent_and_scraped(binary: &PrometheusBinary) -> Result<(), Failed> {
    let file = monitoring().config.file.clone();
    block_on(async {
        promtool::check_config(binary, &file).await?;
        let scraped = promtool::service_discovery(binary, &file, "alertmanager").await?;
        let address =
            |target: &DiscoveredTarget| target.discovered.get("__address__").map(str::to_owned);
        let addresses: Vec<String> = scraped.iter().filter_map(address).collect();
        let sent: serde_json::Value = yaml(&fs::read_to_string(&file)?)?;
        let sent = &sent["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"];
        assert_eq!(*sent, serde_json::json!(addresses));
        Ok(())
    })
}

fn yaml(text: &str) -> Result<serde_json::Value, Failed> {
    Ok(serde_saphyr::from_str(text)?)
}

fn repetitions() -> Result<(), Failed> {
    let of = |config: &AlertmanagerConfig, pairs: &[(&str, &str)]| {
        let routes = config.routes_of(&labels(pairs));
        let minutes = |millis: i64| millis / 60_000;
        (minutes(routes[0].repeat_interval_ms), minutes(routes[0].group_interval_ms))
    };
    let heartbeat = of(config(), &[("alertname", "Watchdog")]);
    assert_eq!(heartbeat.0 + heartbeat.1, 5, "the heartbeat comes at least every five minutes");
    assert_eq!(of(config(), &[("severity", "critical")]), (60, 5));
    assert_eq!(of(config(), &[("severity", "warning")]), (12 * 60, 5));
    for route in config().route.walk() {
        assert!(route.group_interval_ms <= route.repeat_interval_ms, "line {:?}", route.line);
    }
    Ok(())
}
