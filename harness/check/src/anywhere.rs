//! What can be known wrong of files from anywhere: nothing of our metrics, modules or scenarios is asked.
//!
//! An error is certain, a warning likely; what is only worth a look is a note, told once for each kind. It must not
//! know what the metrics are.

use std::collections::BTreeMap;

use monitoring::Reading;
use monitoring::grafana::dashboard::LIBRARY_PANEL;
use prom::problem::{Problem, Severity};

use super::{
    EmittedMetrics, Inputs, Subject, alertmanager, catalogue::Catalogue, dashboards, datasources,
    expressions, joins, matches, notes, quantiles, rates, routes, rules, templates, thresholds,
};

/// What was found in files from anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Errors and warnings, in the order of files and lines, each once.
    pub problems: Vec<Problem>,
    /// What is worth a look or is not judged: what it is, and its places.
    pub notes: BTreeMap<String, Vec<String>>,
}

impl Findings {
    fn note(&mut self, what: &str, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            let place = Problem { remedy: None, ..problem }.to_string();
            self.notes.entry(what.to_owned()).or_default().push(place);
        }
    }
}

/// Everything that can be said of what was read, without knowing what the metrics are.
#[must_use]
pub fn anywhere(reading: &Reading) -> Findings {
    let mut found = Findings::default();
    let emitted = EmittedMetrics::default();
    let loaded = &reading.monitoring;
    let provisioned = Inputs {
        dashboards: &loaded.dashboards,
        datasources: &loaded.datasources,
        prometheus: &loaded.config,
        rules: &loaded.rules,
        emitted: &emitted,
    };
    of_all(&subject(provisioned), &mut found);
    let provisioned = subject(provisioned);
    found.problems.extend(dashboards::uids(&provisioned));
    found.problems.extend(datasources::placeholders(&provisioned));
    found.problems.extend(datasources::clashes(&provisioned));
    found.note(
        "data sources without a uid: Grafana derives one from the name",
        datasources::unnamed(&provisioned),
    );
    found.problems.extend(datasources::time_intervals(&provisioned).into_iter().filter(is_certain));
    if !loaded.datasources.is_empty() {
        found.problems.extend(datasources::references(&provisioned).into_iter().filter(is_certain));
    }
    found.problems.extend(rules::order_and_repetition(&provisioned));
    // What nothing loads stands by itself: files may be copies of each other.
    for file in &reading.loose_rules {
        let file = std::slice::from_ref(file);
        let inputs =
            Inputs { dashboards: &[], datasources: &[], rules: file, ..inputs_of(&provisioned) };
        of_all(&subject(inputs), &mut found);
    }
    let inputs = Inputs {
        dashboards: &reading.loose_dashboards,
        rules: &loaded.rules,
        ..inputs_of(&provisioned)
    };
    let mut loose = Findings::default();
    of_all(&subject(inputs), &mut loose);
    let own =
        |problem: &Problem| reading.loose_dashboards.iter().any(|board| board.file == problem.file);
    found.problems.extend(loose.problems.into_iter().filter(own));
    for (what, places) in loose.notes {
        found.notes.entry(what).or_default().extend(places);
    }
    if let Some(config) = &loaded.alertmanager {
        let names = alertmanager::names_and_inhibitions(config, &loaded.rules);
        let has_alerts = !super::alert_names(&loaded.rules).is_empty();
        found.problems.extend(names.into_iter().filter(|_| has_alerts));
        found.problems.extend(routes::by_themselves(config));
        let sending = loaded.config.sending_as_far_as_emulated();
        found.problems.extend(alertmanager::unrouted(config, &sending, &loaded.rules));
    }
    found.problems.sort();
    found.problems.dedup();
    for places in found.notes.values_mut() {
        places.sort();
        places.dedup();
    }
    found
}

fn subject<'a>(inputs: Inputs<'a>) -> Subject<'a> {
    Subject {
        inputs,
        expressions: expressions::collect(&inputs),
        catalogue: Catalogue::of(&inputs),
    }
}

fn inputs_of<'a>(subject: &Subject<'a>) -> Inputs<'a> {
    subject.inputs
}

fn is_certain(problem: &Problem) -> bool {
    problem.severity == Severity::Error
}

/// What holds for a dashboard and a rule wherever they come from.
fn of_all(subject: &Subject<'_>, found: &mut Findings) {
    found.problems.extend(dashboards::panel_and_target_ids(subject));
    let variables = dashboards::variables(subject).into_iter();
    found.problems.extend(variables.filter(is_certain));
    found.problems.extend(expressions::syntax(subject));
    let checks: [fn(&Subject<'_>) -> Vec<Problem>; 13] = [
        joins::labels_in_on,
        matches::never,
        templates::labels_and_values,
        thresholds::never_and_always,
        thresholds::units,
        rates::of_recorded,
        rates::of_gauges,
        rates::overlapping,
        rates::over_interval,
        rates::too_short,
        rates::compared,
        quantiles::without_bounds,
        quantiles::averaged,
    ];
    found.problems.extend(checks.iter().flat_map(|check| check(subject)));
    for (what, places) in notes::all(subject) {
        found.notes.entry(what.to_owned()).or_default().extend(places);
    }
    found.note("panels without a unit", dashboards::units(subject));
    found.note("panels without a description", dashboards::descriptions(subject));
    for dashboard in subject.inputs.dashboards {
        for panel in dashboard.panels.iter().filter(|panel| panel.kind == LIBRARY_PANEL) {
            let line = panel.line.map_or_else(String::new, |line| format!("{line}:"));
            let place = format!("{}:{line} panel {:?}", dashboard.file.display(), panel.title);
            let what = "library panels, whose definition lies in Grafana's database: not judged";
            found.notes.entry(what.to_owned()).or_default().push(place);
        }
    }
}
