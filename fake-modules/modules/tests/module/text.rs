//! The text of an exposition: complete, exact, and the same as prometheus-client's own.

use std::collections::BTreeMap;

use modules::{
    exposition::{Exposition, Format, encode},
    module::{Bulk, Module},
};
use prometheus_client::encoding::text::encode_registry;
use proptest::prelude::*;
use sim::{
    event::{Event, EventKind},
    label::Label,
    world,
};

use crate::{
    random_events::with_restarts,
    shown::{Labels, Shown, at_second, module, modules},
};

fn text(exposition: &Exposition<'_>, format: Format) -> String {
    let mut out = Vec::new();
    encode(exposition, format, &mut out);
    String::from_utf8(out).expect("an exposition is UTF-8")
}

/// The sample lines of a text without escapes, in order.
fn samples(text: &str) -> Vec<((String, Labels), f64)> {
    text.lines().filter(|line| !line.starts_with('#')).map(sample).collect()
}

fn sample(line: &str) -> ((String, Labels), f64) {
    assert!(!line.contains('\\'), "this reader knows no escapes: {line}");
    let (series, value) = line.rsplit_once(' ').expect("a value follows the last space");
    let value = value.parse().expect("a value is a float");
    let Some((name, labels)) = series.split_once('{') else {
        return ((series.to_owned(), Labels::new()), value);
    };
    let labels = labels.strip_suffix("\"}").expect("labels end with a quote and a brace");
    let labels = labels.split("\",").map(|label| {
        let (name, value) = label.split_once("=\"").expect("a label has a quoted value");
        (name.to_owned(), value.to_owned())
    });
    ((name.to_owned(), labels.collect()), value)
}

fn metadata(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("# ")).collect()
}

fn after(name: world::Module, events: &[Event]) -> Module {
    let mut module = module(name, None);
    for event in events {
        module.observe(event);
    }
    module
}

fn some_events() -> impl Strategy<Value = (world::Module, Vec<Event>)> {
    proptest::sample::select(world::Module::ALL)
        .prop_flat_map(|name| (Just(name), with_restarts(name, 300)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn text_read_back_is_the_exposition_bit_for_bit_and_in_order((name, events) in some_events()) {
        let mut module = after(name, &events);
        let exposition = module.scrape().expect("it runs");
        for format in [Format::Text004, Format::OpenMetrics100] {
            let samples = samples(&text(&exposition, format));
            prop_assert_eq!(samples.len(), exposition.series().len());
            let shown = exposition.series().iter().zip(exposition.values());
            for (((name, labels), read), (series, value)) in samples.iter().zip(shown) {
                prop_assert_eq!(name, &series.name);
                let its = series.labels.iter().map(|(k, v)| (k.to_string(), v.to_string()));
                prop_assert_eq!(labels, &its.collect::<Labels>());
                prop_assert_eq!(read.to_bits(), value.to_bits(), "{}{:?}", name, labels);
            }
        }
    }

    #[test]
    fn prometheus_client_shows_the_same_series_and_values((name, events) in some_events()) {
        let mut module = after(name, &events);
        if events.len().is_multiple_of(2) {
            module.observe(&at_second(0, EventKind::Renamed(name, true)));
            module.observe(&at_second(0, EventKind::ExtraSeries(name, 7)));
        }
        let mut theirs = String::new();
        encode_registry(&mut theirs, &module.registry()).expect("a string takes everything");
        let exposition = module.scrape().expect("it runs");
        let samples: BTreeMap<_, _> = samples(&theirs).into_iter().collect();
        prop_assert_eq!(&samples, &Shown::of(&exposition).0);
        let ours = text(&exposition, Format::OpenMetrics100);
        let (ours, theirs) = (metadata(&ours), metadata(&theirs));
        prop_assert_eq!(&ours[..ours.len() - 1], &theirs[..]);
    }
}

#[test]
fn formats_differ_in_metadata_only() {
    for name in modules() {
        let mut module = module(name, None);
        let exposition = module.scrape().expect("it runs");
        let old = text(&exposition, Format::Text004);
        let new = text(&exposition, Format::OpenMetrics100);
        let lines = |text: &str| -> Vec<String> {
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
        };
        assert_eq!(lines(&old), lines(&new));
        let counters = [
            (&old, format!("# TYPE {}_operations_total counter", name.prefix()), true),
            (&old, format!("# TYPE {}_operations counter", name.prefix()), false),
            (&new, format!("# TYPE {}_operations counter", name.prefix()), true),
            (&new, format!("# TYPE {}_operations_total counter", name.prefix()), false),
        ];
        for (text, line, expected) in counters {
            assert_eq!(text.lines().any(|its| its == line), expected, "{line}");
        }
        assert!(!old.contains("# EOF"));
        assert_eq!(new.lines().last(), Some("# EOF"));
        assert!(old.ends_with('\n') && new.ends_with('\n'));
    }
}

#[test]
fn every_family_has_a_type_and_says_its_unit() {
    for name in modules() {
        let mut module = module(name, None);
        let exposition = module.scrape().expect("it runs");
        for family in exposition.families() {
            let says = |unit: &str| family.help.contains(unit);
            assert!(family.help.ends_with('.'), "{}", family.name);
            assert!(!family.name.ends_with("_seconds") || says("in seconds"), "{}", family.name);
            assert!(!family.name.ends_with("_cost") || says("in USD"), "{}", family.name);
        }
    }
}

#[test]
fn text_follows_the_layout() {
    let name = world::Module::LlmProvider;
    let mut module = module(name, None);
    let before = text(&module.scrape().expect("it runs"), Format::Text004);
    module.observe(&at_second(1, EventKind::ExtraSeries(name, 2)));
    let during = text(&module.scrape().expect("it runs"), Format::Text004);
    let added = "# HELP llm_provider_user_requests_total Requests of each user.\n\
                 # TYPE llm_provider_user_requests_total counter\n\
                 llm_provider_user_requests_total{user=\"u000001\"} 1\n\
                 llm_provider_user_requests_total{user=\"u000002\"} 1\n";
    assert_eq!(during, before.clone() + added);
    module.observe(&at_second(2, EventKind::ExtraSeries(name, 0)));
    assert_eq!(text(&module.scrape().expect("it runs"), Format::Text004), before);
}

#[test]
fn bulk_shows_as_many_series_as_asked_for_and_what_prometheus_client_shows() {
    for n_series in [0, 1, 100, 1_000] {
        let mut bulk = Bulk::new(n_series);
        bulk.step();
        let mut theirs = String::new();
        encode_registry(&mut theirs, &bulk.registry()).expect("a string takes everything");
        let exposition = bulk.scrape();
        assert!((n_series..n_series + 15).contains(&exposition.values().len()));
        assert_eq!(exposition.series().len(), exposition.values().len());
        let ours = samples(&text(&exposition, Format::OpenMetrics100));
        let sorted = |samples: Vec<_>| samples.into_iter().collect::<BTreeMap<_, _>>();
        assert_eq!(sorted(ours), sorted(samples(&theirs)));
    }
}
