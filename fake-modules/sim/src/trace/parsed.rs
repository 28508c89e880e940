//! What a line of any format says.
//!
//! Formats make it, rows check it; it must not know either.

use crate::time::Nanos;

/// What a line says, before its place in time is checked.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Since an origin of the format's own.
    pub(super) time: Nanos,
    pub(super) time_name: &'static str,
    pub(super) input_tokens: u32,
    pub(super) output_tokens: u32,
    pub(super) session: Option<u64>,
}
