//! `healthcheck` of a service, and durations as Compose writes them (`1m30s`).
//!
//! It must not know how often a check is really made.

use std::time::Duration;

use super::node::{Node, Value};
use super::reader::Reader;

/// How the engine finds out whether a service is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is run inside of the container.
    pub test: Test,
    /// Time between two checks; also before the first one. The engine's default is 30 s.
    pub interval: Option<Duration>,
    /// How long one check may take. The engine's default is 30 s.
    pub timeout: Option<Duration>,
    /// How long failures do not count after the start. The engine's default is 0.
    pub start_period: Option<Duration>,
    /// After how many failures in a row a service is unhealthy. The engine's default is 3.
    pub retries: Option<u32>,
}

impl Health {
    /// The engine's own interval.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(30);
    /// The engine's own number of failures.
    pub const DEFAULT_RETRIES: u32 = 3;
}

/// What a health check runs; exit code 0 means well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// What the image says.
    OfImage,
    /// A program with its arguments.
    Command(Vec<String>),
    /// A text for the container's shell.
    Shell(String),
    /// None at all, even if the image has one.
    None,
}

const READ: [&str; 6] = ["test", "interval", "timeout", "start_period", "retries", "disable"];

pub(crate) fn read(reader: &mut Reader<'_>, node: &Node, what: &str) -> Health {
    let mut health = Health {
        line: node.line,
        test: Test::OfImage,
        interval: None,
        timeout: None,
        start_period: None,
        retries: None,
    };
    for entry in reader.entries(node, what) {
        let (inner, node) = (format!("{what}.{}", entry.key), &entry.node);
        match entry.key.as_str() {
            "test" => health.test = test(reader, node, &inner).unwrap_or(Test::OfImage),
            "interval" => health.interval = reader.parsed(node, &inner, duration),
            "timeout" => health.timeout = reader.parsed(node, &inner, duration),
            "start_period" => health.start_period = reader.parsed(node, &inner, duration),
            "retries" => {
                let number = |text: &str| {
                    text.parse().map_err(|_| format!("`{text}` is no number of failures"))
                };
                health.retries = reader.parsed(node, &inner, number);
            }
            "disable" => {
                if reader.truth(node, &inner) == Some(true) {
                    health.test = Test::None;
                }
            }
            "start_interval" => reader.wrong_with_remedy(
                entry.line,
                &inner,
                "docker-compose 1.29 does not know this key",
                "use a short `interval` with a long `start_period`",
            ),
            _ => reader.unknown(entry, what, &READ),
        }
    }
    health
}

fn test(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Test> {
    if let Value::Text(text) = &node.value {
        return Some(Test::Shell(text.clone()));
    }
    let words = reader.texts(node, what);
    let test = match words.split_first() {
        Some((first, rest)) if first == "CMD" && !rest.is_empty() => Test::Command(rest.to_vec()),
        Some((first, [shell])) if first == "CMD-SHELL" => Test::Shell(shell.clone()),
        Some((first, [])) if first == "NONE" => Test::None,
        _ => {
            let message = "a list begins with CMD, CMD-SHELL (and one text) or NONE (and nothing)";
            reader.wrong(node.line, what, message);
            return None;
        }
    };
    Some(test)
}

/// Hours, minutes, seconds, milliseconds and microseconds in this order, e.g. `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 5] =
        [("h", 3_600_000_000), ("ms", 1_000), ("m", 60_000_000), ("s", 1_000_000), ("us", 1)];
    let wrong = || format!("`{text}` is no duration such as 5s or 1m30s");
    let (mut rest, mut micros, mut last) = (text, 0_u64, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let unit = UNITS.iter().find(|(unit, _)| after.starts_with(unit));
        let (name, size) = *unit.filter(|(_, size)| *size < last).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        micros =
            number.checked_mul(size).and_then(|part| micros.checked_add(part)).ok_or_else(wrong)?;
        (rest, last) = (&after[name.len()..], size);
    }
    if last == u64::MAX { Err(wrong()) } else { Ok(Duration::from_micros(micros)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_in_order() {
        let table = [
            ("5s", 5_000_000),
            ("1m30s", 90_000_000),
            ("2h", 7_200_000_000),
            ("500ms", 500_000),
            ("1s5ms7us", 1_005_007),
            ("0s", 0),
        ];
        for (text, micros) in table {
            assert_eq!(duration(text), Ok(Duration::from_micros(micros)), "{text}");
        }
        for text in ["", "5", "s", "1s1m", "1s1s", "1.5s", "-1s", "99999999999999999h", "1d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
