//! What is verified, and all that is asked of it: files, what they must show, and which part of it counts.
//!
//! It must not know which engine answers, nor how the scenario came into it.

use std::sync::Arc;

use monitoring::Monitoring;
use prom::evaluations::Evaluations;
use scenario::Scenario;
use stack::client::prometheus::Prometheus;
use truth::contract::{Contracts, TargetContract};

use super::{
    RECORDING_RULES, Staged, VerifyError,
    alerts::{self, AlertVerdict, specified::Specified, told::Routing},
    bind,
    look::{self, Look},
    question::{self, Form, NotAsked, Place, Question},
};
use crate::alert::timeline;

/// Files of a monitoring directory, with the contracts that they must keep.
#[derive(Clone, Debug)]
pub struct Files {
    /// What is verified.
    pub monitoring: Arc<Monitoring>,
    /// What it must show.
    pub contracts: Arc<Contracts>,
    /// Only these dashboards, panels or rules are asked (a part of `dashboard/panel`), or all.
    pub only: Option<String>,
}

impl Files {
    /// All of `monitoring`.
    #[must_use]
    pub fn new(monitoring: Monitoring, contracts: Contracts) -> Files {
        Files { monitoring: Arc::new(monitoring), contracts: Arc::new(contracts), only: None }
    }

    /// What the alerts did in a staged scenario of which it expects something.
    ///
    /// # Errors
    /// If a rule cannot be evaluated.
    pub async fn alerts(
        &self,
        scenario: &Scenario,
        staged: &Staged,
    ) -> Result<Vec<AlertVerdict>, VerifyError> {
        if scenario.alerts.is_empty() && self.contracts.specified.is_empty() {
            return Ok(Vec::new());
        }
        let client = staged.engine.client();
        let mut timelines = Vec::new();
        for rule in staged.alerts.iter().filter(|rule| self.asks(&alerts::place(&rule.name))) {
            timelines.push(timeline(rule, &client).await?);
        }
        let mut verdicts = match scenario.alerts.is_empty() {
            true => Vec::new(),
            false => alerts::judge(scenario, &timelines, &self.contracts.alerts),
        };
        Routing::of(&self.monitoring).judge(&mut verdicts, &timelines);
        let specified = Specified {
            contracts: &self.contracts,
            scenario,
            truth: &staged.truth,
            arithmetic: staged.arithmetic,
            targets: &staged.targets,
            recorded: &staged.recorded,
        };
        specified.judge(&mut verdicts, &timelines);
        verdicts.retain(|verdict| self.asks(&alerts::place(&verdict.alert)));
        alerts::near_misses(&mut verdicts, &client).await?;
        Ok(verdicts)
    }

    /// Every question of every dashboard and recording rule about a staged scenario.
    ///
    /// # Errors
    /// If the engine does not list the values of a dashboard's variables.
    pub async fn questions(
        &self,
        scenario: &Scenario,
        staged: &Staged,
    ) -> Result<(Vec<Question>, Vec<NotAsked>), VerifyError> {
        let (mut questions, not_asked) =
            self.panel_questions(scenario, &self.looks(scenario), &staged.engine.client()).await?;
        questions.extend(self.rule_questions(staged));
        questions.retain(|question| self.asks(&question.place));
        Ok((questions, not_asked))
    }

    /// Every question of every dashboard at the given looks at a scenario that an engine has seen.
    ///
    /// # Errors
    /// If the engine does not list the values of a dashboard's variables.
    pub async fn panel_questions(
        &self,
        scenario: &Scenario,
        looks: &[Look],
        client: &Prometheus,
    ) -> Result<(Vec<Question>, Vec<NotAsked>), VerifyError> {
        let epoch_ms = scenario.epoch.as_millisecond();
        let end_ms = epoch_ms + scenario.duration.as_millis() as i64;
        let mut questions = Vec::new();
        let mut not_asked = Vec::new();
        for dashboard in &self.monitoring.dashboards {
            let Some(contract) = self.contracts.dashboards.get(&dashboard.uid) else { continue };
            let (options, failed) = bind::options(dashboard, client, epoch_ms, end_ms).await?;
            not_asked.extend(failed);
            let (asked, failed) = question::of_dashboard(
                dashboard,
                contract,
                self.monitoring.time_interval(),
                &options,
                looks,
            );
            questions.extend(asked);
            not_asked.extend(failed);
        }
        questions.retain(|question| self.asks(&question.place));
        not_asked.retain(|failed| self.asks(&failed.place));
        Ok((questions, not_asked))
    }

    /// Whether a place is among those that are asked about. What is wrong with scraping concerns all of them.
    #[must_use]
    pub fn asks(&self, place: &Place) -> bool {
        let path = || format!("{}/{}", place.dashboard, place.panel);
        let only = self.only.as_ref();
        place.dashboard == bind::SCRAPING || only.is_none_or(|only| path().contains(only.as_str()))
    }

    /// When, and over which ranges, every panel is asked.
    #[must_use]
    pub fn looks(&self, scenario: &Scenario) -> Vec<Look> {
        let epoch_ms = scenario.epoch.as_millisecond();
        let intervals = self.monitoring.config.jobs.iter().map(|job| job.scrape_interval_ms);
        let scrape_ms = intervals.min().unwrap_or(15_000);
        look::looks(epoch_ms, scenario.duration, &scenario.edges(), scrape_ms)
    }

    fn rule_questions(&self, staged: &Staged) -> Vec<Question> {
        let ask = |(record, contract): (&String, &TargetContract)| {
            let evaluations = staged.recorded.get(record)?;
            let Evaluations { first_ms, last_ms, interval_ms } = *evaluations;
            // A range of at most 11,000 points is asked at once; longer ones are thinned, never cut.
            let thinned = 1 + (last_ms - first_ms) / interval_ms / 10_000;
            Some(Question {
                place: Place {
                    dashboard: RECORDING_RULES.to_owned(),
                    panel: record.clone(),
                    ref_id: String::new(),
                    selection: String::new(),
                },
                expr: record.clone(),
                form: Form::Range {
                    start_ms: first_ms,
                    end_ms: last_ms,
                    step_ms: interval_ms * thinned,
                },
                fact: contract.fact.clone(),
                window_ms: bind::fixed_window_ms(contract.over)?,
                legend: None,
                why: "every evaluation".to_owned(),
            })
        };
        self.contracts.rules.iter().filter_map(ask).collect()
    }
}
