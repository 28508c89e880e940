//! Inheritance of intervals, and bad files with their messages.

use super::*;

fn read(text: &str) -> PrometheusConfig {
    parse(Path::new("prometheus.yml"), text).unwrap()
}

#[test]
fn jobs_keep_what_scraping_needs() {
    let config = read(
        r"
global: { scrape_interval: 15s, evaluation_interval: 30s }
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: [localhost:9090]
        labels: { env: demo }
  - job_name: llm-provider
    scrape_interval: 5s
    scrape_timeout: 4s
    metrics_path: /m
    honor_labels: true
    sample_limit: 2000
    label_limit: 30
    label_value_length_limit: 200
    body_size_limit: 5MB
    file_sd_configs:
      - files: [targets/llm-provider.yml]
        refresh_interval: 1s
    relabel_configs:
      - { target_label: module, replacement: llm-provider }
",
    );
    assert_eq!(config.evaluation_interval_ms, 30_000);
    assert_eq!(config.rule_files, ["rules/*.yml"]);
    let [own, llm] = config.jobs.as_slice() else { panic!("two jobs") };
    assert_eq!((own.scrape_interval_ms, own.scrape_timeout_ms), (15_000, 10_000));
    assert_eq!((own.line, own.metrics_path.as_str()), (Some(5), "/metrics"));
    assert_eq!(own.static_targets[0].targets, ["localhost:9090"]);
    assert_eq!(own.static_targets[0].labels["env"], "demo");
    assert_eq!((llm.scrape_interval_ms, llm.scrape_timeout_ms), (5_000, 4_000));
    assert_eq!((llm.metrics_path.as_str(), llm.honor_labels), ("/m", true));
    assert_eq!(llm.file_sd, ["targets/llm-provider.yml"]);
    assert_eq!(llm.relabel_configs[0]["target_label"], "module");
    let limits = Limits {
        samples: 2_000,
        labels: 30,
        label_name_bytes: 0,
        label_value_bytes: 200,
        body_bytes: 5 << 20,
    };
    assert_eq!((llm.limits, own.limits), (limits, Limits::default()));
}

#[test]
fn intervals_and_timeouts_are_inherited_as_prometheus_does() {
    // Global lines, job lines, expected interval and timeout in milliseconds.
    let table = [
        ("", "", 60_000, 10_000),
        ("scrape_interval: 15s", "", 15_000, 10_000),
        ("scrape_interval: 5s", "", 5_000, 5_000),
        ("scrape_interval: 15s", "scrape_interval: 5s", 5_000, 5_000),
        ("scrape_interval: 5s", "scrape_interval: 1m", 60_000, 5_000),
        ("scrape_timeout: 3s", "scrape_interval: 1s", 1_000, 1_000),
        ("scrape_timeout: 3s", "scrape_timeout: 2s", 60_000, 2_000),
    ];
    for (global, job, interval, timeout) in table {
        let text =
            format!("global: {{ {global} }}\nscrape_configs: [ {{ job_name: x, {job} }} ]\n");
        let job = read(&text).jobs.remove(0);
        assert_eq!((job.scrape_interval_ms, job.scrape_timeout_ms), (interval, timeout), "{text}");
    }
}

#[test]
fn empty_sections_are_allowed() {
    let config = read("global:\nrule_files:\nscrape_configs:\n");
    assert_eq!((config.evaluation_interval_ms, config.jobs.len()), (60_000, 0));
}

#[test]
fn bad_files_are_reported_whole_with_file_and_line() {
    let table: [(&str, &[&str]); 6] = [
        (
            "global:\n  scrape_interval: 15x\n  evaluation_interval: often\n",
            &[
                "prometheus.yml:2: scrape_interval: not a duration: \"15x\"; expected for example \"15s\", \"1h30m\" or \"500ms\"",
                "prometheus.yml:3: evaluation_interval: not a duration: \"often\"; expected for example \"15s\", \"1h30m\" or \"500ms\"",
            ],
        ),
        (
            "scrape_configs:\n- job_name: a\n- scrape_interval: 5s\n- job_name: a\n",
            &[
                "prometheus.yml:3: scrape configuration without job_name",
                "prometheus.yml:4: second job with the name \"a\"",
            ],
        ),
        (
            "scrape_configs:\n- job_name: a\n  scrape_interval: 5s\n  scrape_timeout: 6s\n",
            &["prometheus.yml:4: scrape_timeout of job \"a\" is longer than its scrape_interval"],
        ),
        (
            "global:\n  scrape_interval: 5s\n  scrape_timeout: 6s\n",
            &["prometheus.yml:3: global scrape_timeout is longer than the global scrape_interval"],
        ),
        ("scrape_configs:\n- job_name: [a\n", &["prometheus.yml:"]),
        (
            "scrape_configs:\n- job_name: a\n  sample_limit: many\n",
            &["prometheus.yml:3: not as expected: "],
        ),
    ];
    for (text, messages) in table {
        let problems = parse(Path::new("prometheus.yml"), text).unwrap_err();
        assert_eq!(problems.len(), messages.len(), "{problems:?}");
        for (problem, message) in problems.iter().zip(messages) {
            assert!(problem.to_string().starts_with(message), "{problem}");
        }
    }
}
