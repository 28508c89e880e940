//! When an alert fires, from when its condition holds: worked out apart from the state machine that judges timelines.
//!
//! Counts evaluations and knows no rule.

/// When an alert fires whose condition holds at the evaluations `on`, from the words of the documentation: `for` is
/// over once the condition has held at that many evaluations more than one, `keep_firing_for` bridges that many
/// without it.
pub(super) fn spans(on: &[bool], n_for: usize, n_keep: usize) -> Vec<(usize, Option<usize>)> {
    let mut spans = Vec::new();
    let (mut held, mut gone) = (0, 0);
    let mut fires_from = None;
    for (nth, on) in on.iter().enumerate() {
        if *on {
            (held, gone) = (held + 1, 0);
            if held > n_for && fires_from.is_none() {
                fires_from = Some(nth);
            }
            continue;
        }
        gone += 1;
        match fires_from {
            Some(from) if gone > n_keep => {
                spans.push((from, Some(nth)));
                (fires_from, held) = (None, 0);
            }
            Some(_) => {}
            None => held = 0,
        }
    }
    spans.extend(fires_from.map(|from| (from, None)));
    spans
}

#[cfg(test)]
mod tests {
    use super::spans;

    #[test]
    fn an_alert_waits_and_is_kept() {
        let on = |text: &str| text.chars().map(|c| c == '#').collect::<Vec<bool>>();
        type Row<'a> = (&'a str, usize, usize, &'a [(usize, Option<usize>)]);
        let table: [Row<'_>; 6] = [
            (".#.", 0, 0, &[(1, Some(2))]),
            (".##.", 2, 0, &[]),
            (".###.", 2, 0, &[(3, Some(4))]),
            ("#...", 0, 2, &[(0, Some(3))]),
            ("#..#.", 0, 2, &[(0, None)]),
            ("##..##", 1, 1, &[(1, Some(3)), (5, None)]),
        ];
        for (text, n_for, n_keep, expected) in table {
            assert_eq!(spans(&on(text), n_for, n_keep), expected, "{text}");
        }
    }
}
