//! A stall is no fault, and no fault hides behind a stall: Prometheus is stopped for a while and goes on.
//!
//! Its scrapes then have a hole, which is red and nobody's fault; it answers late, by which that is known.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use libtest_mimic::{Failed, Trial};
use live::{LiveRoad, run::Edit};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use scenario::Scenario;
use stack::{
    poll::{self, Pending},
    prometheus_binary::PrometheusBinary,
};

use crate::stories::{
    bench,
    lines::{block_on, on_each_line},
    wiring::{LASTS, no_alerts},
};

/// When Prometheus is stopped, counted from its start: it scrapes by then.
const AFTER: Duration = Duration::from_secs(10);
/// For how long: much longer than a hole in its scrapes may be at the short cadence.
const STOPPED: Duration = Duration::from_millis(3_500);

const STARTS_WITHIN: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_millis(50);

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_each_line("stall::one_is_played_again", played_again),
        on_each_line("stall::two_are_not_judged", not_judged),
        on_each_line("stall::a_fault_stays_red", stays_red),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn played_again(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (road, story) = stalling(binary, 1, |_| Ok(()))?;
    let report = bench::play(&road, &story)?;
    let again = report.remarks.iter().any(|remark| {
        remark.starts_with("played a second time, because in the first try Prometheus took ")
            && remark.contains("wiring/scrapes (")
    });
    let held = report.held();
    let text = bench::told(&road, &story, report);
    if held && again { Ok(()) } else { Err(Failed::from(text)) }
}

fn not_judged(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (road, story) = stalling(binary, 2, |_| Ok(()))?;
    let error = match bench::play(&road, &story) {
        Err(error) => error,
        Ok(report) => return Err(Failed::from(bench::told(&road, &story, report))),
    };
    let words = [
        "not judged: Prometheus took ",
        " in the second try",
        "was not scraped for ",
        "fewer stories at the same time",
    ];
    match words.iter().all(|words| error.contains(words)) {
        true => Ok(()),
        false => Err(Failed::from(error)),
    }
}

fn stays_red(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (road, story) = stalling(binary, 1, no_alerts)?;
    let report = bench::play(&road, &story)?;
    let lines = report.wiring.iter().flat_map(|wiring| &wiring.broken);
    let found = lines.into_iter().any(|line| line.contains("rules/alerts.yml is not loaded"));
    let again = report.remarks.iter().any(|remark| remark.starts_with("played a second time"));
    let held = report.held();
    let text = bench::told(&road, &story, report);
    if found && again && !held { Ok(()) } else { Err(Failed::from(text)) }
}

/// A road on which Prometheus stalls in the first tries, over files with a mistake.
fn stalling(
    binary: &PrometheusBinary,
    n_stalls: usize,
    mistake: fn(&Path) -> io::Result<()>,
) -> Result<(LiveRoad, Scenario), Failed> {
    let mut story = bench::story("baseline")?;
    story.duration = LASTS;
    let mut road = bench::road(binary)?;
    let tries = AtomicUsize::new(0);
    let edit: Box<Edit> = Box::new(move |copy: &Path| {
        mistake(copy)?;
        if tries.fetch_add(1, Ordering::Relaxed) < n_stalls {
            let config = copy.join("prometheus/prometheus.yml");
            thread::spawn(move || stop_for_a_while(&config));
        }
        Ok(())
    });
    road.edit = Some(edit);
    Ok((road, story))
}

/// Stops the Prometheus that runs on a configuration, and lets it go on.
fn stop_for_a_while(config: &Path) {
    let found = poll::until(STARTS_WITHIN, EVERY, || async {
        runs_on(config).ok_or(Pending::<io::Error>::NotYet { status: "none runs".to_owned() })
    });
    let server = block_on(found).expect("Prometheus starts");
    let (_alive, never) = mpsc::channel::<()>();
    for (signal, wait) in [(Signal::SIGSTOP, AFTER), (Signal::SIGCONT, STOPPED)] {
        // Nobody sends anything: the wait is the point.
        never.recv_timeout(wait).expect_err("nothing is sent");
        kill(server, signal).expect("the story is longer");
    }
}

/// The Prometheus that was started with a configuration.
fn runs_on(config: &Path) -> Option<Pid> {
    let of = |directory: PathBuf| {
        let command = fs::read(directory.join("cmdline")).ok()?;
        let mut arguments = command.split(|byte| *byte == 0);
        let program = String::from_utf8_lossy(arguments.next()?).into_owned();
        let own = arguments.any(|argument| {
            String::from_utf8_lossy(argument).ends_with(&*config.to_string_lossy())
        });
        let pid = directory.file_name()?.to_string_lossy().parse().ok()?;
        (program.ends_with("prometheus") && own).then(|| Pid::from_raw(pid))
    };
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| of(entry.path()))
}
