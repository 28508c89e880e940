//! Each lie: what it makes of one metric, that it leaves all others alone, and that its text is stable.

use std::collections::BTreeMap;

use modules::{
    lie::{Lie, Metric},
    module::Module,
};
use proptest::prelude::*;
use sim::{
    event::{Event, EventKind},
    label::Label,
    time::Nanos,
    world::{
        self, Instance,
        llm::Deployment,
        manager::{CacheResult, ManagerOperation},
    },
};

use crate::{
    random_events::with_restarts,
    shown::{Shown, at_second, module, modules},
};

const MANAGER: world::Module = world::Module::PromptManager;

fn lies(name: world::Module) -> Vec<Lie> {
    Lie::all_for(Instance { module: name, replica: 0 })
}

fn after(name: world::Module, lie: Option<Lie>, events: &[Event]) -> Shown {
    let mut module = module(name, lie);
    for event in events {
        module.observe(event);
    }
    Shown::by(&mut module)
}

/// Whether the series belongs to the metric, be it a part of a histogram.
fn belongs(series: &str, metric: Metric) -> bool {
    let of_histogram =
        ["_bucket", "_sum", "_count"].iter().filter_map(|part| series.strip_suffix(part));
    of_histogram.chain([series]).any(|name| name == metric.as_str())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_lie_is_seen_in_its_metric_only(
        (name, events) in proptest::sample::select(world::Module::ALL)
            .prop_flat_map(|name| (Just(name), with_restarts(name, 400)))
    ) {
        let honest = after(name, None, &events);
        for lie in lies(name) {
            let lying = after(name, Some(lie), &events);
            let others = |shown: &Shown| -> BTreeMap<_, _> {
                let mut others = shown.0.clone();
                others.retain(|(series, _), _| !belongs(series, lie.metric()));
                others
            };
            prop_assert_eq!(others(&lying), others(&honest), "{}", lie);
        }
    }
}

/// A busy stretch in which every label of every metric is used, unevenly.
fn busy(name: world::Module) -> Vec<Event> {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let strategy = proptest::collection::vec(with_restarts(name, 400), 40);
    let stretches = strategy.new_tree(&mut TestRunner::deterministic()).expect("a value").current();
    let counted = |event: &Event| !matches!(event.kind, EventKind::Started(_));
    let mut events: Vec<Event> = stretches.into_iter().flatten().filter(counted).collect();
    events.sort_by_key(|event| event.at);
    events
}

#[test]
fn every_lie_of_the_table_changes_what_a_busy_module_shows() {
    for name in modules() {
        let events = busy(name);
        let honest = after(name, None, &events);
        for lie in lies(name) {
            // A late series is wrong only before its first event.
            let events = if let Lie::LateSeries { .. } = lie { &[] } else { &events[..] };
            let honest = if events.is_empty() { &after(name, None, &[]) } else { &honest };
            assert_ne!(&after(name, Some(lie), events), honest, "{lie}");
        }
    }
}

#[test]
fn every_metric_has_every_kind_of_lie_that_makes_sense() {
    for name in modules() {
        let lies = lies(name);
        let mut texts: Vec<_> = lies.iter().map(ToString::to_string).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), lies.len(), "two lies have one text");
        for &metric in Metric::ALL.iter().filter(|metric| metric.module() == name) {
            let has =
                |text: &str| texts.iter().any(|its| its.starts_with(&format!("{metric}:{text}")));
            for kind in
                ["drop-every-nth=", "double-count", "freeze=", "swap-labels=", "late-series"]
            {
                assert!(has(kind), "{metric} has no {kind}");
            }
            let is_histogram = metric.as_str().ends_with("_seconds");
            let is_cost = metric.as_str().ends_with("_cost_total");
            assert_eq!(has("shift-buckets"), is_histogram, "{metric}");
            assert_eq!(has("wrong-unit=1000"), is_histogram, "{metric}");
            assert_eq!(has("wrong-unit=100"), is_histogram || is_cost, "{metric}");
        }
    }
}

#[test]
fn the_text_of_every_lie_reads_back() {
    for lie in modules().flat_map(lies) {
        assert_eq!(lie.to_string().parse(), Ok(lie));
    }
    let text = "llm_provider_cost_total:wrong-unit=100";
    assert_eq!(text.parse(), Ok(Lie::WrongUnit { metric: Metric::LlmCost, factor: 100 }));
}

#[test]
fn a_text_that_is_no_lie_says_what_was_expected() {
    for (text, expected) in [
        ("nonsense", "`<metric>:<kind>`"),
        ("some_metric_total:double-count", "a metric's name before the colon"),
        ("llm_provider_cost_total:forget", "`drop-every-nth=<n>`, `double-count`"),
        ("llm_provider_cost_total:double-count=2", "`drop-every-nth=<n>`, `double-count`"),
        ("llm_provider_cost_total:drop-every-nth=0", "a whole number from 1 after `=`"),
        ("llm_provider_cost_total:freeze=10m", "nanoseconds such as `600000000000ns`"),
        ("llm_provider_cost_total:swap-labels=status", "a label of the metric after `=`"),
        ("llm_provider_cost_total:shift-buckets", "a histogram before the colon"),
    ] {
        let message = text.parse::<Lie>().expect_err(text).to_string();
        assert!(
            message.starts_with(&format!("`{text}` is no lie: expected {expected}")),
            "{message}"
        );
    }
}

fn hit(second: u64) -> Event {
    at_second(second, EventKind::CacheLookup(CacheResult::Hit))
}

fn hits(shown: &Shown) -> Option<f64> {
    shown.get("prompt_manager_cache_requests_total", &[("result", "hit")])
}

fn hits_told(lie: Lie) -> Option<f64> {
    hits(&after(MANAGER, Some(lie), &(1..=10).map(hit).collect::<Vec<_>>()))
}

const METRIC: Metric = Metric::ManagerCacheRequests;

#[test]
fn drop_loses_every_nth_increment() {
    assert_eq!(hits_told(Lie::DropEveryNth { metric: METRIC, n: 3 }), Some(7.0));
    assert_eq!(hits_told(Lie::DropEveryNth { metric: METRIC, n: 1 }), Some(0.0));
}

#[test]
fn double_counts_twice() {
    assert_eq!(hits_told(Lie::DoubleCount { metric: METRIC }), Some(20.0));
}

#[test]
fn freeze_stops_at_an_instant() {
    assert_eq!(hits_told(Lie::Freeze { metric: METRIC, after: Nanos::ZERO }), Some(0.0));
    let after = Nanos(4 * Nanos::SECOND.0);
    assert_eq!(hits_told(Lie::Freeze { metric: METRIC, after }), Some(3.0));
}

#[test]
fn swap_exchanges_two_values_of_a_label() {
    let lie = Lie::SwapLabels { metric: METRIC, label: "result" };
    assert_eq!(hits_told(lie), Some(0.0));
    let shown = after(MANAGER, Some(lie), &[hit(1)]);
    assert_eq!(shown.get("prompt_manager_cache_requests_total", &[("result", "miss")]), Some(1.0));
}

#[test]
fn swap_of_a_provider_exchanges_it_with_all_its_models() {
    let lie = Lie::SwapLabels { metric: Metric::LlmCost, label: "provider" };
    let shown = after(world::Module::LlmProvider, Some(lie), &[]);
    for deployment in Deployment::ALL {
        let provider = match deployment.provider().as_str() {
            "openai" => "anthropic",
            "anthropic" => "openai",
            other => other,
        };
        let labels = [("provider", provider), ("model", deployment.model().as_str())];
        assert_eq!(shown.get("llm_provider_cost_total", &labels), Some(0.0), "{labels:?}");
    }
}

/// Buckets of `execute` that count an observation of `millis`, its sum, and its count.
fn execute_took(lie: Option<Lie>, millis: u64) -> (Vec<String>, f64, f64) {
    let (operation, duration) = (ManagerOperation::Execute, Nanos::from_millis(millis));
    let kind = EventKind::ManagerOperation { operation, error: None, duration };
    let shown = after(MANAGER, lie, &[at_second(1, kind)]);
    let label = [("operation", "execute")];
    let name = |part: &str| format!("prompt_manager_operation_duration_seconds_{part}");
    let mut buckets: Vec<String> = shown
        .all(&name("bucket"), &label)
        .filter(|(_, value)| *value == 1.0)
        .map(|(labels, _)| labels["le"].clone())
        .collect();
    buckets.sort_by(|a, b| a.len().cmp(&b.len()).then(a.cmp(b)));
    (buckets, shown.sum(&name("sum"), &label), shown.sum(&name("count"), &label))
}

#[test]
fn shift_moves_an_observation_one_bucket_up() {
    let metric = Metric::ManagerOperationDuration;
    let lie = Some(Lie::ShiftBuckets { metric });
    assert_eq!(execute_took(None, 40_000).0, ["+Inf", "40.96", "81.92"]);
    assert_eq!(execute_took(lie, 40_000), (vec!["+Inf".into(), "81.92".into()], 40.0, 1.0));
    assert_eq!(execute_took(lie, 80_000), (vec!["+Inf".into()], 80.0, 1.0));
    assert_eq!(execute_took(lie, 90_000), (vec!["+Inf".into()], 90.0, 1.0));
}

#[test]
fn wrong_unit_multiplies_observations_and_counts() {
    let lie = Some(Lie::WrongUnit { metric: Metric::ManagerOperationDuration, factor: 1_000 });
    assert_eq!(execute_took(lie, 50), (vec!["+Inf".into(), "81.92".into()], 50.0, 1.0));
    assert_eq!(hits_told(Lie::WrongUnit { metric: METRIC, factor: 100 }), Some(1_000.0));
}

#[test]
fn a_late_series_appears_with_its_first_event_and_goes_with_a_restart() {
    let mut module: Module = module(MANAGER, Some(Lie::LateSeries { metric: METRIC }));
    let misses =
        |shown: &Shown| shown.get("prompt_manager_cache_requests_total", &[("result", "miss")]);
    let first = module.scrape().expect("it runs").layout();
    assert_eq!(hits(&Shown::by(&mut module)), None);
    module.observe(&hit(1));
    module.observe(&hit(2));
    let shown = Shown::by(&mut module);
    assert_eq!((hits(&shown), misses(&shown)), (Some(2.0), None));
    let second = module.scrape().expect("it runs").layout();
    assert_ne!(first, second);
    module.observe(&hit(3));
    assert_eq!(hits(&Shown::by(&mut module)), Some(3.0));
    assert_eq!(module.scrape().expect("it runs").layout(), second);
    module.observe(&at_second(4, EventKind::Started(MANAGER)));
    assert_eq!(hits(&Shown::by(&mut module)), None);
}
