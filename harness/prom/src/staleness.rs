//! The value by which Prometheus says that a series has ended.
//!
//! Written by whoever plays a scenario into an engine, read by the oracle. It must not know either of them.

/// The bit pattern of the marker (`model/value/value.go`, `StaleNaN`).
const BITS: u64 = 0x7ff0_0000_0000_0002;

/// The staleness marker: a NaN of its own, which arithmetic need not keep.
pub const MARKER: f64 = f64::from_bits(BITS);

/// Whether `value` is the staleness marker; an ordinary NaN is not.
#[must_use]
pub fn is_marker(value: f64) -> bool {
    value.to_bits() == BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marker_is_the_marker() {
        assert!(is_marker(MARKER) && MARKER.is_nan());
        assert!(!is_marker(f64::NAN) && !is_marker(0.0));
    }
}
