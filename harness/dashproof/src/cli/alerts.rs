//! `dashproof alerts`: what alert rules will do to the people on call.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Instant,
};

use clap::{
    ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use sim::{time::Nanos, traffic::Profile};

use super::{
    Failure, Surroundings,
    engine::EngineArgs,
    failure,
    files::{self, Places},
    gc,
    output::{Output, Target},
    progress::{Counter, Show},
    runner::Stop,
};
use monitoring::{Monitoring, RuleFile};
use prom::nearest::nearest;
use proof::alert::{AlertRule, alert_rules};
use rules::campaign::{
    crew, error::CampaignError, findings, incidents::Trouble, plan::Settings, setup::Campaign,
    subjects, subjects::Subject, sweep::Axis,
};
use stack::{prometheus_binary::PrometheusBinary, promtool};

use crate::report::{
    Conclusion,
    alerts::{self, AlertsReport},
    paint::Paint,
};

/// Which rules are tried, on what, and how it is reported.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Alerts by name [default: all; with --rule, all of its file]
    #[arg(value_name = "ALERT")]
    names: Vec<String>,
    /// Try the alerts of this file, which need not be deployed yet, together with the deployed recording rules; alerts
    /// that are named must be in it
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    /// Try several values in one rule: threshold=0.02..0.2, for=1m..15m, OPERAND=FROM..TO/STEPS; several --sweep are combined
    #[arg(long, value_name = "RANGE")]
    sweep: Vec<Axis>,
    /// How many ordinary days are simulated, each with its own seed; the kinds of traffic take turns
    #[arg(long, value_name = "N", default_value_t = 20)]
    seeds: u32,
    /// The length of an ordinary day
    #[arg(long, value_name = "SPAN", value_parser = files::span, default_value = "24h")]
    span: Nanos,
    /// How many trials are made of each severity of each incident
    #[arg(long, value_name = "N", default_value_t = 5)]
    trials: u32,
    /// Kinds of traffic
    #[arg(long, value_name = "PROFILE", value_delimiter = ',', value_parser = profile, default_values_t = Profile::ALL)]
    profile: Vec<Profile>,
    /// Kinds of incident [default: all]
    #[arg(long, value_name = "INCIDENT", value_delimiter = ',', value_parser = incidents())]
    incident: Vec<Trouble>,
    /// Judge nothing in the first part of each run; this is how long it is
    #[arg(long, value_name = "SPAN", value_parser = files::span, default_value = "1h")]
    warm_up: Nanos,
    /// The least time between stored samples of a module [default: 30s, or a quarter of the shortest window]
    #[arg(long, value_name = "SPAN", value_parser = files::span)]
    scrape: Option<Nanos>,
    /// The seed from which the seeds of all runs are made
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Let Prometheus evaluate every run, not only the first of each kind: much slower
    #[arg(long)]
    all_by_prometheus: bool,
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
  dashproof alerts --seeds 100 --trials 0                    false alarms alone
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

/// Ten samples in the shortest window of the shipped rules.
const SCRAPE: Nanos = Nanos(30 * Nanos::SECOND.0);

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let target = output.target(args.output.as_deref())?;
    if args.format == Format::Svg && args.sweep.is_empty() {
        let remedy = "add a range, such as --sweep threshold=0.02..0.2";
        return Err(Failure::new("--format svg shows a sweep, and none was asked for", remedy));
    }
    if args.seeds == 0 && args.trials == 0 {
        let remedy = "leave out --seeds 0 or --trials 0";
        return Err(Failure::new("nothing to do: --seeds and --trials are both 0", remedy));
    }
    let mut stop = Stop::listen()?;
    let (monitoring, campaign) = tokio::select! {
        prepared = prepare(&args, at) => {
            let (monitoring, campaign) = prepared?;
            (monitoring, Arc::new(campaign))
        }
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
    let progress = |record: &rules::campaign::record::Record| {
        counter.tick(&campaign.runs[record.run].to_string());
    };
    let work = crew::work(&campaign, workers, progress, stop.wanted()).await;
    counter.finish();
    let mut work = work.map_err(|error| Failure::new(failure::chain(&error), remedy(&error)))?;
    let emitted = check::emitted(&monitoring);
    let findings = findings::all(&campaign, &work, &monitoring, &emitted);
    for (stage, _) in work.stages.drain(..) {
        stage.stop().await;
    }
    let report = AlertsReport::of(&campaign, &work, findings);
    show_report(&args, &report, began.elapsed().as_secs_f64(), target)?;
    Ok(if work.interrupted { Conclusion::Interrupted } else { Conclusion::Held }.exit_code())
}

fn show_report(
    args: &Args,
    report: &AlertsReport,
    seconds: f64,
    target: Target,
) -> Result<(), Failure> {
    let text = |paint: Paint| {
        format!("{}\n{seconds:.1} s\n", alerts::text::text(report, paint).trim_end())
    };
    let plain = |paint: Paint| match args.format {
        Format::Text => text(paint),
        Format::Json => alerts::json(report),
        Format::Svg => alerts::svg::svg(report).unwrap_or_default(),
    };
    target.write_and_tell(plain, text)
}

async fn prepare(args: &Args, at: &Surroundings) -> Result<(Monitoring, Campaign), Failure> {
    let directory = args.places.monitoring(&at.directory)?;
    let monitoring = files::monitoring(&directory)?;
    gc::collect(at).await?;
    let binary = args.engine.provide(&at.environment).await?;
    // Before our own parser, which is more lenient and says less.
    check_rules(&binary, &monitoring, args.rule.as_deref()).await?;
    let own = args.rule.as_ref().map(rule_file).transpose()?;
    let files = subjects::in_force(&monitoring.rules, own.as_ref());
    let subjects = subjects(args, &monitoring, &files, own.as_ref())?;
    let settings = Settings {
        seed: args.seed,
        days: args.seeds,
        span: args.span,
        trials: args.trials,
        profiles: args.profile.clone(),
        troubles: if args.incident.is_empty() { Trouble::all() } else { args.incident.clone() },
        warm_up: args.warm_up,
        aftermath: Nanos(90 * Nanos::MINUTE.0),
        scrape: args.scrape.unwrap_or(SCRAPE),
        all_by_prometheus: args.all_by_prometheus,
    };
    let campaign =
        Campaign::new(&monitoring, files, subjects, settings, binary, at.environment.clone()).await;
    let mut campaign =
        campaign.map_err(|error| Failure::new(failure::chain(&error), remedy(&error)))?;
    if let (None, Some(shortest_ms)) = (args.scrape, campaign.needs.shortest_window_ms) {
        // A window with fewer than four samples would be ours, not the rule's.
        let quarter = Nanos::from_millis(shortest_ms.unsigned_abs() / 4);
        campaign.settings.scrape = campaign.settings.scrape.min(quarter);
    }
    Ok((monitoring, campaign))
}

fn remedy(error: &CampaignError) -> &'static str {
    match error {
        CampaignError::Differs { .. } => "let Prometheus evaluate every run: --all-by-prometheus",
        CampaignError::Targets(_) => "correct prometheus/prometheus.yml",
        CampaignError::SameTarget { .. } => {
            "give each target labels of its own in relabel_configs of prometheus.yml, such as `instance`"
        }
        CampaignError::Expression(_)
        | CampaignError::Rules(_)
        | CampaignError::Ask { .. }
        | CampaignError::Evaluate { .. }
        | CampaignError::Twice { .. }
        | CampaignError::Apart { .. } => {
            "correct the rule, or leave it out by naming the alerts to try: dashproof alerts NAME…"
        }
        CampaignError::Start(_) | CampaignError::Source(_) | CampaignError::Write(_) => {
            "try --jobs 1, or fewer --seeds"
        }
    }
}

fn rule_file(file: &PathBuf) -> Result<RuleFile, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("{} cannot be read: {error}", file.display());
        Failure::new(message, "name a file of rules: --rule FILE")
    })?;
    monitoring::rules::parse(file, &text)
        .map_err(|problems| Failure::of_files(&file.display().to_string(), &problems))
}

/// In promtool's own words.
async fn check_rules(
    binary: &PrometheusBinary,
    monitoring: &Monitoring,
    own: Option<&Path>,
) -> Result<(), Failure> {
    let deployed = monitoring.rules.iter().map(|file| file.file.as_path());
    let files: Vec<&Path> = deployed.chain(own).collect();
    let checked = promtool::check_rules(binary, &files).await;
    checked.map(|_| ()).map_err(|error| {
        Failure::new(failure::chain(&error), "correct the rules; nothing was started")
    })
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
    let is_asked = |rule: &AlertRule| own.is_none_or(|own| rule.file == own.file);
    let known: Vec<&str> =
        all.iter().filter(|rule| is_asked(rule)).map(|rule| rule.name.as_str()).collect();
    if let Some(unknown) = args.names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(unknown_alert(unknown, &known, own));
    }
    let wanted = |rule: &AlertRule| {
        is_asked(rule) && (args.names.is_empty() || args.names.contains(&rule.name))
    };
    let n_wanted = all.iter().filter(|rule| wanted(rule)).count();
    if n_wanted == 0 {
        let place = own.map_or(&monitoring.directory, |own| &own.file);
        let message = format!("no alert rule in {}", place.display());
        return Err(Failure::new(message, "name a file with alert rules: --rule FILE"));
    }
    if !args.sweep.is_empty() && n_wanted != 1 {
        let message = format!("--sweep is about one rule, and {n_wanted} are asked");
        return Err(Failure::new(message, "name the rule: dashproof alerts NAME --sweep RANGE"));
    }
    subjects::subjects(&all, wanted, &args.sweep)
        .map_err(|error| Failure::new(error.to_string(), "see `dashproof alerts --help`"))
}

/// Names what can be asked: with `--rule` the alerts of that file alone, as the deployed rule of the name is another one.
fn unknown_alert(unknown: &str, known: &[&str], own: Option<&RuleFile>) -> Failure {
    let place = own.map(|own| own.file.display().to_string());
    let message = match &place {
        Some(file) => format!("no alert `{unknown}` in {file}"),
        None => format!("no alert `{unknown}`"),
    };
    let near = nearest(unknown, known.iter().copied());
    let near = near.map(|near| format!("did you mean `{near}`?\n")).unwrap_or_default();
    let known = match known {
        [] => "none".to_owned(),
        known => known.join(", "),
    };
    let remedy = match place {
        Some(file) => format!(
            "{near}the alerts of {file} are: {known}; without --rule, the deployed ones are tried"
        ),
        None => format!("{near}the alerts are: {known}"),
    };
    Failure::new(message, remedy)
}

/// The incidents that campaigns try, by name, each with the table's sentence.
fn incidents() -> impl TypedValueParser<Value = Trouble> {
    let shown = |trouble: Trouble| {
        PossibleValue::new(trouble.name()).help(trouble.row().about.trim_end_matches('.'))
    };
    PossibleValuesParser::new(Trouble::all().into_iter().map(shown))
        .try_map(|name| Trouble::named(&name).ok_or("campaigns do not try this incident"))
}

fn profile(name: &str) -> Result<Profile, String> {
    let known = Profile::ALL.into_iter().find(|profile| profile.name() == name);
    let names = Profile::ALL.map(Profile::name).join(", ");
    known.ok_or_else(|| format!("expected one of {names}"))
}
