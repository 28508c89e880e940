//! The plots of what held: minimum and maximum per column as bytes, deflated, drawn by the page when somebody looks.
//!
//! The blob is the length of a JSON text (four bytes, big endian), that text (a list of [`Plot`]s), and the bytes of all
//! curves: for each curve four rows of a byte for each column (shown least and greatest, permitted least and greatest),
//! 0 to 250 between `low` and `high` of its plot, 255 where there is nothing.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::DeflateEncoder};
use proof::verify::picture::{Column, Picture, Span};
use serde::Serialize;
use truth::fact::words::pairs;

/// Steps between the lowest and the highest value of a plot.
const STEPS: f32 = 250.0;
const NOTHING: u8 = 255;

/// A plot in the blob.
#[derive(Debug, Serialize)]
struct Plot {
    /// Milliseconds since the story's start.
    from: i64,
    to: i64,
    low: f32,
    high: f32,
    columns: usize,
    names: Vec<String>,
    /// Series without a curve.
    more: usize,
}

/// The plots of a page, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Plots {
    plots: Vec<Plot>,
    bytes: Vec<u8>,
}

impl Plots {
    /// Adds a picture of a story that began at `epoch_ms`; its number on the page.
    pub(super) fn add(&mut self, picture: &Picture, epoch_ms: i64) -> usize {
        let columns = || picture.curves.iter().flat_map(|curve| &curve.columns);
        let seen = columns().filter_map(|column| column.shown.or(column.real));
        let (low, high) =
            seen.fold((0.0_f32, 0.0_f32), |(low, high), span| (low.min(span.0), high.max(span.1)));
        let high = if low < high { high } else { low + 1.0 };
        for curve in &picture.curves {
            let mut row = |of: fn(&Column) -> Option<Span>, greatest: bool| {
                self.bytes.extend(curve.columns.iter().map(|column| {
                    of(column).map_or(NOTHING, |span| {
                        let value = if greatest { span.1 } else { span.0 };
                        ((value - low) / (high - low) * STEPS).round().clamp(0.0, STEPS) as u8
                    })
                }));
            };
            row(|column| column.shown, false);
            row(|column| column.shown, true);
            row(|column| column.real, false);
            row(|column| column.real, true);
        }
        self.plots.push(Plot {
            from: picture.from_ms - epoch_ms,
            to: picture.to_ms - epoch_ms,
            low,
            high,
            columns: picture.curves.first().map_or(0, |curve| curve.columns.len()),
            names: picture.curves.iter().map(|curve| pairs(&curve.labels)).collect(),
            more: picture.n_left_out,
        });
        self.plots.len() - 1
    }

    /// All plots as base64 of deflated bytes.
    pub(super) fn blob(&self) -> String {
        let json = serde_json::to_vec(&self.plots).expect("numbers and texts are JSON");
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
        let length = u32::try_from(json.len()).expect("a page is smaller than 4 GB").to_be_bytes();
        let written =
            [&length[..], &json, &self.bytes].iter().try_for_each(|part| deflated.write_all(part));
        let bytes = written.and_then(|()| deflated.finish()).expect("memory can be written to");
        STANDARD.encode(bytes)
    }
}
