//! Intervals of the browser and of the backend.

use serde_json::{Value, json};
use shown::interval;

use crate::data::{Held, cases, number, same};

fn numbers(member: &str, said: fn(f64) -> f64) -> Held {
    let mut held = Held::default();
    for case in cases("intervals-browser", member) {
        let said = said(number(&case[0]).unwrap());
        held.count(same(said, number(&case[1]).unwrap()), &case, said);
    }
    held
}

pub(crate) fn round() -> Held {
    numbers("round", interval::round)
}

pub(crate) fn to_ms() -> Held {
    let mut held = Held::default();
    for case in cases("intervals-browser", "to_ms") {
        let said = interval::to_ms(case[0].as_str().unwrap());
        let ok = match (said, number(&case[1])) {
            (Some(said), Some(recorded)) => same(said, recorded),
            (said, recorded) => said.is_none() && recorded.is_none(),
        };
        held.count(ok, &case, said);
    }
    held
}

pub(crate) fn hms() -> Held {
    let mut held = Held::default();
    for case in cases("intervals-browser", "hms") {
        let said = interval::to_hms(number(&case[0]).unwrap());
        held.equal(&case, &Some(said.as_str()), &case[1].as_str());
    }
    held
}

pub(crate) fn request() -> Held {
    let mut held = Held::default();
    for case in cases("intervals-browser", "request") {
        let said = interval::request(
            number(&case[0]).unwrap(),
            number(&case[1]),
            case[2].as_str(),
            case[3].as_str(),
        );
        let said = said.map_or(Value::Null, |(ms, text, points)| json!([ms, text, points]));
        let recorded = match &case[4] {
            Value::Null => Value::Null,
            recorded => json!([number(&recorded[0]), recorded[1], number(&recorded[2])]),
        };
        held.equal(&case, &said, &recorded);
    }
    held
}

pub(crate) fn backend_parse() -> Held {
    let mut held = Held::default();
    for case in cases("intervals-backend", "parse_interval_ns") {
        let said = interval::parse_interval_ns(case[0].as_str().unwrap());
        held.equal(&case, &said, &case[1].as_i64());
    }
    held
}

pub(crate) fn backend_round() -> Held {
    let mut held = Held::default();
    for case in cases("intervals-backend", "round_interval_ns") {
        let said = interval::round_interval_ns(case[0].as_i64().unwrap());
        held.equal(&case, &Some(said), &case[1].as_i64());
    }
    held
}

fn texts(member: &str, said: fn(i64) -> String) -> Held {
    let mut held = Held::default();
    for case in cases("intervals-backend", member) {
        let said = said(case[0].as_i64().unwrap());
        held.equal(&case, &Some(said.as_str()), &case[1].as_str());
    }
    held
}

pub(crate) fn backend_format() -> Held {
    texts("format_interval_ns", interval::format_interval_ns)
}

pub(crate) fn backend_duration() -> Held {
    texts("duration_string_ns", interval::duration_string_ns)
}
