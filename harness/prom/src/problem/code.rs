//! What kinds of problems there are: a table of codes, each with its severity and its meaning.
//!
//! A code is what a program or a suppression may hold on to: messages may change, a code keeps its meaning.
//! Which file or check finds a problem is not known here.

use std::fmt;

use super::Severity;

/// Declares [`Code`]: for each kind of problem what it means, in a sentence or two, its name and its severity.
macro_rules! codes {
    ($($heading:literal: $( #[doc = $about:literal] $code:ident $name:literal $severity:ident, )+)+) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $about] $code),+),+
        }

        impl Code {
            /// Every kind, in the order of the table.
            pub const ALL: &[Code] = &[$($(Code::$code),+),+];

            /// Its name, such as `unknown-metric`. Once published it neither changes nor gets another meaning.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(Code::$code => $name),+),+ }
            }

            /// How much such a problem matters.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $($(Code::$code => Severity::$severity),+),+ }
            }

            /// What it means.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $($(Code::$code => $about.trim_ascii()),+),+ }
            }

            /// What it is about: the heading under which it is documented.
            #[must_use]
            pub const fn heading(self) -> &'static str {
                match self { $($(Code::$code)|+ => $heading),+ }
            }
        }
    };
}

codes! {
    "Files":
    /// A file or directory does not exist or cannot be read.
    UnreadableFile "unreadable-file" Error,
    /// A file lies outside of the monitoring directory, so that no copy of it can be tested.
    FileOutside "file-outside" Error,
    /// The file is not YAML, or a value is of a type that its key cannot have. Nothing after it was read.
    MalformedYaml "malformed-yaml" Error,
    /// The file is not JSON. Nothing of it was read.
    MalformedJson "malformed-json" Error,
    /// A list, a mapping or a single value stands where something of another type is expected.
    WrongType "wrong-type" Error,
    /// The format has no such key in this place.
    UnknownKey "unknown-key" Error,
    /// A key that must be there is missing or empty.
    MissingKey "missing-key" Error,
    /// A key stands where it means nothing, beside others that exclude it.
    MisplacedKey "misplaced-key" Error,
    /// Of several keys exactly one must be there; there is none, or there are several.
    NotExactlyOne "not-exactly-one" Error,
    /// A value is not one that its key can have.
    InvalidValue "invalid-value" Error,
    /// A text is not a duration as Prometheus writes it, or a duration that must be longer is 0.
    InvalidDuration "invalid-duration" Error,
    /// An expression is nested so deeply that it is not read.
    NestedTooDeeply "nested-too-deeply" Error,

    /// A pattern or path names files, and there are none.
    NoSuchFiles "no-such-files" Error,
    /// An absolute path of a container, and no mount of a compose file says where it is on the machine.
    UnexplainedPath "unexplained-path" Error,
    /// A second YAML document in a file of which Prometheus reads the first.
    SecondDocument "second-document" Error,
    /// A Kubernetes object in the place of a file that Prometheus reads itself.
    KubernetesObject "kubernetes-object" Error,

    "Prometheus":
    /// Two scrape jobs have the same name. Prometheus refuses the file.
    DuplicateJob "duplicate-job" Error,
    /// A scrape may take longer than the time between two scrapes. Prometheus refuses the file.
    TimeoutAboveInterval "timeout-above-interval" Error,
    /// A target is not an address of the form `host:port`.
    InvalidTarget "invalid-target" Error,
    /// Two groups of a rule file have the same name. Prometheus refuses the file.
    DuplicateGroup "duplicate-group" Error,
    /// An expression is not PromQL.
    InvalidPromql "invalid-promql" Error,
    /// A metric is used that no module emits and no rule records.
    UnknownMetric "unknown-metric" Error,
    /// A pattern of metric names matches none that is emitted or recorded.
    NoMetricMatches "no-metric-matches" Error,
    /// A module emits a metric that no panel, variable or rule uses.
    UnusedMetric "unused-metric" Warning,
    /// A rule records a series that no panel, variable or rule uses.
    UnusedRecording "unused-recording" Warning,
    /// A matcher asks for a label that the metric does not have, and so selects nothing.
    UnknownLabel "unknown-label" Error,
    /// A matcher asks for a label that the metric does not have, and so excludes nothing.
    NeedlessMatcher "needless-matcher" Warning,
    /// A matcher asks for a value that the label never has.
    UnknownLabelValue "unknown-label-value" Error,
    /// An aggregation is `by` a label that its series do not have.
    UnknownGroupingLabel "unknown-grouping-label" Error,
    /// An aggregation is `without` a label that its series do not have anyway.
    NeedlessGroupingLabel "needless-grouping-label" Warning,
    /// Two sides are joined `on` a label that one or both of them lack.
    UnknownJoinLabel "unknown-join-label" Error,
    /// A window spans fewer than four scrapes: one failed scrape empties it.
    WindowTooShort "window-too-short" Error,
    /// A counter's function is applied to a gauge.
    RateOfGauge "rate-of-gauge" Error,
    /// A counter's function is applied to what a rule records, which may be no counter.
    RateOfRecorded "rate-of-recorded" Warning,
    /// A counter's function is applied to an aggregate: a restart of one instance distorts all.
    RateOfAggregate "rate-of-aggregate" Error,
    /// A gauge's function is applied to a counter: restarts look like decreases.
    DeltaOfCounter "delta-of-counter" Error,
    /// A quantile is taken of buckets whose label `le` was aggregated away.
    QuantileWithoutLe "quantile-without-le" Error,
    /// A quantile is taken of a metric that is no histogram.
    QuantileWithoutBuckets "quantile-without-buckets" Error,
    /// A quantile is taken of everything since the start of the process, as the buckets are no rates.
    QuantileSinceStart "quantile-since-start" Warning,
    /// A rule reads what a later rule of its group records, and so sees the value of the evaluation before.
    RuleOrder "rule-order" Warning,
    /// Two rules record the same series.
    DuplicateRecording "duplicate-recording" Error,

    /// Two rules record the same name with the same labels, and nothing keeps their series apart.
    LikelyDuplicateRecording "likely-duplicate-recording" Warning,
    /// The sides of an operator have labels that can never be equal.
    SidesNeverMatch "sides-never-match" Error,
    /// The sides of an operator ask for different labels, and all labels must be equal.
    SidesRarelyMatch "sides-rarely-match" Warning,
    /// A join fails as soon as a service has a second instance.
    JoinOfCopies "join-of-copies" Warning,
    /// A template names a label that the expression never has.
    EmptyTemplateLabel "empty-template-label" Error,
    /// A label of an alert changes with the value, so that each value is another alert.
    ValueInLabel "value-in-label" Error,
    /// A comparison never holds: the expression cannot be so large or so small.
    NeverHolds "never-holds" Error,
    /// A comparison always holds.
    AlwaysHolds "always-holds" Warning,
    /// A counter's function is applied to a recorded rate.
    RateOfRate "rate-of-rate" Error,
    /// A counter's function is applied to a recorded sum of counters: a restart of one instance looks like one of all.
    RateOfSum "rate-of-sum" Error,
    /// A counter's function is applied to a metric that is no counter by its name.
    RateOfLikelyGauge "rate-of-likely-gauge" Warning,
    /// A window spans fewer than two scrapes of every job, or hardly two.
    FewSamples "few-samples" Warning,
    /// An alert compares a counter with a number as it is: once above, it stays above.
    ComparedCounter "compared-counter" Warning,
    /// Quantiles are averaged or summed: the result is the quantile of nothing.
    AveragedQuantiles "averaged-quantiles" Warning,

    "Alertmanager":
    /// A matcher compares by `=` with what looks like a pattern, and matches no alert.
    PatternAsText "pattern-as-text" Error,
    /// No route leads to a receiver.
    UnreachedReceiver "unreached-receiver" Warning,
    /// An alert has no severity, and routes ask for one.
    AlertWithoutSeverity "alert-without-severity" Warning,
    /// Two receivers have the same name. Alertmanager refuses the file.
    DuplicateReceiver "duplicate-receiver" Error,
    /// A route or a scenario names a receiver that does not exist.
    UnknownReceiver "unknown-receiver" Error,
    /// The root route has matchers or continues; every alert enters it, and nothing comes after it.
    ConditionalRoot "conditional-root" Error,
    /// `group_by` has other labels beside `...`, which means all. Alertmanager refuses the file.
    GroupByAllAndOthers "group-by-all-and-others" Error,
    /// A matcher cannot be read.
    InvalidMatcher "invalid-matcher" Error,
    /// A matcher names an alert that none of the rules raises.
    UnraisedAlert "unraised-alert" Warning,
    /// Alerts without this label on both sides count as equal, so an inhibition holds by accident.
    InhibitionWithoutLabel "inhibition-without-label" Warning,
    /// An alert goes to the default receiver, as no route takes its labels, while other alerts have routes.
    UnroutedAlert "unrouted-alert" Error,

    /// A route names a time interval that does not exist. Alertmanager refuses the file.
    UnknownTimeInterval "unknown-time-interval" Error,
    /// No route names a receiver, so that it hears nothing.
    UnusedReceiver "unused-receiver" Error,
    /// Another receiver is told of an alert than its contract says, or later, more seldom, or not of its end.
    ToldOtherwise "told-otherwise" Error,
    /// Alerts share notifications that their contracts keep apart, or do not share what they should.
    GroupedOtherwise "grouped-otherwise" Error,
    /// An alert is muted by another one than its contract says, or not by one that should mute it.
    MutedOtherwise "muted-otherwise" Error,
    /// An inhibition compares a label that no alert on one of its sides ever has.
    EqualLabelMissing "equal-label-missing" Error,

    "Dashboards":
    /// The directory of dashboards holds none.
    NoDashboards "no-dashboards" Error,
    /// The file is a dashboard in another format than the classic JSON model.
    UnreadDashboardFormat "unread-dashboard-format" Error,
    /// A dashboard has no uid: Grafana gives it another one at each import.
    DashboardWithoutUid "dashboard-without-uid" Error,
    /// Grafana does not take the uid of a dashboard.
    InvalidUid "invalid-uid" Error,
    /// Two dashboards have the same uid: Grafana loads one of them.
    DuplicateUid "duplicate-uid" Error,
    /// A dashboard has a numeric id, which belongs to the database of the Grafana that it comes from.
    NumericId "numeric-id" Warning,
    /// Two panels of a dashboard have the same id.
    DuplicatePanelId "duplicate-panel-id" Error,
    /// Two targets of a panel have the same refId.
    DuplicateRefId "duplicate-ref-id" Error,
    /// A panel shows numbers without a unit.
    NoUnit "no-unit" Warning,
    /// A panel does not say what it shows.
    NoDescription "no-description" Warning,
    /// Two variables of a dashboard have the same name.
    DuplicateVariable "duplicate-variable" Error,
    /// A variable is used that the dashboard does not define.
    UndefinedVariable "undefined-variable" Error,
    /// A variable is of a kind that Dashproof does not emulate.
    UntriedVariable "untried-variable" Warning,
    /// A panel reduces series by a calculation that Dashproof does not emulate.
    UnknownReducer "unknown-reducer" Warning,
    /// `${DS_…}` or the like is left over from an export. File provisioning does not replace it.
    LeftOverPlaceholder "left-over-placeholder" Error,
    /// The shortest window of a panel cannot be computed from its intervals.
    InvalidInterval "invalid-interval" Error,

    /// A legend names a label that the expression never has.
    EmptyLegend "empty-legend" Warning,
    /// A share is shown in percent, or a percentage as a share: a hundred times too low or too high.
    UnitOfShare "unit-of-share" Error,
    /// `increase` over `$__rate_interval`: windows overlap, and bars sum to more than happened.
    OverlappingIncrease "overlapping-increase" Warning,
    /// A rate over `$__interval`, which can be shorter than two scrapes.
    RateOverInterval "rate-over-interval" Warning,

    "Data sources":
    /// A provisioned data source has no uid: Grafana derives one from its name.
    DatasourceWithoutUid "datasource-without-uid" Error,
    /// Two data sources have the same uid.
    DuplicateDatasourceUid "duplicate-datasource-uid" Error,
    /// Two data sources are the default.
    SecondDefaultDatasource "second-default-datasource" Error,
    /// A dashboard asks a data source that is not provisioned.
    UnknownDatasource "unknown-datasource" Error,
    /// A dashboard names no data source and there is no default.
    NoDefaultDatasource "no-default-datasource" Error,
    /// A dashboard names no data source and takes the default, which may be changed.
    DefaultDatasource "default-datasource" Warning,
    /// A dashboard names a data source by its name, as old dashboards do.
    DatasourceByName "datasource-by-name" Warning,
    /// A running Grafana does not have a dashboard or a data source as its files say.
    NotProvisioned "not-provisioned" Error,
    /// A data source does not say how often its metrics are scraped.
    NoTimeInterval "no-time-interval" Warning,
    /// `timeInterval` is not an interval that Grafana reads.
    InvalidTimeInterval "invalid-time-interval" Error,
    /// `timeInterval` is shorter than a job's scrape interval: `$__rate_interval` can be too short for its metrics.
    TimeIntervalTooShort "time-interval-too-short" Error,
    /// `timeInterval` is longer than every job's scrape interval: windows are wider than they need to be.
    TimeIntervalTooLong "time-interval-too-long" Warning,

    "Contracts":
    /// A dashboard has two contracts.
    DuplicateContract "duplicate-contract" Error,
    /// A contract asks for a quantity of another kind, such as the quantile of a count.
    MisfitQuantity "misfit-quantity" Error,
    /// What is seen of a panel differs from what its contract says: unit, text, name, colour, order or number of series.
    DisplayDiffers "display-differs" Error,
    /// A contract has a variable that its dashboard does not have.
    StaleVariable "stale-variable" Error,

    /// An alert rule differs from its contract in a label, in `for` or in `keep_firing_for`.
    AlertDiffers "alert-differs" Error,
    /// An alert's texts do not say what its contract asks for, or name a label that the alert never has.
    AlertTextDiffers "alert-text-differs" Error,
    /// An alert's runbook is another than its contract says, does not exist, or does not name the alert.
    RunbookDiffers "runbook-differs" Error,
    /// A contract is about an alert that no rule raises.
    ContractWithoutAlert "contract-without-alert" Error,

    "Scenarios":
    /// The name of a scenario's file has other characters than `a-z`, `0-9` and `-`.
    InvalidScenarioName "invalid-scenario-name" Error,
    /// An incident or a burst begins or ends after the scenario's end.
    OutsideScenario "outside-scenario" Error,
    /// The phases of the traffic are together longer or shorter than the scenario.
    PhasesMisfit "phases-misfit" Error,
    /// An incident strikes a copy of a module that does not run.
    UnknownReplica "unknown-replica" Error,
    /// Shares that exclude each other are together above 1, or weights are all 0.
    ImpossibleShares "impossible-shares" Error,
    /// A scenario expects something of an alert that no rule raises.
    UnknownAlert "unknown-alert" Error,

    "Copies for tests":
    /// A timing could not be changed in the copy that a live story uses.
    TimingNotChanged "timing-not-changed" Error,
    /// An address that must be replaced in the copy could not be.
    AddressNotReplaced "address-not-replaced" Error,
    /// A job of the copy would scrape a target that the test does not serve.
    TargetNotServed "target-not-served" Error,
    /// A copy of a module would be scraped by no job, or by several.
    ReplicaNotScrapedOnce "replica-not-scraped-once" Error,
    /// A server or module of the test is reached by TLS or with a password, which those of a test do not have.
    SecuredTarget "secured-target" Error,
    /// Alerts, samples or queries of a test would go elsewhere.
    LeavesTheTest "leaves-the-test" Error,
    /// A receiver would notify people during a test.
    NotifiesPeople "notifies-people" Error,
    /// Prometheus changes alerts on their way, which Dashproof does not emulate.
    AlertsRelabelled "alerts-relabelled" Error,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
