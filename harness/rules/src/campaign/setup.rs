//! A campaign as it is set up: rules, runs, targets and files.
//!
//! It must not know how a run is played, or what its answers mean.

use std::collections::BTreeSet;

use super::{
    error::CampaignError,
    expressions::Expressions,
    needs::Needs,
    plan::{self, Run, Settings},
    subjects::Subject,
};
use monitoring::{AlertmanagerConfig, Monitoring, RuleFile, sending::Sending};
use prom::series::Labels;
use proof::verify::targets::{self, Targets};
use sim::time::Nanos;
use stack::{environment::Environment, prometheus_binary::PrometheusBinary};

/// Everything that stays the same from run to run.
#[derive(Debug)]
pub struct Campaign {
    /// What it consists of.
    pub settings: Settings,
    /// Its runs.
    pub runs: Vec<Run>,
    /// The rule files in force.
    pub files: Vec<RuleFile>,
    /// The interval of groups without one, in milliseconds.
    pub default_interval_ms: i64,
    /// The rules that are asked.
    pub subjects: Vec<Subject>,
    /// What they read.
    pub needs: Needs,
    /// Their expressions, and those of the recording rules that they read.
    pub expressions: Expressions,
    /// Who is told of alerts, and of which together.
    pub alertmanager: Option<AlertmanagerConfig>,
    /// What becomes of alerts on their way there.
    pub sending: Sending,
    /// Who is scraped.
    pub targets: Targets,
    /// The engine.
    pub binary: PrometheusBinary,
    /// This machine.
    pub environment: Environment,
}

impl Campaign {
    /// A campaign about `subjects`, which are alert rules of `files`.
    ///
    /// # Errors
    /// If a rule cannot be evaluated as a rule manager would, or the targets are not known.
    pub async fn new(
        monitoring: &Monitoring,
        files: Vec<RuleFile>,
        subjects: Vec<Subject>,
        settings: Settings,
        binary: PrometheusBinary,
        environment: Environment,
    ) -> Result<Campaign, CampaignError> {
        let asked = |name: &str| subjects.iter().any(|subject| subject.rule.name == name);
        let needs = Needs::of(&files, asked);
        let targets = targets::targets(monitoring, &binary, [1; 3]).await?;
        let mut seen = BTreeSet::new();
        for (_, target) in &targets.targets {
            let labels: Labels = target.labels.iter().cloned().collect();
            if let Some(labels) = seen.replace(labels) {
                return Err(CampaignError::SameTarget { labels });
            }
        }
        let gap = Nanos::from_millis(needs.reach_ms.unsigned_abs());
        Ok(Campaign {
            runs: plan::runs(&settings, gap),
            expressions: Expressions::of(&files, &subjects, &needs)?,
            settings,
            files,
            default_interval_ms: monitoring.config.evaluation_interval_ms,
            subjects,
            needs,
            alertmanager: monitoring.alertmanager.clone(),
            sending: monitoring.config.sending_as_far_as_emulated(),
            targets,
            binary,
            environment,
        })
    }
}
