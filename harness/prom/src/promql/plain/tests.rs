//! What is plain and what is not.

use super::*;

#[test]
fn what_is_not_plain_is_left_to_prometheus() {
    let table = [
        "max_over_time(x[5m:1m])",
        "max_over_time(rate(x[1m])[5m:])",
        "x @ 1767571200",
        "x @ start()",
        "rate(x[5m] @ end())",
        "topk(3, x)",
        "bottomk(3, x)",
        "quantile(0.9, x)",
        "count_values(\"v\", x)",
        "stddev(x)",
        "stdvar by (m) (x)",
        "x ^ 2",
        "2 ^ 2",
        "x atan2 y",
        "deriv(x[5m])",
        "predict_linear(x[5m], 60)",
        "delta(x[5m])",
        "irate(x[5m])",
        "idelta(x[5m])",
        "quantile_over_time(0.5, x[5m])",
        "stddev_over_time(x[5m])",
        "absent_over_time(x[5m])",
        "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
        "label_join(x, \"a\", \",\", \"b\")",
        "sort(x)",
        "round(x)",
        "clamp(x, 0, 1)",
        "clamp_min(x, scalar(y))",
        "exp(x)",
        "ln(x)",
        "day_of_week()",
        "hour(x)",
        "timestamp(x + 1)",
        "timestamp(sum(x))",
        "histogram_quantile(scalar(y), x)",
        "histogram_quantile(1 - 0.5, x)",
        "x[5m]",
        "\"text\"",
        "x + on (__name__) y",
        "x and ignoring (__name__) y",
        // One such part within suffices.
        "sum(rate(x[5m])) > 0 and topk(1, y)",
        "absent(x @ 0)",
        "-(x ^ 2)",
        "vector(scalar(deriv(x[5m])))",
        // No PromQL at all.
        "x +",
        "rate(x)",
    ];
    for expression in table {
        assert!(Plain::of(expression).is_none(), "{expression}");
    }
}

#[test]
fn what_is_plain_is_taken() {
    let table = [
        "1",
        "-1",
        "x",
        "+x",
        "((x))",
        "{__name__=~\"a|b\"}",
        "rate((x[5m]))",
        "timestamp((x))",
        "clamp_min(x, -(1))",
        "histogram_quantile((0.9), x)",
        "x offset -1m",
        "absent(x)",
        "sum without () (x)",
        "x > bool y",
        "x / on () group_left (a, b) y",
        "x or y and z unless w",
    ];
    for expression in table {
        assert!(Plain::of(expression).is_some(), "{expression}");
    }
}

#[test]
fn whatever_a_value_is_made_of_is_below_it() {
    fn all(expr: &Expr) -> usize {
        1 + below(expr).into_iter().map(all).sum::<usize>()
    }
    for (expression, n) in [
        ("histogram_quantile(0.9, x)", 2),
        ("sum(abs(-histogram_quantile(0.9, x)))", 5),
        ("y or x > scalar(sum(rate(x[5m])))", 7),
        ("absent(vector(1) + timestamp(x) * time())", 7),
    ] {
        assert_eq!(Plain::of(expression).map(|plain| all(plain.expr())), Some(n), "{expression}");
    }
}

#[test]
fn absent_takes_over_the_labels_that_are_asked_for_once() {
    let table: [(&str, &[(&str, &str)]); 7] = [
        ("absent(x{a=\"1\", b=\"2\"})", &[("a", "1"), ("b", "2")]),
        ("absent((x{a=\"1\"}))", &[("a", "1")]),
        ("absent(x{a=\"1\", a=~\"1|2\"})", &[]),
        ("absent(x{a=~\"1|2\", a=\"1\"})", &[("a", "1")]),
        ("absent(x{a=\"1\", a=\"1\", b=\"2\"})", &[("b", "2")]),
        ("absent(x{a=\"\"})", &[]),
        ("absent(sum(x{a=\"1\"}))", &[]),
    ];
    for (expression, expected) in table {
        let Ok(Expr::Call(call)) = Expr::parse(expression) else { panic!("{expression}") };
        let Some(Function::Absent(_, labels)) = Function::of(&call) else { panic!("{expression}") };
        let labels: Vec<_> = labels.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(labels, expected, "{expression}");
    }
}
