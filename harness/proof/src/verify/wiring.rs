//! What the wiring between modules, Prometheus, Alertmanager and people is worth, part by part.
//!
//! Only a running stack can show it; how that is found out is not known here.

use std::fmt;

use serde::Serialize;

/// Where places say that they are about the wiring.
pub const WIRING: &str = "wiring";

/// A part of the wiring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Every module is scraped, and every answer is stored.
    Scrapes,
    /// What is stored is what was shown, series by series and value by value.
    Samples,
    /// What went away is not shown any more.
    Staleness,
    /// What Prometheus says of its targets is what happened.
    Targets,
    /// Every rule is loaded and evaluated without an error.
    Rules,
    /// Who is to be told is told, in time and in full, and nobody else.
    Notifications,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Scrapes => "scrapes",
            Part::Samples => "samples",
            Part::Staleness => "staleness",
            Part::Targets => "targets",
            Part::Rules => "rules",
            Part::Notifications => "notifications",
        })
    }
}

/// What became of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wiring {
    /// Which part.
    pub part: Part,
    /// What was compared, such as `212 scrapes of 3 targets`.
    pub compared: String,
    /// What is wrong and what to do about it, a line for each cause.
    pub broken: Vec<String>,
}

impl Wiring {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn held(&self) -> bool {
        self.broken.is_empty()
    }

    /// What it is called in reports, such as `wiring/rules`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{WIRING}/{}", self.part)
    }
}
