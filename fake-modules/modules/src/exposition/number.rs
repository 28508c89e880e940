//! Sample values as text: the same bits come back from any correct parser of floats.
//!
//! Called for every series of every text exposition. Whole numbers are written as such, without exponent.

/// Appends `value` as both text formats write it.
pub(super) fn write(value: f64, out: &mut Vec<u8>) {
    // Saturates where `value` does not fit, which the comparison then notices.
    let whole = value as i64;
    // Negative zero compares equal to 0 but is not.
    if whole as f64 == value && (whole != 0 || value.is_sign_positive()) {
        out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    } else if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        let text = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(value: f64) -> String {
        let mut out = Vec::new();
        write(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_written_as_prometheus_reads_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0.0"),
            (1.0, "1"),
            (-3.0, "-3"),
            (0.25, "0.25"),
            (1e15, "1000000000000000"),
            (1e18, "1000000000000000000"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    proptest! {
        #[test]
        fn every_float_comes_back_bit_for_bit(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            let back: f64 = text(value).trim_start_matches('+').parse().unwrap();
            prop_assert_eq!(back.to_bits(), bits);
        }

        #[test]
        fn every_nanosecond_sum_comes_back_bit_for_bit(nanos in 0_u64..1 << 60) {
            let value = nanos as f64 / 1e9;
            prop_assert_eq!(text(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }
}
