//! Tables of text, selection and result, from the sources that `interpolate.rs` names.

use super::*;
use crate::grafana::variables::{VariableKind, VariableSort};

fn variable(name: &str, multi: bool, include_all: bool, all_value: Option<&str>) -> Variable {
    Variable {
        line: None,
        name: name.to_owned(),
        kind: VariableKind::Query,
        query: String::new(),
        datasource: None,
        multi,
        include_all,
        all_value: all_value.map(str::to_owned),
        current: Vec::new(),
        regex: String::new(),
        sort: VariableSort::Disabled,
        options: Vec::new(),
        json: serde_json::Value::Null,
    }
}

fn values(values: &[&str]) -> Selection {
    Selection::Values(values.iter().map(|value| (*value).to_owned()).collect())
}

/// `text` with the one variable `m`, which has the options `a` and `b.c`.
fn with(variable: &Variable, selection: Selection, text: &str, context: Context) -> String {
    let options = vec!["a".to_owned(), "b.c".to_owned()];
    let scope = Scope {
        bindings: vec![Binding { variable, selection, options }],
        from_ms: 1_000,
        to_ms: 61_000,
    };
    interpolate(text, &scope, context).unwrap()
}

#[test]
fn references_have_three_spellings() {
    let single = variable("m", false, false, None);
    let table = [
        ("$m", "a"),
        ("${m}", "a"),
        ("[[m]]", "a"),
        ("x{l=\"$m\"}", "x{l=\"a\"}"),
        ("${m:csv}|[[m:pipe]]", "a|a"),
        ("$m$m", "aa"),
        ("$mm ${mm} [[mm]]", "$mm ${mm} [[mm]]"),
        ("$ ${ ${} ${m [[m] [m]", "$ ${ ${} ${m [[m] [m]"),
        ("x[$__rate_interval] ${__interval}", "x[$__rate_interval] ${__interval}"),
        ("$__from-${__to}", "1000-61000"),
        ("${__to:date:seconds}", "61"),
        ("½$m½", "½a½"),
    ];
    for (text, expected) in table {
        assert_eq!(with(&single, values(&["a"]), text, Context::Expression), expected, "{text}");
    }
}

#[test]
fn selections_in_expressions_follow_multi_include_all_and_all_value() {
    let single = variable("m", false, false, None);
    let multi = variable("m", true, false, None);
    let all = variable("m", true, true, None);
    let single_all = variable("m", false, true, None);
    let custom = variable("m", true, true, Some(".*"));
    let table = [
        (&single, values(&["b.c"]), "b.c"),
        (&single, values(&["it's"]), r"it\\'s"),
        (&single, values(&[]), ""),
        (&multi, values(&["b.c"]), r"b\\.c"),
        (&multi, values(&["a", "b.c"]), r"(a|b\\.c)"),
        (&all, Selection::All, r"(a|b\\.c)"),
        (&all, values(&["a"]), "a"),
        (&single_all, values(&["b.c"]), r"b\\.c"),
        (&single_all, Selection::All, r"(a|b\\.c)"),
        (&custom, Selection::All, ".*"),
        (&custom, values(&["a", "b.c"]), r"(a|b\\.c)"),
    ];
    for (variable, selection, expected) in table {
        assert_eq!(
            with(variable, selection.clone(), "$m", Context::Expression),
            expected,
            "{selection:?}"
        );
    }
}

#[test]
fn legends_are_globs_and_titles_are_texts() {
    let multi = variable("m", true, true, None);
    let table = [
        (values(&["a"]), "a", "a"),
        (values(&["a", "b.c"]), "{a,b.c}", "a + b.c"),
        (Selection::All, "{a,b.c}", "All"),
    ];
    for (selection, legend, title) in table {
        assert_eq!(with(&multi, selection.clone(), "$m", Context::Legend), legend);
        assert_eq!(with(&multi, selection, "$m", Context::Title), title);
    }
}

#[test]
fn a_custom_all_value_is_raw_and_may_name_other_variables() {
    let custom = variable("m", true, true, Some("$other|$m|.+"));
    let other = variable("other", false, false, None);
    let scope = Scope {
        bindings: vec![
            Binding { variable: &custom, selection: Selection::All, options: vec!["x".into()] },
            Binding { variable: &other, selection: values(&["y"]), options: vec![] },
        ],
        from_ms: 0,
        to_ms: 0,
    };
    let table = [
        ("$m", "y|$m|.+"),
        ("${m:regex}", "y|$m|.+"),
        ("${m:text}", "All"),
        ("${m:queryparam}", "var-m=All"),
    ];
    for (text, expected) in table {
        assert_eq!(
            interpolate(text, &scope, Context::Expression).as_deref(),
            Ok(expected),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_emulated_is_an_error_and_never_a_guess() {
    let scope = Scope { bindings: vec![], from_ms: 0, to_ms: 0 };
    for text in ["$__user", "${__user.login}", "${x:lucene}", "${__from:date:YYYY}"] {
        let error = interpolate(text, &scope, Context::Expression).unwrap_err();
        assert_eq!(error.reference, text);
    }
}

#[test]
fn names_are_found_in_order() {
    assert_eq!(references("$a [[b:csv]] ${c.d:e} $__range x$"), ["a", "b", "c", "__range"]);
}

#[test]
fn the_saved_selection_may_be_all() {
    let mut saved = variable("m", true, true, None);
    saved.current = vec![ALL_VALUE.to_owned()];
    assert_eq!(Selection::saved(&saved), Selection::All);
    saved.current = vec!["a".to_owned()];
    assert_eq!(Selection::saved(&saved), values(&["a"]));
}
