//! A small campaign: two hours of two kinds of traffic, and a provider's outage.

use std::{path::Path, sync::Arc};

use monitoring::Monitoring;
use proof::alert;
use rules::campaign::{
    crew::{self, Work},
    findings::{self, Finding},
    incidents::Trouble,
    plan::Settings,
    setup::Campaign,
    subjects,
    sweep::Axis,
};
use sim::{time::Nanos, traffic::Profile};
use stack::prometheus_binary::PrometheusBinary;

use crate::campaign::lines;

/// How much of a day is judged.
pub(crate) const SPAN: Nanos = Nanos(2 * Nanos::HOUR.0);

/// A rule file with recorded series and these alerts.
pub(crate) fn text(alerts: &str) -> String {
    format!(
        "groups:
- name: recorded
  interval: 30s
  rules:
  - record: t:requests:rate5m
    expr: 'sum by (provider) (rate(llm_provider_requests_total[5m]))'
  - record: t:operations:rate5m
    expr: 'sum by (module) (rate(prompt_manager_operations_total[5m]))'
  - record: t:errors:ratio5m
    expr: 'sum by (provider) (rate(llm_provider_requests_total{{status=\"error\"}}[5m])) / (t:requests:rate5m > 0)'
- name: alerts
  interval: 30s
  rules:{alerts}"
    )
}

/// The kind of incident that most trials of this suite are about.
pub(crate) fn provider_outage() -> Trouble {
    Trouble::named("provider-outage").expect("campaigns try it")
}

/// The shipped directory.
pub(crate) fn monitoring() -> Monitoring {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring");
    Monitoring::load(&directory).expect("the shipped files are right")
}

/// The campaign of the rules in `text`; Prometheus evaluates the first run of each kind, or all.
pub(crate) async fn campaign(
    binary: &PrometheusBinary,
    text: &str,
    axes: &[&str],
    all_by_prometheus: bool,
) -> Arc<Campaign> {
    campaign_of(binary, text, axes, all_by_prometheus, provider_outage()).await
}

/// The same with another kind of incident.
pub(crate) async fn campaign_of(
    binary: &PrometheusBinary,
    text: &str,
    axes: &[&str],
    all_by_prometheus: bool,
    trouble: Trouble,
) -> Arc<Campaign> {
    let monitoring = monitoring();
    let own = monitoring::rules::parse(Path::new("own.yml"), text).expect("the rules are read");
    let files = subjects::in_force(&monitoring.rules, Some(&own));
    let interval_ms = monitoring.config.evaluation_interval_ms;
    let all = alert::alert_rules(&files, interval_ms, (0, 0), |_, _, _| 0);
    let axes: Vec<Axis> = axes.iter().map(|axis| axis.parse().expect("an axis")).collect();
    let subjects = subjects::subjects(&all, |rule| rule.file == own.file, &axes);
    let settings = Settings {
        seed: 7,
        days: 2,
        span: SPAN,
        trials: 1,
        profiles: vec![Profile::Chat, Profile::Rag],
        troubles: vec![trouble],
        warm_up: Nanos(30 * Nanos::MINUTE.0),
        aftermath: Nanos(30 * Nanos::MINUTE.0),
        scrape: Nanos(30 * Nanos::SECOND.0),
        all_by_prometheus,
    };
    let campaign = Campaign::new(
        &monitoring,
        files,
        subjects.expect("the axes fit"),
        settings,
        binary.clone(),
        lines::environment(),
    );
    Arc::new(campaign.await.expect("the targets are known"))
}

/// All runs.
pub(crate) async fn work(campaign: &Arc<Campaign>, workers: usize) -> Work {
    let mut n_done = 0;
    let work = crew::work(campaign, workers, |_| n_done += 1, std::future::pending()).await;
    let work = work.expect("the engine does what it should");
    assert_eq!((n_done, work.records.len()), (campaign.runs.len(), campaign.runs.len()));
    work
}

/// What is wrong with the rules.
pub(crate) fn found(campaign: &Campaign, work: &Work) -> Vec<Finding> {
    found_in(&monitoring(), campaign, work)
}

/// The same under a monitoring directory that differs from the shipped one.
pub(crate) fn found_in(monitoring: &Monitoring, campaign: &Campaign, work: &Work) -> Vec<Finding> {
    let emitted = check::emitted(monitoring);
    findings::all(campaign, work, monitoring, &emitted)
}
