//! When, and over which ranges, a person would look at a dashboard: what every panel is asked.

use sim::time::Nanos;

/// A time range of a dashboard, in Unix milliseconds, and why it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Start.
    pub from_ms: i64,
    /// End.
    pub to_ms: i64,
    /// Why, in a few words.
    pub why: String,
}

const MINUTE: i64 = 60_000;

/// Incident edges that are looked at, at the most: the first and the last of many.
const MAX_EDGES: usize = 8;

/// The looks at a scenario that starts at `epoch_ms` and lasts `duration`: the shortest and the longest range, one
/// that begins before the data, the usual hour at the end, and the edges of incidents, one scrape before and after.
#[must_use]
pub fn looks(epoch_ms: i64, duration: Nanos, edges: &[Nanos], scrape_ms: i64) -> Vec<Look> {
    let end = epoch_ms + duration.as_millis() as i64;
    // A person's "now" is on no grid; queries that end exactly on a sample are the business of aligned scenarios.
    let off_grid = 137;
    let to = end - scrape_ms + off_grid;
    let mut looks = Vec::new();
    let mut look = |from_ms: i64, to_ms: i64, why: &str| {
        looks.push(Look { from_ms, to_ms, why: why.to_owned() });
    };
    look(to - 5 * MINUTE, to, "the last 5 minutes");
    look(to - (60 * MINUTE).min(to - epoch_ms), to, "the last hour");
    look(epoch_ms, to, "the whole scenario");
    look(
        epoch_ms - 20 * MINUTE,
        epoch_ms + 20 * MINUTE + off_grid,
        "a range that begins before the data",
    );
    let mut edges: Vec<i64> = edges.iter().map(|edge| epoch_ms + edge.as_millis() as i64).collect();
    edges.sort_unstable();
    edges.dedup();
    edges.retain(|edge| *edge > epoch_ms + scrape_ms && *edge < end - 2 * scrape_ms);
    if edges.len() > MAX_EDGES {
        edges.drain(MAX_EDGES / 2..edges.len() - MAX_EDGES / 2);
    }
    for edge in edges {
        let at = edge - epoch_ms;
        for (shift, words) in [(-scrape_ms, "one scrape before"), (scrape_ms, "one scrape after")] {
            let to = edge + shift + off_grid;
            look(
                to - 15 * MINUTE,
                to,
                &format!("{words} the edge of an incident at {}", clock(at)),
            );
        }
    }
    looks
}

/// `3:07:05` for milliseconds after the start.
fn clock(at_ms: i64) -> String {
    let seconds = at_ms / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_look_ends_within_the_data() {
        let edges = [Nanos::HOUR, Nanos(2 * Nanos::HOUR.0)];
        let found = looks(1_000_000, Nanos(2 * Nanos::HOUR.0), &edges, 5_000);
        assert_eq!(found.len(), 6, "the edge at the very end is none");
        for look in &found {
            assert!(look.from_ms < look.to_ms && look.to_ms <= 1_000_000 + 7_200_000, "{look:?}");
        }
    }

    #[test]
    fn many_edges_are_thinned_to_the_first_and_the_last() {
        let edges: Vec<Nanos> = (1..100).map(|minute| Nanos(minute * Nanos::MINUTE.0)).collect();
        let found = looks(0, Nanos(2 * Nanos::HOUR.0), &edges, 5_000);
        assert_eq!(found.len(), 4 + 2 * MAX_EDGES);
    }
}
