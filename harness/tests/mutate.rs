//! Mutants of the queries that the shipped panels ask, and of single constructs.

use std::collections::{BTreeMap, BTreeSet};

use dashproof::mutate::{Metric, Mutant, MutantKind, MutateError, MutationContext, mutants};
use promql_parser::parser::parse;

/// The queries of the four dashboards; `OPS` stands for the three operation counters.
const PANELS: &[(&str, &str)] = &[
    (
        "overview: total operations",
        "sum(increase({__name__=~\"(prompt_manager|prompt_security|llm_provider)_operations_total\"}[$__range]))",
    ),
    (
        "overview: operations per second",
        "sum by (module) (rate({__name__=~\"(prompt_manager|prompt_security|llm_provider)_operations_total\"}[$__rate_interval]))",
    ),
    (
        "overview: cost by module",
        "sum by (module) (increase({__name__=~\"(prompt_manager|prompt_security|llm_provider)_cost_total\"}[$__range]))",
    ),
    (
        "overview: module health",
        "min by (module) (up{module!=\"\"}) or on (module) (0 * module:slo_error_budget:ratio - 1)",
    ),
    ("overview: injections", "sum(increase(prompt_security_injections_detected_total[$__range]))"),
    (
        "overview: blocked",
        "sum(increase(prompt_security_validations_total{result=\"blocked\"}[$__range]))",
    ),
    (
        "overview: rate limit hits",
        "sum(increase({__name__=~\"(prompt_manager|prompt_security)_rate_limit_hits_total\"}[$__range]))",
    ),
    (
        "overview: usage by model",
        "sum by (provider, model) (increase(llm_provider_requests_total[$__range]))",
    ),
    (
        "overview: cost by provider",
        "sum by (provider) (increase(llm_provider_cost_total[$__range]))",
    ),
    (
        "manager: operations per second",
        "sum by (operation) (rate(prompt_manager_operations_total[$__rate_interval]))",
    ),
    (
        "manager: duration",
        "histogram_quantile(0.95, sum by (operation, le) (rate(prompt_manager_operation_duration_seconds_bucket[$__rate_interval]))) >= 0",
    ),
    (
        "manager: tokens",
        "sum by (model, type) (rate(prompt_manager_tokens_total[$__rate_interval]))",
    ),
    ("manager: cost", "sum by (model) (rate(prompt_manager_cost_total[$__rate_interval])) * 3600"),
    (
        "manager: cache hit ratio",
        "sum(rate(prompt_manager_cache_requests_total{result=\"hit\"}[$__rate_interval])) / (sum(rate(prompt_manager_cache_requests_total[$__rate_interval])) > 0)",
    ),
    (
        "manager: security validations",
        "sum by (result) (rate(prompt_manager_security_validation_total[$__rate_interval]))",
    ),
    (
        "manager: rate limit hits",
        "sum by (limit) (rate(prompt_manager_rate_limit_hits_total[$__rate_interval]))",
    ),
    (
        "security: validations per second",
        "sum by (result) (rate(prompt_security_validations_total[$__rate_interval]))",
    ),
    (
        "security: validation duration",
        "histogram_quantile(0.95, sum by (le) (rate(prompt_security_operation_duration_seconds_bucket{operation=\"validate\"}[$__rate_interval]))) >= 0",
    ),
    (
        "security: injections",
        "sum by (type) (increase(prompt_security_injections_detected_total[$__rate_interval]))",
    ),
    (
        "security: rate limit hits",
        "sum by (limit) (rate(prompt_security_rate_limit_hits_total[$__rate_interval]))",
    ),
    (
        "security: success rate",
        "sum(rate(prompt_security_validations_total{result=\"passed\"}[$__rate_interval])) / (sum(rate(prompt_security_validations_total[$__rate_interval])) > 0)",
    ),
    (
        "security: event timeline",
        "sum by (event_type, severity) (increase(prompt_security_events_total[$__interval])) > 0",
    ),
    (
        "provider: requests per second",
        "sum by (provider) (rate(llm_provider_requests_total[$__rate_interval]))",
    ),
    (
        "provider: duration",
        "histogram_quantile(0.95, sum by (provider, le) (rate(llm_provider_request_duration_seconds_bucket[$__rate_interval]))) >= 0",
    ),
    (
        "provider: tokens",
        "sum by (provider, type) (rate(llm_provider_tokens_total[$__rate_interval]))",
    ),
    (
        "provider: cost",
        "sum by (provider) (rate(llm_provider_cost_total[$__rate_interval])) * 3600",
    ),
    (
        "provider: error rate",
        "sum by (provider) (rate(llm_provider_requests_total{status=\"error\"}[$__rate_interval])) / (sum by (provider) (rate(llm_provider_requests_total[$__rate_interval])) > 0)",
    ),
    (
        "provider: distribution",
        "sum by (provider) (increase(llm_provider_requests_total[$__range]))",
    ),
    (
        "provider: errors",
        "sum by (provider, error_type) (rate(llm_provider_errors_total[$__rate_interval]))",
    ),
];

/// Metrics, labels and values of the contract, as far as the panels name them.
fn contract() -> MutationContext {
    let mut metrics = BTreeMap::new();
    let mut add = |name: &str, labels: &[(&str, &str)], siblings: &[&str]| {
        let values = |text: &str| text.split(' ').map(str::to_owned).collect();
        metrics.insert(
            name.to_owned(),
            Metric {
                labels: labels
                    .iter()
                    .map(|&(label, text)| (label.to_owned(), values(text)))
                    .collect(),
                siblings: siblings.iter().map(|&sibling| sibling.to_owned()).collect(),
            },
        );
    };
    let module = ("module", "prompt-manager prompt-security llm-provider");
    let operation = ("operation", "validate sanitize scan_output");
    let result = ("result", "passed blocked error");
    let provider = ("provider", "openai anthropic azure_openai local other");
    let (model, status) = (("model", "gpt-4o gpt-4o-mini"), ("status", "success error"));
    let (kind, limit) = (("type", "input output"), ("limit", "requests tokens cost"));
    let le = ("le", "0.01 +Inf");
    add("up", &[module, ("job", "a b")], &[]);
    add("module:slo_error_budget:ratio", &[module], &[]);
    add("prompt_manager_operations_total", &[module, ("operation", "render execute"), status], &[]);
    add("prompt_manager_operation_duration_seconds_bucket", &[module, operation, le], &[]);
    add("prompt_manager_tokens_total", &[module, model, kind], &[]);
    add("prompt_manager_cost_total", &[module, model], &[]);
    add("prompt_manager_cache_requests_total", &[module, ("result", "hit miss")], &[]);
    add(
        "prompt_manager_security_validation_total",
        &[module, ("result", "allowed blocked error")],
        &[],
    );
    add(
        "prompt_manager_rate_limit_hits_total",
        &[module, limit],
        &["prompt_security_rate_limit_hits_total"],
    );
    add("prompt_security_operations_total", &[module, operation, status], &[]);
    add("prompt_security_operation_duration_seconds_bucket", &[module, operation, le], &[]);
    add(
        "prompt_security_validations_total",
        &[module, result],
        &["prompt_manager_security_validation_total"],
    );
    add(
        "prompt_security_injections_detected_total",
        &[module, ("type", "direct other"), ("severity", "low high")],
        &[],
    );
    add(
        "prompt_security_events_total",
        &[module, ("event_type", "pii other"), ("severity", "low high")],
        &[],
    );
    add(
        "prompt_security_rate_limit_hits_total",
        &[module, limit],
        &["prompt_manager_rate_limit_hits_total"],
    );
    add("prompt_security_cost_total", &[module, model], &[]);
    add("llm_provider_operations_total", &[module, ("operation", "chat embedding"), status], &[]);
    add("llm_provider_requests_total", &[module, provider, model, status], &[]);
    add(
        "llm_provider_request_duration_seconds_bucket",
        &[module, provider, model, le],
        &["llm_provider_time_to_first_token_seconds_bucket"],
    );
    add("llm_provider_tokens_total", &[module, provider, model, kind], &[]);
    add("llm_provider_cost_total", &[module, provider, model], &[]);
    add("llm_provider_errors_total", &[module, provider, ("error_type", "timeout other")], &[]);

    let variables = [("__range", "3600s"), ("__rate_interval", "1m0s"), ("__interval", "15s")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    MutationContext { variables, metrics }
}

/// The expression as an engine gets it.
fn interpolated(expr: &str) -> String {
    expr.replace("$__rate_interval", "1m0s")
        .replace("$__range", "3600s")
        .replace("$__interval", "15s")
}

fn of_kind(mutants: &[Mutant], kind: MutantKind) -> Vec<&str> {
    mutants.iter().filter(|mutant| mutant.kind == kind).map(|mutant| mutant.expr.as_str()).collect()
}

#[test]
fn mutants_of_every_panel_are_valid_distinct_and_different() {
    let mut total = 0;
    println!("{:<34} {:>5} {:>5}  kinds", "panel", "all", "equiv");
    for (panel, expr) in PANELS {
        let mutants = mutants(expr, &contract()).unwrap();
        let original = parse(&interpolated(expr)).unwrap().to_string();
        let mut texts = BTreeSet::from([original]);
        let mut kinds: BTreeMap<MutantKind, usize> = BTreeMap::new();
        for mutant in &mutants {
            let asked = interpolated(&mutant.expr);
            assert!(!asked.contains('$'), "{panel}: {} is not interpolated", mutant.expr);
            let parsed = parse(&asked).unwrap_or_else(|error| panic!("{panel}: {asked}: {error}"));
            assert!(texts.insert(parsed.to_string()), "{panel}: {} is there twice", mutant.expr);
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
    // One side of the ratio; the other has the same but for the matcher.
    for expected in [
        "operands: operands of / swapped",
        "aggregation: sum becomes max",
        "aggregation: sum becomes avg",
        "aggregation: sum becomes min",
        "aggregation: sum becomes count",
        "grouping: grouping by (provider) lost",
        "grouping: label model added to by",
        "grouping: label module added to by",
        "grouping: label status added to by",
        "function: rate becomes irate",
        "function: rate becomes increase",
        "window: window $__rate_interval doubled: 2m",
        "window: window $__rate_interval halved: 30s",
        "window: window $__rate_interval fixed: 5m",
        "matcher: matcher status=\"error\" dropped",
        "matcher: matcher status=\"error\" negated: status!=\"error\"",
        "matcher: matcher status=\"error\" becomes status=\"success\"",
        "offset: offset 5m added",
        "filter: `> 0` dropped",
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
