//! Answers as Prometheus and others write them.

use super::{Envelope, QueryData};
use prom::series::{Labels, Value};

fn read(json: &str) -> Result<Value, String> {
    let frame: Envelope<QueryData> = serde_json::from_str(json).map_err(|e| e.to_string())?;
    frame.data.ok_or("no data")?.into_value()
}

#[test]
fn numbers_that_json_lacks_are_read() {
    let json = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"b":"2","a":"1"},"values":[[1.001,"NaN"],[2,"+Inf"],[3.5,"-Inf"],[4,"1e+06"]]}
    ]}}"#;
    let Ok(Value::Matrix(series)) = read(json) else { panic!("a matrix") };
    assert_eq!(series[0].labels, [("a", "1"), ("b", "2")].into_iter().collect::<Labels>());
    let [nan, rest @ ..] = &series[0].points[..] else { panic!("four points") };
    assert!(nan.0 == 1001 && nan.1.is_nan());
    assert_eq!(rest, [(2000, f64::INFINITY), (3500, f64::NEG_INFINITY), (4000, 1e6)]);
}

#[test]
fn scalars_and_vectors_are_told_apart_whatever_the_order_of_keys() {
    let scalar =
        r#"{"data":{"result":[1700000000.123,"2"],"resultType":"scalar"},"status":"success"}"#;
    assert_eq!(read(scalar), Ok(Value::Scalar { at: 1_700_000_000_123, value: 2.0 }));
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"value":[10,"0.5"],"metric":{}}]}}"#;
    let Ok(Value::Vector(samples)) = read(vector) else { panic!("a vector") };
    assert_eq!((samples[0].at, samples[0].value), (10_000, 0.5));
}

#[test]
fn what_cannot_be_represented_is_refused_rather_than_dropped() {
    let histogram = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{},"histogram":[1,{"count":"1"}]}]}}"#;
    assert!(read(histogram).unwrap_err().contains("native histograms"));
    let string = r#"{"status":"success","data":{"resultType":"string","result":[1,"x"]}}"#;
    assert!(read(string).unwrap_err().contains("string"));
    let torn = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{}}]}}"#;
    assert!(read(torn).unwrap_err().contains("shape"));
}

#[test]
fn unknown_keys_and_remarks_are_accepted() {
    let json = r#"{"status":"success","isPartial":false,"stats":{"seriesFetched":"0"},
        "data":{"resultType":"vector","result":[]},"warnings":["w"],"infos":["i"]}"#;
    let frame: Envelope<QueryData> = serde_json::from_str(json).unwrap();
    assert_eq!((frame.warnings, frame.infos), (vec!["w".to_owned()], vec!["i".to_owned()]));
}
