//! What happens, on one line of a terminal, every second.

use std::collections::VecDeque;

use indicatif::ProgressBar;
use sim::time::Nanos;

use live::control::{Controlled, Totals};

use crate::report::words;

/// Over how many seconds the rate is taken.
const WINDOW: usize = 10;

/// The status line.
#[derive(Debug)]
pub(in crate::cli) struct Status {
    bar: ProgressBar,
    recent: VecDeque<(Nanos, u64)>,
}

impl Status {
    pub(in crate::cli) fn new(controlled: &Controlled) -> Status {
        let bar = ProgressBar::new_spinner();
        let style = indicatif::ProgressStyle::with_template("{wide_msg}");
        bar.set_style(style.expect("the template is a constant"));
        let mut status = Status { bar, recent: VecDeque::new() };
        status.show(controlled, "");
        status
    }

    /// One that is not shown, for what it counts.
    pub(in crate::cli) fn hidden() -> Status {
        Status { bar: ProgressBar::hidden(), recent: VecDeque::new() }
    }

    /// The line as it is now, with what else is to be told at its end.
    pub(in crate::cli) fn show(&mut self, controlled: &Controlled, more: &str) {
        let (now, totals) = (controlled.live.now(), controlled.totals());
        self.recent.push_back((now, totals.requests));
        if WINDOW < self.recent.len() {
            self.recent.pop_front();
        }
        // The simulation's failure is the command's to tell.
        let incidents = controlled.live.incidents().unwrap_or_default();
        let under_way: Vec<String> = incidents
            .iter()
            .filter(|(_, incident)| incident.at <= now && now < incident.ends())
            .map(|(id, incident)| format!("{} #{}", incident.kind.title(), id.0))
            .collect();
        let line = line(&controlled.scenario, now, &totals, self.rate(), &under_way);
        self.bar.set_message(format!("{line}{more}"));
        self.bar.tick();
    }

    /// Does something with the line away, such as printing.
    pub(in crate::cli) fn suspend<T>(&self, act: impl FnOnce() -> T) -> T {
        self.bar.suspend(act)
    }

    /// Requests per second of late.
    pub(in crate::cli) fn rate(&self) -> f64 {
        let (Some(first), Some(last)) = (self.recent.front(), self.recent.back()) else {
            return 0.0;
        };
        let seconds = last.0.saturating_sub(first.0).as_secs_f64();
        if seconds < 0.5 { 0.0 } else { (last.1 - first.1) as f64 / seconds }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn line(scenario: &str, now: Nanos, totals: &Totals, rate: f64, under_way: &[String]) -> String {
    let seconds = now.0 / Nanos::SECOND.0;
    let clock = words::span((seconds * 1000) as i64);
    let tokens = words::count(totals.tokens);
    let happens =
        if under_way.is_empty() { "no incident".to_owned() } else { under_way.join(", ") };
    format!(
        "{scenario} {clock}  {rate:.1} requests/s  {tokens} tokens  {:.2} USD  {happens}",
        totals.cost_usd
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_on_one_line() {
        let totals = Totals { requests: 10, failed: 1, tokens: 1_234_567, cost_usd: 12.345 };
        let text = line("chat", Nanos(90 * Nanos::SECOND.0), &totals, 4.96, &[]);
        assert_eq!(text, "chat 1m30s  5.0 requests/s  1,234,567 tokens  12.35 USD  no incident");
        let under_way = ["guard slow #0".to_owned(), "cache flush #2".to_owned()];
        let text = line("chat", Nanos::ZERO, &totals, 0.0, &under_way);
        assert!(text.ends_with("  guard slow #0, cache flush #2"), "{text}");
    }
}
