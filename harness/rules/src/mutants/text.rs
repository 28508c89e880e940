//! A mutation report for people: one line for each query, the survivors of each below it.
//!
//! Plain text without colours, in the report's own order; who prints it decides where.

use std::fmt;

use super::{Fate, MutationReport, PlaceScore, Score, Sign};

impl fmt::Display for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {} killed", self.killed, self.killable())?;
        match self.equivalent {
            0 => Ok(()),
            n => write!(out, ", {n} equivalent"),
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Breach(kind) => write!(out, "{}", format!("{kind:?}").to_lowercase()),
            Self::Refused(words) => write!(out, "refused: {words}"),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed { scenario, look, selection, by } => {
                write!(out, "killed ({by}) in {scenario}, {look}")?;
                if selection.is_empty() { Ok(()) } else { write!(out, ", {selection}") }
            }
            Self::Equivalent { reason } => write!(out, "equivalent: {reason}"),
            Self::Survived { answers: 0 } => write!(out, "gap: it was never asked"),
            Self::Survived { answers } => {
                write!(
                    out,
                    "gap: nobody would notice, all of its {answers} answers fit the contract"
                )
            }
        }
    }
}

impl PlaceScore {
    /// The query's name in a report.
    #[must_use]
    pub fn name(&self) -> String {
        let place = &self.place;
        let parts = [&place.dashboard, &place.panel, &place.ref_id, &place.selection];
        let parts = parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str);
        parts.collect::<Vec<_>>().join(" / ")
    }
}

impl fmt::Display for MutationReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.places.iter().map(|place| place.name().chars().count()).max().unwrap_or(0);
        for place in &self.places {
            let mark = if place.proven() { "proven  " } else { "UNPROVEN" };
            writeln!(out, "{mark} {:width$}  {}", place.name(), place.score())?;
            if let Some(doubt) = &place.doubt {
                writeln!(out, "         the query {doubt}")?;
            }
            for mutant in &place.mutants {
                if !matches!(mutant.fate, Fate::Killed { .. }) {
                    writeln!(
                        out,
                        "         {}: {}: {}",
                        mutant.kind, mutant.description, mutant.fate
                    )?;
                }
                if matches!(mutant.fate, Fate::Survived { .. }) {
                    writeln!(out, "           {}", mutant.expr)?;
                }
            }
        }
        for score in &self.seen {
            let of = score.killed + score.survived.len();
            writeln!(out, "seen     {:width$}  {} of {of} killed", score.kind, score.killed)?;
            for survivor in &score.survived {
                writeln!(out, "         gap: {survivor}")?;
            }
        }
        let unproven = self.places.iter().filter(|place| !place.proven()).count();
        writeln!(
            out,
            "{} mutants of {} queries: {}; {unproven} queries unproven (scenarios: {})",
            self.places.iter().map(|place| place.mutants.len()).sum::<usize>(),
            self.places.len(),
            self.score(),
            self.scenarios.join(", "),
        )
    }
}
