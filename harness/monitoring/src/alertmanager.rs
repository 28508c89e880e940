//! `alertmanager.yml`: who is told of an alert, together with which others, and what mutes it.
//!
//! Called by whoever counts notifications or checks routes without a server. What routes and
//! inhibitions mean follows Alertmanager's dispatch/route.go (`NewRoute`, `Match`), dispatch.go
//! (`getGroupLabels`) and inhibit/inhibit.go (`Mutes`, `hasEqual`), which are alike from 0.25 on.
//! How a receiver delivers is not read, only whether it does; `amtool check-config` validates the rest.

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use matcher::{Matcher, MatcherError};
pub use read::parse;

use prom::series::Labels;

mod matcher;
mod read;

/// One configuration file.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertmanagerConfig {
    /// The file, as it was named to the parser.
    pub file: PathBuf,
    /// The route that every alert enters; with all below it.
    pub route: Route,
    /// What mutes what, in the order of the file.
    pub inhibit_rules: Vec<InhibitRule>,
    /// Names of the receivers, in the order of the file.
    pub receivers: Vec<String>,
    /// Those of them that notify anybody: they have an integration of some kind.
    pub delivering: BTreeSet<String>,
    /// Those of them that tell of an alert's end too: `send_resolved` of one of their integrations, or its default.
    pub telling_ends: BTreeSet<String>,
}

/// A route, with inherited values filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Where it stands: positions among siblings from the root, which is empty.
    pub path: Vec<usize>,
    /// Its receiver.
    pub receiver: String,
    /// What an alert's labels must satisfy; all of them.
    pub matchers: Vec<Matcher>,
    /// Whether later siblings are asked too.
    pub continues: bool,
    /// What its alerts are grouped by.
    pub group_by: GroupBy,
    /// From a group's first alert to its first notification, in milliseconds.
    pub group_wait_ms: i64,
    /// From one look at a group to the next, in milliseconds.
    pub group_interval_ms: i64,
    /// After how long a notification of an unchanged group is repeated, in milliseconds.
    pub repeat_interval_ms: i64,
    /// Whether time intervals decide when it notifies; when they are is not read.
    pub timed: bool,
    /// The names of those intervals: in which it does not notify, or outside of which it does not.
    pub intervals: Vec<String>,
    /// More specific routes, in order.
    pub routes: Vec<Route>,
}

/// What alerts are grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// `'...'`: every alert is a group of its own.
    AllLabels,
    /// The labels with these names; none makes one group of all. (An empty list inherits in 0.25;
    /// it is read as later versions do.)
    Labels(BTreeSet<String>),
}

/// Alerts that mute others while they fire.
#[derive(Debug, Clone, PartialEq)]
pub struct InhibitRule {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// What mutes.
    pub source: Vec<Matcher>,
    /// What is muted.
    pub target: Vec<Matcher>,
    /// Labels that must have the same value on both sides; one that both lack counts as the same.
    pub equal: BTreeSet<String>,
}

/// The group of which an alert is notified. Two alerts with the same key share a notification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// The route, by its path.
    pub route: Vec<usize>,
    /// The labels by which it is grouped, of those that the alert has.
    pub labels: Labels,
}

impl AlertmanagerConfig {
    /// The routes that an alert takes: one, or several where a route continues.
    #[must_use]
    pub fn routes_of(&self, labels: &Labels) -> Vec<&Route> {
        self.route.of(labels)
    }

    /// The receivers of an alert, in the order of the routes.
    #[must_use]
    pub fn receivers_of(&self, labels: &Labels) -> Vec<&str> {
        self.routes_of(labels).iter().map(|route| route.receiver.as_str()).collect()
    }

    /// The groups of an alert, one for each of its routes.
    #[must_use]
    pub fn group_keys(&self, labels: &Labels) -> Vec<GroupKey> {
        self.routes_of(labels).iter().map(|route| route.group_key(labels)).collect()
    }

    /// Whether an alert with the labels `source` mutes one with the labels `target` while it fires.
    #[must_use]
    pub fn inhibits(&self, source: &Labels, target: &Labels) -> bool {
        self.inhibit_rules.iter().any(|rule| rule.inhibits(source, target))
    }
}

impl Route {
    /// This route and all below it, in the order of the file.
    pub fn walk(&self) -> Vec<&Route> {
        let below = self.routes.iter().flat_map(Route::walk);
        std::iter::once(self).chain(below).collect()
    }

    /// The group of an alert that takes this route.
    #[must_use]
    pub fn group_key(&self, labels: &Labels) -> GroupKey {
        let counts = |name: &str| match &self.group_by {
            GroupBy::AllLabels => true,
            GroupBy::Labels(names) => names.contains(name),
        };
        let labels = labels.iter().filter(|(name, _)| counts(name)).collect();
        GroupKey { route: self.path.clone(), labels }
    }

    fn of(&self, labels: &Labels) -> Vec<&Route> {
        if !all_match(&self.matchers, labels) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for route in &self.routes {
            let routes = route.of(labels);
            let ends = !routes.is_empty() && !route.continues;
            found.extend(routes);
            if ends {
                break;
            }
        }
        if found.is_empty() { vec![self] } else { found }
    }
}

impl InhibitRule {
    /// Whether an alert with the labels `source` mutes one with the labels `target`. An alert that is
    /// both is muted by no other that is both, so that two of them do not mute each other.
    #[must_use]
    pub fn inhibits(&self, source: &Labels, target: &Labels) -> bool {
        let value = |labels: &Labels, name: &str| labels.get(name).unwrap_or_default().to_owned();
        all_match(&self.source, source)
            && all_match(&self.target, target)
            && self.equal.iter().all(|name| value(source, name) == value(target, name))
            && !(all_match(&self.source, target) && all_match(&self.target, source))
    }
}

/// A label that is absent is matched as if it were empty.
fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels.get(&matcher.name).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
