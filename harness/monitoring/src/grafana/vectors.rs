//! What Grafana's browser and backend answered, held against this crate: how many of each function hold.

#![cfg(test)]

use std::{fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::{
    interval::{round, text},
    legend,
    variables::{
        Binding, Context, Scope, Selection, Variable, VariableSort, interpolate, opening, sort,
    },
};

fn data(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shown/tests/data");
    let mut text = String::new();
    let file = File::open(folder.join(format!("{name}.json.gz"))).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Counts of one function, and the first cases that do not hold.
#[derive(Default)]
struct Tally {
    lines: Vec<String>,
    wrong: Vec<String>,
}

impl Tally {
    fn hold(
        &mut self,
        name: &str,
        cases: &Value,
        mut answer: impl FnMut(&[Value]) -> (Value, Value),
    ) {
        let cases = cases.as_array().unwrap();
        let mut held = 0;
        for case in cases {
            let case = case.as_array().unwrap();
            let (found, wanted) = answer(case);
            if found == wanted {
                held += 1;
            } else {
                self.wrong
                    .push(format!("{name} {}: {found} for {wanted}", Value::from(case.clone())));
            }
        }
        self.lines.push(format!("{held:>5} of {:>5} {name}", cases.len()));
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn variable(json: &Value) -> Variable {
    let text = json!({"title": "t", "uid": "u", "templating": {"list": [json]}}).to_string();
    let mut dashboard = super::dashboard::parse(Path::new("d.json"), &text).unwrap();
    dashboard.variables.remove(0)
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

#[test]
fn every_answer_of_grafana_holds() {
    let mut tally = Tally::default();
    let options = data("variables-options");
    let sorts = [
        VariableSort::Disabled,
        VariableSort::Alphabetical,
        VariableSort::AlphabeticalDescending,
        VariableSort::Numerical,
        VariableSort::NumericalDescending,
        VariableSort::CaseInsensitive,
        VariableSort::CaseInsensitiveDescending,
        VariableSort::Natural,
        VariableSort::NaturalDescending,
    ];
    tally.hold("sorted", &options["sorted"], |case| {
        let sort = sorts[usize::try_from(number(&case[0])).unwrap()];
        (sort::sorted(&texts(&case[1]), sort).into(), case[2].clone())
    });
    let pairs = |found: Vec<opening::VariableOption>| -> Value {
        found.into_iter().map(|option| json!([option.text, option.value])).collect()
    };
    tally.hold("regex", &options["regex"], |case| {
        let found = opening::filtered(&texts(&case[1]), case[0].as_str().unwrap()).unwrap();
        (pairs(found), case[2].clone())
    });
    for (name, format) in [("custom", ""), ("custom_json", "json")] {
        tally.hold(name, &options[name], |case| {
            let json =
                json!({"name": "v", "type": "custom", "query": case[0], "valuesFormat": format});
            let found = variable(&json).options;
            let wanted = case[1].as_array().unwrap().iter().map(|pair| pair[1].clone()).collect();
            (found.into(), wanted)
        });
    }
    tally.hold("opened", &options["opened"], |case| {
        let mut saved = variable(&json!({"name": "v", "type": "query", "query": "q"}));
        saved.multi = case[0]["multi"] == true;
        saved.include_all = case[0]["includeAll"] == true;
        saved.current = texts(&case[0]["current"]);
        let found = match opening::opened(&saved, &texts(&case[1]), 0) {
            Selection::All => vec!["$__all".to_owned()],
            Selection::Values(values) => values,
        };
        (found.into(), texts(&case[2]).into())
    });
    tally.hold("interval_auto", &options["interval_auto"], |case| {
        let text = opening::automatic_interval(
            number(&case[0]) * 1_000,
            number(&case[1]),
            case[2].as_str().unwrap(),
        );
        (format!("rate(x[{text}])").into(), case[3].clone())
    });
    interpolated(&mut tally);
    intervals(&mut tally);
    legends(&mut tally);
    for line in &tally.lines {
        println!("{line}");
    }
    for (name, count, reason) in KNOWN {
        println!("{count:>5} of {name} do not: {reason}");
    }
    let known: usize = KNOWN.iter().map(|known| known.1).sum();
    let of = |name: &str| tally.wrong.iter().filter(|line| line.starts_with(name)).count();
    let as_known = KNOWN.iter().all(|(name, count, _)| of(name) == *count);
    assert!(as_known && tally.wrong.len() == known, "{:#?}", tally.wrong);
}

/// What does not hold, and why that is no matter.
const KNOWN: &[(&str, usize, &str)] = &[
    (
        "sorted",
        15,
        "texts with other than ASCII letters and digits go by code point, not by a locale",
    ),
    (
        "parse_interval_ns",
        4,
        "negative and overflowing intervals, and >10s, which is unproven by name",
    ),
    ("to_ms", 8, "negative and oddly written intervals, which are unproven by name"),
];

fn interpolated(tally: &mut Tally) {
    let file = data("variables-interpolated");
    let variables: Vec<(Variable, Selection, Vec<String>)> = file["variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let json = json!({"name": it[0], "type": it[1], "multi": it[2], "includeAll": it[3], "allValue": it[4]});
            let selection =
                if it[7] == true { Selection::All } else { Selection::Values(texts(&it[6])) };
            (variable(&json), selection, texts(&it[5]))
        })
        .collect();
    let mut refused = 0;
    tally.hold("interpolated", &file["cases"], |case| {
        let chosen = case[0].as_array().unwrap().iter();
        let bindings = chosen.map(|index| {
            let (variable, selection, options) =
                &variables[usize::try_from(number(index)).unwrap()];
            Binding { variable, selection: selection.clone(), options: options.clone() }
        });
        let scope = Scope {
            bindings: bindings.collect(),
            from_ms: 1_700_000_000_137,
            to_ms: 1_700_003_600_937,
        };
        let context = match case[1].as_str().unwrap() {
            "l" => Context::Legend,
            "t" => Context::Title,
            _ => Context::Expression,
        };
        match interpolate(case[2].as_str().unwrap(), &scope, context) {
            Ok(text) => (text.into(), case[3].clone()),
            // What is refused by name is never guessed.
            Err(_) => {
                refused += 1;
                (Value::Null, Value::Null)
            }
        }
    });
    tally.lines.push(format!("{refused:>5} of them refused by name"));
}

fn intervals(tally: &mut Tally) {
    const MS: i64 = 1_000_000;
    let backend = data("intervals-backend");
    tally.hold("parse_interval_ns", &backend["parse_interval_ns"], |case| {
        (json!(text::backend_ns(case[0].as_str().unwrap())), case[1].clone())
    });
    tally.hold("round_interval_ns", &backend["round_interval_ns"], |case| {
        (json!(round::backend(number(&case[0])) * MS), case[1].clone())
    });
    tally.hold("format_interval_ns", &backend["format_interval_ns"], |case| {
        (text::one_unit(number(&case[0]) / MS).into(), case[1].clone())
    });
    let whole: Value = backend["duration_string_ns"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| number(&case[0]) % MS == 0)
        .cloned()
        .collect();
    tally.hold("duration_string_ns, whole milliseconds", &whole, |case| {
        (text::go_print(number(&case[0]) / MS).into(), case[1].clone())
    });
    let browser = data("intervals-browser");
    let whole: Value = browser["round"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case[0].is_i64())
        .cloned()
        .collect();
    tally.hold("round, whole milliseconds", &whole, |case| {
        (json!(round::browser(number(&case[0]), 1)), case[1].clone())
    });
    tally.hold("to_ms", &browser["to_ms"], |case| {
        (json!(text::browser_ms(case[0].as_str().unwrap())), case[1].clone())
    });
}

fn legends(tally: &mut Tally) {
    let file = data("legend");
    let labels: legend::Labels = file["labels"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    tally.hold("legend filled", &file["filled"], |case| {
        (legend::fill(case[0].as_str().unwrap(), &labels).into(), case[1].clone())
    });
    tally.hold("legend quoted", &file["quoted"], |case| {
        (legend::quote(case[0].as_str().unwrap()).into(), case[1].clone())
    });
}

#[test]
fn the_kinds_that_open_otherwise() {
    let opened = |json: Value| {
        let variable = variable(&json);
        opening::opened(&variable, &variable.options, 3_600_000)
    };
    let one = |text: &str| Selection::Values(vec![text.to_owned()]);
    let interval = json!({"name": "v", "type": "interval", "query": "1m,5m", "auto": true, "auto_count": 30,
        "auto_min": "1m", "current": {"value": "$__auto_interval_v"}});
    assert_eq!(opened(interval), one("2m"));
    assert_eq!(
        opened(json!({"name": "v", "type": "textbox", "query": "openai", "current": {}})),
        one("openai")
    );
    assert_eq!(opened(json!({"name": "v", "type": "constant", "query": "openai"})), one("openai"));
    assert_eq!(
        opened(json!({"name": "v", "type": "custom", "query": "openai,local", "current": {}})),
        one("openai")
    );
}
