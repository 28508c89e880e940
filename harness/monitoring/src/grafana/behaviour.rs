//! What differs between versions of Grafana, in one table.
//!
//! Interval arithmetic and interpolation take a [`Behaviour`]; whoever asks a running Grafana
//! finds it by the version that the server says. Versions that nobody has recorded have none:
//! what they would ask is not guessed.
//! Knows no server and no answer.

/// What one range of versions does otherwise than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// Instants are moved down to a multiple of the step, as ranges are.
    pub aligns_instants: bool,
    /// `$__rate_interval` is made of the step and the data source's `timeInterval`, not of the
    /// request's interval and the target's min step.
    pub rate_interval_of_step: bool,
    /// `$__rate_interval_ms` is a variable.
    pub knows_rate_interval_ms: bool,
    /// An apostrophe in a value of a variable that may have several is escaped.
    pub escapes_apostrophe: bool,
    /// The page names a data source by its number in the database too (`datasourceId`).
    pub names_sources_by_number: bool,
}

/// What has been held against a running 9.3.2.
const OF_9_3: Behaviour = Behaviour {
    aligns_instants: true,
    rate_interval_of_step: true,
    knows_rate_interval_ms: false,
    escapes_apostrophe: true,
    names_sources_by_number: true,
};

/// What has been held against the query code of August 2026.
pub const NEWEST: Behaviour = Behaviour {
    aligns_instants: false,
    rate_interval_of_step: false,
    knows_rate_interval_ms: true,
    escapes_apostrophe: false,
    names_sources_by_number: false,
};

/// Major and minor number of a version.
type Release = (u32, u32);

/// The first and the first no longer meant version, and what they do. grafana PR 77234 changed
/// `$__rate_interval` and came with 10.2; of the versions between, no answers are recorded.
const TABLE: [(Release, Release, Behaviour); 2] =
    [((9, 3), (9, 4), OF_9_3), ((10, 2), (u32::MAX, 0), NEWEST)];

impl Behaviour {
    /// What the Grafana of a version such as `13.2.0` does; `None` where that is not known.
    #[must_use]
    pub fn of(version: &str) -> Option<Behaviour> {
        let mut parts = version.split(['.', '-', '+', ' ']).map(str::parse::<u32>);
        let version = (parts.next()?.ok()?, parts.next()?.ok()?);
        let found = TABLE.iter().find(|(first, end, _)| (*first..*end).contains(&version));
        found.map(|(_, _, behaviour)| *behaviour)
    }

    /// The versions that are known, for messages.
    #[must_use]
    pub fn known() -> &'static str {
        "9.3, and 10.2 or newer"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_behaves_as_recorded_or_is_not_known() {
        let table = [
            ("9.3.2", Some(OF_9_3)),
            ("9.3.0-beta1", Some(OF_9_3)),
            ("10.2.0", Some(NEWEST)),
            ("12.4", Some(NEWEST)),
            ("13.2.0+security-01", Some(NEWEST)),
            ("9.2.5", None),
            ("9.4.0", None),
            ("10.1.9", None),
            ("10", None),
            ("", None),
        ];
        for (version, behaviour) in table {
            assert_eq!(Behaviour::of(version), behaviour, "{version}");
        }
    }
}
