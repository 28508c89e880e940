//! A stack over served modules: it observes, alerts arrive, and it comes back from what is done to it.

use std::{collections::BTreeSet, fs, net::SocketAddr, path::Path};

use libtest_mimic::{Failed, Trial};
use live::stack::{LiveStack, LiveStackError, StackPlan};
use modules::{
    clock::Clock,
    serve::{Live, Plan},
};
use prom::version::Line;
use scenario::{Scenario, Source};
use sim::{
    label::Label,
    world::{Instance, Module},
};
use stack::{
    alertmanager_binary::{AlertmanagerBinary, Matchers},
    backend::Stack,
    client::{alertmanager::Alertmanager, prometheus::Reload},
    deploy::Cadence,
    environment::Environment,
    prometheus_binary::PrometheusBinary,
};
use tempfile::TempDir;

use crate::live_stack::{
    alertmanagers::alertmanagers,
    lines::{block_on, environment, on_each_line},
    root, shipped,
    waiting::{CEILING, until},
};

/// Short enough for a test, long enough for two busy cores: rules every 1.5 s.
const CADENCE: Cadence =
    Cadence { scrape_ms: 500, timeout_ms: 500, divisor: 20, least_for_ms: 10_000 };

pub(crate) fn trials() -> Vec<Trial> {
    on_each_line("a_stack_observes_alerts_and_comes_back", observes)
        .into_iter()
        .chain(on_each_line("without_alertmanager_alerts_go_nowhere", without_alertmanager))
        .chain(on_each_line("a_server_that_does_not_start_takes_the_other_with_it", half_a_stack))
        .chain(on_each_line("a_refused_configuration_starts_nothing", refused))
        .collect()
}

/// An Alertmanager of the same age as this Prometheus, else any.
pub(crate) fn alertmanager(prometheus: &PrometheusBinary) -> AlertmanagerBinary {
    let wanted = match prometheus.version.line() {
        Line::V2 => Matchers::Classic,
        Line::V3 => Matchers::Utf8,
    };
    let found = |any: bool| {
        let mut all = alertmanagers().iter();
        all.find_map(|(line, binary)| binary.as_ref().ok().filter(|_| any || *line == wanted))
    };
    let found = found(false).or_else(|| found(true));
    found.cloned().unwrap_or_else(|| panic!("no Alertmanager: {:?}", alertmanagers()))
}

pub(crate) fn served() -> (Live<Source>, Vec<(Instance, SocketAddr)>) {
    let story = Scenario::load(&root().join("scenarios/chat.yaml")).unwrap();
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let first = |&module: &Module| (Instance { module, replica: 0 }, any_port);
    let plan = Plan {
        engine: story.engine().unwrap(),
        replicas: story.replicas,
        clock: Clock::starting_now(),
        addresses: Module::ALL.iter().map(first).collect(),
        observer: Box::new(|_| {}),
    };
    let live = Live::start(plan).unwrap();
    let addresses = live.addresses().collect();
    (live, addresses)
}

/// An environment whose temporary directory is ours, so that we see what is left in it.
fn private() -> (TempDir, Environment) {
    let temporary = TempDir::new().unwrap();
    let environment = Environment { temporary: temporary.path().to_owned(), ..environment() };
    (temporary, environment)
}

/// Programs of this machine.
pub(crate) fn native(
    prometheus: &PrometheusBinary,
    alertmanager: Option<&AlertmanagerBinary>,
) -> Stack {
    Stack::Native { prometheus: prometheus.clone(), alertmanager: alertmanager.cloned() }
}

/// Processes that name a path below a directory.
pub(crate) fn processes_in(directory: &Path) -> Vec<u32> {
    let needle = format!("{}/", directory.display());
    let processes = fs::read_dir("/proc").unwrap();
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let names_it = |pid: &u32| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains(&needle)
    };
    pids.filter(names_it).collect()
}

fn observes(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (temporary, environment) = private();
    let alertmanager = alertmanager(binary);
    let monitoring = shipped();
    block_on(async {
        let (live, targets) = served();
        let plan = StackPlan {
            monitoring: &monitoring,
            stack: &native(binary, Some(&alertmanager)),
            ports: [0; 3],
            environment: &environment,
            targets,
            cadence: Some(CADENCE),
            edit: None,
        };
        let mut stack = LiveStack::start(plan).await?;
        let timings = stack.until_settled(CEILING).await?;
        let steps = [
            Some(timings.receiver),
            Some(timings.copied),
            timings.checked,
            timings.prometheus_ready,
            timings.scraped,
        ];
        let steps: Vec<_> = steps.into_iter().flatten().collect();
        assert!(steps.len() == 5 && steps.is_sorted(), "{timings:?}");
        assert!(timings.alertmanager_ready <= timings.discovered && timings.evaluated.is_some());
        all_are_up(&stack).await;
        watchdog_arrives(&stack).await;
        alertmanager_comes_back(&mut stack).await?;
        a_bad_rule_is_refused(&stack).await?;
        prometheus_comes_back(&mut stack).await?;
        assert_eq!(stack.receiver().unreadable(), [""; 0]);
        assert_eq!(stack.end_of_its_own().await, None);

        let (pids, directories) = (stack.pids(), stack.directories());
        assert!(pids.len() == 2 && directories.iter().all(|directory| directory.is_dir()));
        assert!(pids.iter().all(|pid| processes_in(temporary.path()).contains(pid)));
        stack.stop().await;
        assert_eq!(processes_in(temporary.path()), [0; 0]);
        assert_eq!(fs::read_dir(temporary.path())?.count(), 0, "no directory is left");
        drop(live);
        Ok(())
    })
}

async fn all_are_up(stack: &LiveStack) {
    let client = stack.client();
    until("all targets are up", || async {
        let targets = client.targets().await.unwrap();
        let down: Vec<_> = targets.iter().filter(|target| target.health != "up").collect();
        if targets.len() == 5 && down.is_empty() { Ok(()) } else { Err(format!("{down:?}")) }
    })
    .await;
    for target in client.targets().await.unwrap() {
        let expected = ("500ms", "500ms");
        assert_eq!((target.scrape_interval.as_str(), target.scrape_timeout.as_str()), expected);
    }
}

async fn watchdog_arrives(stack: &LiveStack) {
    let notification = until("the heartbeat arrives", || async {
        let mut arrived = stack.receiver().notifications().into_iter();
        arrived.find(|told| told.receiver == "watchdog").ok_or("nothing for watchdog".to_owned())
    })
    .await;
    assert_eq!(notification.status, "firing");
    assert_eq!(notification.group_labels.get("alertname"), Some("Watchdog"));
    let [alert] = notification.alerts.try_into().unwrap();
    assert_eq!((alert.status.as_str(), alert.ends_at_ms), ("firing", None));
    // It fired before Alertmanager was discovered, and is sent again soon, not only after a minute.
    let waited_ms = notification.arrived_ms - alert.starts_at_ms;
    assert!(0 < waited_ms && waited_ms < 40_000, "{waited_ms} ms");
    let texts: Vec<&String> = alert.annotations.values().collect();
    assert!(alert.annotations.contains_key("summary"), "{texts:?}");
    assert!(texts.iter().all(|text| !text.is_empty() && !text.contains("{{")), "{texts:?}");
}

/// What an Alertmanager lists after it was started, it was sent since: it stores no alerts.
async fn alertmanager_comes_back(stack: &mut LiveStack) -> Result<(), Failed> {
    let url = stack.alertmanager_url().unwrap().to_owned();
    stack.stop_alertmanager().await;
    assert!(Alertmanager::new(&url).ready().await.is_err(), "it is down");
    assert_eq!(stack.pids().len(), 1);
    stack.start_alertmanager().await?;
    assert_eq!(stack.alertmanager_url(), Some(url.as_str()));
    let client = Alertmanager::new(&url);
    until("it is sent alerts again", || async {
        let alerts = client.alerts().await.unwrap();
        let watchdog =
            alerts.iter().find(|alert| alert.labels.get("alertname") == Some("Watchdog"));
        watchdog.map(|_| ()).ok_or(format!("{} alerts", alerts.len()))
    })
    .await;
    Ok(())
}

async fn names_of_rules(stack: &LiveStack) -> BTreeSet<String> {
    let groups = stack.client().rules().await.unwrap();
    groups.into_iter().flat_map(|group| group.rules).map(|rule| rule.name).collect()
}

async fn a_bad_rule_is_refused(stack: &LiveStack) -> Result<(), Failed> {
    let before = names_of_rules(stack).await;
    let rules = stack.deployment().directory().join("prometheus/rules");
    let rule = |expr: &str| {
        format!("groups: [{{name: own, rules: [{{record: own:rule, expr: '{expr}'}}]}}]\n")
    };
    fs::write(rules.join("own.yml"), rule("sum("))?;
    match stack.reload().await? {
        Reload::Refused { reason } => assert!(!reason.is_empty()),
        Reload::Applied => panic!("a rule that cannot be parsed was taken"),
    }
    assert_eq!(names_of_rules(stack).await, before);
    fs::write(rules.join("own.yml"), rule("sum(up)"))?;
    assert_eq!(stack.reload().await?, Reload::Applied);
    let after = names_of_rules(stack).await;
    assert!(after.contains("own:rule") && before.len() + 1 == after.len());
    Ok(())
}

async fn prometheus_comes_back(stack: &mut LiveStack) -> Result<(), Failed> {
    let (url, before) = (stack.prometheus_url().to_owned(), stack.pids());
    stack.restart_prometheus().await?;
    assert_eq!(stack.prometheus_url(), url);
    assert_ne!(stack.pids(), before);
    let now = jiff::Timestamp::now().as_millisecond();
    let kept = stack.client().samples("up{module=\"llm-provider\"}", now, 600_000).await?;
    assert!(!kept.is_empty(), "its data are kept");
    stack.until_settled(CEILING).await?;
    all_are_up(stack).await;
    Ok(())
}

fn without_alertmanager(binary: &PrometheusBinary) -> Result<(), Failed> {
    let monitoring = shipped();
    block_on(async {
        let (live, targets) = served();
        let plan = StackPlan {
            monitoring: &monitoring,
            stack: &native(binary, None),
            ports: [0; 3],
            environment: &environment(),
            targets,
            cadence: Some(CADENCE),
            edit: None,
        };
        let mut stack = LiveStack::start(plan).await?;
        assert_eq!((stack.alertmanager_url(), stack.pids().len()), (None, 1));
        let timings = stack.until_settled(CEILING).await?;
        assert_eq!((timings.discovered, timings.alertmanager_ready), (None, None));
        // A single scrape may fail on a busy machine; the next one does not.
        let refused = async || {
            let targets = stack.client().targets().await.map_err(|error| error.to_string())?;
            let down: Vec<_> = targets.iter().filter(|target| target.health == "down").collect();
            match down.as_slice() {
                [only] if only.scrape_pool == "alertmanager" => Ok(only.last_error.clone()),
                _ => Err(format!("{down:?}")),
            }
        };
        let refused = until("only the Alertmanager is down", refused).await;
        assert!(refused.contains("connection refused"), "{refused}");
        let others: Vec<String> = stack.client().alertmanagers().await?;
        assert!(others.iter().all(|url| !url.contains(":9093")), "{others:?}");
        stack.stop().await;
        drop(live);
        Ok(())
    })
}

/// Starts a stack that cannot be, and finds nothing left of it but the log that the error names.
fn failing(
    binary: &PrometheusBinary,
    edit: &(dyn Fn(&Path) -> std::io::Result<()> + Sync),
) -> Result<(LiveStackError, TempDir), Failed> {
    let (temporary, environment) = private();
    let (alertmanager, monitoring) = (alertmanager(binary), shipped());
    let error = block_on(async {
        let (_live, targets) = served();
        let plan = StackPlan {
            monitoring: &monitoring,
            stack: &native(binary, Some(&alertmanager)),
            ports: [0; 3],
            environment: &environment,
            targets,
            cadence: None,
            edit: Some(edit),
        };
        LiveStack::start(plan).await.err()
    });
    assert_eq!(processes_in(temporary.path()), [0; 0]);
    Ok((error.ok_or("it was started")?, temporary))
}

fn half_a_stack(binary: &PrometheusBinary) -> Result<(), Failed> {
    // Somebody else takes the port for which Alertmanager is configured.
    let taken = std::sync::Mutex::new(None);
    let (error, temporary) = failing(binary, &|copy| {
        let config = fs::read_to_string(copy.join("prometheus/prometheus.yml"))?;
        let (_, alerting) = config.split_once("alerting:").unwrap();
        let (_, address) = alerting.split_once("targets: [").unwrap();
        let (address, _) = address.split_once(']').unwrap();
        *taken.lock().unwrap() = Some(std::net::TcpListener::bind(address)?);
        Ok(())
    })?;
    let text = error.to_string();
    assert!(text.contains("address already in use") && text.contains("alertmanager"), "{text}");
    let left: Vec<_> =
        fs::read_dir(temporary.path())?.map(|entry| entry.unwrap().file_name()).collect();
    let log = left[0].to_string_lossy();
    assert!(left.len() == 1 && log.ends_with(".log") && text.contains(&*log), "{left:?}");
    Ok(())
}

fn refused(binary: &PrometheusBinary) -> Result<(), Failed> {
    for (file, wrong) in [
        ("prometheus/rules/own.yml", "groups: [{name: a, rules: [{record: b, expr: 'sum('}]}]"),
        ("alertmanager/alertmanager.yml", "route: {receiver: nobody}"),
    ] {
        let (error, temporary) = failing(binary, &|copy| fs::write(copy.join(file), wrong))?;
        assert!(matches!(error, LiveStackError::Refused(_)), "{error}");
        assert_eq!(fs::read_dir(temporary.path())?.count(), 0);
    }
    Ok(())
}
