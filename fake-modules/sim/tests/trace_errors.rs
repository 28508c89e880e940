//! What a bad trace is told: file, line, what was expected and what was found.

use std::{
    io::{Cursor, Write as _},
    sync::Arc,
};

use sim::{
    time::Nanos,
    trace::{TraceArrivals, TraceError, TraceOptions, TraceSource, validate},
    traffic::Profile,
};

const HEADER: &str = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
const ROW: &str = "2023-11-16 18:17:03.9799600,4808,10\n";
const OBJECT: &str = "{\"timestamp\": 3, \"input_length\": 1, \"output_length\": 1}\n";

fn source(bytes: impl Into<Vec<u8>>) -> TraceSource {
    let bytes: Arc<[u8]> = bytes.into().into();
    TraceSource::new("bad", move || Ok(Box::new(Cursor::new(Arc::clone(&bytes)))))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

/// The error and its cause, as a reader sees them.
fn message(error: &TraceError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[track_caller]
fn check(bytes: impl Into<Vec<u8>>, expected: &[&str]) {
    let errors = validate(&source(bytes), 100).expect_err("a bad trace");
    assert_eq!(errors.iter().map(message).collect::<Vec<_>>(), expected);
}

#[test]
fn a_csv_without_its_columns_is_refused() {
    for (header, found) in [
        ("TIMESTAMP,ContextTokens", "`TIMESTAMP,ContextTokens`"),
        ("timestamp,contexttokens,generatedtokens", "`timestamp,contexttokens,generatedtokens`"),
        ("2023-11-16 18:17:03.9799600,4808,10", "`2023-11-16 18:17:03.9799600,4808,10`"),
        ("[1, 2]", "`[1, 2]`"),
        (&"x".repeat(500), &format!("`{}…`", "x".repeat(60))),
    ] {
        let expected = "the columns TIMESTAMP,ContextTokens,GeneratedTokens, or a JSON object";
        let message = format!("bad:1: header: expected {expected}, found {found}");
        check(format!("{header}\n{ROW}"), &[&message]);
    }
}

#[test]
fn a_bad_csv_row_is_named() {
    let tokens = "a whole number of tokens from 0 to 2147483647";
    let time = "a time such as 2023-11-16 18:17:03.9799600, from 1970 to 2554";
    for (row, expected) in [
        (
            "2023-11-16 18:17:04,4808",
            "row: expected 3 fields as in the header, found 2 in `2023-11-16 18:17:04,4808`",
        ),
        (
            "2023-11-16 18:17:04,1,2,3",
            "row: expected 3 fields as in the header, found 4 in `2023-11-16 18:17:04,1,2,3`",
        ),
        ("2023-11-16 18:17:04,,3", &format!("ContextTokens: expected {tokens}, found nothing")),
        ("2023-11-16 18:17:04,-5,3", &format!("ContextTokens: expected {tokens}, found `-5`")),
        ("2023-11-16 18:17:04,5,3.5", &format!("GeneratedTokens: expected {tokens}, found `3.5`")),
        (
            "2023-11-16 18:17:04,5,many",
            &format!("GeneratedTokens: expected {tokens}, found `many`"),
        ),
        (
            "2023-11-16 18:17:04,2147483648,1",
            &format!("ContextTokens: expected {tokens}, found `2147483648`"),
        ),
        ("yesterday,5,3", &format!("TIMESTAMP: expected {time}, found `yesterday`")),
        (
            "2023-02-30 18:17:04,5,3",
            &format!("TIMESTAMP: expected {time}, found `2023-02-30 18:17:04`"),
        ),
        (
            "1969-12-31 23:59:59,5,3",
            &format!("TIMESTAMP: expected {time}, found `1969-12-31 23:59:59`"),
        ),
        (
            "9999-01-01 00:00:00,5,3",
            &format!("TIMESTAMP: expected {time}, found `9999-01-01 00:00:00`"),
        ),
        (
            "2023-11-16 18:17:02.4799600,5,3",
            "TIMESTAMP: expected a time not before that of line 2, found one 1.5 s earlier",
        ),
    ] {
        let message = format!("bad:3: {expected}");
        check(format!("{HEADER}{ROW}{row}\n"), &[&message]);
        check(gzip(&format!("{HEADER}{ROW}{row}\r\n")), &[&message]);
    }
}

#[test]
fn a_bad_json_row_is_named() {
    let tokens = "a whole number of tokens from 0 to 2147483647";
    for (row, expected) in [
        (
            "{\"timestamp\": 3",
            "row: expected a JSON object, found `{\"timestamp\": 3`: EOF while parsing an object at byte 15",
        ),
        ("[4, 5, 6, 7]", "row: expected a JSON object, found `[4, 5, 6, 7]`"),
        ("{}", "timestamp: expected seconds, 0 or more, found nothing"),
        ("{\"timestamp\": -1}", "timestamp: expected seconds, 0 or more, found `-1`"),
        ("{\"timestamp\": \"soon\"}", "timestamp: expected seconds, 0 or more, found `\"soon\"`"),
        ("{\"timestamp\": \"NaN\"}", "timestamp: expected seconds, 0 or more, found `\"NaN\"`"),
        ("{\"timestamp\": 1e11}", "timestamp: expected seconds, 0 or more, found `100000000000.0`"),
        ("{\"timestamp\": 4}", &format!("input_length: expected {tokens}, found nothing")),
        (
            "{\"timestamp\": 4, \"input_length\": \"5\"}",
            &format!("input_length: expected {tokens}, found `\"5\"`"),
        ),
        (
            "{\"timestamp\": 4, \"input_length\": 5, \"output_length\": -1}",
            &format!("output_length: expected {tokens}, found `-1`"),
        ),
        (
            "{\"timestamp\": 2.5, \"input_length\": 1, \"output_length\": 1}",
            "timestamp: expected a time not before that of line 1, found one 0.5 s earlier",
        ),
    ] {
        check(format!("{OBJECT}{row}\n"), &[&format!("bad:2: {expected}")]);
    }
}

#[test]
fn bytes_that_are_not_text_are_named() {
    let mut bytes = format!("{HEADER}{ROW}").into_bytes();
    bytes.extend(b"2023\xff,1,2\n");
    check(bytes, &["bad:3: row: expected UTF-8 text, found `2023\u{fffd},1,2\n`"]);
}

#[test]
fn a_line_beyond_the_limit_ends_the_reading() {
    check(
        format!("{HEADER}{}\n{ROW}", "x".repeat(3 << 20)),
        &["bad:2: expected lines of at most 1048576 bytes, found a longer one"],
    );
}

#[test]
fn an_empty_trace_is_refused() {
    let message = "bad: expected at least one row, found none";
    check("", &[message]);
    check("\n\r\n", &[message]);
    check(HEADER, &[message]);
    check(gzip(""), &[message]);
}

#[test]
fn a_file_cut_short_is_found_out_wherever_it_is_cut() {
    let whole = gzip(&format!("{HEADER}{}", ROW.repeat(1000)));
    for cut in [30, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let errors = validate(&source(&whole[..cut]), 100).expect_err("a truncated trace");
        let error = errors.last().expect("at least one error");
        assert!(matches!(error, TraceError::Read { .. }), "{cut}: {error}");
        assert_eq!(
            error.hint(),
            Some("the compressed file is cut short: download it again"),
            "{cut}"
        );
    }
    assert!(validate(&source(whole), 100).is_ok());
}

#[test]
fn damaged_data_are_found_out() {
    let mut bytes = gzip(&format!("{HEADER}{}", ROW.repeat(1000)));
    let last = bytes.len() - 6;
    bytes[last] ^= 1;
    let errors = validate(&source(bytes), 100).expect_err("a wrong checksum");
    assert_eq!(
        errors.last().and_then(TraceError::hint),
        Some("the compressed file is damaged: download it again")
    );
}

#[test]
fn all_errors_are_reported_up_to_the_limit() {
    let rows = format!("{HEADER}{}", "x,1,2\n2023-11-16 18:17:04,1,2\n".repeat(5));
    let lines = |limit| -> Vec<u64> {
        let errors = validate(&source(rows.clone()), limit).expect_err("a bad trace");
        errors
            .iter()
            .map(|error| match error {
                TraceError::Line { line, .. } => *line,
                other => panic!("{other}"),
            })
            .collect()
    };
    assert_eq!(lines(100), [2, 4, 6, 8, 10]);
    assert_eq!(lines(2), [2, 4]);
}

#[test]
fn a_missing_file_is_named() {
    let error = TraceSource::file("/no/such/trace.csv").rows().expect_err("no such file");
    assert_eq!(error.to_string(), "cannot open trace /no/such/trace.csv");
}

const ONCE: TraceOptions = TraceOptions {
    speed: 1.0,
    from: Nanos(0),
    to: None,
    looped: false,
    profile: Profile::Chat,
    seed: 1,
};

#[test]
fn a_replay_ends_at_its_first_error() {
    let rows = format!("{HEADER}{ROW}x,1,2\n{ROW}");
    let mut arrivals = TraceArrivals::open(source(rows), ONCE).expect("a trace that opens");
    assert!(arrivals.next().is_some_and(|first| first.is_ok()));
    assert!(arrivals.next().is_some_and(|second| second.is_err()));
    assert!(arrivals.next().is_none());
}

#[test]
fn a_window_without_rows_is_refused() {
    let options = TraceOptions { from: Nanos::HOUR, to: Some(Nanos(2 * Nanos::HOUR.0)), ..ONCE };
    for looped in [false, true] {
        let options = TraceOptions { looped, ..options };
        let rows = format!("{HEADER}{ROW}");
        let mut arrivals = TraceArrivals::open(source(rows), options).expect("a trace that opens");
        let error = arrivals.next().expect("an answer").expect_err("no row in the window");
        assert_eq!(
            error.to_string(),
            "bad: expected rows from 3600 s on and before 7200 s, found none; the last row is at 0 s"
        );
    }
}
