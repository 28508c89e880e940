//! Cases and reports in words, for people.

use std::fmt;

use super::{
    Behaviour, Lack, NotBracketed, Side, What,
    run::{AlertReport, BracketReport, Observed},
};

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Below => "below",
            Self::At => "at",
            Self::Above => "above",
        })
    }
}

impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold { operand, side } => write!(out, "threshold, {side}: {operand}"),
            Self::Guard { operand, side } => write!(out, "guard, {side}: {operand}"),
            Self::ForEarly => out.write_str("`for`, one evaluation early"),
            Self::ForLate => out.write_str("`for`, just long enough"),
            Self::KeepEarly => out.write_str("`keep_firing_for`, one evaluation early"),
            Self::KeepLate => out.write_str("`keep_firing_for`, one evaluation late"),
            Self::ResolveTime => out.write_str("time of resolving"),
            Self::Window { operand } => write!(out, "edges of the window: {operand}"),
            Self::BranchAlone { operand } => write!(out, "branch alone: {operand}"),
            Self::GroupAlone { labels, operand } => {
                write!(out, "two groups by {labels}, of which one does not meet {operand}")
            }
            Self::Elsewhere { operand } => write!(out, "true for another branch only: {operand}"),
            Self::Present { operand } => write!(out, "present: {operand}"),
            Self::Absent { operand } => write!(out, "absent: {operand}"),
            Self::Reset => out.write_str("counters reset"),
            Self::TemplateLabels => out.write_str("labels of templates"),
            Self::Rule => out.write_str("the rule"),
        }
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.firings.is_empty() {
            return out.write_str("silent");
        }
        for (nth, firing) in self.firings.iter().enumerate() {
            let separator = if nth == 0 { "" } else { ", " };
            write!(out, "{separator}{} from evaluation {}", firing.labels, firing.from)?;
            if let Some(until) = firing.until {
                write!(out, " to {until}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behaved(behaviour) => behaviour.fmt(out),
            Self::Refused(words) => write!(out, "not evaluated: {words}"),
        }
    }
}

impl fmt::Display for AlertReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_held = self.cases.iter().filter(|case| case.held()).count();
        let mark = if self.held() { "held  " } else { "BROKEN" };
        write!(out, "{mark} {:32} {n_held} of {} cases", self.alert, self.cases.len())?;
        match self.gaps().count() {
            0 => writeln!(out)?,
            n => writeln!(out, ", {n} without a case")?,
        }
        for case in self.cases.iter().filter(|case| !case.held()) {
            writeln!(out, "       {}", case.what)?;
            writeln!(out, "         expected: {}", case.expected)?;
            writeln!(out, "         observed: {}", case.observed)?;
        }
        for not in self.gaps() {
            let word = if not.lack == Lack::Wrong { "wrong" } else { "no case" };
            writeln!(out, "       {word}: {}: {}", not.what, not.reason)?;
        }
        Ok(())
    }
}

impl AlertReport {
    /// What should have a case and has none.
    pub fn gaps(&self) -> impl Iterator<Item = &NotBracketed> {
        self.not_bracketed.iter().filter(|not| not.lack != Lack::Nothing)
    }
}

impl fmt::Display for BracketReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for alert in &self.alerts {
            alert.fmt(out)?;
        }
        let cases = || self.alerts.iter().flat_map(|alert| &alert.cases);
        let n_not: usize = self.alerts.iter().map(|alert| alert.gaps().count()).sum();
        writeln!(
            out,
            "{} of {} cases held, alert rules: {}, without a case: {n_not}",
            cases().filter(|case| case.held()).count(),
            cases().count(),
            self.alerts.len(),
        )
    }
}
