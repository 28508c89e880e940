//! Claims about promtool's answers.

use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use prom::series::Labels;
use stack::prometheus_binary::PrometheusBinary;
use stack::promtool::{check_config, check_rules, service_discovery};
use tempfile::TempDir;

use crate::stack::lines::{block_on, on_each_line};

const CONFIG: &str = r"
global: { scrape_interval: 15s }
rule_files: [rules.yml]
scrape_configs:
  - job_name: files
    file_sd_configs: [{ files: [targets.json] }]
    relabel_configs: [{ target_label: module, replacement: llm-provider }]
  - job_name: dropping
    static_configs: [{ targets: ['localhost:1', 'localhost:2'] }]
    relabel_configs: [{ source_labels: [__address__], regex: 'localhost:2', action: drop }]
  - job_name: impatient
    scrape_interval: 5s
    scrape_timeout: 5s
    static_configs: [{ targets: ['localhost:3'], labels: { __scrape_interval__: 1s } }]
";

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_each_line("discovery_gives_the_labels_of_scraping", discovery),
        on_each_line("checks_speak_in_promtools_words", checks),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn monitoring() -> (TempDir, std::path::PathBuf) {
    let directory = TempDir::new().unwrap();
    let file = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    file("prometheus.yml", CONFIG);
    file("rules.yml", "groups: [{ name: g, rules: [{ record: a:b, expr: sum(up) }] }]\n");
    file("bad-rules.yml", "groups: [{ name: g, rules: [{ record: a:b, expr: 'sum(' }] }]\n");
    let target = r#"{"targets":["127.0.0.1:8000"],"labels":{"__scrape_interval__":"1s","__scrape_timeout__":"1s","z":"w"}}"#;
    file("targets.json", &format!("[{target}]"));
    let config = directory.path().join("prometheus.yml");
    (directory, config)
}

fn discovery(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (_directory, config) = monitoring();
    block_on(async {
        let files = service_discovery(binary, &config, "files").await?;
        let [target] = &files[..] else { panic!("one target, not {files:?}") };
        let labels: Labels = [
            ("instance", "127.0.0.1:8000"),
            ("job", "files"),
            ("module", "llm-provider"),
            ("z", "w"),
        ]
        .into_iter()
        .collect();
        assert_eq!(target.labels(), Some(labels));
        let relabelled = target.relabelled.as_ref().unwrap();
        assert_eq!(relabelled.get("__scrape_interval__"), Some("1s"));

        let dropping = service_discovery(binary, &config, "dropping").await?;
        let kept: Vec<bool> = dropping.iter().map(|target| target.relabelled.is_some()).collect();
        assert_eq!(kept, [true, false]);

        let error = service_discovery(binary, &config, "impatient").await.unwrap_err().to_string();
        assert!(error.contains("refuses the target"), "{error}");
        let error = service_discovery(binary, &config, "nowhere").await.unwrap_err().to_string();
        assert!(error.contains("nowhere not found"), "{error}");
        Ok(())
    })
}

fn checks(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (directory, config) = monitoring();
    let at = |name: &str| directory.path().join(name);
    block_on(async {
        check_rules(binary, &[&at("rules.yml")]).await?;
        let error = check_rules(binary, &[&at("bad-rules.yml")]).await.unwrap_err().to_string();
        assert!(error.contains("unclosed left parenthesis"), "{error}");
        assert!(error.contains("check rules"), "{error}");
        let error = check_config(binary, Path::new("/nonexistent.yml")).await.unwrap_err();
        assert!(error.to_string().contains("/nonexistent.yml"), "{error}");
        let good = CONFIG.split("  - job_name: impatient").next().unwrap();
        fs::write(&config, good)?;
        check_config(binary, &config).await?;
        Ok(())
    })
}
