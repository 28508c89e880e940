//! Alerts on the monitoring system itself, each raised by the fault that it is there for, and told to people.

use std::{fs, net::SocketAddr, time::Duration};

use libtest_mimic::{Failed, Trial};
use live::{
    SHORT,
    run::Edit,
    stack::{LiveStack, StackPlan},
};
use modules::{
    clock::Clock,
    serve::{Live, Plan},
};
use monitoring::Monitoring;
use scenario::Source;
use sim::{
    label::Label,
    world::{Instance, Module},
};
use stack::{
    client::prometheus::Reload,
    poll::{self, Pending},
    prometheus_binary::PrometheusBinary,
};

use crate::live_stack::running::native;
use crate::stories::{
    bench,
    lines::{block_on, environment, on_each_line},
};

/// The slowest needs five minutes without a successful reload.
const CEILING: Duration = Duration::from_secs(420);
const EVERY: Duration = Duration::from_millis(200);

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_each_line("fault::stalled_ingestion", stalled_ingestion),
        on_each_line("fault::a_bad_rule_file", bad_rule_file),
        on_each_line("fault::a_rule_that_fails", failing_rule),
        on_each_line("fault::a_failing_receiver", failing_receiver),
    ]
    .into_iter()
    .flatten()
    .collect()
}

struct Bench {
    live: Live<Source>,
    stack: LiveStack,
}

impl Bench {
    async fn start(binary: &PrometheusBinary, edit: Option<&Edit>) -> Result<Bench, Failed> {
        let story = bench::story("baseline")?;
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let first = |&module: &Module| (Instance { module, replica: 0 }, any_port);
        let live = Live::start(Plan {
            engine: story.engine()?,
            replicas: story.replicas,
            clock: Clock::starting_now(),
            addresses: Module::ALL.iter().map(first).collect(),
            observer: Box::new(|_| {}),
        })?;
        let monitoring = Monitoring::load(&bench::root().join("monitoring")).expect("as shipped");
        let alertmanager = bench::alertmanager(binary)?;
        let plan = StackPlan {
            monitoring: &monitoring,
            stack: &native(binary, Some(&alertmanager)),
            ports: [0; 3],
            environment: &environment(),
            targets: live.addresses().collect(),
            cadence: Some(SHORT),
            edit: edit.map(|edit| edit as _),
        };
        let mut stack = LiveStack::start(plan).await?;
        stack.until_settled(CEILING).await?;
        Ok(Bench { live, stack })
    }

    /// Waits until Prometheus says that the alert fires.
    async fn fires(&self, alert: &str) -> Result<(), Failed> {
        let client = self.stack.client();
        let expr = format!("ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}");
        poll::until(CEILING, EVERY, || async {
            let now = self.live.clock().epoch_unix_ms() + self.live.now().as_millis() as i64;
            match client.query(&expr, now).await {
                Err(error) => Err(Pending::Failed(error)),
                Ok(answer) => match answer.value {
                    prom::series::Value::Vector(found) if !found.is_empty() => Ok(()),
                    _ => Err(Pending::NotYet { status: format!("{alert} does not fire") }),
                },
            }
        })
        .await
        .map_err(|error| Failed::from(error.to_string()))
    }

    /// Waits until people are told that the alert fires.
    async fn is_told(&self, alert: &str) -> Result<(), Failed> {
        poll::until(CEILING, EVERY, || async {
            let told = self.stack.receiver().notifications();
            let names: Vec<String> = told
                .iter()
                .flat_map(|notification| &notification.alerts)
                .filter(|one| one.status == "firing")
                .filter_map(|one| one.labels.get("alertname").map(str::to_owned))
                .collect();
            match names.iter().any(|name| name == alert) {
                true => Ok(()),
                false => {
                    Err(Pending::<std::io::Error>::NotYet { status: format!("told of {names:?}") })
                }
            }
        })
        .await
        .map_err(|error| Failed::from(format!("{alert}: {error}")))
    }

    async fn stop(self) {
        self.stack.stop().await;
        self.live.close().await;
    }
}

/// Nothing is scraped any more, as when the disk is full or discovery finds nothing.
fn stalled_ingestion(binary: &PrometheusBinary) -> Result<(), Failed> {
    // Looked for here, since looking blocks.
    bench::alertmanager(binary)?;
    block_on(async {
        let bench = Bench::start(binary, None).await?;
        let file = bench.stack.deployment().directory().join("prometheus/prometheus.yml");
        let text = fs::read_to_string(&file)?;
        let at = text.find("\nscrape_configs:").expect("the shipped file scrapes");
        fs::write(&file, &text[..=at])?;
        assert_eq!(bench.stack.reload().await?, Reload::Applied);
        bench.is_told("PrometheusIngestionStalled").await?;
        bench.stop().await;
        Ok(())
    })
}

/// A rule file with a slip is left behind; the old rules go on.
fn bad_rule_file(binary: &PrometheusBinary) -> Result<(), Failed> {
    // Looked for here, since looking blocks.
    bench::alertmanager(binary)?;
    block_on(async {
        let bench = Bench::start(binary, None).await?;
        let file = bench.stack.deployment().directory().join("prometheus/rules/slip.yml");
        fs::write(&file, "groups:\n- name: slip\n  rules:\n  - { record: a:b, expr: sum( }\n")?;
        assert!(matches!(bench.stack.reload().await?, Reload::Refused { .. }));
        bench.is_told("PrometheusConfigReloadFailed").await?;
        bench.stop().await;
        Ok(())
    })
}

/// A rule that Prometheus accepts and cannot evaluate: several series match on both sides.
fn failing_rule(binary: &PrometheusBinary) -> Result<(), Failed> {
    let text = "groups:\n- name: slip\n  interval: 1s\n  rules:\n  - { record: a:b, expr: up + on () up }\n";
    let edit: Box<Edit> =
        Box::new(move |copy| fs::write(copy.join("prometheus/rules/slip.yml"), text));
    // Looked for here, since looking blocks.
    bench::alertmanager(binary)?;
    block_on(async {
        let bench = Bench::start(binary, Some(&*edit)).await?;
        bench.is_told("PrometheusRuleFailures").await?;
        bench.stop().await;
        Ok(())
    })
}

/// Whoever should be told answers with errors; once it is well again it learns that it missed something.
fn failing_receiver(binary: &PrometheusBinary) -> Result<(), Failed> {
    // Looked for here, since looking blocks.
    bench::alertmanager(binary)?;
    block_on(async {
        let bench = Bench::start(binary, None).await?;
        bench.stack.receiver().fail(true);
        bench.fires("AlertDeliveryFailing").await?;
        bench.stack.receiver().fail(false);
        bench.is_told("AlertDeliveryFailing").await?;
        bench.stop().await;
        Ok(())
    })
}
