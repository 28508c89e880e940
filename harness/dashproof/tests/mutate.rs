//! Mutants of the queries that the shipped panels ask, and of single constructs.

use std::collections::{BTreeMap, BTreeSet};

use prom::promql::Expr;
use rules::mutate::{Mutant, MutantKind, MutateError, MutationContext, mutants};

use panels::{PANELS, contract, interpolated};

use testkit::panels;

fn of_kind(mutants: &[Mutant], kind: MutantKind) -> Vec<&str> {
    mutants.iter().filter(|mutant| mutant.kind == kind).map(|mutant| mutant.expr.as_str()).collect()
}

#[test]
fn mutants_of_every_panel_are_valid_distinct_and_different() {
    let mut total = 0;
    println!("{:<34} {:>5} {:>5}  kinds", "panel", "all", "equiv");
    for (panel, expr) in PANELS {
        let mutants = mutants(expr, &contract()).unwrap();
        let original = Expr::parse(&interpolated(expr)).unwrap().to_string();
        let (mut texts, mut words) = (BTreeSet::from([original]), BTreeSet::new());
        let mut kinds: BTreeMap<MutantKind, usize> = BTreeMap::new();
        for mutant in &mutants {
            let asked = interpolated(&mutant.expr);
            assert!(!asked.contains('$'), "{panel}: {} is not interpolated", mutant.expr);
            let parsed =
                Expr::parse(&asked).unwrap_or_else(|error| panic!("{panel}: {asked}: {error}"));
            assert!(texts.insert(parsed.to_string()), "{panel}: {} is there twice", mutant.expr);
            assert!(words.insert(&mutant.description), "{panel}: {} twice", mutant.description);
            *kinds.entry(mutant.kind).or_default() += 1;
        }
        let equivalent = mutants.iter().filter(|mutant| mutant.equivalent.is_some()).count();
        let kinds: Vec<String> =
            kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        println!("{panel:<34} {:>5} {equivalent:>5}  {}", mutants.len(), kinds.join(", "));
        assert!(mutants.len() >= 12, "{panel}: only {} mutants", mutants.len());
        total += mutants.len();
    }
    println!("{total} mutants of {} queries", PANELS.len());
}

#[test]
fn mutants_are_the_same_every_time() {
    for (_, expr) in PANELS {
        assert_eq!(mutants(expr, &contract()), mutants(expr, &contract()));
    }
}

#[test]
fn error_rate_has_every_mistake_that_applies() {
    let expr = "sum by (provider) (rate(llm_provider_requests_total{status=\"error\"}[$__rate_interval])) \
                / (sum by (provider) (rate(llm_provider_requests_total[$__rate_interval])) > 0)";
    let mutants = mutants(expr, &contract()).unwrap();
    let descriptions: Vec<String> =
        mutants.iter().map(|mutant| format!("{}: {}", mutant.kind, mutant.description)).collect();
    for expected in [
        "operands: operands of / swapped",
        "aggregation: left of /: sum becomes max",
        "aggregation: left of /: sum becomes min",
        "aggregation: right of /: sum becomes avg",
        "aggregation: right of /: sum becomes count",
        "grouping: right of /: grouping by (provider) lost",
        "grouping: right of /: label model added to by",
        "grouping: left of /: label module added to by",
        "grouping: left of /: label status added to by",
        "function: left of /: rate becomes irate",
        "function: right of /: rate becomes increase",
        "window: left of /: window $__rate_interval doubled: 2m",
        "window: left of /: window $__rate_interval halved: 30s",
        "window: right of /: window $__rate_interval fixed: 5m",
        "matcher: left of /: matcher status=\"error\" dropped",
        "matcher: left of /: matcher status=\"error\" negated: status!=\"error\"",
        "matcher: left of /: matcher status=\"error\" becomes status=\"success\"",
        "offset: right of /: offset 5m added",
        "filter: right of /: `> 0` dropped",
        "factor: answer multiplied by 1.01",
        "factor: answer multiplied by 60",
        "factor: answer multiplied by 1000",
    ] {
        assert!(
            descriptions.contains(&expected.to_owned()),
            "{expected} is not in {descriptions:#?}"
        );
    }
    assert!(mutants.iter().all(|mutant| mutant.equivalent.is_none()));
}

#[test]
fn window_alone_is_written_out() {
    let mutants =
        mutants("rate(x[$__rate_interval]) / rate(y[$__rate_interval])", &contract()).unwrap();
    assert_eq!(
        of_kind(&mutants, MutantKind::Window),
        [
            "rate(x[2m]) / rate(y[$__rate_interval])",
            "rate(x[30s]) / rate(y[$__rate_interval])",
            "rate(x[5m]) / rate(y[$__rate_interval])",
            "rate(x[$__rate_interval]) / rate(y[2m])",
            "rate(x[$__rate_interval]) / rate(y[30s])",
            "rate(x[$__rate_interval]) / rate(y[5m])",
        ]
    );
    let fixed = self::mutants("rate(x[5m])", &contract()).unwrap();
    assert_eq!(of_kind(&fixed, MutantKind::Window), ["rate(x[10m])", "rate(x[2m30s])"]);
}

#[test]
fn swapped_operands_keep_their_grouping() {
    let mutants = mutants("a * 2 / b - c", &MutationContext::default()).unwrap();
    assert_eq!(of_kind(&mutants, MutantKind::Operands), ["c - (a * 2 / b)", "b / (a * 2) - c"]);
}

#[test]
fn scale_within_a_quantile_is_equivalent() {
    let expr = "histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m]) * 60))";
    let mutants = mutants(expr, &MutationContext::default()).unwrap();
    let equivalent: Vec<&str> = mutants
        .iter()
        .filter(|mutant| mutant.equivalent.is_some())
        .map(|mutant| mutant.expr.as_str())
        .collect();
    assert_eq!(
        equivalent,
        [
            "histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))",
            "histogram_quantile(0.95, sum by (le) (increase(x_bucket[5m]) * 60))",
        ]
    );
    let plain = self::mutants("sum(rate(x[5m])) * 60", &MutationContext::default()).unwrap();
    assert!(plain.iter().all(|mutant| mutant.equivalent.is_none()));
}

#[test]
fn aggregating_single_series_is_equivalent() {
    let equivalent = |expr: &str| {
        let mutants = mutants(expr, &MutationContext::default()).unwrap();
        let outer =
            mutants.into_iter().filter(|mutant| mutant.kind == MutantKind::Aggregation).take(4);
        outer.filter(|mutant| mutant.equivalent.is_some()).count()
    };
    assert_eq!(equivalent("sum by (a, b) (max by (a) (x))"), 3, "count differs");
    assert_eq!(equivalent("sum by (a) (max by (a, b) (x))"), 0);
    assert_eq!(equivalent("sum(max(x))"), 3);
    assert_eq!(equivalent("sum by (a) (topk by (a) (3, x))"), 0);
}

#[test]
fn health_loses_branches_matching_and_constants() {
    let expr =
        "min by (module) (up{module!=\"\"}) or on (module) (0 * module:slo_error_budget:ratio - 1)";
    let mutants = mutants(expr, &contract()).unwrap();
    assert_eq!(
        of_kind(&mutants, MutantKind::Branch),
        ["min by (module) (up{module!=\"\"})", "(0 * module:slo_error_budget:ratio - 1)"]
    );
    assert_eq!(
        of_kind(&mutants, MutantKind::Matching),
        [
            "min by (module) (up{module!=\"\"}) or (0 * module:slo_error_budget:ratio - 1)",
            "min by (module) (up{module!=\"\"}) or ignoring (module) (0 * module:slo_error_budget:ratio - 1)",
            "min by (module) (up{module!=\"\"}) or on () (0 * module:slo_error_budget:ratio - 1)",
        ]
    );
    let factors = of_kind(&mutants, MutantKind::Factor);
    assert!(factors.contains(
        &"min by (module) (up{module!=\"\"}) or on (module) (0 * module:slo_error_budget:ratio)"
    ));
    assert!(factors.contains(
        &"min by (module) (up{module!=\"\"}) or on (module) (module:slo_error_budget:ratio - 1)"
    ));
}

#[test]
fn alternatives_of_a_regex_are_forgotten_one_by_one() {
    let mutants =
        mutants("sum(x{a=~\"(b|c|d)_total\", e!~\"f|g\"})", &MutationContext::default()).unwrap();
    let matchers = of_kind(&mutants, MutantKind::Matcher);
    for expected in ["(c|d)_total", "(b|d)_total", "(b|c)_total", "e!~\"g\"", "e!~\"f\""] {
        assert!(matchers.iter().any(|expr| expr.contains(expected)), "{expected} in {matchers:?}");
    }
}

#[test]
fn every_kind_of_variable_is_put_back() {
    let variables = [
        ("__range_s", "3600"),
        ("__interval", "15s"),
        ("q", "0.95"),
        ("metric", "some_metric"),
        ("provider", "openai"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let context = MutationContext { variables, ..MutationContext::default() };
    let expr = "quantile($q, increase(${metric}{provider=~\"$provider\", a='$x'}[${__range_s}s] offset $__interval) / $__range_s)";
    let mutants = mutants(expr, &context).unwrap();
    let scaled = &mutants[mutants.len() - 1];
    assert_eq!(
        scaled.expr,
        "(quantile($q, increase(${metric}{a=\"$x\",provider=~\"$provider\"}[${__range_s}s] offset $__interval) / $__range_s)) * 1000"
    );
    let windows = of_kind(&mutants, MutantKind::Window);
    assert!(windows[0].contains("[2h]"), "{windows:?}");
}

#[test]
fn unknown_variables_and_bad_queries_are_errors() {
    let error = mutants("rate(x[$__rate_interval])", &MutationContext::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no value is known for the variable $__rate_interval in `rate(x[$__rate_interval])`; add it to the variables"
    );
    let error = mutants("rate(x[5m]", &MutationContext::default()).unwrap_err();
    assert!(matches!(&error, MutateError::Syntax { expr, .. } if expr == "rate(x[5m]"), "{error}");
}

#[test]
fn a_matcher_on_both_sides_of_a_match_by_its_label_is_needed_once() {
    let equivalents = |expr: &str| {
        let all = mutants(expr, &contract()).unwrap();
        let marked = all.into_iter().filter(|mutant| mutant.equivalent.is_some());
        marked.map(|mutant| mutant.description).collect::<Vec<_>>()
    };
    let ratio = |by: &str, left: &str, right: &str| {
        format!(
            "sum{by} (rate(llm_provider_requests_total{{{left}}}[5m])) / (sum{by} (rate(llm_provider_requests_total{{{right}}}[5m])) > 0)"
        )
    };
    let p = "provider=~\"a|b\"";
    assert_eq!(
        equivalents(&ratio(" by (provider)", &format!("status=\"error\", {p}"), p)),
        [format!("left of /: matcher {p} dropped"), format!("right of /: matcher {p} dropped")],
    );
    assert!(equivalents(&ratio("", p, p)).is_empty(), "the label is not kept");
    assert!(equivalents(&ratio(" by (model)", p, p)).is_empty(), "another label is kept");
    let another = "provider=~\"a|c\"";
    assert!(equivalents(&ratio(" by (provider)", p, another)).is_empty(), "another matcher");
    let or = ratio(" by (provider)", p, p).replace('/', "or");
    assert!(equivalents(&or).is_empty(), "no series is matched away");
}

#[test]
fn matching_on_all_labels_is_as_good_as_none() {
    let dropped = |expr: &str| {
        let all = mutants(expr, &contract()).unwrap();
        let mut found = all
            .into_iter()
            .filter(|m| m.description.starts_with("on (") && m.description.ends_with("dropped"));
        found.next().expect("`on` can be dropped").equivalent
    };
    let sides = ["min by (module) (up)", "sum by (module) (module:slo_error_budget:ratio) - 1"];
    let [left, right] = sides;
    assert!(dropped(&format!("{left} or on (module) ({right})")).is_some());
    assert!(dropped(&format!("{left} or on (module) (module:slo_error_budget:ratio)")).is_none());
    assert!(dropped("up or on (module) up").is_none(), "up has an instance too");
}
