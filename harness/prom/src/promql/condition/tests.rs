//! What alert expressions are taken apart into.

use super::*;

fn operands(expression: &str) -> Vec<(String, &'static str, f64, bool)> {
    let condition = Condition::of(expression).unwrap();
    let of = |o: &Operand| (o.name.clone(), o.relation.symbol(), o.value, o.decides);
    condition.operands.iter().map(of).collect()
}

fn asked(expression: &str) -> Vec<String> {
    Condition::of(expression).unwrap().asked
}

#[test]
fn the_only_constant_is_the_threshold() {
    assert_eq!(operands("up{m!=\"\"} == 0"), [("threshold".into(), "==", 0.0, true)]);
    assert_eq!(operands("0.8 * 2000 < a"), [("threshold".into(), ">", 1600.0, true)]);
    assert_eq!(asked("sum by (m) (rate(x[5m])) / 2 > 3"), ["sum by (m) (rate(x[5m])) / 2"]);
}

#[test]
fn several_constants_are_named_by_metric_or_number() {
    let guarded = "a:ratio > 0.1 and on (p) a:rate > 0.05";
    let expected = [("a:ratio".into(), ">", 0.1, true), ("a:rate".into(), ">", 0.05, false)];
    assert_eq!(operands(guarded), expected);
    assert_eq!(asked(guarded), ["a:ratio", "a:rate"]);
    let names: Vec<String> = operands("a > 1 or a < 0 or b > 2").into_iter().map(|o| o.0).collect();
    assert_eq!(names, ["1", "2", "b"]);
}

#[test]
fn a_factor_of_a_vector_is_a_constant_too() {
    let condition = Condition::of("(a > on (m) (14.4 * b)) and on (m) c >= 50").unwrap();
    assert_eq!(condition.asked, ["a", "b", "c"]);
    let [factor, guard] = condition.operands.as_slice() else { panic!("two operands") };
    assert_eq!((factor.value, factor.against.as_deref()), (14.4, Some("b")));
    assert_eq!((guard.value, guard.decides), (50.0, false));
}

#[test]
fn what_is_inside_stays_inside() {
    for whole in [
        "vector(1)",
        "sum(rate(a[5m])) / (sum(rate(b[5m])) > 0.05)",
        "a > bool 1",
        "a > on (m) group_left () b",
        "count(up == 0)",
    ] {
        let condition = Condition::of(whole).unwrap();
        assert_eq!(condition.asked, [whole], "{whole}");
        assert_eq!(condition.decision, Decision::Ask(0), "{whole}");
    }
    let inner = "a / (b > 0.02) > 0.05";
    assert_eq!(asked(inner), ["a / (b > 0.02)"]);
    assert_eq!(operands(inner).len(), 1);
}
