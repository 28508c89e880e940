//! The name that a person most likely meant.
//!
//! Wherever a name is refused, its nearest neighbour is offered. Knows nothing of what the names are.

/// The name in `known` that differs from `name` by the fewest letters, if that is at most a third of them.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let by_distance = known.into_iter().map(|known| (distance(name, known), known));
    let most = name.len().div_ceil(3);
    by_distance.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}

/// Levenshtein distance in bytes.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_changes() {
        let table = [("", "abc", 3), ("abc", "abc", 0), ("abc", "axc", 1), ("abcd", "bcde", 2)];
        for (a, b, expected) in table {
            assert_eq!(distance(a, b), expected);
        }
    }

    #[test]
    fn the_nearest_is_offered_unless_it_is_far() {
        let known = ["burst", "provider-outage", "quiet-night"];
        assert_eq!(nearest("provder-outage", known), Some("provider-outage"));
        assert_eq!(nearest("brust", known), Some("burst"));
        assert_eq!(nearest("something", known), None);
    }
}
