//! The name that a person most likely meant.
//!
//! Wherever a name is refused, its nearest neighbour is offered. Knows nothing of what the names are.

/// The candidate that is nearest to `text`, if one is near enough to be meant. Capitals make no difference.
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (furthest, text) = (1 + text.chars().count() / 3, text.to_lowercase());
    candidates
        .into_iter()
        .map(|candidate| (edits(&text, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= furthest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements of characters between two texts (Levenshtein).
#[must_use]
pub fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let names = ["provider_outage", "provider_latency", "cache_flush"];
        assert_eq!(nearest("provider_outages", names), Some("provider_outage"));
        assert_eq!(nearest("Cache-Flush", names), Some("cache_flush"));
        assert_eq!(nearest("xyz", names), None);
        assert_eq!(nearest("overview/total", ["Overview/Total"]), Some("Overview/Total"));
    }

    #[test]
    fn edits_are_counted() {
        for (a, b, distance) in [("", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0)] {
            assert_eq!(edits(a, b), distance);
            assert_eq!(edits(b, a), distance);
        }
    }
}
