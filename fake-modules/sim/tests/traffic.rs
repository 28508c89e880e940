//! Generated traffic: order, amount, determinism, independence of streams, bounded state.

use proptest::prelude::*;
use sim::{
    time::Nanos,
    traffic::{Arrival, Arrivals, Phase, Profile, RateCurve, stats},
};

fn steady(rate: f64, seconds: f64) -> RateCurve {
    RateCurve::constant(rate, Nanos::from_secs_f64(seconds)).expect("a valid rate")
}

/// FNV-1a over every field of the arrivals.
fn fingerprint(arrivals: impl Iterator<Item = Arrival>) -> u64 {
    let fields = |a: Arrival| {
        let tokens = [a.input_tokens, a.output_tokens, a.cached_input_tokens].map(u64::from);
        [a.at.0, u64::from(a.tenant)].into_iter().chain(tokens)
    };
    arrivals
        .flat_map(fields)
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

#[test]
fn a_seed_gives_the_same_arrivals_for_ever() {
    let day = |profile| {
        let phase = Phase::Diurnal { mean: 5.0, profile, start_hour: 9.0 };
        RateCurve::from_phases(&[(phase, Nanos(24 * Nanos::HOUR.0))]).expect("a valid day")
    };
    let found = Profile::ALL.map(|profile| {
        let arrivals = Arrivals::new(profile, day(profile), 7).take(10_000);
        (profile, fingerprint(arrivals))
    });
    let expected = [
        (Profile::Chat, 0xbbb0_5a9f_7c36_ad00),
        (Profile::Code, 0xbe92_6a95_bf8b_5fb4),
        (Profile::Api, 0x1852_e679_49ce_f8b9),
        (Profile::Rag, 0x2d9c_0269_e444_2159),
        (Profile::Agent, 0xfee7_cf24_e0e1_32ce),
    ];
    // A change here changes what every scenario with this traffic shows: say so in the changelog.
    assert_eq!(found, expected);
}

#[test]
fn another_seed_gives_other_arrivals() {
    for profile in Profile::ALL {
        let first = |seed| Arrivals::new(profile, steady(5.0, 1e5), seed).take(100);
        assert_eq!(fingerprint(first(1)), fingerprint(first(1)), "{profile}");
        assert_ne!(fingerprint(first(1)), fingerprint(first(2)), "{profile}");
    }
}

#[test]
fn the_rate_changes_instants_only() {
    for profile in Profile::ALL {
        let slow = Arrivals::new(profile, steady(1.0, 1e6), 3);
        let fast = Arrivals::new(profile, steady(8.0, 1e6), 3);
        for (slow, fast) in slow.zip(fast).take(5_000) {
            assert!(slow.at.0.abs_diff(8 * fast.at.0) <= 8, "{profile}: {slow:?} {fast:?}");
            assert_eq!(Arrival { at: slow.at, ..fast }, slow, "{profile}");
        }
    }
}

#[test]
fn every_field_is_within_its_range() {
    for profile in Profile::ALL {
        for a in Arrivals::new(profile, steady(10.0, 1e4), 5) {
            assert!(a.tenant < profile.parameters().tenants, "{profile}: {a:?}");
            assert!(0 < a.input_tokens && 0 < a.output_tokens, "{profile}: {a:?}");
            assert!(a.cached_input_tokens <= a.input_tokens, "{profile}: {a:?}");
        }
    }
}

#[test]
fn tokens_and_cached_tokens_have_the_measured_means() {
    // Means of the traces, in workload order; agent output is 677 when drawn from its quantiles.
    for (profile, input, output) in [
        (Profile::Chat, 1155.0, 211.0),
        (Profile::Code, 2048.0, 27.9),
        (Profile::Api, 914.0, 155.0),
        (Profile::Rag, 2944.0, 283.0),
        (Profile::Agent, 252_000.0, 649.0),
    ] {
        let (mut n, mut inputs, mut outputs, mut cached) = (0.0, 0.0, 0.0, 0.0);
        for a in Arrivals::new(profile, steady(10.0, 2e4), 5) {
            n += 1.0;
            inputs += f64::from(a.input_tokens);
            outputs += f64::from(a.output_tokens);
            cached += f64::from(a.cached_input_tokens);
        }
        println!(
            "{profile}: {:.0} in ({input}), {:.1} out ({output}), {:.3} cached",
            inputs / n,
            outputs / n,
            cached / inputs
        );
        assert!((inputs / n / input - 1.0).abs() < 0.1, "{profile}: {}", inputs / n);
        assert!((outputs / n / output - 1.0).abs() < 0.3, "{profile}: {}", outputs / n);
        let share = profile.parameters().prompt_cache_token_share;
        assert!((cached / inputs - share).abs() < 0.01, "{profile}: {}", cached / inputs);
    }
}

#[test]
fn tenants_share_requests_by_zipf() {
    for profile in Profile::ALL {
        let parameters = profile.parameters();
        let mut seen = vec![0u32; usize::from(parameters.tenants)];
        let mut n = 0.0;
        for a in Arrivals::new(profile, steady(10.0, 1e5), 5) {
            seen[usize::from(a.tenant)] += 1;
            n += 1.0;
        }
        let weights: f64 = (1..=parameters.tenants).map(|k| f64::from(k).powf(-1.2)).sum();
        let share = f64::from(seen[0]) / n;
        println!("{profile}: busiest tenant {share:.3}, by Zipf {:.3}", 1.0 / weights);
        assert!((share * weights - 1.0).abs() < 0.05, "{profile}: {share}");
        assert!(seen.iter().all(|&requests| 0 < requests), "{profile}: {seen:?}");
    }
}

#[test]
fn each_api_tenant_is_bursty() {
    let mut busiest = Vec::new();
    for a in Arrivals::new(Profile::Api, steady(20.0, 2e4), 5).filter(|a| a.tenant == 0) {
        busiest.push(a.at);
    }
    let variation = stats::gap_variation(&busiest);
    assert!((variation - 2.2).abs() < 0.1, "{variation}");
}

#[test]
fn agent_calls_follow_their_session() {
    // At the reference rate a session waits 28.8 s between calls, and calls come in chains,
    // which makes their number over minutes more uneven than independent calls would be.
    let parameters = Profile::Agent.parameters();
    let end = 2e5;
    let times: Vec<Nanos> = Arrivals::new(Profile::Agent, steady(parameters.default_rate, end), 5)
        .map(|a| a.at)
        .collect();
    let over = |seconds| {
        stats::dispersion(
            &times,
            Nanos::from_secs_f64(seconds),
            Nanos(0),
            Nanos::from_secs_f64(end),
        )
    };
    assert!(over(1.0) < 1.2, "{}", over(1.0));
    assert!(10.0 < over(600.0), "{}", over(600.0));
}

#[test]
fn state_does_not_grow_with_requests() {
    for profile in Profile::ALL {
        // What is printed is everything that a generator keeps, its tables included.
        let mut arrivals = Arrivals::new(profile, steady(100.0, 1e6), 5);
        let size_after = |arrivals: &mut Arrivals, n| {
            arrivals.take(n).for_each(drop);
            format!("{arrivals:?}").len() as f64
        };
        let early = size_after(&mut arrivals, 1_000);
        let late = size_after(&mut arrivals, 1_000_000);
        assert!(late < 1.05 * early, "{profile}: {early} to {late} bytes");
    }
}

fn phases() -> impl Strategy<Value = Vec<(Phase, Nanos)>> {
    let rate = || prop_oneof![Just(0.0), 0.0..50.0];
    let phase = prop_oneof![
        rate().prop_map(|rate| Phase::Constant { rate }),
        (rate(), rate()).prop_map(|(from, to)| Phase::Ramp { from, to }),
        (rate(), 0usize..5, 0.0..24.0).prop_map(|(mean, profile, start_hour)| Phase::Diurnal {
            mean,
            profile: Profile::ALL[profile],
            start_hour
        }),
        Just(Phase::Stop),
    ];
    let length = (0u64..2_000_000_000_000).prop_map(Nanos);
    prop::collection::vec((phase, length), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arrivals_are_in_order_and_as_many_as_the_curve_says(
        phases in phases(),
        burst in (0.0..10.0, 0u64..4_000_000_000_000, 0u64..1_000_000_000_000),
        profile in 0usize..5,
        seed in any::<u64>(),
    ) {
        let profile = Profile::ALL[profile];
        let curve = RateCurve::from_phases(&phases)
            .and_then(|curve| curve.with_burst(burst.0, Nanos(burst.1), Nanos(burst.2)))
            .expect("valid phases");
        let mut last = Nanos(0);
        let mut n = 0.0;
        for arrival in Arrivals::new(profile, curve.clone(), seed) {
            prop_assert!(last <= arrival.at && arrival.at <= curve.end());
            prop_assert!(0.0 < curve.rate_at(arrival.at) || 0.0 < curve.rate_at(Nanos(arrival.at.0.saturating_sub(1))));
            last = arrival.at;
            n += 1.0;
        }
        // Six standard deviations at the dispersion of the burstiest process, and one burst.
        let allowed = 6.0 * (400.0 * curve.total()).sqrt() + 500.0;
        prop_assert!((n - curve.total()).abs() < allowed, "{} for {}", n, curve.total());
    }

    #[test]
    fn the_integral_is_undone_by_the_inverse(phases in phases(), steps in 2u32..200) {
        let curve = RateCurve::from_phases(&phases).expect("valid phases");
        let mut times = curve.clone().into_times();
        for step in 0..steps {
            let count = curve.total() * f64::from(step) / f64::from(steps);
            let at = times.at_count(count).expect("within the total");
            // An instant is a whole nanosecond; near a rate of 0 the square root keeps half the digits.
            prop_assert!((curve.expected_before(at) - count).abs() < 1e-6 * (1.0 + count));
        }
    }
}
