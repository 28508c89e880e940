//! `dashproof alerts`: what alert rules will do to the people on call.

use std::{path::PathBuf, sync::Arc, thread, time::Instant};

use clap::ValueEnum;
use fake_modules::{time::Nanos, traffic::Profile};

use super::{
    Failure, Surroundings,
    engine::EngineArgs,
    failure,
    files::{self, Places},
    gc,
    output::Output,
    progress::{Counter, Show},
    runner::Stop,
};
use crate::{
    alert::{AlertRule, alert_rules},
    campaign::{
        crew,
        incidents::Trouble,
        needs::Needs,
        plan::{self, Settings},
        stage::{Campaign, Subject},
        sweep::{self, Axis},
    },
    monitoring::Monitoring,
    nearest::nearest,
    promcfg::{self, RuleFile},
    promql::condition::Condition,
    report::{
        Conclusion,
        alerts::{self, AlertsReport},
        paint::Paint,
    },
    stack::{process::ProcessError, prometheus_binary::PrometheusBinary, promtool},
    verify::targets,
};

/// Which rules are tried, on what, and how it is reported.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Alerts by name [default: all]
    #[arg(value_name = "ALERT")]
    names: Vec<String>,
    /// Rules that are not yet deployed: their alerts are tried, beside the deployed recording rules
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    /// Try other values of one rule: threshold=0.02..0.2, for=1m..15m, OPERAND=FROM..TO/STEPS; several are a grid
    #[arg(long, value_name = "RANGE")]
    sweep: Vec<Axis>,
    /// Ordinary days, each with a seed of its own, in turn of each kind of traffic
    #[arg(long, value_name = "N", default_value_t = 20)]
    seeds: u32,
    /// The length of an ordinary day
    #[arg(long, value_name = "SPAN", value_parser = files::span, default_value = "24h")]
    span: Nanos,
    /// Trials of each severity of each incident
    #[arg(long, value_name = "N", default_value_t = 5)]
    trials: u32,
    /// Kinds of traffic
    #[arg(long, value_name = "PROFILE", value_delimiter = ',', value_parser = profile, default_values_t = Profile::ALL)]
    profile: Vec<Profile>,
    /// Kinds of incident [default: all]
    #[arg(long, value_name = "INCIDENT", value_delimiter = ',', value_enum)]
    incident: Vec<Trouble>,
    /// How long each run lasts before anything is judged
    #[arg(long, value_name = "SPAN", value_parser = files::span, default_value = "1h")]
    warm_up: Nanos,
    /// The least time between stored samples of a module
    #[arg(long, value_name = "SPAN", value_parser = files::span, default_value = "30s")]
    scrape: Nanos,
    /// The seed from which all others are drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Workers, each with a Prometheus of its own [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: Option<u8>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    engine: EngineArgs,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Report")]
    format: Format,
    /// Write it to this file; standard output then has the text
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    output: Option<PathBuf>,
    /// No progress
    #[arg(long, short, help_heading = "Report")]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  dashproof alerts                                           all rules, which takes minutes
  dashproof alerts ModuleDown --trials 50                    one rule, narrower intervals
  dashproof alerts --rule new.yml                            rules that are not yet deployed
  dashproof alerts LlmProviderSlow --sweep threshold=0.02..0.2 --sweep for=1m..15m/4
  dashproof alerts LlmProviderSlow --sweep threshold=0.02..0.2 --format svg --output slow.svg";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// The trade-off curve of a sweep.
    Svg,
}

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    if args.format == Format::Svg && args.sweep.is_empty() {
        let remedy = "add a range, such as --sweep threshold=0.02..0.2";
        return Err(Failure::new("--format svg shows a sweep, and none was asked for", remedy));
    }
    let mut stop = Stop::listen()?;
    let campaign = tokio::select! {
        campaign = prepare(&args, at) => Arc::new(campaign?),
        () = stop.wanted() => {
            output.print("interrupted: nothing was run yet\n")?;
            return Ok(Conclusion::Interrupted.exit_code());
        }
    };
    let show = match (args.quiet, at.interactive) {
        (true, _) => Show::Nothing,
        (false, true) => Show::Bars,
        (false, false) => Show::Lines,
    };
    let counter = Counter::new(show, campaign.runs.len());
    let workers = args
        .jobs
        .map_or_else(|| thread::available_parallelism().map_or(2, usize::from), usize::from);
    let began = Instant::now();
    let progress = |record: &crate::campaign::record::Record| {
        counter.tick(&campaign.runs[record.run].to_string());
    };
    let work = crew::work(&campaign, workers, progress, stop.wanted()).await;
    counter.finish();
    let mut work = work
        .map_err(|error| Failure::new(failure::chain(&error), "try --jobs 1, or fewer --seeds"))?;
    let findings = Vec::new();
    for (stage, _) in work.stages.drain(..) {
        stage.stop().await;
    }
    let report = AlertsReport::of(&campaign, &work, findings);
    show_report(&args, &report, began.elapsed().as_secs_f64(), output)?;
    Ok(if work.interrupted { Conclusion::Interrupted } else { Conclusion::Held }.exit_code())
}

fn show_report(
    args: &Args,
    report: &AlertsReport,
    seconds: f64,
    output: Output,
) -> Result<(), Failure> {
    let text = |paint: Paint| {
        format!("{}\n{seconds:.1} s\n", alerts::text::text(report, paint).trim_end())
    };
    let plain = |paint: Paint| match args.format {
        Format::Text => text(paint),
        Format::Json => alerts::json(report),
        Format::Svg => String::new(),
    };
    let Some(file) = &args.output else { return output.print(&plain(output.paint)) };
    output.write(file, &plain(Paint::PLAIN))?;
    output.print(&text(output.paint))
}

async fn prepare(args: &Args, at: &Surroundings) -> Result<Campaign, Failure> {
    let directory = args.places.monitoring(&at.directory)?;
    let monitoring = files::monitoring(&directory)?;
    let own = args.rule.as_ref().map(rule_file).transpose()?;
    gc::collect(at).await?;
    let binary = args.engine.provide(&at.environment).await?;
    check_rules(&binary, &monitoring, own.as_ref()).await?;
    let files = in_force(&monitoring, own.as_ref());
    let subjects = subjects(args, &monitoring, &files, own.as_ref())?;
    let asked = |name: &str| subjects.iter().any(|subject| subject.rule.name == name);
    let needs = Needs::of(&files, asked)
        .map_err(|error| Failure::new(error.to_string(), "mend the rule's expression"))?;
    let settings = Settings {
        seed: args.seed,
        days: args.seeds,
        span: args.span,
        trials: args.trials,
        profiles: args.profile.clone(),
        troubles: if args.incident.is_empty() {
            Trouble::ALL.to_vec()
        } else {
            args.incident.clone()
        },
        warm_up: args.warm_up,
        aftermath: Nanos(90 * Nanos::MINUTE.0),
        gap: Nanos::from_millis(needs.reach_ms.unsigned_abs()),
        scrape: args.scrape,
    };
    let targets = targets::targets(&monitoring, &binary, [1; 3]).await.map_err(|error| {
        let remedy = "mend prometheus/prometheus.yml and its targets";
        Failure::new(failure::chain(&error), remedy)
    })?;
    Ok(Campaign {
        runs: plan::runs(&settings),
        settings,
        default_interval_ms: monitoring.config.evaluation_interval_ms,
        files,
        subjects,
        needs,
        targets,
        binary,
        environment: at.environment.clone(),
    })
}

fn rule_file(file: &PathBuf) -> Result<RuleFile, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("{} cannot be read: {error}", file.display());
        Failure::new(message, "name a file of rules: --rule FILE")
    })?;
    promcfg::rules::parse(file, &text)
        .map_err(|problems| Failure::of_files(&file.display().to_string(), &problems))
}

/// In promtool's own words.
async fn check_rules(
    binary: &PrometheusBinary,
    monitoring: &Monitoring,
    own: Option<&RuleFile>,
) -> Result<(), Failure> {
    let files: Vec<&std::path::Path> =
        monitoring.rules.iter().chain(own).map(|file| file.file.as_path()).collect();
    let checked = promtool::check_rules(binary, &files).await;
    checked.map(|_| ()).map_err(|error: ProcessError| {
        Failure::new(failure::chain(&error), "mend the rules; nothing was started")
    })
}

/// The deployed rules, with those of `own` in place of what they have of the same name.
fn in_force(monitoring: &Monitoring, own: Option<&RuleFile>) -> Vec<RuleFile> {
    let Some(own) = own else { return monitoring.rules.clone() };
    let same = |file: &RuleFile| {
        let real = |path: &PathBuf| std::fs::canonicalize(path).ok();
        real(&file.file) == real(&own.file)
    };
    let records: Vec<&str> =
        own.groups.iter().flat_map(|group| &group.rules).map(promcfg::Rule::name).collect();
    let mut files: Vec<RuleFile> =
        monitoring.rules.iter().filter(|file| !same(file)).cloned().collect();
    for group in files.iter_mut().flat_map(|file| &mut file.groups) {
        group.rules.retain(|rule| !records.contains(&rule.name()));
    }
    files.push(own.clone());
    files
}

/// The rules that are asked, taken apart.
fn subjects(
    args: &Args,
    monitoring: &Monitoring,
    files: &[RuleFile],
    own: Option<&RuleFile>,
) -> Result<Vec<Subject>, Failure> {
    let interval_ms = monitoring.config.evaluation_interval_ms;
    let all = alert_rules(files, interval_ms, (0, 0), |_, _, _| 0);
    let known: Vec<&str> = all.iter().map(|rule| rule.name.as_str()).collect();
    if let Some(unknown) = args.names.iter().find(|name| !known.contains(&name.as_str())) {
        let near = nearest(unknown, known.iter().copied());
        let near = near.map(|near| format!("did you mean `{near}`?\n")).unwrap_or_default();
        let remedy = format!("{near}the alerts are: {}", known.join(", "));
        return Err(Failure::new(format!("no alert `{unknown}`"), remedy));
    }
    let wanted = |rule: &AlertRule| match own {
        _ if !args.names.is_empty() => args.names.contains(&rule.name),
        Some(own) => rule.file == own.file,
        None => true,
    };
    let found: Vec<(usize, AlertRule)> =
        all.iter().cloned().enumerate().filter(|(_, rule)| wanted(rule)).collect();
    if found.is_empty() {
        let place = own.map_or(&monitoring.directory, |own| &own.file);
        let message = format!("no alert rule in {}", place.display());
        return Err(Failure::new(message, "name a file with alert rules: --rule FILE"));
    }
    if !args.sweep.is_empty() && found.len() != 1 {
        let message = format!("--sweep is about one rule, and {} are asked", found.len());
        return Err(Failure::new(message, "name the rule: dashproof alerts NAME --sweep RANGE"));
    }
    found.into_iter().map(|(nth, rule)| subject(args, nth, rule)).collect()
}

fn subject(args: &Args, nth: usize, rule: AlertRule) -> Result<Subject, Failure> {
    // What our parser does not read, promtool has read: it is asked whole.
    let condition = Condition::of(&rule.expr).unwrap_or_else(|_| Condition::whole(&rule.expr));
    let (timing, interval_ms) = (rule.timing, rule.evaluations.interval_ms);
    let settings = sweep::settings(&rule.name, &condition, timing, interval_ms, &args.sweep)
        .map_err(|error| Failure::new(error.to_string(), "see `dashproof alerts --help`"))?;
    Ok(Subject { nth, rule, condition, settings })
}

fn profile(name: &str) -> Result<Profile, String> {
    let known = Profile::ALL.into_iter().find(|profile| profile.name() == name);
    let names = Profile::ALL.map(Profile::name).join(", ");
    known.ok_or_else(|| format!("expected one of {names}"))
}
