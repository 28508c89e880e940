//! What `check` found, as text and as JSON.
//!
//! The first lines say what was read, so that nothing is green because it was not looked at. It must not know how
//! anything was found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use monitoring::{Layout, Reading, RuleFile, RuleKind};
use prom::problem::{Problem, Severity};
use proof::verify::bind::Unproven;
use serde::Serialize;

use super::{group::Subject, json, paint::Paint, words};

/// What was read, and what was found.
#[derive(Debug)]
pub struct Checked {
    /// What was read, a line for each part.
    read: Vec<String>,
    /// What is there and was not read.
    not_read: BTreeSet<String>,
    problems: Vec<Problem>,
    /// What is only worth a look: what it is, and its places.
    notes: BTreeMap<String, Vec<String>>,
    /// Panels and rules without a contract, where contracts are used.
    pub unproven: Vec<Unproven>,
    /// The scenarios that were used, and how many.
    pub scenarios: Option<(PathBuf, usize)>,
}

/// What `check --format json` writes.
#[derive(Serialize)]
struct Document {
    schema: u32,
    exit_code: u8,
    problems: Vec<json::FileProblem>,
    unproven: Vec<UnprovenPlace>,
    read: Vec<String>,
    not_read: BTreeSet<String>,
    notes: BTreeMap<String, Vec<String>>,
}

#[derive(Serialize)]
struct UnprovenPlace {
    dashboard: String,
    panel: String,
    ref_id: String,
    reason: String,
}

impl Checked {
    /// What was found in what was read.
    #[must_use]
    pub fn new(
        layout: &Layout,
        reading: &Reading,
        mut problems: Vec<Problem>,
        notes: BTreeMap<String, Vec<String>>,
    ) -> Checked {
        let mut seen = BTreeSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        Checked {
            read: read(layout, reading),
            not_read: layout.not_read.clone(),
            problems,
            notes,
            unproven: Vec::new(),
            scenarios: None,
        }
    }

    fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }

    /// 1 if something is wrong for certain or unproven, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(self.count(Severity::Error) + self.unproven.len() > 0)
    }
}

fn read(layout: &Layout, reading: &Reading) -> Vec<String> {
    let mut lines = Vec::new();
    let name = |path: &Path| path.display().to_string();
    lines.push(match &layout.prometheus {
        Some(part) => format!("Prometheus: {}", name(&part.file)),
        None => "no configuration of Prometheus".to_owned(),
    });
    let rules = |files: &[RuleFile], of: &str| {
        let all = || files.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
        let alerts = all().filter(|rule| matches!(rule.kind, RuleKind::Alert { .. })).count();
        format!(
            "{}{of} ({}, {})",
            words::counted(files.len(), "rule file"),
            words::counted(alerts, "alert"),
            words::counted(all().count() - alerts, "recording rule"),
        )
    };
    lines.push(match reading.monitoring.rules.len() {
        0 => "no rules".to_owned(),
        _ => rules(&reading.monitoring.rules, ""),
    });
    if !reading.loose_rules.is_empty() {
        lines.push(rules(&reading.loose_rules, " that the configuration does not load"));
    }
    let dashboards = || reading.monitoring.dashboards.iter().chain(&reading.loose_dashboards);
    let panels: usize = dashboards().map(|dashboard| dashboard.panels.len()).sum();
    lines.push(match dashboards().count() {
        0 => "no dashboards".to_owned(),
        count => {
            format!("{} ({})", words::counted(count, "dashboard"), words::counted(panels, "panel"))
        }
    });
    lines.push(match &layout.alertmanager {
        Some(part) => format!("Alertmanager: {}", name(&part.file)),
        None => "no configuration of Alertmanager".to_owned(),
    });
    lines.push(match reading.monitoring.datasources.len() {
        0 if reading.providers.is_empty() => "no Grafana provisioning".to_owned(),
        count => words::counted(count, "provisioned data source"),
    });
    lines
}

/// The report as text.
#[must_use]
pub fn text(checked: &Checked, verbose: bool, paint: Paint) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} {}", paint.faint("read"), checked.read.join(", "));
    match &checked.scenarios {
        Some((path, count)) => {
            let count = words::counted(*count, "scenario");
            let _ = writeln!(
                out,
                "{} {count} and contracts of {}",
                paint.faint("with"),
                path.display()
            );
        }
        None => {
            let _ = writeln!(out, "{} no scenarios and no contracts", paint.faint("with"));
        }
    }
    for what in &checked.not_read {
        let _ = writeln!(out, "{} {what}", paint.faint("not read"));
    }
    out.push('\n');
    let head = out.len();
    for problem in &checked.problems {
        let sign = match problem.severity {
            Severity::Error => paint.bad("✗"),
            Severity::Warning => paint.doubt("!"),
        };
        let _ = writeln!(out, "{sign} {}", problem.coded());
    }
    for unproven in &checked.unproven {
        let path = paint.strong(&Subject::at(&unproven.place).path());
        let _ = writeln!(out, "{} {path} {}", paint.doubt("? unproven"), unproven.reason);
    }
    for (what, places) in &checked.notes {
        let _ = writeln!(out, "{} {what}: {}", paint.faint("·"), places.len());
        for place in places.iter().filter(|_| verbose) {
            let _ = writeln!(out, "    {place}");
        }
    }
    if out.len() > head {
        out.push('\n');
    }
    let mut counts = vec![
        words::counted(checked.count(Severity::Error), "error"),
        words::counted(checked.count(Severity::Warning), "warning"),
    ];
    match checked.scenarios {
        Some(_) => counts.push(format!("{} unproven", checked.unproven.len())),
        None => counts.push(words::counted(checked.notes.len(), "note")),
    }
    let more = if checked.notes.is_empty() || verbose { "" } else { " (places of notes: -v)" };
    let exit_code = checked.exit_code();
    let word = if exit_code == 0 { paint.good("✓ consistent") } else { paint.bad("✗ broken") };
    let _ = writeln!(out, "{word}: {}{more} · exit {exit_code}", counts.join(", "));
    out
}

/// The report as JSON.
#[must_use]
pub fn json(checked: &Checked) -> String {
    let place = |unproven: &Unproven| {
        let Unproven { place, reason } = unproven.clone();
        UnprovenPlace {
            dashboard: place.dashboard,
            panel: place.panel,
            ref_id: place.ref_id,
            reason,
        }
    };
    let document = Document {
        schema: json::SCHEMA,
        exit_code: checked.exit_code(),
        problems: checked.problems.iter().map(json::problem).collect(),
        unproven: checked.unproven.iter().map(place).collect(),
        read: checked.read.clone(),
        not_read: checked.not_read.clone(),
        notes: checked.notes.clone(),
    };
    serde_json::to_string_pretty(&document).expect("texts are JSON") + "\n"
}
