//! Durations: seconds that become minutes, hours, days; clocks; lists of years to seconds.

use crate::NotModelled;
use crate::unit::Parts;
use crate::unit::fixed::to_fixed;

/// From `from` of the unit on, `divisor` of it are one of `name`.
struct Step {
    below: f64,
    divisor: f64,
    name: &'static str,
}

const fn step(below: f64, divisor: f64, name: &'static str) -> Step {
    Step { below, divisor, name }
}

const NANOSECONDS: &[Step] = &[
    step(1e3, 1.0, " ns"),
    step(1e6, 1e3, " µs"),
    step(1e9, 1e6, " ms"),
    step(6e10, 1e9, " s"),
    step(36e11, 6e10, " min"),
    step(864e11, 36e11, " hour"),
    step(f64::INFINITY, 864e11, " day"),
];
const MICROSECONDS: &[Step] =
    &[step(1e3, 1.0, " µs"), step(1e6, 1e3, " ms"), step(f64::INFINITY, 1e6, " s")];
const MILLISECONDS: &[Step] = &[
    step(1e3, 1.0, " ms"),
    step(6e4, 1e3, " s"),
    step(36e5, 6e4, " min"),
    step(864e5, 36e5, " hour"),
    step(31_536e6, 864e5, " day"),
    step(f64::INFINITY, 31_536e6, " year"),
];
const SECONDS: &[Step] = &[
    step(60.0, 1.0, " s"),
    step(3600.0, 60.0, " min"),
    step(86_400.0, 3600.0, " hour"),
    step(604_800.0, 86_400.0, " day"),
    step(31_536e3, 604_800.0, " week"),
    step(f64::INFINITY, 31_556_900.0, " year"),
];
/// Below a second the number is multiplied: 0.3 * 1000 is another one than 0.3 / 0.001.
const SUBSECONDS: &[(f64, f64, &str)] =
    &[(1e-6, 1e9, " ns"), (1e-3, 1e6, " µs"), (1.0, 1e3, " ms")];
const MINUTES: &[Step] = &[
    step(60.0, 1.0, " min"),
    step(1440.0, 60.0, " hour"),
    step(10_080.0, 1440.0, " day"),
    step(604_800.0, 10_080.0, " week"),
    step(f64::INFINITY, 525_948.0, " year"),
];
const HOURS: &[Step] = &[
    step(24.0, 1.0, " hour"),
    step(168.0, 24.0, " day"),
    step(8760.0, 168.0, " week"),
    step(f64::INFINITY, 8760.0, " year"),
];
const DAYS: &[Step] =
    &[step(7.0, 1.0, " day"), step(365.0, 7.0, " week"), step(f64::INFINITY, 365.0, " year")];

/// Which of the tables write a plural of the unit itself: only that of days does.
fn scaled(steps: &[Step], value: f64, decimals: Option<f64>, plural_of_first: bool) -> Parts {
    let size = value.abs();
    let place = steps.iter().position(|step| size < step.below).unwrap_or(steps.len() - 1);
    let Step { divisor, name, .. } = &steps[place];
    let number = value / divisor;
    let suffix =
        if place > 0 || plural_of_first { plural(name, number) } else { (*name).to_owned() };
    Parts::before(suffix, to_fixed(number, decimals))
}

fn plural(name: &str, number: f64) -> String {
    let counted = matches!(name, " min" | " hour" | " day" | " week" | " year");
    if counted && number.abs() > 1.0 { format!("{name}s") } else { name.to_owned() }
}

fn seconds(value: f64, decimals: Option<f64>) -> Parts {
    if value == 0.0 {
        return Parts::before(" s", "0");
    }
    for (below, factor, name) in SUBSECONDS {
        if value.abs() < *below {
            return Parts::before(*name, to_fixed(value * factor, decimals));
        }
    }
    scaled(SECONDS, value, decimals, false)
}

/// The text in a unit of durations; `None` of a unit that is none.
pub(super) fn format(
    id: &str,
    value: f64,
    decimals: Option<f64>,
) -> Option<Result<Parts, NotModelled>> {
    Some(Ok(match id {
        "ns" => scaled(NANOSECONDS, value, decimals, false),
        "µs" => scaled(MICROSECONDS, value, decimals, false),
        "ms" => scaled(MILLISECONDS, value, decimals, false),
        "s" => seconds(value, decimals),
        "m" => scaled(MINUTES, value, decimals, false),
        "h" => scaled(HOURS, value, decimals, false),
        "d" => scaled(DAYS, value, decimals, true),
        "timeticks" => seconds(value / 100.0, decimals),
        "dtdurationms" => listed(value, decimals, "millisecond", 1.0),
        "dtdurations" => listed(value, decimals, "second", 1000.0),
        "dthms" => hours_minutes_seconds(value),
        "dtdhms" => days_hours_minutes_seconds(value),
        "clockms" => return Some(clock(id, value, decimals)),
        "clocks" => return Some(clock(id, value * 1000.0, decimals)),
        _ => return None,
    }))
}

/// Milliseconds of what a list counts.
const LISTED: &[(&str, f64)] = &[
    ("year", 31_536e6),
    ("month", 2592e6),
    ("week", 604_800e3),
    ("day", 86_400e3),
    ("hour", 3600e3),
    ("minute", 60e3),
    ("second", 1e3),
    ("millisecond", 1.0),
];

/// `1 hour, 2 minutes`: the largest part and as many further ones as there are decimals.
fn listed(value: f64, decimals: Option<f64>, name: &str, milliseconds: f64) -> Parts {
    if value == 0.0 {
        return Parts::before(format!(" {name}s"), "0");
    }
    if value < 0.0 {
        let mut parts = listed(-value, decimals, name, milliseconds);
        parts.suffix.push_str(" ago");
        return parts;
    }
    let mut rest = value * milliseconds;
    let mut left = decimals.unwrap_or(0.0);
    let mut texts = Vec::new();
    for (name, size) in LISTED {
        if left < 0.0 {
            break;
        }
        let number = rest / size;
        if number >= 1.0 || !texts.is_empty() {
            let whole = number.floor();
            let plural = if whole == 1.0 { "" } else { "s" };
            texts.push(format!("{} {name}{plural}", crate::number::to_text(whole)));
            rest %= size;
            left -= 1.0;
        }
    }
    Parts::plain(texts.join(", "))
}

fn two(number: f64) -> String {
    let digits = crate::number::to_text(number);
    if number > 9.0 { digits } else { format!("0{digits}") }
}

fn hours_minutes_seconds(value: f64) -> Parts {
    if value < 0.0 {
        return Parts::before(" ago", hours_minutes_seconds(-value).joined());
    }
    let (hours, minutes, seconds) = (
        (value / 3600.0).floor(),
        (value % 3600.0 / 60.0).floor(),
        (value % 3600.0 % 60.0).floor(),
    );
    Parts::plain([hours, minutes, seconds].map(two).join(":"))
}

fn days_hours_minutes_seconds(value: f64) -> Parts {
    if value < 0.0 {
        return Parts::before(" ago", days_hours_minutes_seconds(-value).joined());
    }
    let days = (value / 86_400.0).floor();
    let day =
        if days > 0.0 { format!("{} d ", crate::number::to_text(days)) } else { String::new() };
    Parts::plain(format!("{day}{}", hours_minutes_seconds(value - days * 86_400.0).joined()))
}

/// Milliseconds as `1h:02m:03s:004ms`; decimals say after which part it ends.
fn clock(id: &str, milliseconds: f64, decimals: Option<f64>) -> Result<Parts, NotModelled> {
    // The largest moment that a browser has.
    if !(-8.64e15..=8.64e15).contains(&milliseconds) {
        return if milliseconds.is_finite() && milliseconds < 3.6e6 {
            Err(NotModelled::new(format!("the unit {id} of such a number")))
        } else {
            Ok(Parts::plain(beyond(milliseconds, decimals)))
        };
    }
    // Not -0.
    let whole = milliseconds.trunc() + 0.0;
    let part = |size: f64, of: f64| (whole / size).floor().rem_euclid(of);
    let (minute, second, rest) = (part(6e4, 60.0), part(1e3, 60.0), part(1.0, 1000.0));
    let minutes = format!("{minute:02}m");
    let seconds = format!("{second:02}s");
    let thousandths = format!("{rest:03}ms");
    let ends = |places: f64| decimals == Some(places);
    Ok(Parts::plain(if milliseconds < 1e3 {
        thousandths
    } else if milliseconds < 6e4 {
        if ends(0.0) { seconds } else { format!("{seconds}:{thousandths}") }
    } else if milliseconds < 36e5 {
        match () {
            () if ends(0.0) => minutes,
            () if ends(1.0) => format!("{minutes}:{seconds}"),
            () => format!("{minutes}:{seconds}:{thousandths}"),
        }
    } else {
        let hours = format!("{}h", crate::number::to_text((milliseconds / 36e5).floor()));
        match () {
            () if ends(0.0) => hours,
            () if ends(1.0) => format!("{hours}:{minutes}"),
            () if ends(2.0) => format!("{hours}:{minutes}:{seconds}"),
            () => format!("{hours}:{minutes}:{seconds}:{thousandths}"),
        }
    }))
}

/// A clock of what is no moment: the hours, and no valid rest.
fn beyond(milliseconds: f64, decimals: Option<f64>) -> String {
    if milliseconds < 3.6e6 {
        return "Invalid date".to_owned();
    }
    let hours = crate::number::to_text((milliseconds / 36e5).floor());
    if decimals == Some(0.0) { format!("{hours}h") } else { format!("{hours}h:Invalid date") }
}
