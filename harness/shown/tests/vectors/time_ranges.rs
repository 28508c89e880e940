//! Time ranges of dashboards in three zones.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde_json::Value;
use shown::time_range::{Calendar, evaluate};

use crate::data::{Held, cases, number, same};

pub(crate) fn time_ranges() -> Held {
    let mut held = Held::default();
    for case in cases("time-ranges", "cases") {
        let zone = match case[1].as_str().unwrap() {
            "utc" => TimeZone::UTC,
            name => TimeZone::get(name).unwrap(),
        };
        let calendar =
            Calendar { zone, browser: TimeZone::UTC, week_start: Weekday::Monday, fiscal_start: 0 };
        let now = case[0].as_i64().unwrap();
        let said = [(2, false), (3, true)]
            .map(|(at, end)| evaluate(case[at].as_str().unwrap(), now, &calendar, end));
        let holds = |said: Option<f64>, recorded: &Value| match (said, number(recorded)) {
            (Some(said), Some(recorded)) => same(said, recorded),
            (said, recorded) => said.is_none() && recorded.is_none(),
        };
        let ok = holds(said[0], &case[4][0]) && holds(said[1], &case[4][1]);
        held.count(ok, &case, said);
    }
    held
}
