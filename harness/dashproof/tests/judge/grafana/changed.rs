//! Each recorded answer with one thing changed must be red.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::{LEFT_OUT, recorded::Recorded};

/// A change of the first frame of a query; false where there is nothing to change.
type Change = fn(&mut Value) -> bool;

const CHANGES: [(&str, Change); 6] = [
    ("another value", |frames| {
        let values = frames[0]["data"]["values"][1].as_array_mut();
        let value =
            values.and_then(|values| values.iter_mut().rev().find(|value| value.is_number()));
        value.is_some_and(|value| {
            let number = value.as_f64().unwrap_or_default();
            *value = json!(number * 1.0001 + 0.0001);
            true
        })
    }),
    ("another name", |frames| {
        let name = &mut frames[0]["schema"]["fields"][1]["config"]["displayNameFromDS"];
        *name = json!("somebody else");
        true
    }),
    ("another step", |frames| {
        let words = &mut frames[0]["schema"]["meta"]["executedQueryString"];
        let before = words.as_str().unwrap_or_default().to_owned();
        let expr = before.split("\nStep:").next().unwrap_or_default();
        *words = json!(format!("{expr}\nStep: 7s"));
        before.contains("Step")
    }),
    ("a series less", |frames| {
        frames
            .as_array_mut()
            .is_some_and(|frames| !frames.drain(..1).collect::<Vec<_>>().is_empty())
    }),
    ("a series more", |frames| {
        let mut more = frames[0].clone();
        more["schema"]["fields"][1]["labels"] = json!({"module": "nobody"});
        frames.as_array_mut().is_some_and(|frames| {
            frames.push(more);
            true
        })
    }),
    ("a point earlier", |frames| {
        let times = frames[0]["data"]["values"][0].as_array_mut();
        times.and_then(|times| times.last_mut()).is_some_and(|time| {
            *time = json!(time.as_i64().unwrap_or_default() - 1_000);
            true
        })
    }),
];

pub(super) fn every_change_is_red() -> Result<(), Failed> {
    let recorded = Recorded::read()?;
    let (mut made, mut green) = ([0_usize; CHANGES.len()], Vec::new());
    for case in recorded.cases().filter(|case| !case.name().ends_with(LEFT_OUT)) {
        let queries = case.answer()["results"].as_object().expect("results by query");
        for (ref_id, answered) in queries {
            if answered["frames"].as_array().is_none_or(Vec::is_empty) {
                continue;
            }
            for (nth, (what, change)) in CHANGES.iter().enumerate() {
                let mut answer = case.answer().clone();
                if !change(&mut answer["results"][ref_id]["frames"]) {
                    continue;
                }
                made[nth] += 1;
                if recorded.judge(&case, &answer).is_ok() {
                    green.push(format!("{} {ref_id}: {what}", case.name()));
                }
            }
        }
    }
    if !green.is_empty() {
        return Err(format!("{} changes are not noticed: {green:#?}", green.len()).into());
    }
    let answers = made[0];
    if made.iter().any(|n| *n != answers) || answers < 200 {
        return Err(format!("changes made: {made:?}").into());
    }
    Ok(())
}
