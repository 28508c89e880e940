//! Where random expressions end: selectors, windows, numbers; and what is known of every expression's values.

use sim::rng::Rng;

/// How far two engines that add elements in different orders may differ in an expression's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exactness {
    /// Not at all, and neither in sums of them.
    Whole,
    /// Not at all, but sums of them round.
    Exact,
    /// In the last bits: comparing, rounding or dividing by them would make that a visible difference.
    Rough,
}

/// Which labels an expression's elements have, the name aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    None,
    Module,
    Instance,
    Operation,
}

/// An expression, or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) text: String,
    pub(crate) exactness: Exactness,
    /// Instants, whose sums lose digits that their differences would show.
    pub(crate) is_large: bool,
}

impl Made {
    pub(crate) fn new(text: String, exactness: Exactness) -> Made {
        Made { text, exactness, is_large: false }
    }
}

impl Shape {
    /// Its labels.
    pub(crate) fn labels(self) -> &'static [&'static str] {
        &["m", "i", "op"][..self as usize]
    }
}

/// One of several.
pub(crate) fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.below(of.len() as u64) as usize]
}

/// A selector without an offset.
pub(crate) fn selector(rng: &mut Rng, shape: Shape) -> Made {
    use Exactness::{Exact, Whole};
    if rng.chance(0.04) {
        // Several names: functions that drop them meet the same labels twice.
        let text = match shape {
            Shape::None | Shape::Module => "{__name__=~\"low|high\"}",
            Shape::Instance => "{__name__=~\"[cd]_total\",op=\"\"}",
            Shape::Operation => "{__name__=~\"e_.+\"}",
        };
        return Made::new(text.to_owned(), Whole);
    }
    let (name, exactness) = match shape {
        Shape::None | Shape::Module => {
            pick(rng, &[("low", Whole), ("low", Whole), ("high", Whole), ("odd", Whole)])
        }
        Shape::Instance => pick(
            rng,
            &[
                ("c_total", Whole),
                ("d_total", Whole),
                ("g", Whole),
                ("k", Whole),
                ("u_total", Exact),
                ("f", Exact),
            ],
        ),
        Shape::Operation => ("e_total", Whole),
    };
    let mut matchers = Vec::new();
    if rng.chance(0.2) {
        matchers.push(pick(rng, &["m!=\"c\"", "m=~\"a|b\"", "m!~\"b|x.*\"", "m=\"a\""]));
    }
    if shape == Shape::Instance && rng.chance(0.1) {
        matchers.push(pick(rng, &["i=\"0\"", "i=~\"[1-9]\"", "nothing=\"\""]));
    }
    let text = if rng.chance(0.1) {
        let named = format!("__name__=\"{name}\"");
        let all: Vec<&str> = std::iter::once(named.as_str()).chain(matchers).collect();
        format!("{{{}}}", all.join(","))
    } else if matchers.is_empty() {
        name.to_owned()
    } else {
        format!("{name}{{{}}}", matchers.join(","))
    };
    Made::new(text, exactness)
}

/// Mostly none; into the past and into the future.
pub(crate) fn offset(rng: &mut Rng) -> &'static str {
    if rng.chance(0.7) {
        return "";
    }
    pick(rng, &[" offset 1m", " offset 5m", " offset 17s", " offset -45s", " offset -3m"])
}

/// Multiples of the scrape interval, whose edges meet samples, and others.
pub(crate) fn window(rng: &mut Rng) -> &'static str {
    pick(rng, &["30s", "1m", "90s", "2m", "5m", "10m", "47s", "75s", "1500ms", "30m"])
}

/// A selector as it stands, with an offset.
pub(crate) fn instant(rng: &mut Rng, shape: Shape) -> Made {
    let mut made = selector(rng, shape);
    made.text += offset(rng);
    made
}

/// A function of a window.
pub(crate) fn range(rng: &mut Rng, function: &str, shape: Shape) -> Made {
    let mut made = selector(rng, shape);
    made.exactness = match function {
        "rate" | "increase" | "avg_over_time" => Exactness::Exact,
        "changes" | "resets" | "count_over_time" | "present_over_time" => Exactness::Whole,
        _ => made.exactness,
    };
    made.text = format!("{function}({}[{}]{})", made.text, window(rng), offset(rng));
    made
}

/// A number: mostly one that the series reach.
pub(crate) fn number(rng: &mut Rng) -> Made {
    use Exactness::{Exact, Whole};
    let (text, exactness) = match rng.below(12) {
        0 => pick(rng, &[("0.1", Exact), ("NaN", Whole), ("Inf", Whole), ("-Inf", Whole)]),
        1 => pick(rng, &[("1e3", Whole), ("100", Whole), ("0x10", Whole)]),
        _ => pick(rng, &["0", "1", "-1", "2", "0.5", "3", "-0.25"].map(|text| (text, Whole))),
    };
    Made::new(text.to_owned(), exactness)
}

/// Buckets from which quantiles have the labels of `shape`.
pub(crate) fn buckets(rng: &mut Rng, shape: Shape) -> String {
    let window = window(rng);
    let of = pick(rng, &["h_bucket", "rate(h_bucket[W])", "increase(h_bucket[W])"]);
    let of = of.replace('W', window);
    match shape {
        Shape::None => format!("sum by (le) ({of})"),
        Shape::Module => match rng.below(3) {
            0 => format!("sum by (m, le) ({of})"),
            1 => format!("sum without (i) ({of})"),
            _ => format!("max by (m, le) ({of})"),
        },
        Shape::Instance | Shape::Operation => of,
    }
}
