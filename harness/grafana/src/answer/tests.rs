//! Answers that hold, and answers that contradict themselves.

use super::*;

fn frame(values: &str) -> String {
    let fields =
        r#"[{"name":"Time","type":"time"},{"name":"Value","type":"number","labels":{"a":"1"}}]"#;
    format!(
        r#"{{"results":{{"A":{{"frames":[{{"schema":{{"fields":{fields}}},"data":{values}}}]}}}}}}"#
    )
}

fn shown(values: &str) -> Result<Vec<Shown>, AnswerError> {
    Answers::read(200, &frame(values)).unwrap().0["A"].shown("A")
}

#[test]
fn a_null_is_no_value_unless_it_is_named() {
    let points = r#"{"values":[[1,2,3,4,5],[null,null,null,null,1.5]],
        "entities":[null,{"NaN":[1],"Inf":[2],"NegInf":[3]}]}"#;
    let found = &shown(points).unwrap()[0];
    let (at, values): (Vec<i64>, Vec<f64>) = found.points.iter().copied().unzip();
    assert_eq!(at, [2, 3, 4, 5], "the first is none");
    assert!(values[0].is_nan());
    assert_eq!(values[1..], [f64::INFINITY, f64::NEG_INFINITY, 1.5]);
}

#[test]
fn a_frame_that_contradicts_itself_is_an_error() {
    let table = [
        (r#"{"values":[[1,2],[1]]}"#, "as long as"),
        (r#"{"values":[[1]]}"#, "as many columns"),
        (r#"{"values":[[1.5],[1]]}"#, "no whole number"),
        (r#"{"values":[[1],["x"]]}"#, "is no number"),
        (r#"{"values":[[1],[1]],"nanos":[[7],null]}"#, "fractions of a millisecond"),
        (r#"{"values":[[1],[1]],"entities":[null,{"NaN":[0]}]}"#, "is a number"),
        (r#"{"values":[[1],[null]],"entities":[null,{"NaN":[1]}]}"#, "not there"),
    ];
    for (values, words) in table {
        let error = shown(values).unwrap_err().to_string();
        assert!(error.starts_with("a frame of query A") && error.contains(words), "{error}");
    }
}

#[test]
fn one_broken_target_leaves_the_others_their_frames() {
    let both = frame(r#"{"values":[[1],[2]]}"#).replacen(
        "\"A\":",
        "\"B\":{\"error\":\"bad_data: x\"},\"A\":",
        1,
    );
    for status in [400, 207] {
        let answers = Answers::read(status, &both).unwrap();
        assert_eq!(answers.0["B"].error.as_deref(), Some("bad_data: x"));
        assert_eq!(answers.0["A"].shown("A").unwrap()[0].points, [(1, 2.0)]);
    }
}

#[test]
fn an_empty_instant_may_have_no_frames() {
    let answers = Answers::read(200, r#"{"results":{"A":{"status":200}}}"#).unwrap();
    assert_eq!(answers.0["A"].shown("A"), Ok(Vec::new()));
}

#[test]
fn what_holds_no_results_is_an_error_with_the_servers_words() {
    let text =
        r#"{"message":"An error occurred within the plugin","messageId":"plugin.downstreamError"}"#;
    assert_eq!(
        Answers::read(500, text).unwrap_err().to_string(),
        "Grafana answered 500: An error occurred within the plugin (plugin.downstreamError)"
    );
    for text in ["<html>", "{}", ""] {
        assert!(matches!(Answers::read(200, text), Err(AnswerError::Foreign { .. })), "{text}");
    }
}
