//! Why there is no such server, and what can be done.
//!
//! Raised by provisioning only, once every way has been tried.

use std::fmt;

/// One place where a binary was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The place.
    pub place: String,
    /// Why there is none to be had.
    pub outcome: String,
}

/// No binary could be found or fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionError {
    /// What was looked for, e.g. `Prometheus`.
    pub name: &'static str,
    /// What was tried, in order.
    pub tried: Vec<Attempt>,
    pub(super) remedies: &'static [&'static str],
}

impl ProvisionError {
    /// What the user can do, as lines of one remedy each.
    #[must_use]
    pub fn hint(&self) -> String {
        self.remedies.join("\n")
    }
}

impl fmt::Display for ProvisionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "no usable {}; tried:", self.name)?;
        for Attempt { place, outcome } in &self.tried {
            write!(out, "\n  - {place}: {}", outcome.replace('\n', "\n    "))?;
        }
        out.write_str("\nremedies:")?;
        for remedy in self.remedies {
            write!(out, "\n  - {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ProvisionError {}
