//! The limits of a scrape, and sizes as Prometheus writes them.
//!
//! What happens to a scrape beyond one is not known here.

use std::fmt;

/// What a job lets pass; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// `sample_limit`: samples of a scrape that relabelling leaves.
    pub samples: u64,
    /// `label_limit`: labels of a sample, its name and the target's among them.
    pub labels: u64,
    /// `label_name_length_limit`, in bytes.
    pub label_name_bytes: u64,
    /// `label_value_length_limit`, in bytes; the metric's name is such a value.
    pub label_value_bytes: u64,
    /// `body_size_limit`, in bytes, uncompressed: a body of this size is refused too.
    pub body_bytes: u64,
}

impl Limits {
    /// These, and those of `global` where there is none.
    #[must_use]
    pub fn or(self, global: Limits) -> Limits {
        let or = |own: u64, global: u64| if own == 0 { global } else { own };
        Limits {
            samples: or(self.samples, global.samples),
            labels: or(self.labels, global.labels),
            label_name_bytes: or(self.label_name_bytes, global.label_name_bytes),
            label_value_bytes: or(self.label_value_bytes, global.label_value_bytes),
            body_bytes: or(self.body_bytes, global.body_bytes),
        }
    }
}

/// A text is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no size such as 5MB")]
pub struct SizeError;

/// Reads a size: numbers with the units `B`, `KB` or `KiB` (both 1024 bytes), `MB` and so on, one after the other.
///
/// # Errors
/// If it is none.
pub fn bytes(text: &str) -> Result<u64, SizeError> {
    if text == "0" {
        return Ok(0);
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(SizeError)?;
        let (number, unit) = rest.split_at(digits);
        let end = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
        let unit = &unit[..end];
        let prefix = unit.strip_suffix("iB").or_else(|| unit.strip_suffix('B')).ok_or(SizeError)?;
        let power = match prefix {
            "" if unit == "B" => 0,
            prefix if prefix.len() == 1 => 1 + "KMGTPE".find(prefix).ok_or(SizeError)?,
            _ => return Err(SizeError),
        };
        sum += number.parse::<f64>().map_err(|_| SizeError)? * 1024_f64.powi(power as i32);
        rest = &rest[digits + end..];
    }
    if text.is_empty() { Err(SizeError) } else { Ok(sum as u64) }
}

/// A limit that a scrape exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// More samples.
    Samples,
    /// More labels.
    Labels,
    /// A longer label name.
    LabelName,
    /// A longer label value.
    LabelValue,
    /// A larger body.
    Body,
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Limit::Samples => "sample_limit",
            Limit::Labels => "label_limit",
            Limit::LabelName => "label_name_length_limit",
            Limit::LabelValue => "label_value_length_limit",
            Limit::Body => "body_size_limit",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_1024() {
        for (text, size) in [
            ("0", 0),
            ("7B", 7),
            ("5MB", 5 << 20),
            ("5MiB", 5 << 20),
            ("1.5KB", 1536),
            ("1KB1B", 1025),
            ("1GB", 1 << 30),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "5", "MB", "5 MB", "5M", "5XB", "-1B", "5KBB"] {
            assert_eq!(bytes(text), Err(SizeError), "{text}");
        }
    }

    #[test]
    fn a_global_limit_holds_where_a_job_has_none() {
        let own = Limits { samples: 5, ..Limits::default() };
        let global = Limits { samples: 9, labels: 30, ..Limits::default() };
        assert_eq!(own.or(global), Limits { samples: 5, labels: 30, ..Limits::default() });
    }
}
