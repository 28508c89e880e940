//! Our tree prints and types every expression as the parser's does.

use super::*;

const EXPRESSIONS: [&str; 72] = [
    "1",
    "-(1)",
    "+up",
    "1e9",
    "1e-9",
    "Inf",
    "-Inf",
    "NaN",
    "\"a\\\"b\\\\c\\n\\t\"",
    "up",
    "{__name__=~\"a|b\"}",
    "{\"a.b\", x=\"1\"}",
    "a{\"x.y\"=\"1\"}",
    "a{b=\"2\",a!=\"1\",c=~\"x{y}z\",d!~\".+\"}",
    "{job=\"x\" or job=\"y\", z=\"1\"}",
    "a offset 5m",
    "a offset -5m",
    "a @ 1600000000",
    "a @ 1600000000.123 offset 5m",
    "a @ start()",
    "rate(a[5m] @ end() offset -1d)",
    "rate(a[25h])",
    "rate(a[8d])",
    "rate(a[1y2w])",
    "rate(a[1w])",
    "rate(a[1500ms])",
    "max_over_time((sum without (x) (a))[1h:1m])",
    "max_over_time(rate(a[5m])[1h:] @ start() offset 5m)",
    "sum(a)",
    "sum by () (a)",
    "sum without () (a)",
    "sum(a) by (x, y)",
    "min by (x) (a)",
    "max by (x) (a)",
    "avg without (x) (rate(a[5m]))",
    "count(a)",
    "group(a)",
    "stddev(a)",
    "stdvar(a)",
    "topk(3, a)",
    "bottomk by (x) (2, a)",
    "quantile(0.9, a)",
    "count_values(\"v\", a)",
    "limitk(2, a)",
    "limit_ratio(0.5, a)",
    "histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m])))",
    "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")",
    "scalar(a)",
    "vector(time())",
    "pi()",
    "a + b - c * d / e % f ^ g",
    "a atan2 b",
    "-a ^ 2",
    "(a + b) * c",
    "a - on (x) b",
    "a * ignoring (x) b",
    "a / ignoring () b",
    "a / on () group_left (y, z) b",
    "a * on (x) group_right () b",
    "a > 1",
    "a >= bool 1",
    "1 < bool 2",
    "a <= on (x) b",
    "a == b",
    "a != bool on (x) group_left () b",
    "a and b",
    "a or ignoring (x) b",
    "a unless on () b > 0",
    "a + fill (0) b",
    "a + on (x) fill_left (1) b",
    "a + on (x) fill_left (1) fill_right (2) b",
    "time() - timestamp(a)",
];

#[test]
fn what_is_printed_and_typed_is_what_the_parser_prints_and_types() {
    for text in EXPRESSIONS {
        let parsed = theirs::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let ours = parse(text).unwrap();
        assert_eq!(ours.to_string(), parsed.to_string(), "{text}");
        assert_eq!(ours.value_type(), value_type(parsed.value_type()), "{text}");
    }
}

#[test]
fn what_is_printed_parses_to_the_same_tree() {
    for text in EXPRESSIONS.into_iter().filter(|text| *text != "NaN") {
        let tree = parse(text).unwrap();
        let again = parse(&tree.to_string()).unwrap_or_else(|error| panic!("{tree}: {error}"));
        // `+Inf` and `by ()` are written in more than one way.
        assert_eq!(again.to_string(), tree.to_string(), "{text}");
        let parts = |tree: &Expr| tree.all().len();
        assert_eq!(parts(&again), parts(&tree), "{text}");
    }
}

#[test]
fn a_part_is_put_in_the_place_of_another() {
    let tree = parse("a / topk(3, sum(rate(b[5m])))").unwrap();
    let put = |nth| tree.with_child(nth, Expr::Number(1.0)).to_string();
    assert_eq!(put(0), "1 / topk(3, sum(rate(b[5m])))");
    assert_eq!(put(1), "a / 1");
    let parts: Vec<String> = tree.all().into_iter().map(ToString::to_string).collect();
    let below = ["a", "topk(3, sum(rate(b[5m])))", "3", "sum(rate(b[5m]))", "rate(b[5m])", "b[5m]"];
    assert_eq!(parts[1..], below);
}
