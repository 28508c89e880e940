//! Whether copies differ as asked, whether everything else stays, and whether what cannot be changed is told.

use std::{collections::BTreeMap, fs, path::Path};

use tempfile::TempDir;

use super::*;
use monitoring::RuleKind;

const CADENCE: Cadence = Cadence { scrape_ms: 500, timeout_ms: 400, divisor: 7, least_for_ms: 0 };

fn environment(temporary: &TempDir) -> Environment {
    let value = temporary.path().as_os_str().to_owned();
    Environment::from_variables(|name| (name == "TMPDIR").then(|| value.clone()))
}

fn shipped() -> Monitoring {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    Monitoring::load(&root.join("monitoring")).unwrap()
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn instance(module: Module, replica: u8) -> Instance {
    Instance { module, replica }
}

fn changes() -> Changes {
    let first = |(nth, &module): (u16, &Module)| (instance(module, 0), address(5000 + nth));
    Changes {
        targets: (0..).zip(Module::ALL).map(first).collect(),
        prometheus: Some(address(6000)),
        alertmanager: Some(address(6001)),
        receiver: Some("http://127.0.0.1:6002/".into()),
        cadence: None,
        within: None,
    }
}

/// Every file below a directory.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                waiting.push(entry);
            } else {
                let name = entry.strip_prefix(directory).unwrap().display().to_string();
                found.insert(name, fs::read_to_string(&entry).unwrap());
            }
        }
    }
    found
}

/// A directory of a test's own, with these files in it.
fn own(files: &[(&str, &str)]) -> (TempDir, Monitoring) {
    let directory = TempDir::new().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let dashboards = directory.path().join("grafana/dashboards");
    fs::create_dir_all(&dashboards).unwrap();
    let overview = "grafana/dashboards/overview.json";
    fs::copy(shipped().directory.join(overview), dashboards.join("overview.json")).unwrap();
    let monitoring = Monitoring::load(directory.path()).unwrap();
    (directory, monitoring)
}

fn refusal(files: &[(&str, &str)], changes: &Changes) -> Vec<String> {
    let (directory, monitoring) = own(files);
    let temporary = TempDir::new().unwrap();
    match Deployment::write(&monitoring, changes, &environment(&temporary)) {
        Err(DeployError::Files { problems, .. }) => {
            let prefix = format!("{}/", directory.path().display());
            problems.iter().map(|problem| problem.to_string().replace(&prefix, "")).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// What differs where everybody is as the shipped files have it: nothing.
#[test]
fn in_containers_the_shipped_addresses_stay() {
    let gateway = |port| SocketAddr::from(([172, 17, 0, 1], port));
    let first = |&module: &Module| (instance(module, 0), gateway(module.default_port()));
    let within = Within {
        host: "host.docker.internal".into(),
        prometheus: "localhost:9090".into(),
        alertmanager: "alertmanager:9093".into(),
    };
    let mut changes = Changes {
        targets: Module::ALL.iter().map(first).collect(),
        receiver: Some("http://host.docker.internal:5001/".into()),
        within: Some(within),
        ..changes()
    };
    let temporary = TempDir::new().unwrap();
    let copy = Deployment::write(&shipped(), &changes, &environment(&temporary)).unwrap();
    assert_eq!(copy.differences(), []);
    changes.targets[2].1 = gateway(40_000);
    let copy = Deployment::write(&shipped(), &changes, &environment(&temporary)).unwrap();
    let told: Vec<_> = copy.differences().iter().map(ToString::to_string).collect();
    let expected = "prometheus/targets/llm-provider.yml:3: [host.docker.internal:8002] -> [host.docker.internal:40000]";
    assert_eq!(told, [expected]);
    changes.within.as_mut().unwrap().alertmanager = "elsewhere:9093".into();
    let copy = Deployment::write(&shipped(), &changes, &environment(&temporary)).unwrap();
    assert_eq!(copy.differences().len(), 3, "its job, and where alerts go");
}

#[test]
fn what_production_adds_to_a_connection_is_named() {
    let text = fs::read_to_string(shipped().config.file).unwrap();
    let text = text.replace("#production# ", "");
    let said = refusal(
        &[("prometheus/prometheus.yml", &text), ("prometheus/rules/none.yml", "groups: []\n")],
        &Changes { targets: Vec::new(), ..changes() },
    );
    for key in ["scheme: https", "tls_config", "basic_auth"] {
        let wanted = format!("job \"prometheus\" has {key}, which servers of a test do not know");
        assert!(said.iter().any(|line| line.contains(&wanted)), "{wanted}: {said:?}");
    }
}

#[test]
fn no_changes_change_no_byte() {
    let temporary = TempDir::new().unwrap();
    let shipped = shipped();
    for cadence in [None, Some(Cadence { divisor: 1, ..CADENCE })] {
        let changes = Changes { cadence, ..Changes::default() };
        let copy = Deployment::write(&shipped, &changes, &environment(&temporary)).unwrap();
        let (before, now) = (files(&shipped.directory), files(copy.directory()));
        let differs: Vec<&String> =
            before.keys().filter(|name| before[*name] != now[*name]).collect();
        if cadence.is_none() {
            assert_eq!((differs.len(), copy.differences()), (0, &[][..]));
        } else {
            // A divisor of 1 changes no timing: only scrapes differ.
            let expected = [
                "prometheus.yml",
                "targets/llm-provider.yml",
                "targets/prompt-manager.yml",
                "targets/prompt-security.yml",
            ];
            assert_eq!(
                differs,
                expected.map(|name| format!("prometheus/{name}")).iter().collect::<Vec<_>>()
            );
            assert_eq!(copy.monitoring().rules.len(), shipped.rules.len());
        }
    }
}

#[test]
fn what_is_not_told_is_byte_for_byte_as_shipped() {
    let temporary = TempDir::new().unwrap();
    let shipped = shipped();
    let changes = Changes { cadence: Some(CADENCE), ..changes() };
    let copy = Deployment::write(&shipped, &changes, &environment(&temporary)).unwrap();
    let (before, now) = (files(&shipped.directory), files(copy.directory()));
    assert!(before.keys().eq(now.keys()));
    for (name, before) in before.iter().filter(|(name, _)| !name.contains("targets/")) {
        let told: Vec<&Difference> =
            copy.differences().iter().filter(|difference| difference.file == *name).collect();
        let mut expected: Vec<String> = before.lines().map(str::to_owned).collect();
        for difference in &told {
            let line = &mut expected[difference.line - 1];
            assert_eq!(line.trim(), difference.shipped, "{difference}");
            assert!(!line.trim_start().starts_with('#'), "{difference}");
            let indent = " ".repeat(line.len() - line.trim_start().len());
            *line = difference
                .here
                .lines()
                .map(|here| format!("{indent}{here}"))
                .collect::<Vec<_>>()
                .join("\n");
        }
        // Of lines that were added, indentation is checked by the readers.
        let flat = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
        assert_eq!(flat(&expected.join("\n")), flat(&now[name]), "{name}");
    }
    let of = |name: &str| copy.differences().iter().filter(|d| d.file.ends_with(name)).count();
    let n_alert_timings = fs::read_to_string(shipped.directory.join("prometheus/rules/alerts.yml"))
        .unwrap()
        .lines()
        .filter(|line| {
            ["for:", "keep_firing_for:", "interval:"].iter().any(|key| line.trim().starts_with(key))
        })
        .count();
    assert_eq!(of("alerts.yml"), n_alert_timings);
    assert_eq!((of("targets/llm-provider.yml"), of("alertmanager.yml")), (1, 8));
}

#[test]
fn every_duration_is_divided_and_rounded_up() {
    let temporary = TempDir::new().unwrap();
    let shipped = shipped();
    let changes = Changes { cadence: Some(CADENCE), ..changes() };
    let copy = Deployment::write(&shipped, &changes, &environment(&temporary)).unwrap();
    let copied = copy.monitoring();
    assert_eq!([0, 1, 7, 8, 60_000].map(|millis| CADENCE.scaled(millis)), [0, 1, 1, 2, 8_572]);
    assert_eq!(copied.config.evaluation_interval_ms, 4_286);
    let alerts = |monitoring: &Monitoring| -> Vec<(Option<i64>, i64, i64)> {
        let groups = monitoring.rules.iter().flat_map(|file| &file.groups);
        groups
            .flat_map(|group| group.rules.iter().map(move |rule| (group, rule)))
            .map(|(group, rule)| match &rule.kind {
                RuleKind::Record { .. } => (group.interval_ms, 0, 0),
                RuleKind::Alert { for_ms, keep_firing_for_ms, .. } => {
                    (group.interval_ms, *for_ms, *keep_firing_for_ms)
                }
            })
            .collect()
    };
    let ceil = |millis: i64| (millis as f64 / 7.0).ceil() as i64;
    let expected: Vec<_> = alerts(&shipped)
        .into_iter()
        .map(|(interval, hold, keep)| (interval.map(ceil), ceil(hold), ceil(keep)))
        .collect();
    assert!(alerts(copied) == expected && 40 < expected.len());
    let routes = |monitoring: &Monitoring| -> Vec<[i64; 3]> {
        let routes = monitoring.alertmanager.as_ref().unwrap().route.walk();
        routes
            .iter()
            .map(|r| [r.group_wait_ms, r.group_interval_ms, r.repeat_interval_ms])
            .collect()
    };
    let expected: Vec<_> = routes(&shipped).into_iter().map(|timings| timings.map(ceil)).collect();
    assert!(routes(copied) == expected && expected[1][0] == 0);
    for job in &copied.config.jobs {
        let own = ["prometheus", "alertmanager"].contains(&job.name.as_str());
        let expected = if own { (500, 400) } else { (5_000, 4_000) };
        assert_eq!((job.scrape_interval_ms, job.scrape_timeout_ms), expected, "{}", job.name);
    }
}

#[test]
fn addresses_labels_and_receivers_are_where_they_are_said_to_be() {
    let temporary = TempDir::new().unwrap();
    let mut changes = Changes { cadence: Some(CADENCE), ..changes() };
    changes.targets.push((instance(Module::LlmProvider, 1), address(5100)));
    changes.targets.retain(|(instance, _)| instance.module != Module::PromptSecurity);
    let copy = Deployment::write(&shipped(), &changes, &environment(&temporary)).unwrap();
    let files = files(copy.directory());
    let labels =
        "  labels:\n    __scrape_interval__: \"500ms\"\n    __scrape_timeout__: \"400ms\"\n";
    assert_eq!(
        files["prometheus/targets/llm-provider.yml"],
        format!("- targets: [\"127.0.0.1:5002\", \"127.0.0.1:5100\"]\n{labels}")
    );
    assert_eq!(files["prometheus/targets/prompt-security.yml"], format!("- targets: []\n{labels}"));
    let config = &files["prometheus/prometheus.yml"];
    assert_eq!(config.matches("- targets: [127.0.0.1:6001]").count(), 2);
    assert_eq!(config.matches("- targets: [127.0.0.1:6000]").count(), 1);
    let alertmanager = &files["alertmanager/alertmanager.yml"];
    assert!(
        alertmanager.contains("- url: http://127.0.0.1:6002/\n") && !alertmanager.contains("5001")
    );
    let told = copy.differences().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let expected = "prometheus/targets/llm-provider.yml:3: [host.docker.internal:8002] -> \
                    [127.0.0.1:5002, 127.0.0.1:5100] {__scrape_interval__: 500ms, __scrape_timeout__: 400ms}";
    assert!(told.contains(expected), "{told}");
    assert!(
        told.contains(
            "alertmanager/alertmanager.yml:13: - url: http://host.docker.internal:5001/ -> "
        ),
        "{told}"
    );
}

#[test]
fn what_an_installation_leaves_to_defaults_is_stated() {
    let (_directory, monitoring) = own(&[
        (
            "prometheus/prometheus.yml",
            "global:\n  scrape_interval: 10s\nrule_files: [r.yml]\nscrape_configs:\n- job_name: prometheus # us\n  static_configs: [{targets: ['prom:9090']}]\n- job_name: m\n  file_sd_configs: [{files: [t.json]}]\n",
        ),
        (
            "prometheus/t.json",
            r#"[{"targets": ["a:8000", "b:8100", "c:8001", "d:8002"], "labels": {"zone": "x"}}]"#,
        ),
        ("prometheus/r.yml", "groups: [{name: g, rules: [{alert: A, expr: up, for: 1m}]}]\n"),
        (
            "alertmanager/alertmanager.yml",
            "receivers: [{name: r, webhook_configs: [{url: 'http://x/'}]}]\nroute:\n  receiver: r\n",
        ),
    ]);
    let temporary = TempDir::new().unwrap();
    let mut changes = Changes { cadence: Some(CADENCE), ..changes() };
    changes.targets.push((instance(Module::PromptManager, 1), address(5100)));
    let copy = Deployment::write(&monitoring, &changes, &environment(&temporary)).unwrap();
    let files = files(copy.directory());
    assert_eq!(
        files["prometheus/prometheus.yml"],
        "global:\n  scrape_interval: 10s\n  evaluation_interval: 8s572ms\nrule_files: [r.yml]\nscrape_configs:\n- job_name: prometheus # us\n  scrape_interval: 500ms\n  scrape_timeout: 400ms\n  static_configs: [{targets: [127.0.0.1:6000]}]\n- job_name: m\n  file_sd_configs: [{files: [t.json]}]\n"
    );
    assert_eq!(
        files["prometheus/t.json"],
        "[{\"targets\":[\"127.0.0.1:5000\",\"127.0.0.1:5100\",\"127.0.0.1:5001\",\"127.0.0.1:5002\"],\"labels\":{\"__scrape_interval__\":\"500ms\",\"__scrape_timeout__\":\"400ms\",\"zone\":\"x\"}}]\n"
    );
    assert_eq!(
        files["alertmanager/alertmanager.yml"],
        "receivers: [{name: r, webhook_configs: [{url: http://127.0.0.1:6002/}]}]\nroute:\n  receiver: r\n  group_wait: 4s286ms\n  group_interval: 42s858ms\n  repeat_interval: 34m17s143ms\n"
    );
}

#[test]
fn what_cannot_be_changed_is_told_all_at_once() {
    let told = refusal(
        &[
            (
                "prometheus/prometheus.yml",
                "alerting:\n  alertmanagers:\n  - static_configs: [{targets: ['prod:9999']}]\n  - dns_sd_configs: []\nremote_write: [{url: 'http://far/'}]\nscrape_configs:\n- job_name: a\n  scrape_interval: &i 1m\n  scrape_timeout: 5s\n  static_configs: [{targets: ['m:8000', 'm:8001']}]\n- {job_name: b, scrape_interval: *i}\nrule_files: [r.yml]\n",
            ),
            (
                "prometheus/r.yml",
                "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    for: &f 1m\n  - alert: B\n    labels: {x: &k 2m}\n    expr: up\n    keep_firing_for: *k\n",
            ),
            (
                "alertmanager/alertmanager.yml",
                "receivers:\n- name: r\n  slack_configs: [{channel: c}]\n- name: s\n  webhook_configs:\n  - url_file: /u\nroute: {receiver: r}\n",
            ),
        ],
        &Changes { cadence: Some(CADENCE), ..changes() },
    );
    let told = told.join("\n");
    for expected in [
        "alertmanager/alertmanager.yml:3: receiver \"r\" has slack_configs, through which a test would notify people",
        "alertmanager/alertmanager.yml:6: the url of a webhook of receiver \"s\" cannot be replaced",
        "alertmanager/alertmanager.yml:7: group_wait of the route to \"r\" is 30s in the copy, not 4s286ms",
        "prometheus/prometheus.yml: alerts would be sent to prod:9999",
        "prometheus/prometheus.yml: alerts would be sent to what dns_sd_configs of `alerting` finds",
        "prometheus/prometheus.yml: samples would be sent to remote_write",
        "prometheus/prometheus.yml: evaluation_interval of global is 1m in the copy, not 8s572ms",
        "prometheus/prometheus.yml:11: scrape_timeout of job \"b\" is",
        "prometheus/prometheus.yml: copy 0 of llm-provider would be scraped by 0 jobs instead of one",
        "prometheus/r.yml:7: keep_firing_for of B is 2m in the copy, not 17s143ms (write `keep_firing_for: …`",
    ] {
        assert!(told.contains(expected), "{expected}\n--\n{told}");
    }
    assert!(!told.contains("of A"), "{told}");
}

#[test]
fn a_cadence_that_no_server_accepts_is_refused() {
    let temporary = TempDir::new().unwrap();
    for wrong in [
        Cadence { timeout_ms: 501, ..CADENCE },
        Cadence { timeout_ms: 0, ..CADENCE },
        Cadence { divisor: 0, ..CADENCE },
    ] {
        let changes = Changes { cadence: Some(wrong), ..Changes::default() };
        let error = Deployment::write(&shipped(), &changes, &environment(&temporary)).unwrap_err();
        assert!(matches!(error, DeployError::Cadence { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn a_copy_goes_with_its_value_unless_it_is_kept() {
    let temporary = TempDir::new().unwrap();
    let write = || Deployment::write(&shipped(), &changes(), &environment(&temporary)).unwrap();
    let copy = write();
    let directory = copy.directory().to_owned();
    assert!(directory.join("prometheus/prometheus.yml").is_file());
    drop(copy);
    assert!(!directory.exists() && fs::read_dir(temporary.path()).unwrap().count() == 0);
    let kept = write().keep();
    assert!(kept.join("alertmanager/alertmanager.yml").is_file());
}
