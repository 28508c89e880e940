//! `alertmanager.yml`: whom receivers notify, and when.
//!
//! No notification of a test may reach people: every receiver must be a webhook whose URL can be replaced, or none.

use std::path::Path;

use serde_json::Value;

use super::{Changes, Copier, DeployError, edit::Edit, rules::scale, scan::Scalar};
use monitoring::AlertmanagerConfig;
use prom::{
    duration,
    problem::{Code, Problem},
    yaml,
};

const URL: [&str; 3] = ["receivers", "webhook_configs", "url"];
const TIMINGS: [&str; 3] = ["group_wait", "group_interval", "repeat_interval"];

pub(super) fn edit(copier: &mut Copier<'_>) -> Result<(), DeployError> {
    let shipped = copier.shipped;
    let Some(config) = &shipped.alertmanager else { return Ok(()) };
    let Some((path, name)) = copier.place(&config.file) else { return Ok(()) };
    let text = copier.read(&path)?;
    let mut edit = Edit::new(&text);
    let scalars = edit.scalars();
    if let Some(url) = &copier.changes.receiver {
        for scalar in scalars.iter().filter(|scalar| scalar.is(&URL)) {
            edit.replace(scalar, url);
        }
    }
    if copier.changes.scales() {
        for scalar in scalars.iter().filter(|scalar| is_timing(scalar)) {
            scale(&mut edit, scalar, |millis| copier.changes.scaled(millis));
        }
        defaults(&mut edit, &scalars, config, copier.changes);
    }
    copier.write(&path, &name, edit.finish())
}

fn is_timing(scalar: &Scalar) -> bool {
    let Some((key, above)) = scalar.path.split_last() else { return false };
    let Some((route, below)) = above.split_first() else { return false };
    TIMINGS.contains(&key.as_str()) && route == "route" && below.iter().all(|key| key == "routes")
}

/// States timings that the root route leaves to Alertmanager's defaults, which do not scale.
fn defaults(
    edit: &mut Edit<'_>,
    scalars: &[Scalar],
    config: &AlertmanagerConfig,
    changes: &Changes,
) {
    let root = &config.route;
    let shipped = [root.group_wait_ms, root.group_interval_ms, root.repeat_interval_ms];
    let Some(receiver) = scalars.iter().find(|scalar| scalar.is(&["route", "receiver"])) else {
        return;
    };
    for (key, millis) in TIMINGS.into_iter().zip(shipped) {
        if !scalars.iter().any(|scalar| scalar.is(&["route", key])) {
            edit.add_below(receiver, key, &duration::format(changes.scaled(millis)));
        }
    }
}

/// Receivers of the text that would notify anything but `url`; their lines are those of the text, which has as many as
/// the shipped one up to there.
pub(super) fn elsewhere(file: &Path, shipped: &str, copy: &str, url: &str) -> Vec<Problem> {
    let read: Value = match yaml::parse(file, copy) {
        Ok(read) => read,
        Err(problems) => return problems,
    };
    let scalars = super::scan::scalars(shipped);
    let line = |path: &[&str]| {
        scalars
            .iter()
            .find(|scalar| {
                scalar.path.iter().map(String::as_str).take(path.len()).eq(path.iter().copied())
            })
            .map(|scalar| scalar.line)
    };
    let mut problems = Vec::new();
    for receiver in read["receivers"].as_array().into_iter().flatten() {
        let name = receiver["name"].as_str().unwrap_or_default();
        let kinds = receiver.as_object().into_iter().flatten();
        for (kind, configs) in kinds.filter(|(kind, _)| kind.ends_with("_configs")) {
            let configs = configs.as_array().map(Vec::as_slice).unwrap_or_default();
            let of_kind = line(&["receivers", kind]);
            if kind != "webhook_configs" && !configs.is_empty() {
                let message = format!(
                    "receiver {name:?} has {kind}, through which a test would notify people"
                );
                let remedy = "a receiver that is to be tested has webhook_configs only: name another monitoring directory, or move it there";
                problems.push(
                    Problem::new(Code::NotifiesPeople, file, of_kind, message).remedy(remedy),
                );
            } else if configs.iter().any(|config| config["url"] != *url) {
                let message =
                    format!("the url of a webhook of receiver {name:?} cannot be replaced");
                let remedy =
                    "write it as `url: http://…` on a line of its own, not as url_file or alias";
                problems.push(
                    Problem::new(Code::AddressNotReplaced, file, of_kind, message).remedy(remedy),
                );
            }
        }
    }
    problems
}
