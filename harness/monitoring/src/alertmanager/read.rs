//! From the text of `alertmanager.yml` to routes and inhibitions.
//!
//! Defaults and inheritance follow Alertmanager's dispatch/route.go (`DefaultRouteOpts`, `NewRoute`)
//! and config/config.go. What would make the real server refuse a route is a problem here too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{AlertmanagerConfig, GroupBy, InhibitRule, Matcher, Route, matcher};
use prom::problem::{Code, Problem};
use prom::yaml;

const GROUP_WAIT_MS: i64 = 30_000;
const GROUP_INTERVAL_MS: i64 = 5 * 60_000;
const REPEAT_INTERVAL_MS: i64 = 4 * 3_600_000;
/// Integrations that do not tell of ends unless they are told to (`DefaultEmailConfig` and others in Alertmanager's
/// config/notifiers.go).
const SILENT_OF_ENDS: [&str; 3] = ["email_configs", "slack_configs", "wechat_configs"];
/// Stands for every label.
const ALL_LABELS: &str = "...";

#[derive(Deserialize)]
struct Raw {
    route: Option<Spanned<RawRoute>>,
    #[serde(default)]
    inhibit_rules: Option<Vec<Spanned<RawInhibitRule>>>,
    #[serde(default)]
    receivers: Option<Vec<Spanned<RawReceiver>>>,
}

#[derive(Deserialize)]
struct RawReceiver {
    name: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

impl RawReceiver {
    /// Its integrations of any kind (`webhook_configs`, `email_configs`, …), each with its kind.
    fn integrations(&self) -> impl Iterator<Item = (&str, &serde_json::Value)> {
        let kinds = self.rest.iter().filter(|(key, _)| key.ends_with("_configs"));
        kinds.flat_map(|(kind, all)| {
            all.as_array().into_iter().flatten().map(move |one| (kind.as_str(), one))
        })
    }

    fn tells_ends(&self) -> bool {
        self.integrations().any(|(kind, one)| {
            let says = one.get("send_resolved").and_then(serde_json::Value::as_bool);
            says.unwrap_or(!SILENT_OF_ENDS.contains(&kind))
        })
    }
}

type Pairs = Option<BTreeMap<String, Spanned<String>>>;
type Texts = Option<Vec<Spanned<String>>>;

#[derive(Deserialize)]
struct RawRoute {
    receiver: Option<Spanned<String>>,
    group_by: Option<Vec<String>>,
    group_wait: Option<Spanned<String>>,
    group_interval: Option<Spanned<String>>,
    repeat_interval: Option<Spanned<String>>,
    r#match: Pairs,
    match_re: Pairs,
    matchers: Texts,
    mute_time_intervals: Option<Vec<String>>,
    active_time_intervals: Option<Vec<String>>,
    #[serde(default)]
    r#continue: bool,
    routes: Option<Vec<Spanned<RawRoute>>>,
}

#[derive(Deserialize)]
struct RawInhibitRule {
    source_match: Pairs,
    source_match_re: Pairs,
    source_matchers: Texts,
    target_match: Pairs,
    target_match_re: Pairs,
    target_matchers: Texts,
    equal: Option<BTreeSet<String>>,
}

/// Reads a configuration; `file` is only for messages.
///
/// # Errors
/// All problems of the text.
pub fn parse(file: &Path, text: &str) -> Result<AlertmanagerConfig, Vec<Problem>> {
    let raw: Raw = yaml::parse(file, text)?;
    let mut reader = Reader {
        file,
        problems: Vec::new(),
        receivers: Vec::new(),
        delivering: BTreeSet::new(),
        telling_ends: BTreeSet::new(),
    };
    reader.receivers(raw.receivers.unwrap_or_default());
    let route = match raw.route {
        Some(route) => reader.root(route),
        None => {
            reader.problem(Code::MissingKey, None, "there is no route");
            None
        }
    };
    let inhibit_rules = raw.inhibit_rules.unwrap_or_default();
    let inhibit_rules = inhibit_rules.into_iter().map(|rule| reader.inhibit_rule(rule)).collect();
    let Reader { mut problems, receivers, delivering, telling_ends, .. } = reader;
    problems.sort_by_key(|problem| problem.line);
    match route {
        Some(route) if problems.is_empty() => Ok(AlertmanagerConfig {
            file: file.to_owned(),
            route,
            inhibit_rules,
            receivers,
            delivering,
            telling_ends,
        }),
        _ => Err(problems),
    }
}

struct Reader<'a> {
    file: &'a Path,
    problems: Vec<Problem>,
    receivers: Vec<String>,
    delivering: BTreeSet<String>,
    telling_ends: BTreeSet<String>,
}

impl Reader<'_> {
    fn problem(&mut self, code: Code, line: Option<usize>, message: impl Into<String>) {
        self.problems.push(Problem::new(code, self.file, line, message));
    }

    fn receivers(&mut self, raw: Vec<Spanned<RawReceiver>>) {
        for Spanned { value, referenced, .. } in raw {
            let line = yaml::line(&referenced);
            let delivers = value.integrations().next().is_some();
            let tells_ends = value.tells_ends();
            match value.name {
                None => self.problem(Code::MissingKey, line, "receiver without name"),
                Some(name) if self.receivers.contains(&name) => {
                    self.problem(
                        Code::DuplicateReceiver,
                        line,
                        format!("second receiver with the name {name:?}"),
                    );
                }
                Some(name) => {
                    if delivers {
                        self.delivering.insert(name.clone());
                    }
                    if tells_ends {
                        self.telling_ends.insert(name.clone());
                    }
                    self.receivers.push(name);
                }
            }
        }
    }

    fn root(&mut self, raw: Spanned<RawRoute>) -> Option<Route> {
        let line = yaml::line(&raw.referenced);
        let RawRoute { receiver, r#match, match_re, matchers, r#continue, .. } = &raw.value;
        if r#match.is_some() || match_re.is_some() || matchers.is_some() {
            self.problem(
                Code::ConditionalRoot,
                line,
                "the root route has matchers, but every alert enters it",
            );
        }
        if *r#continue {
            self.problem(
                Code::ConditionalRoot,
                line,
                "the root route continues, but nothing comes after it",
            );
        }
        if receiver.is_none() {
            self.problem(Code::MissingKey, line, "the root route has no receiver");
        }
        let above = Route {
            line,
            path: Vec::new(),
            receiver: String::new(),
            matchers: Vec::new(),
            continues: false,
            group_by: GroupBy::Labels(BTreeSet::new()),
            group_wait_ms: GROUP_WAIT_MS,
            group_interval_ms: GROUP_INTERVAL_MS,
            repeat_interval_ms: REPEAT_INTERVAL_MS,
            timed: false,
            routes: Vec::new(),
        };
        Some(self.route(raw, &above, Vec::new()))
    }

    /// `above` is what the route inherits from.
    fn route(&mut self, raw: Spanned<RawRoute>, above: &Route, path: Vec<usize>) -> Route {
        let line = yaml::line(&raw.referenced);
        let raw = raw.value;
        let receiver = match raw.receiver {
            Some(Spanned { value, referenced, .. }) if !value.is_empty() => {
                if !self.receivers.contains(&value) {
                    self.problem(
                        Code::UnknownReceiver,
                        yaml::line(&referenced),
                        format!("no receiver {value:?}"),
                    );
                }
                value
            }
            _ => above.receiver.clone(),
        };
        let group_by = match raw.group_by {
            None => above.group_by.clone(),
            Some(names) if names.iter().any(|name| name == ALL_LABELS) => {
                if names.len() > 1 {
                    self.problem(
                        Code::GroupByAllAndOthers,
                        line,
                        "group_by has other labels beside '...', which means all",
                    );
                }
                GroupBy::AllLabels
            }
            Some(names) => GroupBy::Labels(names.into_iter().collect()),
        };
        // Unlike all else, time intervals are not inherited.
        let intervals = [raw.mute_time_intervals, raw.active_time_intervals];
        let timed = intervals.iter().flatten().any(|names| !names.is_empty());
        let group_wait_ms = self.duration(raw.group_wait.as_ref(), "group_wait");
        let group_interval_ms =
            self.positive_duration(raw.group_interval.as_ref(), "group_interval");
        let repeat_interval_ms =
            self.positive_duration(raw.repeat_interval.as_ref(), "repeat_interval");
        let mut route = Route {
            line,
            path,
            receiver,
            matchers: self.matchers(raw.r#match, raw.match_re, raw.matchers),
            continues: raw.r#continue,
            group_by,
            group_wait_ms: group_wait_ms.unwrap_or(above.group_wait_ms),
            group_interval_ms: group_interval_ms.unwrap_or(above.group_interval_ms),
            repeat_interval_ms: repeat_interval_ms.unwrap_or(above.repeat_interval_ms),
            timed,
            routes: Vec::new(),
        };
        for (position, below) in raw.routes.unwrap_or_default().into_iter().enumerate() {
            let path = route.path.iter().copied().chain([position]).collect();
            let below = self.route(below, &route, path);
            route.routes.push(below);
        }
        route
    }

    fn duration(&mut self, value: Option<&Spanned<String>>, key: &str) -> Option<i64> {
        yaml::duration_ms(self.file, value, key, &mut self.problems)
    }

    fn positive_duration(&mut self, value: Option<&Spanned<String>>, key: &str) -> Option<i64> {
        let millis = self.duration(value, key)?;
        if millis == 0 {
            let line = value.and_then(|value| yaml::line(&value.referenced));
            self.problem(Code::InvalidDuration, line, format!("{key} must be longer than 0"));
        }
        Some(millis)
    }

    fn inhibit_rule(&mut self, raw: Spanned<RawInhibitRule>) -> InhibitRule {
        let line = yaml::line(&raw.referenced);
        let raw = raw.value;
        InhibitRule {
            line,
            source: self.matchers(raw.source_match, raw.source_match_re, raw.source_matchers),
            target: self.matchers(raw.target_match, raw.target_match_re, raw.target_matchers),
            equal: raw.equal.unwrap_or_default(),
        }
    }

    /// The two older forms and the one of today, all of which count.
    fn matchers(&mut self, equal: Pairs, regex: Pairs, texts: Texts) -> Vec<Matcher> {
        let mut found: Vec<Matcher> = Vec::new();
        for (name, value) in equal.unwrap_or_default() {
            found.push(Matcher::equal(&name, &value.value));
        }
        for (name, value) in regex.unwrap_or_default() {
            match Matcher::regex(&name, &value.value) {
                Ok(matcher) => found.push(matcher),
                Err(reason) => {
                    self.problem(Code::InvalidMatcher, yaml::line(&value.referenced), reason)
                }
            }
        }
        for text in texts.unwrap_or_default() {
            match matcher::parse(&text.value) {
                Ok(matchers) => found.extend(matchers),
                Err(error) => self.problem(
                    Code::InvalidMatcher,
                    yaml::line(&text.referenced),
                    error.to_string(),
                ),
            }
        }
        found
    }
}
