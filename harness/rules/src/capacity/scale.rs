//! The scale at which a cost meets its budget, from costs at a few scales.

use std::fmt;

/// Where a budget is exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exceeds {
    /// At the smallest scale already.
    FromTheStart,
    /// At about this many times as much.
    At(f64),
    /// Not up to this scale, the largest that was measured.
    NotUpTo(f64),
}

impl fmt::Display for Exceeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exceeds::FromTheStart => f.pad("at once"),
            Exceeds::At(scale) if *scale < 10.0 => f.pad(&format!("{scale:.1}x")),
            Exceeds::At(scale) => f.pad(&format!("{scale:.0}x")),
            Exceeds::NotUpTo(scale) => f.pad(&format!("> {scale}x")),
        }
    }
}

/// Where costs (scale, cost; scales rising) first exceed `budget`. Between two scales a cost is taken to grow as a
/// power of the scale, as that of a query does.
#[must_use]
pub fn exceeds(costs: &[(f64, f64)], budget: f64) -> Exceeds {
    let Some(over) = costs.iter().position(|(_, cost)| *cost > budget) else {
        return Exceeds::NotUpTo(costs.last().map_or(0.0, |(scale, _)| *scale));
    };
    let Some(before) = over.checked_sub(1) else { return Exceeds::FromTheStart };
    let ((s0, c0), (s1, c1)) = (costs[before], costs[over]);
    if c0 <= 0.0 || !c1.is_finite() {
        return Exceeds::At(s1);
    }
    let share = (budget / c0).ln() / (c1 / c0).ln();
    Exceeds::At(s0 * (s1 / s0).powf(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_cost_meets_its_budget_in_proportion() {
        let costs = [(1.0, 0.01), (10.0, 0.1), (100.0, 1.0)];
        let Exceeds::At(scale) = exceeds(&costs, 0.5) else { panic!("it exceeds") };
        assert!((scale - 50.0).abs() < 1e-9);
        assert_eq!(exceeds(&costs, 1.0), Exceeds::NotUpTo(100.0));
        assert_eq!(exceeds(&costs, 0.001), Exceeds::FromTheStart);
    }

    #[test]
    fn a_query_that_fails_exceeds_where_it_fails() {
        assert_eq!(exceeds(&[(1.0, 0.1), (10.0, f64::INFINITY)], 1.0), Exceeds::At(10.0));
        assert_eq!(exceeds(&[(1.0, 0.0), (10.0, 2.0)], 1.0), Exceeds::At(10.0));
    }
}
