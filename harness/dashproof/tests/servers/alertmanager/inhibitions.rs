//! Claims about what mutes what, each by alerts that are posted to a running Alertmanager.

use libtest_mimic::{Failed, Trial};
use prom::series::Labels;
use stack::alertmanager_binary::AlertmanagerBinary;
use stack::client::alertmanager::{ListedAlert, State};

use crate::alertmanager::alertmanagers::on_each_alertmanager;
use crate::alertmanager::lines::block_on;
use crate::alertmanager::running::Running;
use crate::alertmanager::shipped::{alerts, config, file, labels};

/// One source with all that it mutes and all that it does not.
struct Claim {
    name: &'static str,
    source: &'static [(&'static str, &'static str)],
    /// Names of muted alerts; their other labels are `scope`.
    mutes: &'static [&'static str],
    /// Labels of a muted alert, beside its name.
    scope: &'static [(&'static str, &'static str)],
    /// Names of alerts with the same labels that stay.
    stays: &'static [&'static str],
    /// Labels that lie elsewhere: with them, what would be muted stays.
    elsewhere: &'static [&'static [(&'static str, &'static str)]],
}

/// Alerts about one module that its absence explains. ModuleErrorBudgetBurnFast is one too, and has a
/// claim of its own because it mutes another of them.
const ABOUT_A_MODULE: [&str; 11] = [
    "ModuleFlapping",
    "ModuleRestartLoop",
    "ModuleMetricsMissing",
    "ModuleTrafficStopped",
    "ScrapeNearLimit",
    "ScrapeSlow",
    "ModuleErrorBudgetBurnSlow",
    "ModuleLatencyP95High",
    "LlmProviderErrorRateHigh",
    "RateLimitHitsHigh",
    "CacheHitRatioLow",
];
const UNEXPLAINED: [&str; 3] =
    ["LlmProviderOutage", "PromptInjectionSpike", "SecurityValidationBypassed"];

const CLAIMS: [Claim; 9] = [
    Claim {
        name: "a_module_that_is_down_explains_its_other_alerts",
        source: &[("alertname", "ModuleDown"), ("module", "m"), ("instance", "h:1")],
        mutes: &ABOUT_A_MODULE,
        scope: &[("module", "m"), ("instance", "h:2")],
        stays: &UNEXPLAINED,
        elsewhere: &[&[("module", "n"), ("instance", "h:1")], &[("instance", "h:1")], &[]],
    },
    Claim {
        name: "a_module_that_is_absent_explains_its_other_alerts",
        source: &[("alertname", "ModuleAbsent"), ("module", "m")],
        mutes: &ABOUT_A_MODULE,
        scope: &[("module", "m")],
        stays: &UNEXPLAINED,
        elsewhere: &[&[("module", "n")], &[("provider", "p")], &[]],
    },
    Claim {
        name: "a_module_that_is_down_explains_its_burn",
        source: &[("alertname", "ModuleDown"), ("module", "m"), ("instance", "h:1")],
        mutes: &["ModuleErrorBudgetBurnFast"],
        scope: &[("module", "m")],
        stays: &["PromptInjectionSpike"],
        elsewhere: &[&[("module", "n")]],
    },
    Claim {
        name: "a_module_that_is_absent_explains_its_burn",
        source: &[("alertname", "ModuleAbsent"), ("module", "m")],
        mutes: &["ModuleErrorBudgetBurnFast"],
        scope: &[("module", "m")],
        stays: &["SecurityValidationBypassed"],
        elsewhere: &[&[("module", "n")]],
    },
    Claim {
        name: "down_and_absent_do_not_mute_each_other",
        source: &[("alertname", "ModuleAbsent"), ("module", "m")],
        mutes: &[],
        scope: &[("module", "m")],
        stays: &["ModuleDown"],
        elsewhere: &[],
    },
    Claim {
        name: "without_samples_no_module_is_seen",
        source: &[("alertname", "PrometheusIngestionStalled")],
        mutes: &["ModuleAbsent"],
        scope: &[("module", "m")],
        stays: &["ModuleDown"],
        elsewhere: &[],
    },
    Claim {
        name: "a_fast_burn_explains_a_slow_one",
        source: &[("alertname", "ModuleErrorBudgetBurnFast"), ("module", "m")],
        mutes: &["ModuleErrorBudgetBurnSlow"],
        scope: &[("module", "m")],
        stays: &["ModuleLatencyP95High", "LlmDailyBudgetExceeded"],
        elsewhere: &[&[("module", "n")], &[("provider", "p")], &[]],
    },
    Claim {
        name: "an_outage_explains_errors_of_the_provider",
        source: &[
            ("alertname", "LlmProviderOutage"),
            ("provider", "p"),
            ("module", "llm-provider"),
        ],
        mutes: &["LlmProviderErrorRateHigh", "LlmProviderThrottled", "LlmProviderSlow"],
        scope: &[("provider", "p"), ("module", "llm-provider")],
        stays: &["LlmCostNotRecorded", "ModuleErrorBudgetBurnFast"],
        elsewhere: &[
            &[("provider", "q"), ("module", "llm-provider")],
            &[("module", "llm-provider")],
            &[],
        ],
    },
    Claim {
        name: "a_budget_exceeded_is_more_than_one_nearly_spent",
        source: &[("alertname", "LlmDailyBudgetExceeded")],
        mutes: &["LlmDailyBudgetNear"],
        scope: &[],
        stays: &["LlmCostSurge", "LlmCostNotRecorded"],
        elsewhere: &[],
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    let alone = [
        Trial::test("every_inhibition_rule_has_its_pair", every_rule),
        Trial::test("every_inhibition_is_between_shipped_alerts", shipped_names),
        Trial::test("every_pair_of_shipped_alerts_is_claimed", every_pair),
    ];
    let claims = CLAIMS.iter().flat_map(|claim| {
        on_each_alertmanager(&format!("inhibition::{}", claim.name), |binary| pairs(binary, claim))
    });
    alone.into_iter().chain(claims).collect()
}

impl Claim {
    fn targets(&self) -> Vec<Labels> {
        self.mutes.iter().map(|name| alert(name, self.scope)).collect()
    }

    /// What looks like a target and is none.
    fn twins(&self) -> Vec<Labels> {
        let elsewhere = |name: &&'static str| {
            let name = *name;
            self.elsewhere.iter().map(move |labels| alert(name, labels))
        };
        let others = self.stays.iter().map(|name| alert(name, self.scope));
        self.mutes.iter().flat_map(elsewhere).chain(others).collect()
    }
}

fn alert(name: &str, more: &[(&str, &str)]) -> Labels {
    [("alertname", name)].into_iter().chain(more.iter().copied()).collect()
}

/// The targets are active alone, and suppressed by the source once it fires; the twins are active before and after.
fn pairs(binary: &AlertmanagerBinary, claim: &Claim) -> Result<(), Failed> {
    let (source, targets, twins) = (labels(claim.source), claim.targets(), claim.twins());
    block_on(async {
        let running = Running::start(binary, &file()).await?;
        running.post(targets.iter().chain(&twins)).await?;
        let all_active = |listed: &[ListedAlert]| {
            let expected = targets.iter().chain(&twins);
            expected.flat_map(|labels| not_active(listed, labels)).collect()
        };
        running.until_right(all_active).await?;

        running.post([&source]).await?;
        let as_claimed = |listed: &[ListedAlert]| {
            let muted = targets.iter().flat_map(|target| not_muted(listed, target, &source));
            let active = twins.iter().flat_map(|twin| not_active(listed, twin));
            muted.chain(active).chain(not_active(listed, &source)).collect()
        };
        running.until_right(as_claimed).await?;
        running.stop().await;
        Ok(())
    })
}

fn find<'a>(listed: &'a [ListedAlert], labels: &Labels) -> Option<&'a ListedAlert> {
    listed.iter().find(|alert| alert.labels == *labels)
}

fn not_active(listed: &[ListedAlert], labels: &Labels) -> Option<String> {
    match find(listed, labels) {
        Some(alert) if alert.state == State::Active && alert.inhibited_by.is_empty() => None,
        other => Some(format!("{labels} should be active: {other:?}")),
    }
}

fn not_muted(listed: &[ListedAlert], target: &Labels, source: &Labels) -> Option<String> {
    let by = find(listed, source).map(|source| source.fingerprint.as_str());
    match find(listed, target) {
        Some(alert)
            if alert.state == State::Suppressed
                && alert.inhibited_by.iter().map(String::as_str).eq(by) =>
        {
            None
        }
        other => Some(format!("{target} should be muted by {source}: {other:?}")),
    }
}

/// Whether a module that is down says nothing about this alert.
fn unexplained(name: &str) -> bool {
    UNEXPLAINED.contains(&name) || ["ModuleDown", "ModuleAbsent"].contains(&name)
}

fn every_rule() -> Result<(), Failed> {
    for rule in &config().inhibit_rules {
        let proven = |claim: &Claim| {
            let source = labels(claim.source);
            claim.targets().iter().any(|target| rule.inhibits(&source, target))
        };
        assert!(CLAIMS.iter().any(proven), "no pair for the inhibition at line {:?}", rule.line);
    }
    Ok(())
}

fn shipped_names() -> Result<(), Failed> {
    let shipped: Vec<&str> = alerts().iter().map(|alert| alert.name()).collect();
    for claim in &CLAIMS {
        let source = claim.source.iter().map(|(_, value)| value).take(1);
        for name in source.chain(claim.mutes).chain(claim.stays) {
            assert!(shipped.contains(name), "{name} is no alert that is shipped");
        }
    }
    // A name in a matcher that no alert has would mute nothing, and nobody would see it.
    for rule in &config().inhibit_rules {
        for matcher in rule.source.iter().chain(&rule.target).filter(|m| m.name == "alertname") {
            let text = matcher.to_string();
            let names = text.split('"').nth(1).unwrap().split('|');
            for name in names {
                assert!(shipped.contains(&name), "{text} at line {:?}: no alert {name}", rule.line);
            }
        }
    }
    Ok(())
}

/// What one shipped alert mutes of another with the same module and provider is what the claims say, and no more.
fn every_pair() -> Result<(), Failed> {
    let scope = [("module", "m"), ("provider", "p")];
    let mut unclaimed = Vec::new();
    for source in alerts() {
        for target in alerts() {
            let muted =
                config().inhibits(&alert(source.name(), &scope), &alert(target.name(), &scope));
            let claims = |claim: &&Claim| claim.source[0].1 == source.name();
            let stated = CLAIMS.iter().filter(claims).any(|claim| {
                // Of the alerts about one module, a few are posted for all.
                claim.mutes.contains(&target.name())
                    || claim.mutes == ABOUT_A_MODULE && !unexplained(target.name())
            });
            if muted != stated {
                unclaimed.push(format!("{} mutes {}: {muted}", source.name(), target.name()));
            }
        }
    }
    assert!(unclaimed.is_empty(), "not as claimed:\n{}", unclaimed.join("\n"));
    Ok(())
}
