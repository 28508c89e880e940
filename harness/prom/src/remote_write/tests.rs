//! Reads encoded requests back with an independent decoder and the snap crate.

use proptest::prelude::*;

use super::{EncodedLabels, SeriesRef, encode};
use crate::staleness;

type Decoded = (Vec<(String, String)>, Vec<(i64, u64)>);

/// One protobuf field: its number and either its varint, its eight bytes or its content.
enum Field<'a> {
    Varint(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut bytes)),
            1 => Field::Fixed(u64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let length = varint(&mut bytes) as usize;
                Field::Bytes(take(&mut bytes, length))
            }
            other => panic!("wire type {other}"),
        };
        found.push((key >> 3, field));
    }
    found
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = take(bytes, 1)[0];
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return number;
        }
    }
}

fn decode(body: &[u8]) -> Vec<Decoded> {
    let message = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    let mut decoded = Vec::new();
    for (number, field) in fields(&message) {
        let (1, Field::Bytes(series)) = (number, field) else { panic!("field {number}") };
        let (mut labels, mut samples) = (Vec::new(), Vec::new());
        for (number, field) in fields(series) {
            let Field::Bytes(inner) = field else { panic!("field {number}") };
            match (number, fields(inner).as_slice()) {
                (1, [(1, Field::Bytes(name)), (2, Field::Bytes(value))]) => {
                    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                    labels.push((text(name), text(value)));
                }
                (2, [(1, Field::Fixed(bits)), (2, Field::Varint(at))]) => {
                    samples.push((at.cast_signed(), *bits));
                }
                _ => panic!("field {number}"),
            }
        }
        decoded.push((labels, samples));
    }
    decoded
}

#[test]
fn labels_are_sorted_and_empty_ones_left_out() {
    let labels = EncodedLabels::new(&[("b", "2"), ("__name__", "up"), ("a", "1"), ("c", "")]);
    let body = encode(&[SeriesRef { labels: &labels, samples: &[(7, 1.5)] }]);
    let expected = [("__name__", "up"), ("a", "1"), ("b", "2")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    assert_eq!(decode(&body), [(expected, vec![(7, 1.5_f64.to_bits())])]);
}

#[test]
fn the_empty_batch_is_the_empty_message() {
    assert_eq!(decode(&encode(&[])), []);
}

#[test]
fn stale_markers_keep_their_bits() {
    let labels = EncodedLabels::new(&[("__name__", "up")]);
    let body =
        encode(&[SeriesRef { labels: &labels, samples: &[(1, staleness::MARKER), (2, f64::NAN)] }]);
    let [(_, samples)] = &decode(&body)[..] else { panic!("one series") };
    assert_eq!(samples, &[(1, 0x7ff0_0000_0000_0002), (2, f64::NAN.to_bits())]);
}

#[test]
fn encoded_labels_tell_what_they_were_made_of() {
    // Lengths of one byte, of two and of three.
    let long = ["b".repeat(127), "c".repeat(128), "\u{e4}".repeat(9_000)];
    let labels = EncodedLabels::new(&[
        ("__name__", "up"),
        ("z", &long[0]),
        ("y", &long[1]),
        ("x", &long[2]),
        ("w", ""),
    ]);
    let expected = [("__name__", "up"), ("x", &long[2]), ("y", &long[1]), ("z", &long[0])];
    assert_eq!(labels.iter().collect::<Vec<_>>(), expected);
    assert_eq!(EncodedLabels::new(&[]).iter().next(), None);
    assert_eq!(EncodedLabels::new(&expected), labels);
}

fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,40}"
}

proptest! {
    #[test]
    fn every_batch_is_read_back(
        batch in prop::collection::vec(
            (
                prop::collection::btree_map(name(), "\\PC{1,200}", 0..6),
                prop::collection::vec((any::<i64>(), any::<u64>()), 0..40),
            ),
            1..20,
        )
    ) {
        let owned: Vec<(EncodedLabels, Vec<(i64, f64)>)> = batch
            .iter()
            .map(|(labels, samples)| {
                let labels: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                let samples = samples.iter().map(|(at, bits)| (*at, f64::from_bits(*bits)));
                (EncodedLabels::new(&labels), samples.collect())
            })
            .collect();
        for ((labels, _), (encoded, _)) in batch.iter().zip(&owned) {
            let read: Vec<_> = encoded.iter().collect();
            let given: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            prop_assert_eq!(read, given);
        }
        let refs: Vec<_> =
            owned.iter().map(|(labels, samples)| SeriesRef { labels, samples }).collect();
        let body = encode(&refs);
        prop_assert_eq!(body.len(), body.capacity());
        let expected: Vec<Decoded> = batch
            .into_iter()
            .map(|(labels, samples)| (labels.into_iter().collect(), samples))
            .collect();
        prop_assert_eq!(decode(&body), expected);
    }
}
