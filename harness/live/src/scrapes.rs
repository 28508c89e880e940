//! Which scrape that Prometheus counts is which that a module answered.
//!
//! Prometheus stamps a sample with the start of its scrape, to the millisecond and up to 2 ms aside
//! (`scrapeTimestampTolerance` in its scrape/scrape.go); the module answers a moment later. Scrapes are further apart
//! than that, so that each stored sample has at most one answer. What the samples hold is not read here.

use sim::{time::Nanos, world::Instance};

use super::record::{Entry, Recording};

/// How much earlier than its sample an answer may seem: the alignment of timestamps, and rounding.
const EARLY_MS: i64 = 5;

/// How much later than the timeout an answer may have been given, after which Prometheus had gone.
const LATE_MS: i64 = 1_000;

/// A sample of `up`: what Prometheus made of one scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Whether the scrape counted.
    pub up: bool,
}

/// A scrape that Prometheus counts, with the answer that it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scraped {
    /// Unix milliseconds of its samples.
    pub at_ms: i64,
    /// Whether it counted.
    pub up: bool,
    /// The position of the answer in the recording, if the module gave one.
    pub answer: Option<usize>,
}

/// All scrapes of one copy of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Those that Prometheus counts, in order.
    pub scraped: Vec<Scraped>,
    /// Unix milliseconds of answers that Prometheus stored nothing of, between the first and the last of its samples.
    pub unstored: Vec<i64>,
}

/// Matches what Prometheus stored of one copy of a module with what the copy answered. `epoch_ms` is the story's
/// start, `timeout_ms` how long Prometheus waits for an answer.
#[must_use]
pub fn matched(
    stored: &[Stored],
    recording: &Recording,
    instance: Instance,
    epoch_ms: i64,
    timeout_ms: i64,
) -> Matched {
    let answers: Vec<(usize, i64)> = recording
        .iter()
        .enumerate()
        .filter_map(|(position, entry)| match entry {
            Entry::Scrape(scrape) if scrape.instance == instance => {
                Some((position, epoch_ms + millis(scrape.at)))
            }
            _ => None,
        })
        .collect();
    let mut matched = Matched::default();
    let mut waiting = answers.iter().peekable();
    for (nth, sample) in stored.iter().enumerate() {
        let next_ms = stored.get(nth + 1).map_or(i64::MAX, |next| next.at_ms);
        while let Some((_, at)) = waiting.next_if(|(_, at)| *at < sample.at_ms - EARLY_MS) {
            // Before the first sample, Prometheus may not yet have begun to store.
            if nth > 0 {
                matched.unstored.push(*at);
            }
        }
        let latest = (next_ms - EARLY_MS).min(sample.at_ms + timeout_ms + LATE_MS);
        let answer = waiting.next_if(|(_, at)| *at < latest).map(|(position, _)| *position);
        matched.scraped.push(Scraped { at_ms: sample.at_ms, up: sample.up, answer });
    }
    matched
}

fn millis(at: Nanos) -> i64 {
    at.as_millis() as i64
}

#[cfg(test)]
mod tests {
    use modules::serve::Scrape;
    use sim::world::Module;

    use super::*;

    const INSTANCE: Instance = Instance { module: Module::LlmProvider, replica: 0 };

    fn answered(at_ms: &[u64]) -> Recording {
        let other = Instance { module: Module::PromptManager, replica: 0 };
        let scrape = |(nth, &at): (usize, &u64)| {
            let at = Nanos::from_millis(at);
            let scrape = |instance| Entry::Scrape(Scrape { instance, sequence: nth as u64, at });
            [scrape(other), scrape(INSTANCE)]
        };
        at_ms.iter().enumerate().flat_map(scrape).collect()
    }

    fn stored(samples: &[(i64, bool)]) -> Vec<Stored> {
        samples.iter().map(|&(at_ms, up)| Stored { at_ms: 1_000 + at_ms, up }).collect()
    }

    fn answers(matched: &Matched) -> Vec<Option<usize>> {
        matched.scraped.iter().map(|scraped| scraped.answer).collect()
    }

    #[test]
    fn each_sample_has_the_answer_that_followed_it() {
        let recording = answered(&[101, 299, 503]);
        let samples = stored(&[(100, true), (300, true), (500, true)]);
        let found = matched(&samples, &recording, INSTANCE, 1_000, 150);
        assert_eq!(answers(&found), [Some(1), Some(3), Some(5)]);
        assert!(found.unstored.is_empty());
    }

    #[test]
    fn failures_have_no_answer_and_late_answers_belong_to_their_scrape() {
        let recording = answered(&[101, 490, 702]);
        let samples = stored(&[(100, true), (300, false), (500, false), (700, true)]);
        let found = matched(&samples, &recording, INSTANCE, 1_000, 200);
        assert_eq!(answers(&found), [Some(1), Some(3), None, Some(5)]);
    }

    #[test]
    fn answers_without_a_sample_are_told_unless_they_come_first_or_last() {
        let recording = answered(&[20, 101, 210, 301, 900]);
        let samples = stored(&[(100, true), (200, true), (300, true)]);
        let found = matched(&samples, &recording, INSTANCE, 1_000, 50);
        assert_eq!(answers(&found), [Some(3), Some(5), Some(7)]);
        assert!(found.unstored.is_empty(), "{found:?}");
        let samples = stored(&[(100, true), (300, true)]);
        let found = matched(&samples, &recording, INSTANCE, 1_000, 50);
        assert_eq!((answers(&found), found.unstored), (vec![Some(3), Some(7)], vec![1_210]));
    }
}
