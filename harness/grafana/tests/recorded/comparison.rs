//! Where the predictions of Dashproof 399a880 differed from a real Grafana: what was wrong then is right now.

use monitoring::grafana::behaviour::{Behaviour, NEWEST};
use serde_json::{Value, json};

use crate::{
    arithmetic::predict,
    data::{Held, list, read, text, whole},
};

/// The differences of 9.3 are differences of versions: it does the one, the newest does the other.
pub(crate) fn of_9_3() -> Vec<Held> {
    let file = read("comparison");
    let expr = read("arithmetic")["expr"].clone();
    let old = Behaviour::of("9.3.2").unwrap();
    let mut examples = Held::new("examples, as 9.3 asked and as the newest asks");
    for (what, found) in file["arithmetic_examples"].as_object().unwrap() {
        for example in list(found) {
            let newest = predict(&example["in"], text(&expr), NEWEST).unwrap();
            examples.equal(what, &example["dashproof"], &as_then(&newest));
            let ours = predict(&example["in"], text(&expr), old).ok().map(|predicted| {
                let parameters = predicted.parameters();
                let of = |name: &str| parameters.get(name).cloned();
                [of("start"), of("end"), of("step"), of("time")]
            });
            let recorded = &example["grafana"];
            let asked = recorded["error"].is_null().then(|| {
                ["start", "end", "step", "time"]
                    .map(|name| recorded[name].as_str().map(str::to_owned))
            });
            examples.equal(what, asked, ours);
        }
    }
    // The panels of `panel_rows` are those of `panels`, which are predicted to the last parameter.
    let (cases, mut rows) =
        (read("panels"), Held::new("panel targets that are among the recorded panels"));
    for row in list(&file["panel_rows"]) {
        let case = list(&cases).iter().find(|case| case["case"] == row["case"]).unwrap();
        let got = list(&case["prometheus"]).iter().find(|got| {
            row["grafana"]
                .as_object()
                .unwrap()
                .iter()
                .all(|(name, value)| got["query"][name] == *value)
        });
        rows.equal(text(&row["case"]), got.map(|got| text(&got["path"])), row["path"].as_str());
    }
    vec![examples, rows]
}

/// A prediction in the words of then.
fn as_then(predicted: &grafana::Predicted) -> Value {
    let plan = &predicted.plan;
    json!({
        "start": plan.start_ms, "end": plan.end_ms, "step": plan.step_ms,
        "instant_at": plan.instant_at_ms, "request_interval_ms": plan.request_interval_ms,
        "interval": plan.interval.text, "rate_interval": plan.rate_interval.text,
        "range": plan.range.text, "expr": predicted.expr,
    })
}

/// The two names that were wrong: label values with characters that Go does not print.
pub(crate) fn newest() -> Vec<Held> {
    let file = read("comparison-newest");
    let mut names = Held::new("names that were wrong");
    for difference in list(&file["differences"]["legend"]) {
        let labels = [("x".to_owned(), "a\"b\\c\nd\té\u{a0}€\u{200b}".to_owned())].into();
        let name = monitoring::grafana::legend::display_name("", &labels, "");
        names.equal(text(&difference[0]), Some(text(&difference[1]).to_owned()), name);
    }
    let counted = whole(&file["counts"]["arithmetic"]) as usize;
    let mut counts = Held::new("counts of then");
    counts.equal("arithmetic", counted, list(&read("arithmetic-newest")["cases"]).len());
    let targets = whole(&file["counts"]["panel targets"]) as usize;
    counts.equal("panel targets", targets, list(&read("panels-newest")).len());
    vec![names, counts]
}
