//! Checks of data sources: do dashboards find them, do windows suit the scrapes.
//!
//! A uid that does not exist shows "datasource not found"; a `timeInterval` below
//! a job's scrape interval makes windows with too few samples, and empty panels.

use super::Subject;
use monitoring::grafana::dashboard::{Dashboard, DatasourceRef, Panel};
use monitoring::grafana::datasource::Datasource;
use monitoring::grafana::interval::text;
use monitoring::grafana::variables::VariableKind;
use prom::duration;
use prom::problem::{Code, Owner, Problem};

/// What Grafana takes for the scrape interval where a data source states none.
const DEFAULT_TIME_INTERVAL: &str = "15s";

/// Data sources that Grafana itself provides.
const BUILT_IN: [&str; 5] =
    ["-- Mixed --", "-- Dashboard --", "-- Grafana --", "grafana", "__expr__"];

/// Provisioned data sources without a fixed uid.
pub(super) fn unnamed(subject: &Subject<'_>) -> Vec<Problem> {
    let unnamed = subject.inputs.datasources.iter().filter(|datasource| datasource.uid.is_none());
    unnamed
        .map(|datasource| {
            let name = &datasource.name;
            let message =
                format!("data source {name:?} has no uid: Grafana derives one from its name");
            Problem::new(Code::DatasourceWithoutUid, &datasource.file, datasource.line, message)
                .remedy("add a fixed \"uid\"")
        })
        .collect()
}

/// Provisioned data sources in each other's way.
pub(super) fn clashes(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let all = subject.inputs.datasources;
    for (index, datasource) in all.iter().enumerate() {
        let (file, line, name) = (datasource.file.as_path(), datasource.line, &datasource.name);
        let same = |other: &Datasource| other.uid == datasource.uid && !is_from_environment(other);
        if let Some(uid) = datasource.uid.as_ref().filter(|_| all[..index].iter().any(same)) {
            let message = format!("second data source with the uid {uid:?}");
            problems.push(Problem::new(Code::DuplicateDatasourceUid, file, line, message));
        }
        if datasource.is_default && all[..index].iter().any(|other| other.is_default) {
            problems.push(Problem::new(
                Code::SecondDefaultDatasource,
                file,
                line,
                format!("data source {name:?} is the second default"),
            ));
        }
    }
    problems
}

/// Whether the uid stands in a variable of the environment, so that its value is not known.
fn is_from_environment(datasource: &Datasource) -> bool {
    datasource.uid.as_ref().is_some_and(|uid| uid.contains('$'))
}

/// Panels, targets and variables whose data source does not exist or is not fixed.
pub(super) fn references(subject: &Subject<'_>) -> Vec<Problem> {
    let datasources = subject.inputs.datasources;
    let mut problems = Vec::new();
    for dashboard in subject.inputs.dashboards {
        let mut judge = |line, owner: Owner, reference: Option<&DatasourceRef>| {
            let found = resolve(datasources, dashboard, reference);
            problems.extend(complaint(found, &owner).map(|(code, message)| {
                Problem::new(code, &dashboard.file, line, message)
                    .remedy("give type and uid of a provisioned data source")
            }));
        };
        for variable in dashboard.variables.iter().filter(|v| v.kind == VariableKind::Query) {
            judge(
                variable.line,
                Owner::Variable(variable.name.clone()),
                variable.datasource.as_ref(),
            );
        }
        for annotation in &dashboard.annotations {
            judge(
                annotation.line,
                Owner::Annotation(annotation.name.clone()),
                annotation.datasource.as_ref(),
            );
        }
        for panel in &dashboard.panels {
            for target in &panel.targets {
                let panel_title = panel.title.clone();
                let owner = Owner::Target { panel: panel_title, ref_id: target.ref_id.clone() };
                judge(target.line, owner, effective(panel, target.datasource.as_ref()));
            }
        }
    }
    problems
}

/// Words that file provisioning does not replace.
pub(super) fn placeholders(subject: &Subject<'_>) -> Vec<Problem> {
    let dashboards = subject.inputs.dashboards.iter();
    dashboards
        .flat_map(|dashboard| {
            dashboard.placeholders.iter().map(|placeholder| {
                let message = format!("left-over placeholder {}", placeholder.text);
                Problem::new(Code::LeftOverPlaceholder, &dashboard.file, placeholder.line, message)
                    .remedy("file provisioning does not replace it; write the data source's uid")
            })
        })
        .collect()
}

/// `timeInterval` against the scrape interval of every job.
pub(super) fn time_intervals(subject: &Subject<'_>) -> Vec<Problem> {
    let jobs = &subject.inputs.prometheus.jobs;
    let Some(longest_ms) = jobs.iter().map(|job| job.scrape_interval_ms).max() else {
        return Vec::new();
    };
    let suitable = format!("set timeInterval: {}", duration::format(longest_ms));
    let mut problems = Vec::new();
    for datasource in subject.inputs.datasources.iter().filter(|found| found.kind == "prometheus") {
        let (file, line, name) = (datasource.file.as_path(), datasource.line, &datasource.name);
        if datasource.time_interval.is_none() {
            let message = format!(
                "data source {name:?} has no timeInterval: Grafana takes {DEFAULT_TIME_INTERVAL}"
            );
            problems
                .push(Problem::new(Code::NoTimeInterval, file, line, message).remedy(&suitable));
        }
        let interval = datasource.time_interval.as_deref().unwrap_or(DEFAULT_TIME_INTERVAL);
        let read = text::backend_ns(interval).filter(|_| text::browser_ms(interval).is_some());
        let Some(interval_ms) = read.map(|nanos| nanos / 1_000_000) else {
            let message = format!(
                "timeInterval {interval:?} of data source {name:?} is no interval that Grafana reads"
            );
            problems.push(
                Problem::new(Code::InvalidTimeInterval, file, line, message).remedy(&suitable),
            );
            continue;
        };
        for job in jobs.iter().filter(|job| job.scrape_interval_ms > interval_ms) {
            let scrapes = 4 * interval_ms / job.scrape_interval_ms;
            let message = format!(
                "timeInterval {interval} of data source {name:?} is shorter than the scrape interval {} of job {:?}: $__rate_interval can be {}, which spans {scrapes} of its scrapes, not four",
                duration::format(job.scrape_interval_ms),
                job.name,
                duration::format(4 * interval_ms),
            );
            problems.push(
                Problem::new(Code::TimeIntervalTooShort, file, line, message).remedy(&suitable),
            );
        }
        if interval_ms > longest_ms {
            let message = format!(
                "timeInterval {interval} of data source {name:?} is longer than every job's scrape interval: windows are wider than they need to be"
            );
            problems.push(
                Problem::new(Code::TimeIntervalTooLong, file, line, message).remedy(&suitable),
            );
        }
    }
    problems
}

/// What a reference leads to.
pub(super) enum Resolved<'a> {
    Found(&'a Datasource),
    /// One that Grafana itself provides.
    BuiltIn,
    /// The default, as nothing is named.
    Default(Option<&'a Datasource>),
    /// By name, as old dashboards do.
    ByName(&'a Datasource),
    Missing(String),
    /// A uid that a data source may have: one of them has it from the environment, or from Grafana.
    Unknown,
}

impl<'a> Resolved<'a> {
    pub(super) fn datasource(self) -> Option<&'a Datasource> {
        match self {
            Self::Found(found) | Self::ByName(found) | Self::Default(Some(found)) => Some(found),
            Self::BuiltIn | Self::Default(None) | Self::Missing(_) | Self::Unknown => None,
        }
    }
}

/// A target's own data source, or its panel's.
pub(super) fn effective<'a>(
    panel: &'a Panel,
    own: Option<&'a DatasourceRef>,
) -> Option<&'a DatasourceRef> {
    own.or(panel.datasource.as_ref())
}

pub(super) fn resolve<'a>(
    datasources: &'a [Datasource],
    dashboard: &Dashboard,
    reference: Option<&DatasourceRef>,
) -> Resolved<'a> {
    let (word, by_uid) = match reference {
        None => {
            return Resolved::Default(datasources.iter().find(|datasource| datasource.is_default));
        }
        Some(DatasourceRef::Uid { uid, .. }) => (uid.as_str(), true),
        Some(DatasourceRef::Name(name)) => (name.as_str(), false),
    };
    if BUILT_IN.contains(&word) {
        return Resolved::BuiltIn;
    }
    let inside = word.strip_prefix("${").and_then(|word| word.strip_suffix('}'));
    if let Some(name) = inside.or_else(|| word.strip_prefix('$')) {
        return through_variable(datasources, dashboard, name)
            .map_or_else(|| Resolved::Missing(word.to_owned()), Resolved::Found);
    }
    let uid = datasources.iter().find(|datasource| datasource.uid.as_deref() == Some(word));
    let name = datasources.iter().find(|datasource| datasource.name == word);
    match (uid, name) {
        (Some(found), _) => Resolved::Found(found),
        (None, Some(found)) if !by_uid => Resolved::ByName(found),
        _ if by_uid
            && datasources.iter().any(|one| one.uid.is_none() || is_from_environment(one)) =>
        {
            Resolved::Unknown
        }
        _ => Resolved::Missing(word.to_owned()),
    }
}

/// The variable's saved choice if it exists, else the first of its plugin type.
fn through_variable<'a>(
    datasources: &'a [Datasource],
    dashboard: &Dashboard,
    name: &str,
) -> Option<&'a Datasource> {
    let variable = dashboard.variables.iter().find(|variable| variable.name == name)?;
    if variable.kind != VariableKind::Datasource {
        return None;
    }
    let of_kind = || datasources.iter().filter(|found| found.kind == variable.query);
    let current = variable.current.first();
    let chosen = of_kind().find(|found| current.is_some() && found.uid.as_ref() == current);
    chosen.or_else(|| of_kind().next())
}

fn complaint(found: Resolved<'_>, owner: &Owner) -> Option<(Code, String)> {
    Some(match found {
        Resolved::Found(_) | Resolved::BuiltIn | Resolved::Unknown => return None,
        Resolved::Default(Some(_)) => {
            let message = format!("{owner} names no data source and takes the default");
            (Code::DefaultDatasource, message)
        }
        Resolved::Default(None) => {
            let message = format!("{owner} names no data source and there is no default");
            (Code::NoDefaultDatasource, message)
        }
        Resolved::ByName(_) => {
            (Code::DatasourceByName, format!("{owner} names its data source by name"))
        }
        Resolved::Missing(word) => {
            (Code::UnknownDatasource, format!("{owner}: data source {word:?} is not provisioned"))
        }
    })
}
