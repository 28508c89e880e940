//! Options of variables, which is chosen on opening, and texts with references.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shown::interpolate::{Bound, Context, Scope, Session, interpolate};
use shown::variable::{self, ALL, Choice, Chosen, Saved};

use crate::data::{Held, cases, number, read};

fn strings(values: &Value) -> Vec<&str> {
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

fn pairs(options: &[Choice]) -> Value {
    options.iter().map(|option| json!([option.text, option.value])).collect()
}

pub(crate) fn sorted() -> Held {
    let mut held = Held::default();
    for case in cases("variables-options", "sorted") {
        let said = variable::of_answers(&strings(&case[1]), "", case[0].as_u64().unwrap());
        let said = said
            .map(|options| options.into_iter().map(|option| option.value).collect::<Vec<String>>());
        let recorded = strings(&case[2]).into_iter().map(str::to_owned).collect();
        held.equal(&case, &said, &Ok(recorded));
    }
    held
}

pub(crate) fn regex() -> Held {
    let mut held = Held::default();
    for case in cases("variables-options", "regex") {
        let said = variable::of_answers(&strings(&case[1]), case[0].as_str().unwrap(), 0);
        held.equal(&case, &said.map(|options| pairs(&options)), &Ok(case[2].clone()));
    }
    held
}

pub(crate) fn custom() -> Held {
    let mut held = Held::default();
    for case in cases("variables-options", "custom") {
        let said = pairs(&variable::custom(case[0].as_str().unwrap()));
        held.equal(&case, &said, &case[1]);
    }
    for case in cases("variables-options", "custom_json") {
        let said = variable::custom_json(case[0].as_str().unwrap());
        held.equal(&case, &said.map(|options| pairs(&options)), &Ok(case[1].clone()));
    }
    held
}

fn chosen(value: &Value) -> Chosen {
    match value {
        Value::String(value) => Chosen::One(value.clone()),
        values => Chosen::Many(strings(values).into_iter().map(str::to_owned).collect()),
    }
}

pub(crate) fn opened() -> Held {
    let mut held = Held::default();
    for case in cases("variables-options", "opened") {
        let saved = Saved {
            multi: case[0]["multi"].as_bool().unwrap(),
            include_all: case[0]["includeAll"].as_bool().unwrap(),
            value: chosen(&case[0]["current"]),
            text: None,
        };
        let options: Vec<Choice> = strings(&case[1]).into_iter().map(Choice::of).collect();
        let said = variable::opened(&saved, &options);
        held.equal(&case, &said, &(chosen(&case[2]), chosen(&case[3])));
    }
    held
}

pub(crate) fn auto() -> Held {
    let mut held = Held::default();
    for case in cases("variables-options", "interval_auto") {
        let said = variable::auto_interval(
            number(&case[0]).unwrap() * 1000.0,
            number(&case[1]).unwrap(),
            case[2].as_str().unwrap(),
        );
        let said = said.map(|interval| format!("rate(x[{interval}])"));
        held.equal(&case, &said, &Ok(case[3].as_str().unwrap().to_owned()));
    }
    held
}

fn bound(variable: &Value) -> Bound {
    let multi = variable[2].as_bool().unwrap();
    let values: Vec<String> = strings(&variable[6]).into_iter().map(str::to_owned).collect();
    let all = variable[7].as_bool().unwrap();
    let value = match (all, multi) {
        (true, true) => Chosen::Many(vec![ALL.to_owned()]),
        (true, false) => Chosen::One(ALL.to_owned()),
        (false, true) => Chosen::Many(values),
        (false, false) => Chosen::One(values.first().cloned().unwrap_or_default()),
    };
    Bound {
        name: variable[0].as_str().unwrap().to_owned(),
        multi,
        include_all: variable[3].as_bool().unwrap(),
        all_value: variable[4].as_str().filter(|it| !it.is_empty()).map(str::to_owned),
        options: strings(&variable[5]).into_iter().map(Choice::of).collect(),
        properties: Vec::new(),
        text: value.clone(),
        value,
        skip_url: false,
    }
}

pub(crate) fn interpolated() -> Held {
    let file = read("variables-interpolated");
    let variables: Vec<Bound> = file["variables"].as_array().unwrap().iter().map(bound).collect();
    let session = Session {
        user_id: "1".to_owned(),
        user_login: "admin".to_owned(),
        user_email: String::new(),
        org_id: "1".to_owned(),
        org_name: "Main".to_owned(),
        namespace: "default".to_owned(),
        url: "/d/x?orgId=1".to_owned(),
        url_time_range: "from=2023-11-14T22:13:20.137Z&to=2023-11-14T23:13:20.937Z&timezone=utc"
            .to_owned(),
    };
    let mut held = Held::default();
    for case in file["cases"].as_array().unwrap() {
        let there: Vec<Bound> = case[0]
            .as_array()
            .unwrap()
            .iter()
            .map(|at| variables[usize::try_from(at.as_u64().unwrap()).unwrap()].clone())
            .collect();
        let scope = Scope {
            variables: &there,
            from_ms: 1_700_000_000_137.0,
            to_ms: 1_700_003_600_937.0,
            zone: &TimeZone::UTC,
            zone_name: "utc",
            session: Some(&session),
        };
        let context = match case[1].as_str().unwrap() {
            "e" => Context::Expression,
            "l" => Context::Legend,
            _ => Context::Title,
        };
        let said = interpolate(case[2].as_str().unwrap(), &scope, context);
        held.equal(case, &said, &Ok(case[3].as_str().unwrap().to_owned()));
    }
    held
}
