//! Time ranges as a dashboard has them: `now-6h`, `now/d`, `now-1M/M`, moments.
//!
//! It must not know what is asked in them. Source: `dateMath` of `@grafana/data`.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Unit, Zoned, ZonedRound};

/// More digits than this are no number of units.
const DIGITS: usize = 5;

/// How moments are rounded.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The dashboard's time zone.
    pub zone: TimeZone,
    /// The zone of the reader's browser, in which moments without one are.
    pub browser: TimeZone,
    /// The first day of a week.
    pub week_start: Weekday,
    /// The first month of a fiscal year, 0 for January.
    pub fiscal_start: i32,
}

/// The moment of a text in milliseconds since 1970 UTC.
///
/// `end`: whether it ends a range, so that rounding goes to the end of a unit. `None` of
/// what is not understood; NaN of what is no valid moment.
pub fn evaluate(text: &str, now_ms: i64, calendar: &Calendar, end: bool) -> Option<f64> {
    if let Some(math) = text.strip_prefix("now") {
        let now = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(calendar.zone.clone());
        return compute(math, now, calendar, end).map(milliseconds);
    }
    let (moment, math) = text.split_once("||").unwrap_or((text, ""));
    let Some(moment) = iso(moment, &calendar.browser) else { return Some(f64::NAN) };
    compute(math, moment, calendar, end).map(milliseconds)
}

fn milliseconds(moment: Zoned) -> f64 {
    moment.timestamp().as_millisecond() as f64
}

/// A moment by ISO 8601: with an offset, or in the reader's zone.
fn iso(text: &str, browser: &TimeZone) -> Option<Zoned> {
    if !text.as_bytes().get(..5)?.ends_with(b"-") {
        return None;
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.to_zoned(browser.clone()));
    }
    let civil = text
        .parse::<jiff::civil::DateTime>()
        .ok()
        .or_else(|| Some(text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0)))?;
    civil.to_zoned(browser.clone()).ok()
}

/// Applies `-6h`, `/d`, `+1M` one after the other; blanks say nothing.
fn compute(math: &str, mut moment: Zoned, calendar: &Calendar, end: bool) -> Option<Zoned> {
    let math: Vec<char> = math.chars().filter(|it| !it.is_whitespace()).collect();
    let mut at = 0;
    while at < math.len() {
        let operator = math[at];
        at += 1;
        if !matches!(operator, '/' | '+' | '-') {
            return None;
        }
        let digits = math[at..].iter().take_while(|it| it.is_ascii_digit()).count();
        let count = match digits {
            0 => 1,
            // Of two characters the browser takes the digit for the unit, which it is not.
            _ if math.len() == 2 => return None,
            digits if digits > DIGITS => return None,
            _ => math[at..at + digits].iter().collect::<String>().parse().ok()?,
        };
        at += digits;
        if operator == '/' && count != 1 {
            return None;
        }
        let fiscal = math.get(at) == Some(&'f');
        at += usize::from(fiscal);
        let unit = *math.get(at)?;
        at += 1;
        span(unit, 1)?;
        moment = match operator {
            '+' => moment.checked_add(span(unit, count)?).ok()?,
            '-' => moment.checked_sub(span(unit, count)?).ok()?,
            _ if fiscal => round_fiscal(&moment, unit, calendar, end)?,
            _ => round(&moment, unit, calendar, end)?,
        };
    }
    Some(moment)
}

fn span(unit: char, count: i64) -> Option<Span> {
    Some(match unit {
        'y' => count.years(),
        'Q' => (3 * count).months(),
        'M' => count.months(),
        'w' => count.weeks(),
        'd' => count.days(),
        'h' => count.hours(),
        'm' => count.minutes(),
        's' => count.seconds(),
        _ => return None,
    })
}

/// The beginning of a unit, or its last millisecond.
fn round(moment: &Zoned, unit: char, calendar: &Calendar, end: bool) -> Option<Zoned> {
    let day = moment.start_of_day().ok()?;
    let start = match unit {
        'y' => day.first_of_year().ok()?,
        'Q' => {
            let month = moment.month();
            let first = month - (month - 1) % 3;
            day.with().month(first).day(1).build().ok()?
        }
        'M' => day.first_of_month().ok()?,
        'w' => {
            let since = i64::from(moment.weekday().since(calendar.week_start));
            day.checked_sub(since.days()).ok()?
        }
        'd' => day,
        'h' => whole(moment, Unit::Hour)?,
        'm' => whole(moment, Unit::Minute)?,
        's' => whole(moment, Unit::Second)?,
        _ => return None,
    };
    if !end {
        return Some(start);
    }
    last_millisecond(&start.checked_add(span(unit, 1)?).ok()?)
}

fn last_millisecond(next: &Zoned) -> Option<Zoned> {
    next.checked_sub(1.milliseconds()).ok()
}

fn whole(moment: &Zoned, unit: Unit) -> Option<Zoned> {
    moment.round(ZonedRound::new().smallest(unit).mode(jiff::RoundMode::Trunc)).ok()
}

/// Fiscal years and quarters; the browser leaves other units as they are.
fn round_fiscal(moment: &Zoned, unit: char, calendar: &Calendar, end: bool) -> Option<Zoned> {
    let (length, last) = match unit {
        'y' => (12, 11),
        'Q' => (3, 2),
        _ => return Some(moment.clone()),
    };
    let since = (i32::from(moment.month()) - 1 - calendar.fiscal_start + 12) % length;
    let start = moment.checked_sub(i64::from(since).months()).ok()?;
    let start = start.start_of_day().ok()?.first_of_month().ok()?;
    if !end {
        return Some(start);
    }
    last_millisecond(&start.checked_add((last + 1).months()).ok()?)
}
