//! `dashproof bracket`: every threshold of every alert rule, just missed and just met, asked of a real Prometheus.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    Failure, Surroundings,
    engine::EngineArgs,
    failure,
    files::{self, Places},
    format::Format,
    gc,
    output::Output,
    progress::{Progress, Show},
    runner::Stop,
};
use monitoring::{RuleFile, recorded::RecordedLabels};
use prom::nearest::nearest;
use proof::{
    alert::{AlertRule, alert_rules},
    verify::Notice,
};
use rules::{
    bracket::{self},
    rule_mutants,
};
use stack::{prometheus_binary::PrometheusBinary, promtool};

use crate::report::Conclusion;

/// Where a group has no interval and no configuration is at hand: Prometheus' own default.
const DEFAULT_INTERVAL_MS: i64 = 60_000;

/// Which alerts are bracketed, and how it is reported.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Alerts by name [default: all]
    #[arg(value_name = "ALERT")]
    names: Vec<String>,
    #[command(flatten)]
    rules: RuleArgs,
    /// Mutation test: make mistakes in each rule, one at a time, and see whether a case notices
    #[arg(long)]
    mutants: bool,
    /// Make the cases from the rules in this file or monitoring directory, such as the version before a change. The
    /// report says what rules of the same name now do differently, and which rules only one side has
    #[arg(long, value_name = "DIR", conflicts_with = "mutants")]
    against: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    engine: EngineArgs,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Report")]
    format: Format,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    output: Option<PathBuf>,
    /// No progress
    #[arg(long, short, help_heading = "Report")]
    quiet: bool,
}

/// Rules that are not deployed yet.
#[derive(Debug, clap::Args)]
pub(super) struct RuleArgs {
    /// Alert rules of this file instead of the deployed ones; recording rules that they read may be in either
    #[arg(long = "rule", value_name = "FILE")]
    files: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
The cases are made from the rule's own expression: series for which each comparison is just true and just \
false, a condition that lasts as long as `for` requires and one evaluation less, each branch of `or` alone, \
and so on. The report names what could not be tested. Whether a threshold is a good one, only scenarios \
can say: a rule passes its own cases with any threshold. --against takes the cases of another version.

Examples:
  dashproof bracket                        all alert rules that are deployed
  dashproof bracket LlmProviderSlow        one
  dashproof bracket --rule draft.yml       rules that are not deployed yet
  dashproof bracket --against ../main/monitoring  what do changed rules do differently than there?
  dashproof bracket --mutants              would a case notice a wrong threshold or guard?";

pub(super) async fn run(args: Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let target = output.target(args.output.as_deref())?;
    let mut stop = Stop::listen()?;
    let (text, held) = tokio::select! {
        report = report(&args, at) => report?,
        () = stop.wanted() => {
            output.print("interrupted: nothing was judged yet\n")?;
            return Ok(Conclusion::Interrupted.exit_code());
        }
    };
    target.write(|_| text.clone())?;
    Ok(if held { Conclusion::Held } else { Conclusion::Broke }.exit_code())
}

/// The report as it is written, and whether all is well.
async fn report(args: &Args, at: &Surroundings) -> Result<(String, bool), Failure> {
    let binary = args.engine.provide(&at.environment).await?;
    if let Some(reference) = &args.against {
        return against(args, reference, at, &binary).await;
    }
    let (rules, recorded) = rules(&args.rules, &args.places, &args.names, at, &binary).await?;
    gc::collect(at).await?;
    let brackets: Vec<_> = rules.iter().map(|rule| bracket::bracket(rule, &recorded)).collect();
    let show = if !args.quiet && at.interactive { Show::Bars } else { Show::Nothing };
    let progress = Progress::of_one(show);
    let line = progress.begin(if args.mutants { "mutants" } else { "cases" });
    let asked = |done, of| line.notice(&Notice::Asked { done, of });
    let report = if args.mutants {
        rule_mutants::run(&rules, &brackets, &binary, &at.environment, asked)
            .await
            .map(|report| (written(args.format, &report), report.is_enough()))
    } else {
        let of = brackets.iter().map(|bracket| bracket.cases.len()).sum();
        bracket::run::run(&rules, brackets, &binary, &at.environment, |done| asked(done, of))
            .await
            .map(|report| (written(args.format, &report), report.held()))
    };
    progress.finish();
    report.map_err(|error| {
        Failure::new(failure::chain(&error), "name another Prometheus: --prometheus PATH")
    })
}

/// As [`report`], with cases of the rules at `reference`.
async fn against(
    args: &Args,
    reference: &Path,
    at: &Surroundings,
    binary: &PrometheusBinary,
) -> Result<(String, bool), Failure> {
    let (file, places) = if at.directory.join(reference).is_file() {
        // As with --rule: it has the interval and the recording rules of the deployed ones.
        (vec![reference.to_owned()], args.places.clone())
    } else {
        (Vec::new(), Places { monitoring: Some(reference.to_owned()), scenarios: None })
    };
    let theirs = rules(&RuleArgs { files: file }, &places, &[], at, binary).await;
    let (old, recorded) = theirs.map_err(|Failure { message, remedy }| {
        let flag = "--against DIR, or --against FILE";
        let remedy = remedy.replace("--monitoring DIR", flag).replace("--rule FILE", flag);
        Failure::new(message, remedy)
    })?;
    let (new, _) = rules(&args.rules, &args.places, &[], at, binary).await?;
    named([&old[..], &new[..]].concat(), &args.names)?;
    let wanted = |rule: &AlertRule| args.names.is_empty() || args.names.contains(&rule.name);
    let [old, new] = [old, new].map(|rules| rules.into_iter().filter(wanted).collect::<Vec<_>>());
    gc::collect(at).await?;
    let is_whole = args.rules.files.is_empty();
    let theirs = (&old[..], &recorded, reference.display().to_string());
    let report =
        bracket::against::run(theirs, &new, is_whole, (binary, &at.environment), |_| ()).await;
    let report = report.map_err(|error| {
        Failure::new(failure::chain(&error), "name another Prometheus: --prometheus PATH")
    })?;
    Ok((written(args.format, &report), report.held()))
}

fn written(format: Format, report: &(impl Display + Serialize)) -> String {
    match format {
        Format::Text => report.to_string(),
        Format::Json => serde_json::to_string_pretty(report).expect("texts are JSON") + "\n",
    }
}

/// The alert rules with these names, or all, and the labels of recorded series; every file was checked by promtool.
pub(super) async fn rules(
    args: &RuleArgs,
    places: &Places,
    names: &[String],
    at: &Surroundings,
    binary: &PrometheusBinary,
) -> Result<(Vec<AlertRule>, RecordedLabels), Failure> {
    check(binary, &args.files).await?;
    let deployed = match places.monitoring(&at.directory) {
        Ok(directory) => Some(files::monitoring(&directory)?),
        // Rules of a file of their own need no monitoring directory.
        Err(_) if !args.files.is_empty() && places.monitoring.is_none() => None,
        Err(failure) => return Err(failure),
    };
    let (interval_ms, mut all) = deployed.map_or((DEFAULT_INTERVAL_MS, Vec::new()), |found| {
        (found.config.evaluation_interval_ms, found.rules)
    });
    let own = if args.files.is_empty() {
        let deployed: Vec<PathBuf> = all.iter().map(|file| file.file.clone()).collect();
        check(binary, &deployed).await?;
        all.clone()
    } else {
        let own = args.files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
        all.extend(own.iter().cloned());
        own
    };
    let recorded = monitoring::recorded::recorded_labels(&all);
    // Only the interval matters: each case has evaluations of its own.
    let rules = alert_rules(&own, interval_ms, (0, 0), |_, _, _| 0);
    Ok((named(rules, names)?, recorded))
}

async fn check(binary: &PrometheusBinary, files: &[PathBuf]) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    promtool::check_rules(binary, &files)
        .await
        .map(drop)
        .map_err(|error| Failure::new(error.to_string(), "correct the file"))
}

fn read(file: &Path) -> Result<RuleFile, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("{} cannot be read: {error}", file.display());
        Failure::new(message, "name a file of alert rules: --rule FILE")
    })?;
    monitoring::rules::parse(file, &text)
        .map_err(|problems| Failure::of_files(&file.display().to_string(), &problems))
}

fn named(rules: Vec<AlertRule>, names: &[String]) -> Result<Vec<AlertRule>, Failure> {
    let known = || rules.iter().map(|rule| rule.name.as_str());
    if let Some(name) = names.iter().find(|name| !known().any(|known| known == **name)) {
        let remedy = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`dashproof bracket` alone reports all".to_owned(),
        };
        return Err(Failure::new(format!("no alert rule `{name}`"), remedy));
    }
    if rules.is_empty() {
        return Err(Failure::new(
            "there are no alert rules",
            "name a file that has some: --rule FILE",
        ));
    }
    let wanted = |rule: &AlertRule| names.is_empty() || names.contains(&rule.name);
    Ok(rules.into_iter().filter(wanted).collect())
}
