//! `dashproof check`: all files, held against each other; nothing runs.

use std::path::{Path, PathBuf};

use super::{
    Failure, Surroundings,
    files::{self, Places},
    format::Format,
    output::Output,
};
use check::Findings;
use monitoring::{Layout, Reading, layout::Named};
use prom::problem::{Code, Problem, Severity};
use proof::verify::bind;
use truth::contract::Contracts;

use crate::report::checked::{self, Checked};

/// What is checked, and how it is reported.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder or file to check: compose files, configurations, provider files and Kubernetes objects say what lies
    /// where [default: `monitoring` here or above, else the working directory]
    #[arg(value_name = "PATH", conflicts_with = "monitoring")]
    path: Option<PathBuf>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Name every place of a note
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    parts: Parts,
    #[command(flatten)]
    places: Places,
}

/// Files that are named instead of found.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Parts of the folder")]
struct Parts {
    /// Prometheus' configuration
    #[arg(long, value_name = "FILE")]
    prometheus_config: Option<PathBuf>,
    /// Rule files, or patterns of them, instead of those that the configuration names
    #[arg(long, value_name = "PATTERN")]
    rule_files: Vec<String>,
    /// Files and directories of dashboards
    #[arg(long, value_name = "PATH")]
    dashboards: Vec<PathBuf>,
    /// Grafana's provisioning directory
    #[arg(long, value_name = "DIR")]
    provisioning: Option<PathBuf>,
    /// Alertmanager's configuration
    #[arg(long, value_name = "FILE")]
    alertmanager_config: Option<PathBuf>,
}

impl Parts {
    fn named(&self) -> Named {
        let Parts { prometheus_config, rule_files, dashboards, provisioning, alertmanager_config } =
            self.clone();
        Named { prometheus_config, rule_files, dashboards, provisioning, alertmanager_config }
    }
}

pub(super) fn run(args: &Args, at: &Surroundings, output: Output) -> Result<u8, Failure> {
    let root = root(args, &at.directory)?;
    let scenarios = scenarios(args, &at.directory)?;
    let layout = Layout::find(&root, &args.parts.named());
    let reading = Reading::of(&layout);
    if layout.is_empty() && reading.problems.is_empty() {
        let message = format!(
            "found nothing to check in {}: it has no prometheus/prometheus.yml, and no other configuration, rule file or dashboard",
            root.display()
        );
        return Err(Failure::new(
            message,
            "name the directory that has them: dashproof check PATH, or --monitoring DIR",
        ));
    }
    let checked = match scenarios {
        Some(scenarios) => with_scenarios(&scenarios, &layout, &reading),
        None => {
            let Findings { problems, mut notes } = check::anywhere(&reading);
            // A dashboard in another format is not wrong: it is not judged.
            let (unread, wrong): (Vec<Problem>, Vec<Problem>) = reading
                .problems
                .iter()
                .cloned()
                .partition(|problem| problem.code == Code::UnreadDashboardFormat);
            if !unread.is_empty() {
                let places = unread.iter().map(ToString::to_string).collect();
                notes.insert(
                    "dashboards of a format that is not read: not judged".to_owned(),
                    places,
                );
            }
            let all = [problems, wrong].concat();
            Checked::new(&layout, &reading, all, notes)
        }
    };
    let exit_code = checked.exit_code();
    output.print(&match args.format {
        Format::Text => checked::text(&checked, args.verbose, output.paint),
        Format::Json => checked::json(&checked),
    })?;
    Ok(exit_code)
}

/// What is looked at.
fn root(args: &Args, from: &Path) -> Result<PathBuf, Failure> {
    let Some(path) = args.path.as_ref().or(args.places.monitoring.as_ref()) else {
        return Ok(args.places.monitoring(from).unwrap_or_else(|_| PathBuf::from(".")));
    };
    if from.join(path).exists() {
        return Ok(path.clone());
    }
    let message = format!("there is no {}", path.display());
    Err(Failure::new(message, "name a directory or a file: dashproof check PATH"))
}

/// The scenarios that belong to what is looked at, if there are some.
fn scenarios(args: &Args, from: &Path) -> Result<Option<PathBuf>, Failure> {
    if args.places.scenarios.is_some() {
        return args.places.scenarios(from).map(Some);
    }
    // A folder that is named by its path has its scenarios in it or above it, not where one happens to be.
    let beside = args.path.as_ref().map(|path| from.join(path));
    let beside = beside.map(|path| path.canonicalize().unwrap_or(path));
    let found = args.places.scenarios(beside.as_deref().unwrap_or(from)).ok();
    Ok(found.map(|found| beside.map_or(found.clone(), |beside| beside.join(found))))
}

fn with_scenarios(scenarios: &Path, layout: &Layout, reading: &Reading) -> Checked {
    let (mut stories, mut problems) = scenario::load_dir(scenarios);
    let live = scenarios.join(files::LIVE);
    if live.is_dir() {
        let (found, wrong) = scenario::load_dir(&live);
        stories.extend(found);
        problems.extend(wrong);
    }
    problems.extend(reading.problems.clone());
    let mut keep = |found: Vec<Problem>| problems.extend(found);
    let contracts = Contracts::load_dir(&scenarios.join("contracts")).map_err(&mut keep).ok();
    let mut monitoring = reading.monitoring.clone();
    if monitoring.dashboards.is_empty() {
        monitoring.dashboards.clone_from(&reading.loose_dashboards);
    }
    problems.extend(check::unknown_alerts(&stories, &monitoring.rules));
    problems.extend(check::told(&stories, &monitoring));
    let mut unproven = Vec::new();
    if let Some(contracts) = contracts {
        problems.extend(check::of(&monitoring, &contracts));
        unproven = bind::unproven(&monitoring, &contracts);
    }
    problems.sort_by_key(|problem| problem.severity == Severity::Warning);
    problems.sort_by(|one, other| one.file.cmp(&other.file).then(one.line.cmp(&other.line)));
    let mut checked = Checked::new(layout, reading, problems, Default::default());
    checked.unproven = unproven;
    checked.scenarios = Some((scenarios.to_owned(), stories.len()));
    checked
}
