//! One engine and the runs that are played into it, one after the other.
//!
//! Takes what scraping would have stored (thinned), records the recording rules that the alerts read, has the alerts'
//! expressions answered. What the answers mean is left to [`super::record`].

use std::{sync::Arc, time::Duration};

use super::{
    answers::{Answers, Source},
    error::CampaignError,
    plan::Run,
    record::{Record, RuleRecord, record},
    setup::Campaign,
    subjects::Subject,
};

use prom::remote_write::SeriesRef;
use proof::{
    alert::{AlertRule, alert_rules},
    backfill::{
        NoWitness, Play, Thinning,
        rules::{self, RecordingRule},
    },
    verify::{group_offset, targets::Phase},
};
use stack::{
    client::{prometheus::Prometheus, remote_write::RemoteWriter},
    native::NativePrometheus,
};

/// An engine with the runs that were played into it so far.
#[derive(Debug)]
pub struct Stage {
    campaign: Arc<Campaign>,
    engine: NativePrometheus,
    writer: RemoteWriter,
    client: Prometheus,
}

impl Stage {
    /// A fresh engine whose head spans the whole campaign.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(campaign: Arc<Campaign>) -> Result<Stage, CampaignError> {
        let first_ms = campaign.runs.first().map_or(0, |run| run.start_ms);
        let last_ms = campaign.runs.last().map_or(0, Run::end_ms);
        let span = Duration::from_millis((last_ms - first_ms).max(0) as u64 + 3_600_000);
        let (binary, environment) = (&campaign.binary, &campaign.environment);
        let engine = NativePrometheus::for_backfill(binary, environment, span).await?;
        let writer = RemoteWriter::new(engine.url());
        let client = Prometheus::new(engine.url());
        Ok(Stage { campaign, engine, writer, client })
    }

    /// Plays a run and has all rules answered; `run` lies later than any before it.
    ///
    /// # Errors
    /// If that could not be done.
    pub async fn run(&mut self, run: &Run) -> Result<Record, CampaignError> {
        let campaign = Arc::clone(&self.campaign);
        let source = match (run.full_rate, run.by_prometheus) {
            (true, _) => Source::Prometheus,
            (false, true) => Source::Both,
            (false, false) => Source::Here,
        };
        let mut answers = Answers::new(&campaign, source, &self.client, &self.writer);
        let n_requests = self.play(run, &mut answers).await?;
        let offset =
            |file: &str, group: &str, interval_ms| group_offset(run.seed, file, group, interval_ms);
        let span = (run.start_ms, run.end_ms());
        let recording: Vec<RecordingRule> =
            rules::recording_rules(&campaign.files, campaign.default_interval_ms, span, offset)
                .into_iter()
                .filter(|rule| campaign.needs.records.contains(&rule.record))
                .collect();
        answers.record(&recording).await?;
        let alerts = alert_rules(&campaign.files, campaign.default_interval_ms, span, offset);
        let mut found = Vec::with_capacity(campaign.subjects.len());
        for subject in &campaign.subjects {
            let rule = &alerts[subject.nth];
            found.push(match self.judge(run, subject, rule, &mut answers).await {
                Err(error) if error.is_of_evaluation() => RuleRecord::failing(
                    rule,
                    &subject.condition,
                    format!("{run}: {}", error.told()),
                ),
                record => record?,
            });
        }
        Ok(Record {
            run: run.index,
            rules: found,
            requests: n_requests,
            samples: answers.n_samples,
            compared: answers.n_compared,
            differences: answers.differences,
        })
    }

    /// What a rule did in a run.
    async fn judge(
        &self,
        run: &Run,
        subject: &Subject,
        rule: &AlertRule,
        answers: &mut Answers<'_>,
    ) -> Result<RuleRecord, CampaignError> {
        let asked = &subject.condition.asked;
        let mut given = Vec::with_capacity(asked.len());
        for expr in asked {
            given.push(answers.rows(&rule.name, expr, rule.evaluations).await?.clone());
        }
        if run.by_prometheus && !run.full_rate {
            answers.check(subject, rule, &given).await?;
        }
        let judged_ms = run.judged_ms();
        let mut record = record(rule, &subject.condition, &subject.settings, &given, judged_ms);
        record.failure = record.failure.map(|failure| format!("{run}: {failure}"));
        for (expr, _) in asked.iter().zip(&given).filter(|(_, rows)| rows.is_empty()) {
            let parts = answers.parts_with_values(&rule.name, expr, rule.evaluations).await?;
            record.parts.extend(parts);
        }
        Ok(record)
    }

    /// Plays a run; how many requests arrived.
    async fn play(&self, run: &Run, answers: &mut Answers<'_>) -> Result<u64, CampaignError> {
        let campaign = &self.campaign;
        let scenario = run.scenario();
        let scrape = campaign.settings.scrape.as_millis() as i64;
        let play = Play {
            engine: scenario.engine()?,
            replicas: scenario.replicas,
            epoch_ms: run.start_ms,
            duration: run.duration,
            targets: campaign.targets.clone().with_phase(Phase::Seeded(run.seed)).targets,
            lie: None,
            thinning: Some(Thinning {
                interval_ms: if run.full_rate { 0 } else { scrape },
                wanted: campaign.needs.reads(),
            }),
        };
        let seen = |series: &SeriesRef<'_>| answers.see(series);
        let played = play.run_before(NoWitness, &self.writer, seen, |_| {}).await?;
        Ok(played.engine.balance().arrived)
    }

    /// The engine's own answers, for further questions.
    #[must_use]
    pub fn client(&self) -> &Prometheus {
        &self.client
    }

    /// Ends the engine.
    pub async fn stop(self) {
        self.engine.stop().await;
    }
}
