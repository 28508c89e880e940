//! What is under way, on standard error: bars on a terminal, elsewhere a line for each scenario that ends.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use proof::verify::Notice;

use crate::report::{End, words};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// Bars that move.
    Bars,
    /// A line for each scenario.
    Lines,
    /// Nothing.
    Nothing,
}

impl Show {
    /// How to show it to a terminal, to a log, or to nobody.
    pub(super) fn of(quiet: bool, interactive: bool) -> Show {
        match (quiet, interactive) {
            (true, _) => Show::Nothing,
            (false, true) => Show::Bars,
            (false, false) => Show::Lines,
        }
    }
}

/// Parts of a scenario's bar: playing, recording rules, asking, in the measure of the time that they take.
const PLAYING: u64 = 25;
const RECORDING: u64 = 5;
const ASKING: u64 = 70;

/// The progress of a run.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    show: Show,
    bars: MultiProgress,
    all: ProgressBar,
}

/// The progress of one scenario.
#[derive(Debug)]
pub(super) struct Line {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(show: Show, n_scenarios: usize) -> Progress {
        let bars = MultiProgress::with_draw_target(target(show));
        let all = bars.add(ProgressBar::new(n_scenarios as u64));
        all.set_style(style("{pos} of {len} scenarios  {elapsed:.dim}"));
        Progress::ticking(show, bars, all)
    }

    /// The progress of one thing: there is nothing to count.
    pub(super) fn of_one(show: Show) -> Progress {
        let bars = MultiProgress::with_draw_target(target(show));
        let all = bars.add(ProgressBar::new(1));
        all.set_style(style("{elapsed:.dim}"));
        Progress::ticking(show, bars, all)
    }

    fn ticking(show: Show, bars: MultiProgress, all: ProgressBar) -> Progress {
        if show == Show::Bars {
            all.enable_steady_tick(Duration::from_millis(250));
        }
        Progress { show, bars, all }
    }

    /// A scenario begins.
    pub(super) fn begin(&self, name: &str) -> Line {
        let bar = ProgressBar::new(PLAYING + RECORDING + ASKING);
        let bar = self.bars.insert_before(&self.all, bar);
        bar.set_style(style("{prefix:22} {bar:30.green/dim} {wide_msg:.dim}"));
        bar.set_prefix(name.to_owned());
        bar.set_message("starting Prometheus");
        Line { bar }
    }

    /// A scenario has ended.
    #[expect(clippy::print_stderr, reason = "progress without a terminal")]
    pub(super) fn end(&self, line: &Line, name: &str, end: &End) {
        line.bar.finish_and_clear();
        self.all.inc(1);
        let nth = format!("{}/{}", self.all.position(), self.all.length().unwrap_or_default());
        match self.show {
            Show::Lines => eprintln!("{nth} {name}: {}", outcome(end)),
            Show::Bars if !matches!(end, End::Judged { report, .. } if report.held()) => {
                // A terminal that cannot be written to shows nothing else either.
                let _ = self.bars.println(format!("{name}: {}", outcome(end)));
            }
            Show::Bars | Show::Nothing => {}
        }
    }

    /// Everything has ended.
    pub(super) fn finish(&self) {
        self.all.finish_and_clear();
    }
}

impl Line {
    /// Something happened in the scenario.
    pub(super) fn notice(&self, notice: &Notice) {
        let part = |done: u64, of: u64, part: u64| done * part / of.max(1);
        let (position, message) = match notice {
            Notice::Played { reached, of } => {
                let clock = |at: sim::time::Nanos| words::span(at.as_millis() as i64);
                let message = format!("played {} of {}", clock(*reached), clock(*of));
                (part(reached.0, of.0, PLAYING), message)
            }
            Notice::Recording(record) => (PLAYING, format!("recording {record}")),
            Notice::Asked { done, of } => {
                let asked = part(*done as u64, *of as u64, ASKING);
                (PLAYING + RECORDING + asked, format!("asked {done} of {of}"))
            }
            Notice::Again(why) => (0, format!("again: {why}")),
        };
        self.bar.set_position(position);
        self.bar.set_message(message);
    }
}

/// The progress of very many runs that are all alike.
#[derive(Debug)]
pub(super) struct Counter {
    show: Show,
    bar: ProgressBar,
}

impl Counter {
    pub(super) fn new(show: Show, n_runs: usize) -> Counter {
        let bar = match show {
            Show::Bars => ProgressBar::new(n_runs as u64),
            Show::Lines | Show::Nothing => {
                ProgressBar::with_draw_target(Some(n_runs as u64), ProgressDrawTarget::hidden())
            }
        };
        bar.set_style(style(
            "{pos}/{len} {bar:30.green/dim} {elapsed} of about {duration} {wide_msg:.dim}",
        ));
        Counter { show, bar }
    }

    /// A run is complete.
    #[expect(clippy::print_stderr, reason = "progress without a terminal")]
    pub(super) fn tick(&self, name: &str) {
        self.bar.inc(1);
        self.bar.set_message(name.to_owned());
        let (done, of) = (self.bar.position(), self.bar.length().unwrap_or_default());
        // A line for each twentieth is enough to see that it moves.
        if self.show == Show::Lines && done * 20 / of.max(1) != (done - 1) * 20 / of.max(1) {
            eprintln!("{done}/{of} runs, the last: {name}");
        }
    }

    /// Everything has ended.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn target(show: Show) -> ProgressDrawTarget {
    match show {
        Show::Bars => ProgressDrawTarget::stderr(),
        Show::Lines | Show::Nothing => ProgressDrawTarget::hidden(),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the template is a constant")
        .progress_chars("━━─")
}

fn outcome(end: &End) -> String {
    match end {
        End::Judged { report, seconds } => {
            let red = report.verdicts.iter().filter(|verdict| !verdict.held()).count()
                + report.alerts.iter().filter(|verdict| !verdict.held()).count()
                + report.wiring.iter().filter(|wiring| !wiring.held()).count();
            let n = report.verdicts.len() + report.alerts.len() + report.wiring.len();
            let of = words::counted(n, "answer");
            let unproven = report.unproven.len();
            let word = match (red, unproven) {
                (0, 0) if !report.judged_anything() => "no panel, rule or alert judged".to_owned(),
                (0, 0) => format!("held, {of}"),
                (0, n) => format!("{n} unproven, {of}"),
                (red, _) => format!("{red} of {of} broken"),
            };
            format!("{word}, {seconds:.1} s")
        }
        End::NotRun { needs, .. } => format!("not run, needs {needs}"),
        End::NotJudged { error, .. } => format!("not judged: {error}"),
        End::Interrupted => "interrupted".to_owned(),
    }
}
