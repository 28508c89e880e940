//! The bytes of a remote-write request.
//!
//! A `prometheus.WriteRequest` in protobuf, wrapped as one raw snappy block made of a single
//! literal: real compression gains nothing on loopback and costs most of the time.
//! Labels are encoded once per series and copied afterwards. Sizes are computed first, so a body is
//! written into one allocation of exactly its length.
//! Message layout: `prompb/remote.proto` and `prompb/types.proto`; block layout:
//! `format_description.txt` of google/snappy.

// Keys of protobuf fields: number << 3 | wire type (0 varint, 1 eight bytes, 2 length-delimited).
const REQUEST_TIMESERIES: u8 = 1 << 3 | 2;
const SERIES_LABELS: u8 = 1 << 3 | 2;
const SERIES_SAMPLES: u8 = 2 << 3 | 2;
const LABEL_NAME: u8 = 1 << 3 | 2;
const LABEL_VALUE: u8 = 2 << 3 | 2;
const SAMPLE_VALUE: u8 = 1 << 3 | 1;
const SAMPLE_TIMESTAMP: u8 = 2 << 3;
/// The tag of a literal whose length minus one follows in four bytes.
const LITERAL_4: u8 = 63 << 2;

/// A label set as it stands in a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EncodedLabels(Box<[u8]>);

impl EncodedLabels {
    /// Sorts the labels by name, as the protocol demands, and encodes them. `__name__` is one of
    /// them. Labels with an empty value are left out: to Prometheus they do not exist.
    #[must_use]
    pub fn new(labels: &[(&str, &str)]) -> Self {
        let mut labels: Vec<_> = labels.iter().filter(|(_, value)| !value.is_empty()).collect();
        labels.sort_unstable();
        let mut bytes = Vec::new();
        for (name, value) in labels {
            let length = string_size(name) + string_size(value);
            bytes.push(SERIES_LABELS);
            put_varint(&mut bytes, length as u64);
            for (key, text) in [(LABEL_NAME, name), (LABEL_VALUE, value)] {
                bytes.push(key);
                put_varint(&mut bytes, text.len() as u64);
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        Self(bytes.into())
    }

    /// Name and value of every label, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            let mut label = length_delimited(&mut rest)?;
            let name = length_delimited(&mut label)?;
            let value = length_delimited(&mut label)?;
            Some((str::from_utf8(name).ok()?, str::from_utf8(value).ok()?))
        })
    }
}

/// One series' part of a batch.
#[derive(Debug, Clone, Copy)]
pub struct SeriesRef<'a> {
    /// The series' labels.
    pub labels: &'a EncodedLabels,
    /// Milliseconds since the Unix epoch, ascending, each with its value.
    pub samples: &'a [(i64, f64)],
}

/// The body of a request that writes `batch`.
///
/// # Panics
/// If the batch is larger than 4 GiB.
#[must_use]
pub fn encode(batch: &[SeriesRef<'_>]) -> Vec<u8> {
    let sizes: Vec<usize> = batch.iter().map(series_size).collect();
    let message: usize = sizes.iter().map(|size| 1 + varint_size(*size as u64) + size).sum();
    let last = u32::try_from(message).expect("a request is far smaller than 4 GiB").checked_sub(1);
    let mut body = Vec::with_capacity(varint_size(message as u64) + 5 + message);
    put_varint(&mut body, message as u64);
    // The empty message is the empty block.
    let Some(last) = last else { return body };
    body.push(LITERAL_4);
    body.extend_from_slice(&last.to_le_bytes());
    for (series, size) in batch.iter().zip(sizes) {
        body.push(REQUEST_TIMESERIES);
        put_varint(&mut body, size as u64);
        body.extend_from_slice(&series.labels.0);
        for &(at, value) in series.samples {
            put_sample(&mut body, at, value);
        }
    }
    body
}

fn series_size(series: &SeriesRef<'_>) -> usize {
    let samples = series.samples.iter().map(|(at, _)| 2 + sample_size(*at)).sum::<usize>();
    series.labels.0.len() + samples
}

/// The size of a sample message; at most 20, so its length takes one byte.
fn sample_size(at: i64) -> usize {
    1 + 8 + 1 + varint_size(at.cast_unsigned())
}

fn put_sample(body: &mut Vec<u8>, at: i64, value: f64) {
    // Assembled on the stack: one bounds check per sample instead of one per field.
    let mut bytes = [0_u8; 2 + 20];
    bytes[0] = SERIES_SAMPLES;
    bytes[2] = SAMPLE_VALUE;
    bytes[3..11].copy_from_slice(&value.to_bits().to_le_bytes());
    bytes[11] = SAMPLE_TIMESTAMP;
    let mut end = 12;
    let mut rest = at.cast_unsigned();
    while rest >= 0x80 {
        bytes[end] = (rest as u8) | 0x80;
        rest >>= 7;
        end += 1;
    }
    bytes[end] = rest as u8;
    bytes[1] = (end - 1) as u8;
    body.extend_from_slice(&bytes[..=end]);
}

fn string_size(text: &str) -> usize {
    1 + varint_size(text.len() as u64) + text.len()
}

fn varint_size(number: u64) -> usize {
    // Seven bits to a byte; zero takes one.
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

/// The next field of `bytes`, which stand as [`EncodedLabels::new`] puts them.
fn length_delimited<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (_key, mut rest) = bytes.split_first()?;
    let mut length = 0;
    for shift in (0..).step_by(7) {
        let (byte, after) = rest.split_first()?;
        length |= usize::from(byte & 0x7f) << shift;
        rest = after;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (field, after) = rest.split_at_checked(length)?;
    *bytes = after;
    Some(field)
}

fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number as u8) | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests;
