//! Versions of Prometheus, and what depends on them.
//!
//! Parsed from `--version` or from `buildinfo`; who starts an engine acts on
//! [`Version::line`]. How the arithmetic changed between versions, the oracle knows.

use std::fmt;
use std::str::FromStr;

/// A version of Prometheus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The line: 2 or 3.
    pub major: u32,
    /// The minor version.
    pub minor: u32,
    /// The patch level.
    pub patch: u32,
}

/// The oldest version whose behaviour is known here.
pub const OLDEST: Version = Version { major: 2, minor: 42, patch: 0 };

/// The two lines of Prometheus, which differ in the ends of ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// 2.x: a range includes both of its ends.
    V2,
    /// 3.x: a range excludes its start, and so does the lookback.
    V3,
}

impl Version {
    /// The line; anything after 3 is treated as 3.
    #[must_use]
    pub fn line(self) -> Line {
        if self.major >= 3 { Line::V3 } else { Line::V2 }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::V2 => "2.x",
            Self::V3 => "3.x",
        })
    }
}

/// A text without a version in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no version such as 2.42.0 in {text:?}")]
pub struct VersionError {
    /// The text.
    pub text: String,
}

/// Reads a bare version (`3.5.3`, `2.42.0+ds`, `v3.1.0-rc.1`) or the first line of
/// `prometheus --version`.
impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let line = text.trim().lines().next().unwrap_or_default();
        let word = match line.split_once("version ") {
            Some((_, rest)) => rest,
            None => line,
        };
        let word = word.strip_prefix('v').unwrap_or(word);
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let numbers: Vec<u32> =
            word[..end].split('.').map_while(|part| part.parse().ok()).collect();
        match numbers[..] {
            [major, minor, patch] => Ok(Self { major, minor, patch }),
            _ => Err(VersionError { text: line.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u32, minor: u32, patch: u32) -> Version {
        Version { major, minor, patch }
    }

    #[test]
    fn upstream_and_debian_versions_are_read() {
        let debian = "prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5)\n  \
                      go version: go1.19.8";
        assert_eq!(debian.parse(), Ok(version(2, 42, 0)));
        let upstream = "prometheus, version 3.5.3 (branch: HEAD, revision: 0123456789abcdef)";
        assert_eq!(upstream.parse(), Ok(version(3, 5, 3)));
        assert_eq!("3.5.3+ds1".parse(), Ok(version(3, 5, 3)));
        assert_eq!("v3.1.0-rc.1".parse(), Ok(version(3, 1, 0)));
        for bad in ["", "prometheus", "3.5", "version x", "1.2.3.4"] {
            assert!(bad.parse::<Version>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lines_are_told_by_the_major_version() {
        let lines = [(2, 42), (2, 55), (3, 0), (4, 0)]
            .map(|(major, minor)| version(major, minor, 1).line());
        assert_eq!(lines, [Line::V2, Line::V2, Line::V3, Line::V3]);
    }
}
