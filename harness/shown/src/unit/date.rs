//! Moments by a pattern of letters, as the browser's date library reads it.
//!
//! A letter that is not written here is not modelled, so that no text is guessed.

use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::NotModelled;

/// The pattern of moments where nothing else is said.
pub const FULL: &str = "YYYY-MM-DD HH:mm:ss";
/// The same with milliseconds, of less than a minute.
pub const FULL_MS: &str = "YYYY-MM-DD HH:mm:ss.SSS";
pub(super) const ISO: &str = FULL;
pub(super) const US: &str = "MM/DD/YYYY h:mm:ss a";

const INVALID: &str = "Invalid date";
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A moment in milliseconds since 1970 UTC by a pattern, in a time zone.
///
/// # Errors
///
/// For a pattern with a letter that is not modelled, and for a year beyond 9999.
pub fn format(milliseconds: f64, pattern: &str, zone: &TimeZone) -> Result<String, NotModelled> {
    // The largest moment that a browser has.
    if !(-8.64e15..=8.64e15).contains(&milliseconds) {
        return Ok(INVALID.to_owned());
    }
    let moment = Timestamp::from_millisecond(milliseconds.trunc() as i64)
        .map_err(|_error| NotModelled::new("a moment after the year 9999"))?
        .to_zoned(zone.clone());
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '['
            && let Some(end) = rest.find(']')
        {
            text.push_str(&rest[1..end]);
            rest = &rest[end + 1..];
            continue;
        }
        if first == '\\' {
            let mut characters = rest.chars();
            characters.next();
            text.extend(characters.next());
            rest = characters.as_str();
            continue;
        }
        if !first.is_ascii_alphabetic() {
            text.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let length = rest.bytes().take_while(|byte| *byte == first as u8).count();
        let (token, written) = (1..=length)
            .rev()
            .find_map(|length| Some((length, part(&rest[..length], &moment)?)))
            .ok_or_else(|| NotModelled::new(format!("the time format {pattern}")))?;
        text.push_str(&written);
        rest = &rest[token..];
    }
    Ok(text)
}

fn part(token: &str, moment: &Zoned) -> Option<String> {
    let hour12 = (i32::from(moment.hour()) + 11) % 12 + 1;
    let month = usize::try_from(moment.month() - 1).unwrap_or(0);
    let day = usize::try_from(moment.weekday().to_sunday_zero_offset()).unwrap_or(0);
    let name = |names: &[&str], at: usize, length: usize| {
        names.get(at).map(|name| name.chars().take(length).collect::<String>())
    };
    Some(match token {
        "YYYY" => format!("{:04}", moment.year()),
        "YY" => format!("{:02}", moment.year().rem_euclid(100)),
        "MMMM" => name(&MONTHS, month, 99)?,
        "MMM" => name(&MONTHS, month, 3)?,
        "MM" => format!("{:02}", moment.month()),
        "M" => moment.month().to_string(),
        "DD" => format!("{:02}", moment.day()),
        "D" => moment.day().to_string(),
        "dddd" => name(&DAYS, day, 99)?,
        "ddd" => name(&DAYS, day, 3)?,
        "HH" => format!("{:02}", moment.hour()),
        "H" => moment.hour().to_string(),
        "hh" => format!("{hour12:02}"),
        "h" => hour12.to_string(),
        "mm" => format!("{:02}", moment.minute()),
        "m" => moment.minute().to_string(),
        "ss" => format!("{:02}", moment.second()),
        "s" => moment.second().to_string(),
        "SSS" => format!("{:03}", moment.millisecond()),
        "A" => if moment.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        "a" => if moment.hour() < 12 { "am" } else { "pm" }.to_owned(),
        "X" => moment.timestamp().as_second().to_string(),
        "x" => moment.timestamp().as_millisecond().to_string(),
        _ => return None,
    })
}
