//! Stops, starts, renames and extra series: what they do to an exposition, and what they leave alone.

use modules::module::Module;
use sim::{
    event::EventKind,
    world::{
        self, Instance,
        manager::{CacheResult, ManagerOperation},
    },
};

use crate::shown::{EPOCH_UNIX_MS, Shown, at_second, module, modules};
use sim::time::Nanos;

const MANAGER: world::Module = world::Module::PromptManager;
const HITS: (&str, &[(&str, &str)]) = ("prompt_manager_cache_requests_total", &[("result", "hit")]);

fn hit(second: u64) -> sim::event::Event {
    at_second(second, EventKind::CacheLookup(CacheResult::Hit))
}

fn layout(module: &mut Module) -> u64 {
    module.scrape().expect("the module runs").layout()
}

#[test]
fn a_stopped_module_answers_no_scrape_until_it_is_started() {
    let mut module = module(MANAGER, None);
    module.observe(&at_second(10, EventKind::Stopped(MANAGER)));
    let down = module.scrape().unwrap_err();
    assert_eq!(down.instance, Instance { module: MANAGER, replica: 0 });
    assert_eq!(down.to_string(), "prompt-manager (replica 0) is down");
    module.observe(&at_second(20, EventKind::Started(MANAGER)));
    assert!(module.scrape().is_ok());
}

#[test]
fn restart_resets_counters_and_the_start_time_but_not_the_layout() {
    let mut module = module(MANAGER, None);
    let duration = Nanos::from_millis(30);
    let operation = ManagerOperation::Execute;
    module.observe(&hit(1));
    module.observe(&at_second(1, EventKind::ManagerOperation { operation, error: None, duration }));
    assert_eq!(Shown::by(&mut module).get(HITS.0, HITS.1), Some(1.0));
    let before = layout(&mut module);

    module.observe(&at_second(60, EventKind::Started(MANAGER)));
    let restarted = Shown::by(&mut module);
    for ((name, labels), value) in &restarted.0 {
        let expected = match &name[..] {
            "prompt_manager_build_info" => 1.0,
            "process_start_time_seconds" => (EPOCH_UNIX_MS + 60_000) as f64 / 1e3,
            _ => 0.0,
        };
        assert_eq!(*value, expected, "{name} {labels:?}");
    }
    assert_eq!(layout(&mut module), before);

    module.observe(&hit(61));
    assert_eq!(Shown::by(&mut module).get(HITS.0, HITS.1), Some(1.0));
}

#[test]
fn rename_moves_the_operations_counter_and_nothing_else() {
    for name in modules() {
        let prefix = name.prefix();
        let mut module = module(name, None);
        let before = Shown::by(&mut module);
        let first = layout(&mut module);
        module.observe(&at_second(1, EventKind::Renamed(name, true)));
        let during = Shown::by(&mut module);
        assert_eq!(during.0.len(), before.0.len());
        assert_eq!(during.all(&format!("{prefix}_operations_total"), &[]).count(), 0);
        let renamed: Vec<_> = during.all(&format!("{prefix}_ops_total"), &[]).collect();
        let original: Vec<_> = before.all(&format!("{prefix}_operations_total"), &[]).collect();
        assert_eq!(renamed, original);
        assert_ne!(layout(&mut module), first);
        module.observe(&at_second(2, EventKind::Renamed(name, false)));
        assert_eq!(Shown::by(&mut module), before);
    }
}

#[test]
fn extra_series_come_and_go_and_survive_a_restart() {
    let mut module = module(MANAGER, None);
    let contract = Shown::by(&mut module);
    for n in [3, 1_000, 2, 0] {
        module.observe(&at_second(1, EventKind::ExtraSeries(MANAGER, n)));
        module.observe(&at_second(1, EventKind::Started(MANAGER)));
        let shown = Shown::by(&mut module);
        assert_eq!(shown.0.len(), contract.0.len() + n as usize);
        assert_eq!(shown.sum("prompt_manager_user_requests_total", &[]), f64::from(n));
        let first = shown.get("prompt_manager_user_requests_total", &[("user", "u000001")]);
        assert_eq!(first, (n > 0).then_some(1.0));
    }
}

#[test]
fn layout_changes_exactly_when_the_list_of_series_does() {
    let mut module = module(MANAGER, None);
    let mut layouts = vec![layout(&mut module)];
    for kinds in [
        vec![EventKind::CacheLookup(CacheResult::Miss)],
        vec![EventKind::Stopped(MANAGER), EventKind::Started(MANAGER)],
        vec![EventKind::Renamed(MANAGER, false)],
        vec![EventKind::Renamed(MANAGER, true), EventKind::Renamed(MANAGER, false)],
        vec![EventKind::ExtraSeries(MANAGER, 5), EventKind::ExtraSeries(MANAGER, 0)],
    ] {
        for kind in &kinds {
            module.observe(&at_second(1, *kind));
        }
        assert_eq!(layout(&mut module), layouts[0], "{kinds:?} changed no series");
    }
    for kind in [
        EventKind::Renamed(MANAGER, true),
        EventKind::ExtraSeries(MANAGER, 5),
        EventKind::ExtraSeries(MANAGER, 6),
        EventKind::Renamed(MANAGER, false),
        EventKind::ExtraSeries(MANAGER, 0),
    ] {
        module.observe(&at_second(2, kind));
        let layout = layout(&mut module);
        assert_ne!(Some(&layout), layouts.last(), "{kind:?} changed the series");
        layouts.push(layout);
    }
}

#[test]
fn replicas_count_apart() {
    let replica = |replica| Module::new(Instance { module: MANAGER, replica }, EPOCH_UNIX_MS, None);
    let (mut first, mut second) = (replica(0), replica(1));
    first.observe(&hit(1));
    assert_eq!(Shown::by(&mut first).get(HITS.0, HITS.1), Some(1.0));
    assert_eq!(Shown::by(&mut second).get(HITS.0, HITS.1), Some(0.0));
}
