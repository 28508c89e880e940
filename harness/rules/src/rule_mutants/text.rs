//! A report on rule mutants for people: one line for each rule, what was not killed below it.

use std::fmt;

use super::{RuleFate, RuleMutantKind, RuleMutationReport, RuleScore};

impl fmt::Display for RuleMutantKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Threshold => "threshold",
            Self::Comparison => "comparison",
            Self::Boundary => "boundary",
            Self::Window => "window",
            Self::For => "for",
            Self::KeepFiringFor => "keep_firing_for",
            Self::Guard => "guard",
            Self::Branch => "branch",
            Self::Label => "label",
        })
    }
}

impl fmt::Display for RuleFate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KilledByCase { case, observed } => write!(out, "killed by {case}: {observed}"),
            Self::KilledByScenario { scenario, expectation } => {
                write!(out, "killed by scenario {scenario}: {expectation}")
            }
            Self::Equivalent { reason } => write!(out, "equivalent: {reason}"),
            Self::Survived { cases } => write!(out, "not noticed in {cases} cases"),
        }
    }
}

impl fmt::Display for RuleScore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |wanted: fn(&RuleFate) -> bool| {
            self.mutants.iter().filter(|mutant| wanted(&mutant.fate)).count()
        };
        let alive = count(|fate| matches!(fate, RuleFate::Survived { .. }));
        let equivalent = count(|fate| matches!(fate, RuleFate::Equivalent { .. }));
        let killable = self.mutants.len() - equivalent;
        write!(out, "{:32} {} of {killable} killed", self.alert, killable - alive)?;
        match equivalent {
            0 => writeln!(out)?,
            n => writeln!(out, ", {n} equivalent")?,
        }
        for case in &self.doubtful {
            writeln!(out, "  the rule itself does not do what its case says: {case}")?;
        }
        for mutant in &self.mutants {
            if matches!(mutant.fate, RuleFate::Survived { .. } | RuleFate::Equivalent { .. }) {
                writeln!(out, "  {}: {}: {}", mutant.kind, mutant.what, mutant.fate)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for RuleMutationReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for score in &self.alerts {
            score.fmt(out)?;
        }
        let (killed, killable) = self.score();
        let share = 100.0 * killed as f64 / killable.max(1) as f64;
        let n_mutants: usize = self.alerts.iter().map(|score| score.mutants.len()).sum();
        writeln!(
            out,
            "{killed} of {killable} mutants killed ({share:.1} %), {} equivalent, of {} rules",
            n_mutants - killable,
            self.alerts.len(),
        )
    }
}
