//! The single values of a scenario file: how each is written, what it means, what an editor offers.
//!
//! Spans, shares, rates, factors, instants and names; each says what it expected when it finds something else.
//! Whether a value fits its scenario is checked elsewhere.

use schemars::{Schema, json_schema};
use sim::{label::Label, time::Nanos, traffic::Profile};

use prom::{
    document::{Flaw, Meaning, Scalar, choose},
    duration,
};

/// A span of time, such as `2h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) Nanos);

impl Meaning for Span {
    fn read(scalar: &Scalar) -> Result<Span, Flaw> {
        let text = match scalar {
            Scalar::Text(text) => text.as_str(),
            Scalar::Integer(0) => "0",
            _ => return Err(Flaw::expected("a duration such as 90s, 10m or 2h30m", scalar)),
        };
        match duration::parse(text) {
            Ok(millis) => Ok(Span(Nanos::from_millis(millis.unsigned_abs()))),
            Err(_) => Err(Flaw::expected("a duration such as 90s, 10m or 2h30m", scalar)),
        }
    }

    fn schema() -> Schema {
        let pattern = "^(0|(\\d+y)?(\\d+w)?(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?)$";
        json_schema!({ "type": ["string", "integer"], "pattern": pattern, "maximum": 0, "examples": ["90s", "10m", "2h30m"] })
    }
}

/// A share of a whole, 0 to 1, written as a number or in per cent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share(pub(super) f64);

impl Meaning for Share {
    fn read(scalar: &Scalar) -> Result<Share, Flaw> {
        let share = match scalar {
            Scalar::Text(text) => text
                .strip_suffix('%')
                .and_then(|number| number.trim().parse::<f64>().ok())
                .map(|cent| cent / 100.0),
            other => number(other),
        };
        share
            .filter(|share| (0.0..=1.0).contains(share))
            .map(Share)
            .ok_or_else(|| Flaw::expected("a share from 0 to 1, or from 0% to 100%", scalar))
    }

    fn schema() -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "number", "minimum": 0, "maximum": 1 },
                { "type": "string", "pattern": "^\\d+(\\.\\d+)?\\s*%$" },
            ],
            "examples": ["90%", 0.9],
        })
    }
}

/// A factor above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor(pub(super) f64);

impl Meaning for Factor {
    fn read(scalar: &Scalar) -> Result<Factor, Flaw> {
        number(scalar)
            .filter(|factor| factor.is_finite() && 0.0 < *factor)
            .map(Factor)
            .ok_or_else(|| Flaw::expected("a factor above 0, such as 2.5", scalar))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0, "examples": [2.5] })
    }
}

/// A weight or a multiple, 0 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weight(pub(super) f64);

impl Meaning for Weight {
    fn read(scalar: &Scalar) -> Result<Weight, Flaw> {
        number(scalar)
            .filter(|weight| weight.is_finite() && 0.0 <= *weight)
            .map(Weight)
            .ok_or_else(|| Flaw::expected("a number of 0 or more, such as 0.3", scalar))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "examples": [0.3] })
    }
}

/// Requests per second, written as `5/s`, `300/min` or `20/h`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate(pub(super) f64);

impl Meaning for Rate {
    fn read(scalar: &Scalar) -> Result<Rate, Flaw> {
        let flaw = || Flaw::expected("a rate such as 5/s, 300/min or 20/h", scalar);
        let Scalar::Text(text) = scalar else { return Err(flaw()) };
        let (count, unit) = text.split_once('/').ok_or_else(flaw)?;
        let seconds = match unit.trim() {
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(flaw()),
        };
        let count: f64 = count.trim().parse().map_err(|_| flaw())?;
        let rate = count / seconds;
        // Beyond a million a second a scenario would be a load test of its own simulation.
        (0.0 < rate && rate <= 1e6).then_some(Rate(rate)).ok_or_else(flaw)
    }

    fn schema() -> Schema {
        let pattern = "^\\d+(\\.\\d+)?\\s*/\\s*(s|min|h)$";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["5/s", "300/min", "20/h"] })
    }
}

/// An instant in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instant(pub(super) jiff::Timestamp);

impl Meaning for Instant {
    fn read(scalar: &Scalar) -> Result<Instant, Flaw> {
        let flaw = || Flaw::expected("an instant in UTC such as 2026-01-05T09:00:00Z", scalar);
        let Scalar::Text(text) = scalar else { return Err(flaw()) };
        let instant: jiff::Timestamp = text.parse().map_err(|_| flaw())?;
        // Prometheus counts milliseconds from 1970.
        let whole = instant.subsec_nanosecond() == 0 && 0 <= instant.as_second();
        (text.ends_with('Z') && whole).then_some(Instant(instant)).ok_or_else(flaw)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "examples": ["2026-01-05T09:00:00Z"] })
    }
}

/// A whole number from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count(pub(super) u64);

impl Meaning for Count {
    fn read(scalar: &Scalar) -> Result<Count, Flaw> {
        whole(scalar).map(Count).ok_or_else(|| Flaw::expected("a whole number from 0", scalar))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": 0 })
    }
}

/// How many copies of a module run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copies(pub(super) u8);

impl Copies {
    /// The most copies of a module; each has a target of its own.
    const MAX: u8 = 8;
}

impl Meaning for Copies {
    fn read(scalar: &Scalar) -> Result<Copies, Flaw> {
        let max = Copies::MAX;
        let copies = whole(scalar).filter(|copies| (1..=u64::from(max)).contains(copies));
        copies
            .map(|copies| Copies(copies as u8))
            .ok_or_else(|| Flaw::expected(format_args!("from 1 to {max} copies"), scalar))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Copies::MAX })
    }
}

/// A number of series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Series(pub(super) u32);

impl Series {
    /// The most that one incident adds; the shipped scrape limits refuse far fewer.
    const MAX: u32 = 100_000;
}

impl Meaning for Series {
    fn read(scalar: &Scalar) -> Result<Series, Flaw> {
        let max = Series::MAX;
        let series = whole(scalar).filter(|series| (1..=u64::from(max)).contains(series));
        series
            .map(|series| Series(series as u32))
            .ok_or_else(|| Flaw::expected(format_args!("from 1 to {max} series"), scalar))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Series::MAX })
    }
}

/// A value of a closed set of labels, by its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<T>(pub(super) T);

impl<T: Label> Meaning for Name<T> {
    fn read(scalar: &Scalar) -> Result<Name<T>, Flaw> {
        choose(T::NAME, T::ALL, T::as_str, scalar).map(Name)
    }

    fn schema() -> Schema {
        let names: Vec<&str> = T::ALL.iter().map(|value| value.as_str()).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

/// A profile of traffic, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProfileName(pub(super) Profile);

impl Meaning for ProfileName {
    fn read(scalar: &Scalar) -> Result<ProfileName, Flaw> {
        choose("profile", &Profile::ALL, Profile::name, scalar).map(ProfileName)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": Profile::ALL.map(Profile::name) })
    }
}

fn whole(scalar: &Scalar) -> Option<u64> {
    match scalar {
        Scalar::Integer(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

fn number(scalar: &Scalar) -> Option<f64> {
    match scalar {
        Scalar::Integer(number) => Some(*number as f64),
        Scalar::Float(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Scalar {
        Scalar::Text(text.to_owned())
    }

    #[test]
    fn rates_have_their_units() {
        assert_eq!(Rate::read(&text("5/s")), Ok(Rate(5.0)));
        assert_eq!(Rate::read(&text("300/min")), Ok(Rate(5.0)));
        assert_eq!(Rate::read(&text("1.8 / h")), Ok(Rate(0.0005)));
        for bad in ["5", "5/d", "-5/s", "0/s", "/s", "nan/s", "1e9/s"] {
            assert!(Rate::read(&text(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn shares_are_numbers_or_per_cent() {
        assert_eq!(Share::read(&text("90%")), Ok(Share(0.9)));
        assert_eq!(Share::read(&text("0.5 %")), Ok(Share(0.005)));
        assert_eq!(Share::read(&Scalar::Float(0.25)), Ok(Share(0.25)));
        assert_eq!(Share::read(&Scalar::Integer(1)), Ok(Share(1.0)));
        for bad in
            [text("101%"), text("-1%"), text("0.5"), Scalar::Float(1.1), Scalar::Float(f64::NAN)]
        {
            assert!(Share::read(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_are_whole_seconds_in_utc() {
        assert!(Instant::read(&text("2026-01-05T09:00:00Z")).is_ok());
        for bad in [
            "2026-01-05",
            "2026-01-05T09:00:00",
            "2026-01-05T09:00:00+01:00",
            "2026-01-05T09:00:00.5Z",
        ] {
            assert!(Instant::read(&text(bad)).is_err(), "{bad}");
        }
    }
}
