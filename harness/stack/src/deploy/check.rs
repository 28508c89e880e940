//! Whether the copy is what arithmetic says: every duration, every address, every receiver.
//!
//! Edits are textual and may miss what is written in an unusual way (an alias, a merged mapping). The copy is read by
//! the readers that everything else uses, and what they find is compared. Files and lines are the shipped ones.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use super::{
    Changes, alertmanager, instance_at,
    prometheus::{expected, moved},
    targets::listed,
};
use monitoring::{Monitoring, RuleGroup, RuleKind};
use prom::{
    duration,
    problem::{Code, Problem},
    yaml,
};

/// Everything that is not as it should be.
pub(super) fn missed(
    shipped: &Monitoring,
    copy: &Monitoring,
    changes: &Changes,
    labelled: &BTreeSet<String>,
) -> Vec<Problem> {
    let mut check = Check { changes, problems: Vec::new() };
    check.jobs(shipped, copy, labelled);
    check.groups(shipped, copy);
    check.addresses(shipped, copy);
    check.alerting(shipped, copy);
    check.transport(shipped, copy);
    check.routes(shipped, copy);
    check.receivers(shipped, copy);
    check.problems
}

struct Check<'a> {
    changes: &'a Changes,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn duration(
        &mut self,
        (file, line): (&Path, Option<usize>),
        what: &str,
        expected: i64,
        found: i64,
    ) {
        if expected != found {
            let (expected, found) = (duration::format(expected), duration::format(found));
            let key = what.split_whitespace().next().unwrap_or_default();
            let message = format!("{what} is {found} in the copy, not {expected}");
            let remedy =
                format!("write `{key}: …` on a line of its own, without alias or merged mapping");
            self.problems
                .push(Problem::new(Code::TimingNotChanged, file, line, message).remedy(remedy));
        }
    }

    fn jobs(&mut self, shipped: &Monitoring, copy: &Monitoring, labelled: &BTreeSet<String>) {
        let file = shipped.config.file.as_path();
        let evaluation = self.changes.scaled(shipped.config.evaluation_interval_ms);
        let found = copy.config.evaluation_interval_ms;
        self.duration((file, None), "evaluation_interval of global", evaluation, found);
        for (job, found) in shipped.config.jobs.iter().zip(&copy.config.jobs) {
            let (interval, timeout) = expected(job, labelled.contains(&job.name), self.changes);
            let of = |key: &str| format!("{key} of job {:?}", job.name);
            let place = (file, job.line);
            self.duration(place, &of("scrape_interval"), interval, found.scrape_interval_ms);
            self.duration(place, &of("scrape_timeout"), timeout, found.scrape_timeout_ms);
        }
    }

    fn groups(&mut self, shipped: &Monitoring, copy: &Monitoring) {
        for (shipped, copy) in shipped.rules.iter().zip(&copy.rules) {
            for (group, found) in shipped.groups.iter().zip(&copy.groups) {
                self.group(&shipped.file, group, found);
            }
        }
    }

    fn group(&mut self, file: &Path, shipped: &RuleGroup, copy: &RuleGroup) {
        let interval = |group: &RuleGroup| group.interval_ms.unwrap_or(0);
        let expected = self.changes.scaled(interval(shipped));
        let what = format!("interval of group {:?}", shipped.name);
        self.duration((file, shipped.line), &what, expected, interval(copy));
        for (rule, found) in shipped.rules.iter().zip(&copy.rules) {
            let RuleKind::Alert { name, for_ms, keep_firing_for_ms, .. } = &rule.kind else {
                continue;
            };
            let RuleKind::Alert { for_ms: for_found, keep_firing_for_ms: keep_found, .. } =
                &found.kind
            else {
                continue;
            };
            let place = (file, rule.line);
            let expected = self.changes.scaled_for(*for_ms);
            self.duration(place, &format!("for of {name}"), expected, *for_found);
            let expected = self.changes.scaled(*keep_firing_for_ms);
            self.duration(place, &format!("keep_firing_for of {name}"), expected, *keep_found);
        }
    }

    /// Each served copy of a module is a target once, and no other is; servers are where they are said to be.
    fn addresses(&mut self, shipped: &Monitoring, copy: &Monitoring) {
        let file = shipped.config.file.as_path();
        let mut found: Vec<String> = Vec::new();
        for (nth, address) in listed(copy) {
            let Some(job) = shipped.config.jobs.get(nth) else { continue };
            let mut problem = |code, what: &str, remedy: &str| {
                let message = format!("target {address} of job {:?} {what}", job.name);
                self.problems.push(Problem::new(code, file, job.line, message).remedy(remedy));
            };
            if is_given(self.changes, &address) {
                found.push(address);
            } else if moved(&address, self.changes).is_some() {
                problem(
                    Code::AddressNotReplaced,
                    "cannot be replaced",
                    "write it as `- targets: [host:port]`, without alias",
                );
            } else if !self.changes.targets.is_empty()
                && instance_at(&address, self.changes).is_some()
            {
                let remedy =
                    "list it in a file of targets (file_sd_configs), from which it can be left out";
                problem(Code::TargetNotServed, "is not served", remedy);
            }
        }
        for (instance, address) in &self.changes.targets {
            let address = self.changes.reached(*address);
            let n = found.iter().filter(|other| **other == address).count();
            if n != 1 {
                let (module, port) = (instance.module, instance.module.default_port());
                let message = format!(
                    "copy {} of {module} would be scraped by {n} jobs instead of one",
                    instance.replica
                );
                let remedy =
                    format!("have one job with the target localhost:{port} in a file of targets");
                self.problems.push(
                    Problem::new(Code::ReplicaNotScrapedOnce, file, None, message).remedy(remedy),
                );
            }
        }
    }

    /// Alerts and samples of a test go to nobody else.
    fn alerting(&mut self, shipped: &Monitoring, copy: &Monitoring) {
        let file = shipped.config.file.as_path();
        let Some(address) = self.changes.alertmanager() else { return };
        let Ok(text) = fs::read_to_string(&copy.config.file) else { return };
        let Ok(read) = yaml::parse::<Value>(file, &text) else { return };
        let mut problem = |code, message: String, remedy: &str| {
            self.problems.push(Problem::new(code, file, None, message).remedy(remedy));
        };
        for manager in read["alerting"]["alertmanagers"].as_array().into_iter().flatten() {
            let discovered = manager.as_object().into_iter().flatten();
            for (key, _) in discovered.filter(|(key, _)| key.ends_with("_sd_configs")) {
                problem(
                    Code::LeavesTheTest,
                    format!("alerts would be sent to what {key} of `alerting` finds"),
                    "list Alertmanager in static_configs, with port 9093",
                );
            }
            let groups = manager["static_configs"].as_array().into_iter().flatten();
            let targets =
                groups.flat_map(|group| group["targets"].as_array().into_iter().flatten());
            for target in targets.filter_map(Value::as_str).filter(|target| *target != address) {
                problem(
                    Code::LeavesTheTest,
                    format!("alerts would be sent to {target}"),
                    "list Alertmanager with port 9093, which is replaced",
                );
            }
        }
        if read["remote_read"].as_array().is_some_and(|remotes| !remotes.is_empty()) {
            problem(
                Code::LeavesTheTest,
                "queries would be answered by remote_read too".to_owned(),
                "have remote_read in the configuration of the installation only",
            );
        }
        if let Err(what) = copy.config.sending() {
            problem(
                Code::AlertsRelabelled,
                format!("{what} changes alerts on their way, which is not emulated"),
                "set the labels in the rules, or in external_labels",
            );
        }
        if read["remote_write"].as_array().is_some_and(|remotes| !remotes.is_empty()) {
            problem(
                Code::LeavesTheTest,
                "samples would be sent to remote_write".to_owned(),
                "have remote_write in the configuration of the installation only",
            );
        }
    }

    /// Servers and modules of a test speak HTTP and ask for no password.
    fn transport(&mut self, shipped: &Monitoring, copy: &Monitoring) {
        let file = shipped.config.file.as_path();
        let Ok(text) = fs::read_to_string(&copy.config.file) else { return };
        let Ok(read) = yaml::parse::<Value>(file, &text) else { return };
        let given: BTreeSet<usize> = listed(copy)
            .into_iter()
            .filter(|(_, address)| is_given(self.changes, address))
            .map(|(nth, _)| nth)
            .collect();
        let remedy =
            "name a folder as it is in development: without what the lines #production# add";
        let mut refuse = |line: Option<usize>, what: String| {
            self.problems.push(Problem::new(Code::SecuredTarget, file, line, what).remedy(remedy));
        };
        for nth in given {
            let (of, job) = (&read["scrape_configs"][nth], shipped.config.jobs.get(nth));
            let name = job.map(|job| job.name.as_str()).unwrap_or_default();
            for key in secured(of) {
                let message =
                    format!("job {name:?} has {key}, which servers of a test do not know");
                refuse(job.and_then(|job| job.line), message);
            }
        }
        if self.changes.alertmanager().is_some() {
            for manager in read["alerting"]["alertmanagers"].as_array().into_iter().flatten() {
                for key in secured(manager) {
                    refuse(
                        None,
                        format!("alerting has {key}, which servers of a test do not know"),
                    );
                }
            }
        }
    }

    fn routes(&mut self, shipped: &Monitoring, copy: &Monitoring) {
        let (Some(shipped), Some(copy)) = (&shipped.alertmanager, &copy.alertmanager) else {
            return;
        };
        for (route, found) in shipped.route.walk().into_iter().zip(copy.route.walk()) {
            let timings = [
                ("group_wait", route.group_wait_ms, found.group_wait_ms),
                ("group_interval", route.group_interval_ms, found.group_interval_ms),
                ("repeat_interval", route.repeat_interval_ms, found.repeat_interval_ms),
            ];
            for (key, millis, found) in timings {
                let expected = self.changes.scaled(millis);
                let what = format!("{key} of the route to {:?}", route.receiver);
                self.duration((&shipped.file, route.line), &what, expected, found);
            }
        }
    }

    fn receivers(&mut self, shipped: &Monitoring, copy: &Monitoring) {
        let (Some(shipped), Some(copy)) = (&shipped.alertmanager, &copy.alertmanager) else {
            return;
        };
        let Some(url) = &self.changes.receiver else { return };
        let read = |file: &Path| fs::read_to_string(file).unwrap_or_default();
        let (before, now) = (read(&shipped.file), read(&copy.file));
        self.problems.extend(alertmanager::elsewhere(&shipped.file, &before, &now, url));
    }
}

/// What a job or an Alertmanager asks of a connection beyond HTTP.
fn secured(of: &Value) -> Vec<&'static str> {
    const KEYS: [&str; 4] = ["tls_config", "basic_auth", "authorization", "oauth2"];
    let mut found: Vec<&str> = KEYS.into_iter().filter(|key| !of[*key].is_null()).collect();
    if of["scheme"] == "https" {
        found.insert(0, "scheme: https");
    }
    found
}

fn is_given(changes: &Changes, address: &str) -> bool {
    let servers = [changes.prometheus(), changes.alertmanager()].into_iter().flatten();
    let modules = changes.targets.iter().map(|(_, address)| changes.reached(*address));
    servers.chain(modules).any(|given| given == address)
}
