//! What a running stack is: where its servers are, how its files differ from the shipped ones, what starting cost.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use sim::{label::Label, world::Instance};

use live::stack::Timings;
use stack::deploy::Difference;

use crate::report::words;

/// A stack, for people and for programs.
#[derive(Debug)]
pub struct Shown<'a> {
    /// `native` or `containers`, and why.
    pub stack: (&'static str, String),
    /// Where Grafana is, or why there is none.
    pub grafana: Result<String, String>,
    /// Which Prometheus, with where it came from.
    pub prometheus: String,
    /// Where it is.
    pub prometheus_url: &'a str,
    /// Which Alertmanager and where it is; or why there is none.
    pub alertmanager: Result<(String, &'a str), String>,
    /// Whom notifications go to.
    pub receiver_url: String,
    /// Where the modules are served; none if they are not.
    pub modules: &'a [(Instance, SocketAddr)],
    /// The shipped directory.
    pub shipped: String,
    /// Its copy.
    pub directory: String,
    /// How they differ.
    pub differences: &'a [Difference],
    /// How containers differ from those that Compose starts, in words.
    pub contained: Vec<String>,
    /// Who does not reach whom the configuration names.
    pub lost: &'a [String],
}

/// Addresses and differences, a line for each.
#[must_use]
pub fn text(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    let mut line = |name: &str, what: &str| {
        let _ = writeln!(out, "{name:<16}{what}");
    };
    match &shown.grafana {
        Ok(url) => line("Grafana", &format!("{url}  with all dashboards")),
        Err(why) => line("Grafana", &format!("not exercised: {why}")),
    }
    line("Prometheus", &format!("{}  {}", shown.prometheus_url, shown.prometheus));
    match &shown.alertmanager {
        Ok((which, url)) => line("Alertmanager", &format!("{url}  {which}")),
        Err(why) => {
            let why = why.replace('\n', "\n  ");
            line("Alertmanager", &format!("none, so alerts notify nobody: {why}"));
        }
    }
    line("receiver", &format!("{}  keeps the notifications that it gets", shown.receiver_url));
    for (instance, address) in shown.modules {
        line(instance.module.as_str(), &format!("http://{address}/metrics"));
    }
    if shown.modules.is_empty() {
        line("modules", "as in the targets of the monitoring directory");
    }
    line("stack", &format!("{}: {}", shown.stack.0, shown.stack.1));
    for lost in shown.lost {
        line("lost wiring", lost);
    }
    let n = words::counted(shown.differences.len(), "difference");
    let _ = writeln!(out, "\n{n} of {} from {}:", shown.directory, shown.shipped);
    for difference in shown.differences {
        let _ = writeln!(out, "  {difference}");
    }
    if !shown.contained.is_empty() {
        let n = words::counted(shown.contained.len(), "difference");
        let _ = writeln!(out, "\n{n} from what Compose starts:");
    }
    for difference in &shown.contained {
        let _ = writeln!(out, "  {difference}");
    }
    out
}

/// The same as one JSON object on one line.
#[must_use]
pub fn json(shown: &Shown<'_>) -> String {
    let modules: Vec<Value> = shown
        .modules
        .iter()
        .map(|(instance, address)| {
            let url = format!("http://{address}/metrics");
            json!({ "module": instance.module.as_str(), "replica": instance.replica, "url": url })
        })
        .collect();
    let differences: Vec<Value> = shown
        .differences
        .iter()
        .map(|Difference { file, line, shipped, here }| {
            json!({ "file": file, "line": line, "shipped": shipped, "here": here })
        })
        .collect();
    let document = json!({
        "stack": { "chosen": shown.stack.0, "why": shown.stack.1 },
        "grafana": shown.grafana.as_ref().ok(),
        "grafana_not_exercised": shown.grafana.as_ref().err(),
        "containers": shown.contained,
        "lost_wiring": shown.lost,
        "prometheus": shown.prometheus_url,
        "alertmanager": shown.alertmanager.as_ref().ok().map(|(_, url)| url),
        "receiver": shown.receiver_url,
        "modules": modules,
        "directory": shown.directory,
        "differences": differences,
    });
    format!("{document}\n")
}

/// Each step with the seconds after which it was done.
fn steps(timings: &Timings) -> [(&'static str, &'static str, Option<Duration>); 8] {
    [
        ("receiver", "receiver listens, ports are reserved", Some(timings.receiver)),
        ("copied", "configuration is copied", Some(timings.copied)),
        ("checked", "promtool and amtool have read it", timings.checked),
        ("alertmanager_ready", "Alertmanager answers", timings.alertmanager_ready),
        ("prometheus_ready", "Prometheus answers", timings.prometheus_ready),
        ("discovered", "Alertmanager is discovered", timings.discovered),
        ("evaluated", "first rule is evaluated", timings.evaluated),
        ("scraped", "every target was scraped", timings.scraped),
    ]
}

/// What starting cost: a row for each step, in the order in which they were done.
#[must_use]
pub fn timings_text(timings: &Timings) -> String {
    let mut done: Vec<(&str, Duration)> =
        steps(timings).into_iter().filter_map(|(_, what, after)| Some((what, after?))).collect();
    done.sort_by_key(|(_, after)| *after);
    let mut out = String::from("\nafter       what\n");
    for (what, after) in done {
        let _ = writeln!(out, "{:>8.3} s  {what}", after.as_secs_f64());
    }
    out
}

/// The same as one JSON object on one line, in seconds; null for what has no place in this stack.
#[must_use]
pub fn timings_json(timings: &Timings) -> String {
    let seconds: serde_json::Map<String, Value> = steps(timings)
        .into_iter()
        .map(|(name, _, after)| (name.to_owned(), json!(after.map(|after| after.as_secs_f64()))))
        .collect();
    format!("{}\n", json!({ "timings": seconds }))
}

#[cfg(test)]
mod tests {
    use sim::world::Module;

    use super::*;

    fn timings() -> Timings {
        let after = |millis| Duration::from_millis(millis);
        Timings {
            receiver: after(1),
            copied: after(20),
            checked: Some(after(150)),
            prometheus_ready: Some(after(300)),
            scraped: Some(after(5_500)),
            evaluated: Some(after(900)),
            ..Timings::default()
        }
    }

    #[test]
    fn steps_are_in_the_order_in_which_they_were_done() {
        let text = timings_text(&timings());
        let last: Vec<&str> = text.lines().rev().take(2).collect();
        assert_eq!(
            last,
            ["   5.500 s  every target was scraped", "   0.900 s  first rule is evaluated"]
        );
        assert!(!text.contains("Alertmanager"), "{text}");
        let json: Value = serde_json::from_str(&timings_json(&timings())).unwrap();
        assert_eq!(json["timings"]["scraped"], 5.5);
        assert_eq!(json["timings"]["discovered"], Value::Null);
    }

    #[test]
    fn everything_that_differs_is_told_in_both_forms() {
        let modules =
            [(Instance { module: Module::LlmProvider, replica: 0 }, ([127, 0, 0, 1], 4).into())];
        let differences = [Difference {
            file: "a.yml".into(),
            line: 3,
            shipped: "b: 1".into(),
            here: "b: 2\nc: 3".into(),
        }];
        let lost = ["prometheus.yml:22: prometheus finds no `alertmanagr`".to_owned()];
        let shown = Shown {
            stack: ("containers", "--stack says so".into()),
            grafana: Err("no image".into()),
            contained: vec!["docker-compose.yml: prometheus: a flag".into()],
            lost: &lost,
            prometheus: "Prometheus 9".into(),
            prometheus_url: "http://127.0.0.1:1",
            alertmanager: Err("tried:\n- PATH".into()),
            receiver_url: "http://127.0.0.1:3/".into(),
            modules: &modules,
            shipped: "monitoring".into(),
            directory: "/tmp/copy".into(),
            differences: &differences,
        };
        let text = text(&shown);
        for expected in [
            "Prometheus      http://127.0.0.1:1  Prometheus 9\n",
            "Alertmanager    none, so alerts notify nobody: tried:\n  - PATH\n",
            "llm-provider    http://127.0.0.1:4/metrics\n",
            "Grafana         not exercised: no image\n",
            "stack           containers: --stack says so\n",
            "lost wiring     prometheus.yml:22: prometheus finds no `alertmanagr`\n",
            "1 difference from what Compose starts:\n  docker-compose.yml: prometheus: a flag\n",
            "1 difference of /tmp/copy from monitoring:\n  a.yml:3: b: 1 -> b: 2 / c: 3\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        let json: Value = serde_json::from_str(&json(&shown)).unwrap();
        assert_eq!(json["alertmanager"], Value::Null);
        assert_eq!(json["differences"][0]["here"], "b: 2\nc: 3");
        assert_eq!(json["modules"][0]["url"], "http://127.0.0.1:4/metrics");
    }
}
