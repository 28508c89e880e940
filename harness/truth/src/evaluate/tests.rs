//! Samples by hand; real engines judge the whole in `harness/tests/evaluate`.

use sim::rng::{Rng, Stream};

use super::{agreement::compare, *};
use prom::{
    remote_write::{EncodedLabels, SeriesRef},
    staleness,
};

use crate::oracle::{Era, SampleWindow};

const ERAS: [Era; 3] = [Era::UpTo2_50, Era::From2_51, Era::From3_0];

/// Labels and samples.
type Series<'a> = (&'a [(&'a str, &'a str)], &'a [(i64, f64)]);

fn store(era: Era, series: &[Series<'_>]) -> Store {
    let mut store = Store::new(era);
    for (labels, samples) in series {
        let labels = EncodedLabels::new(labels);
        store.append(&SeriesRef { labels: &labels, samples }).unwrap();
    }
    store.seal();
    store
}

fn every(interval_ms: i64, first_ms: i64, last_ms: i64) -> Evaluations {
    Evaluations { first_ms, last_ms, interval_ms }
}

fn evaluated(store: &mut Store, expression: &str, evaluations: Evaluations) -> Vec<Row> {
    evaluate(&Plain::of(expression).unwrap(), store, evaluations).unwrap()
}

/// The values of the only element.
fn only(store: &mut Store, expression: &str, evaluations: Evaluations) -> Vec<Option<f64>> {
    let mut found = evaluated(store, expression, evaluations);
    assert_eq!(found.len(), 1, "{expression}");
    found.remove(0).values
}

const X: &[(&str, &str)] = &[("__name__", "x")];

#[test]
fn a_staleness_marker_hides_a_series_until_its_next_sample() {
    let samples = [(0, 1.0), (60_000, staleness::MARKER), (120_000, 2.0), (180_000, f64::NAN)];
    let mut store = store(Era::From3_0, &[(X, &samples)]);
    let at = every(30_000, 0, 150_000);
    let (one, two) = (Some(1.0), Some(2.0));
    assert_eq!(only(&mut store, "x", at), [one, one, None, None, two, two]);
    // A window reads the samples beside it.
    let count = only(&mut store, "count_over_time(x[5m])", at);
    assert_eq!(count, [one, one, one, one, two, two]);
    assert!(only(&mut store, "x", every(1, 180_000, 180_000))[0].is_some_and(f64::is_nan));
}

#[test]
fn a_sample_is_too_old_after_five_minutes_at_the_edge_of_each_era() {
    for (era, at_the_edge) in [(Era::UpTo2_50, Some(1.0)), (Era::From3_0, None)] {
        let mut store = store(era, &[(X, &[(0, 1.0)])]);
        let shown = only(&mut store, "x", every(1, 299_999, 300_001));
        assert_eq!(shown, [Some(1.0), at_the_edge, None], "{era:?}");
    }
}

#[test]
fn rates_have_the_bits_of_the_oracle_across_resets_and_markers() {
    const STREAM: Stream = Stream::named("rates by hand");
    let mut rng = Rng::new(1, STREAM);
    let (mut samples, mut value) = (Vec::new(), 0.0_f64);
    for nth in 0..200 {
        value = match rng.below(12) {
            0 => 0.0,
            1 => value.next_down(),
            2 => value,
            _ => value + rng.unit(),
        };
        let shown = if rng.chance(0.05) { staleness::MARKER } else { value };
        samples.push((nth * 15_000, shown));
    }
    let (instants, values): (Vec<i64>, Vec<f64>) = samples.iter().copied().unzip();
    let at = every(15_000, 0, 3_200_000);
    for era in ERAS {
        let mut store = store(era, &[(X, &samples)]);
        for window_ms in [30_000, 47_000, 300_000] {
            let rate = only(&mut store, &format!("rate(x[{window_ms}ms])"), at);
            let increase = only(&mut store, &format!("increase(x[{window_ms}ms])"), at);
            for (nth, end) in at.instants().enumerate() {
                let span = (end - window_ms, end);
                let read = SampleWindow::of_series(era, span, &instants, &values);
                let bits = |value: Option<f64>| value.map(f64::to_bits);
                let expected = read.map(|(window, first, delta)| window.rate(first, delta));
                assert_eq!(bits(rate[nth]), bits(expected), "{era:?} at {end}");
                let expected = read.map(|(window, first, delta)| window.increase(first, delta));
                assert_eq!(bits(increase[nth]), bits(expected), "{era:?} at {end}");
            }
        }
    }
}

#[test]
fn samples_must_come_in_the_order_of_time() {
    let labels = EncodedLabels::new(X);
    let mut store = Store::new(Era::From3_0);
    let mut append = |samples: &[(i64, f64)]| store.append(&SeriesRef { labels: &labels, samples });
    assert_eq!(append(&[(10, 1.0), (20, staleness::MARKER)]), Ok(0));
    // A marker counts as a sample.
    for refused in [&[(20, 2.0)][..], &[(15, 2.0)], &[(30, 2.0), (30, 3.0)]] {
        let error = append(refused).unwrap_err();
        assert!(error.to_string().starts_with("samples of x are not"), "{error}");
    }
    assert_eq!(append(&[(40, 2.0)]), Ok(0));
    store.seal();
    assert!(store.append(&SeriesRef { labels: &labels, samples: &[(50, 1.0)] }).is_err());
    assert_eq!(store.labels(0).metric_name(), Some("x"));
}

#[test]
fn a_planted_difference_is_found() {
    let y = [("__name__", "x"), ("m", "y")];
    let mut store = store(Era::From3_0, &[(X, &[(0, 3.0)]), (&y, &[(0, 5.0)])]);
    let (plain, at) = (Plain::of("x").unwrap(), every(30_000, 0, 330_000));
    let theirs = evaluate(&plain, &mut store, at).unwrap();
    assert_eq!(compare(&plain, &mut store, at, &theirs), Ok(None));

    let mut found = |change: &dyn Fn(&mut Vec<Row>)| {
        let mut changed = theirs.clone();
        change(&mut changed);
        let found = compare(&plain, &mut store, at, &changed).unwrap();
        found.map(|found| (found.labels.to_string(), found.at_ms, found.theirs, found.ours))
    };
    let (x, xy) = ("x".to_owned(), "x{m=\"y\"}".to_owned());
    assert_eq!(found(&|rows| rows[0].values[2] = Some(3.0 + 1e-10)), None);
    let value = (x.clone(), 60_000, Some(3.0 + 1e-8), Some(3.0));
    assert_eq!(found(&|rows| rows[0].values[2] = Some(3.0 + 1e-8)), Some(value));
    let gone = (xy.clone(), 30_000, None, Some(5.0));
    assert_eq!(found(&|rows| rows[1].values[1] = None), Some(gone));
    let appeared = (xy.clone(), 330_000, Some(5.0), None);
    assert_eq!(found(&|rows| rows[1].values[11] = Some(5.0)), Some(appeared));
    let other = "x{m=\"z\"}".to_owned();
    let renamed = |rows: &mut Vec<Row>| {
        let labels = [("__name__", "x"), ("m", "z")];
        rows[1].labels = Arc::new(labels.into_iter().collect());
    };
    assert_eq!(found(&renamed), Some((xy, 0, None, Some(5.0))));
    let more = |rows: &mut Vec<Row>| {
        rows.push(Row { values: theirs[0].values.clone(), ..rows[1].clone() });
        rows[2].labels = Arc::new([("__name__", "x"), ("m", "z")].into_iter().collect());
    };
    assert_eq!(found(&more), Some((other, 0, Some(3.0), None)));
}

#[test]
fn a_quantile_whose_rank_meets_a_count_may_fall_on_either_side() {
    let counts = [("1", 1.0), ("2", 1.0), ("3", 2.0), ("+Inf", 2.0)];
    let mut store = Store::new(Era::From3_0);
    for (le, count) in counts {
        let labels = EncodedLabels::new(&[("__name__", "h_bucket"), ("le", le)]);
        store.append(&SeriesRef { labels: &labels, samples: &[(0, count)] }).unwrap();
    }
    store.seal();
    let (plain, at) = (Plain::of("histogram_quantile(0.5, h_bucket)").unwrap(), every(1, 0, 0));
    let mut differs = |value| {
        let theirs = [Row { labels: Arc::default(), values: vec![Some(value)] }];
        compare(&plain, &mut store, at, &theirs).unwrap().is_some()
    };
    assert_eq!([0.99, 1.0, 2.0, 2.01].map(&mut differs), [true, false, false, true]);
}

#[test]
fn an_infinite_bound_wins_over_what_is_no_number() {
    let cases = [
        (f64::NAN, f64::INFINITY, f64::INFINITY),
        (f64::NAN, 1.0, f64::NAN),
        (1.0, f64::NAN, f64::NAN),
        (2.0, 1.0, 2.0),
    ];
    for (one, other, expected) in cases {
        for found in [greater(one, other), greater(other, one)] {
            assert!(found == expected || found.is_nan() && expected.is_nan(), "{one} {other}");
        }
    }
    assert!(greater(-0.0, 0.0).is_sign_positive() && greater(0.0, -0.0).is_sign_positive());
    // Clamping from above is the same, upside down.
    assert_eq!(apply(MapFunction::ClampMax(f64::NEG_INFINITY), f64::NAN), f64::NEG_INFINITY);
    assert_eq!(apply(MapFunction::ClampMax(1.0), 2.0), 1.0);
}

#[test]
fn means_do_not_overflow_where_sums_do() {
    let large = f64::MAX / 2.0;
    let samples = [(0, large), (1, large), (2, large), (3, large)];
    for era in ERAS {
        let mut store = store(era, &[(X, &samples)]);
        let at = every(1, 3, 3);
        let found = only(&mut store, "avg_over_time(x[1s])", at)[0].unwrap();
        assert!((found / large - 1.0).abs() < 1e-15, "{era:?}: {found}");
        assert_eq!(only(&mut store, "sum_over_time(x[1s])", at), [Some(f64::INFINITY)]);
    }
}
