//! How an incident is tried out by the hundred: its severities.
//!
//! They are ordered from what may well be missed to what must be seen. Which provider or module is struck is drawn for
//! each trial, and which alert should notice is not known here: that is what a campaign finds out.

use crate::time::Nanos;

/// How a kind of incident is tried in campaigns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Graded {
    /// What it is called there.
    pub name: &'static str,
    /// Its place among the graded kinds, and the number from which its seeds are made: once given, it stays.
    pub nth: u8,
    /// The slightest first.
    pub severities: &'static [Severity],
    /// How long each of several incidents lasts; `None` where a trial has one, which lasts all the time.
    pub each: Option<Nanos>,
}

/// One severity of a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Severity {
    /// What it is called.
    pub name: &'static str,
    /// From the first incident's start to the last one's end.
    pub lasts: Nanos,
    /// How hard it strikes, in the unit of the kind's last parameter; for [`Graded::each`], how often.
    pub measure: f64,
}

impl Severity {
    /// One that strikes as hard as `measure` for some minutes.
    pub(super) const fn new(name: &'static str, minutes: f64, measure: f64) -> Severity {
        Severity { name, lasts: Nanos((minutes * 60.0e9) as u64), measure }
    }

    /// One that is as severe as it is long.
    pub(super) const fn lasting(name: &'static str, minutes: f64) -> Severity {
        Severity::new(name, minutes, 0.0)
    }
}
