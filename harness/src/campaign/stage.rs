//! One engine and the runs that are played into it, one after the other.
//!
//! Writes what scraping would have stored (thinned), records the recording rules that the alerts read, asks the alerts'
//! expressions. What the answers mean is left to [`super::record`].

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    condition::{Applied, Open, decide},
    needs::Needs,
    plan::{self, Run, Settings},
    record::{Record, record},
    sweep::Setting,
};
use fake_modules::time::Nanos;

use crate::{
    alert::{AlertRule, alert_rules},
    backfill::{
        NoWitness, Play, Thinning,
        rules::{self, Evaluations, RecordingRule, RuleError},
    },
    client::{
        answer::Value,
        prometheus::{ClientError, MAX_POINTS, Prometheus},
        remote_write::{RemoteWriter, WriteError},
    },
    evaluate::row::{Row, rows},
    monitoring::Monitoring,
    promcfg::{AlertmanagerConfig, RuleFile},
    promql::{PromqlError, condition::Condition},
    scenario::SourceError,
    stack::{
        environment::Environment,
        native::{NativePrometheus, Options, StartError},
        prometheus_binary::PrometheusBinary,
    },
    verify::{
        bind,
        staging::group_offset,
        targets::{self, Phase, Targets, TargetsError},
    },
};

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
    /// Who is told of alerts, and of which together.
    pub alertmanager: Option<AlertmanagerConfig>,
    /// Who is scraped.
    pub targets: Targets,
    /// The engine.
    pub binary: PrometheusBinary,
    /// This machine.
    pub environment: Environment,
}

/// A rule that is asked.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its place among all alert rules of the files.
    pub nth: usize,
    /// As the rule manager has it; its evaluations are those of no run in particular.
    pub rule: AlertRule,
    /// Taken apart.
    pub condition: Condition,
    /// As it is written, then what is swept.
    pub settings: Vec<Setting>,
}

/// Why a campaign could not go on.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// An expression is not read.
    #[error(transparent)]
    Expression(#[from] PromqlError),
    /// The targets are not known.
    #[error(transparent)]
    Targets(#[from] TargetsError),
    /// No engine.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No traffic.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Samples were not stored.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Recording rules could not be recorded.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// A question was not answered.
    #[error("alert rule `{rule}` could not be evaluated")]
    Ask {
        /// The rule.
        rule: String,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// Taken apart, an expression does not decide as the engine does.
    #[error(
        "alert rule `{rule}`: its expression, taken apart, yields other elements than Prometheus; this is a flaw of dashproof"
    )]
    Apart {
        /// The rule.
        rule: String,
    },
}

/// An engine with the runs that were played into it so far.
#[derive(Debug)]
pub struct Stage {
    campaign: Arc<Campaign>,
    engine: NativePrometheus,
    writer: RemoteWriter,
    client: Prometheus,
    /// Whether each rule is yet to be held against the engine's own evaluation.
    unchecked: bool,
}

impl Campaign {
    /// A campaign about `subjects`, which are alert rules of `files`.
    ///
    /// # Errors
    /// If an expression does not parse, or the targets are not known.
    pub async fn new(
        monitoring: &Monitoring,
        files: Vec<RuleFile>,
        subjects: Vec<Subject>,
        settings: Settings,
        binary: PrometheusBinary,
        environment: Environment,
    ) -> Result<Campaign, CampaignError> {
        let asked = |name: &str| subjects.iter().any(|subject| subject.rule.name == name);
        let needs = Needs::of(&files, asked)?;
        let targets = targets::targets(monitoring, &binary, [1; 3]).await?;
        let gap = Nanos::from_millis(needs.reach_ms.unsigned_abs());
        Ok(Campaign {
            runs: plan::runs(&settings, gap),
            settings,
            files,
            default_interval_ms: monitoring.config.evaluation_interval_ms,
            subjects,
            needs,
            alertmanager: monitoring.alertmanager.clone(),
            targets,
            binary,
            environment,
        })
    }
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
        let options = Options { config: None, span, ..Options::default() };
        let engine =
            NativePrometheus::start(&campaign.binary, &campaign.environment, &options).await?;
        let writer = RemoteWriter::new(engine.url());
        let client = Prometheus::new(engine.url());
        Ok(Stage { campaign, engine, writer, client, unchecked: true })
    }

    /// Plays a run and asks all rules; `run` lies later than any before it.
    ///
    /// # Errors
    /// If that could not be done.
    pub async fn run(&mut self, run: &Run) -> Result<Record, CampaignError> {
        let campaign = Arc::clone(&self.campaign);
        let phase = Phase::Seeded(run.seed);
        let scenario = run.scenario();
        let play = Play {
            engine: scenario.engine()?,
            replicas: scenario.replicas,
            epoch_ms: run.start_ms,
            duration: run.duration,
            targets: campaign.targets.clone().with_phase(phase).targets,
            lie: None,
            thinning: Some(Thinning {
                interval_ms: if run.full_rate {
                    0
                } else {
                    campaign.settings.scrape.as_millis() as i64
                },
                wanted: campaign.needs.reads(),
            }),
        };
        let played = play.run_before(NoWitness, &self.writer, |_| {}).await?;
        let offset =
            |file: &str, group: &str, interval_ms| group_offset(run.seed, file, group, interval_ms);
        let span = (run.start_ms, run.end_ms());
        let recording: Vec<RecordingRule> =
            rules::recording_rules(&campaign.files, campaign.default_interval_ms, span, offset)
                .into_iter()
                .filter(|rule| campaign.needs.records.contains(&rule.record))
                .collect();
        rules::materialise(&recording, bind::metrics_read, &self.client, &self.writer, |_| {})
            .await?;
        let alerts = alert_rules(&campaign.files, campaign.default_interval_ms, span, offset);
        let mut asked = Answers::default();
        let mut found = Vec::with_capacity(campaign.subjects.len());
        for subject in &campaign.subjects {
            let rule = &alerts[subject.nth];
            let mut answers = Vec::with_capacity(subject.condition.asked.len());
            for expr in &subject.condition.asked {
                answers.push(asked.rows(&self.client, rule, expr).await?.clone());
            }
            if self.unchecked && !run.full_rate {
                self.check(subject, rule, &answers).await?;
            }
            let judged_ms = run.judged_ms();
            found.push(record(rule, &subject.condition, &subject.settings, &answers, judged_ms));
        }
        self.unchecked &= run.full_rate;
        Ok(Record {
            run: run.index,
            rules: found,
            requests: played.engine.balance().arrived,
            samples: played.written.samples,
        })
    }

    /// Whether an expression has any value during a run; asked at every twentieth evaluation.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn yields(&self, expr: &str, run: &Run) -> Result<bool, ClientError> {
        const STEP_MS: i64 = 60_000;
        let answer = self.client.query_range(expr, run.judged_ms(), run.end_ms(), STEP_MS).await?;
        Ok(match answer.value {
            Value::Matrix(series) => !series.is_empty(),
            _ => true,
        })
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

    /// Holds what is decided here against the engine's answer to the whole expression.
    async fn check(
        &self,
        subject: &Subject,
        rule: &AlertRule,
        answers: &[Vec<Row>],
    ) -> Result<(), CampaignError> {
        let condition = &subject.condition;
        if condition.operands.is_empty() && condition.asked.len() == 1 {
            return Ok(());
        }
        let whole = ask(&self.client, rule, &rule.expr).await?;
        let values = condition.values();
        let decided =
            decide(&condition.decision, answers, Applied { values: &values, open: Open::None });
        let same = decided.is_ok_and(|decided| sorted(decided) == sorted(whole));
        if same { Ok(()) } else { Err(CampaignError::Apart { rule: rule.name.clone() }) }
    }
}

/// Answers of one run, each asked once.
#[derive(Default)]
struct Answers(BTreeMap<(String, i64, i64), Vec<Row>>);

impl Answers {
    async fn rows(
        &mut self,
        client: &Prometheus,
        rule: &AlertRule,
        expr: &str,
    ) -> Result<&Vec<Row>, CampaignError> {
        let Evaluations { first_ms, interval_ms, .. } = rule.evaluations;
        let key = (expr.to_owned(), first_ms, interval_ms);
        if !self.0.contains_key(&key) {
            let rows = ask(client, rule, expr).await?;
            self.0.insert(key.clone(), rows);
        }
        Ok(&self.0[&key])
    }
}

async fn ask(client: &Prometheus, rule: &AlertRule, expr: &str) -> Result<Vec<Row>, CampaignError> {
    let Evaluations { first_ms, last_ms, interval_ms } = rule.evaluations;
    // 2.42 looks through all samples of the range anew for each `timestamp(x)`: short ranges have fewer.
    let n_steps = if expr.contains("timestamp") { 120 } else { MAX_POINTS };
    let mut all = Vec::new();
    let mut from_ms = first_ms;
    while from_ms <= last_ms {
        let to_ms = last_ms.min(from_ms + (n_steps - 1) * interval_ms);
        let answer = client
            .query_range(expr, from_ms, to_ms, interval_ms)
            .await
            .map_err(|source| CampaignError::Ask { rule: rule.name.clone(), source })?;
        if let Value::Matrix(series) = answer.value {
            all.extend(series);
        }
        from_ms = to_ms + interval_ms;
    }
    Ok(rows(all, rule.evaluations))
}

/// Bits rather than numbers, as NaN is a value too; the name is not part of an alert.
fn sorted(rows: Vec<Row>) -> Vec<(crate::client::answer::Labels, Vec<Option<u64>>)> {
    let bits = |row: Row| {
        let bits = row.values.into_iter().map(|value| value.map(f64::to_bits));
        (row.labels.without("__name__"), bits.collect())
    };
    let mut rows: Vec<_> = rows.into_iter().map(bits).collect();
    rows.sort();
    rows
}
