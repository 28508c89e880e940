//! Claims about [`RateCurve`] and its inverse.

use super::*;
use crate::traffic::Profile;

const S: Nanos = Nanos::SECOND;

fn seconds(s: f64) -> Nanos {
    Nanos::from_secs_f64(s)
}

#[track_caller]
fn close(value: f64, expected: f64) {
    assert!(
        (value - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{value} is not {expected}"
    );
}

fn mixed() -> RateCurve {
    RateCurve::from_phases(&[
        (Phase::Constant { rate: 2.0 }, seconds(100.0)),
        (Phase::Ramp { from: 2.0, to: 10.0 }, seconds(50.0)),
        (Phase::Stop, seconds(30.0)),
        (Phase::Ramp { from: 4.0, to: 0.0 }, seconds(20.0)),
    ])
    .expect("valid phases")
}

#[test]
fn phases_follow_each_other() {
    let curve = mixed();
    assert_eq!(curve.end(), seconds(200.0));
    close(curve.rate_at(seconds(99.0)), 2.0);
    close(curve.rate_at(seconds(125.0)), 6.0);
    close(curve.rate_at(seconds(150.0)), 0.0);
    close(curve.rate_at(seconds(180.0)), 4.0);
    close(curve.rate_at(seconds(200.0)), 0.0);
    close(curve.total(), 200.0 + 300.0 + 40.0);
    close(curve.expected_before(seconds(125.0)), 200.0 + 100.0);
    close(curve.expected_before(seconds(170.0)), 500.0);
    close(curve.expected_before(seconds(1e6)), 540.0);
}

#[test]
fn the_inverse_undoes_the_integral() {
    let curve = mixed();
    let mut times = curve.clone().into_times();
    let mut last = Nanos(0);
    for i in 0..5_400 {
        let count = f64::from(i) / 10.0;
        let at = times.at_count(count).expect("within the total");
        assert!(last <= at);
        assert!((curve.expected_before(at) - count).abs() < 1e-7, "{count}");
        last = at;
    }
    assert_eq!(times.at_count(540.1), None);
}

#[test]
fn nothing_arrives_while_the_rate_is_zero() {
    let mut times = mixed().into_times();
    assert_eq!(times.at_count(500.0), Some(seconds(150.0)));
    assert!(times.at_count(500.000_001).is_some_and(|at| seconds(180.0) <= at));
}

#[test]
fn a_burst_multiplies_its_window_only() {
    let curve = mixed().with_burst(3.0, seconds(90.0), seconds(20.0)).expect("a valid factor");
    close(curve.rate_at(seconds(89.9)), 2.0);
    close(curve.rate_at(seconds(90.0)), 6.0);
    close(curve.rate_at(seconds(105.0)), 3.0 * 2.8);
    close(curve.rate_at(seconds(110.0)), 3.6);
    close(curve.total(), 540.0 + 2.0 * (2.0 * 10.0 + (2.0 + 3.6) / 2.0 * 10.0));
    close(mixed().with_burst(2.0, Nanos(0), seconds(1e6)).expect("a valid factor").total(), 1080.0);
    assert_eq!(mixed().with_burst(2.0, seconds(300.0), S), Ok(mixed()));
}

#[test]
fn a_stop_silences_its_window_only() {
    let curve = mixed().with_burst(0.0, seconds(10.0), seconds(5.0)).unwrap();
    close(curve.rate_at(seconds(12.0)), 0.0);
    close(curve.total(), 530.0);
    close(curve.rate_at(seconds(15.0)), 2.0);
}

#[test]
fn a_whole_day_has_its_mean_wherever_it_starts() {
    for start_hour in [0.0, 7.25, 12.0, 23.9] {
        for profile in Profile::ALL {
            let day = Phase::Diurnal { mean: 3.0, profile, start_hour };
            let curve =
                RateCurve::from_phases(&[(day, Nanos(24 * Nanos::HOUR.0))]).expect("a valid day");
            // The curve is cut at its start, so its corners are those of the day.
            assert!(
                (curve.total() / (3.0 * 86_400.0) - 1.0).abs() < 1e-9,
                "{profile} from {start_hour}"
            );
            let noon = Nanos::from_secs_f64((36.5 - start_hour) % 24.0 * 3600.0);
            assert!(
                (curve.rate_at(noon) / 3.0 - profile.parameters().hourly_factors[12]).abs() < 1e-6
            );
        }
    }
}

#[test]
fn points_may_start_late() {
    let curve =
        RateCurve::from_points(&[(seconds(5.0), 1.0), (seconds(7.0), 1.0)]).expect("valid points");
    close(curve.rate_at(S), 0.0);
    close(curve.total(), 2.0);
    assert_eq!(curve.into_times().at_count(0.5), Some(seconds(5.5)));
}

#[test]
fn an_empty_curve_has_no_arrivals() {
    let curve = RateCurve::from_points(&[]).expect("no point is wrong");
    assert_eq!((curve.end(), curve.rate_at(S), curve.total()), (Nanos(0), 0.0, 0.0));
    assert_eq!(curve.into_times().at_count(0.0), None);
}

#[test]
fn impossible_curves_are_refused() {
    let message = |curve: Result<RateCurve, RateCurveError>| {
        curve.expect_err("an impossible curve").to_string()
    };
    assert_eq!(
        message(RateCurve::constant(-1.0, S)),
        "expected a rate of 0 or more at 0 s, found -1"
    );
    assert_eq!(
        message(RateCurve::from_points(&[(S, 1.0), (Nanos(0), 1.0)])),
        "expected points in order of time, found 0 s after 1 s"
    );
    assert_eq!(
        message(mixed().with_burst(f64::NAN, S, S)),
        "expected a rate of 0 or more at 1 s, found NaN"
    );
    let day = Phase::Diurnal { mean: 1.0, profile: Profile::Chat, start_hour: 25.0 };
    assert_eq!(
        message(RateCurve::from_phases(&[(day, S)])),
        "expected an hour of the day from 0 to 24, found 25"
    );
}

#[test]
fn a_line_that_falls_to_zero_never_passes_it() {
    // Lengths and rates whose quotients do not round evenly.
    for length in 1..2_000u64 {
        let length = Nanos(length * 1_234_567);
        let ramp = Phase::Ramp { from: 0.1 * length.as_secs_f64().sqrt(), to: 0.0 };
        let curve = RateCurve::from_phases(&[(ramp, length)]).expect("a valid ramp");
        assert!(0.0 <= curve.rate_before(length));
        assert!(curve.with_burst(3.0, Nanos(0), length).is_ok());
    }
}
