//! The name under which a series is shown.
//!
//! [`display_name`] is the backend's part; for `__auto` the browser finishes it
//! with [`automatic_names`], which needs all series of the panel.
//! Legend templates must have been interpolated before. Knows nothing of panels.
//!
//! Sources: `getName` and `metricNameFromLabels` in grafana-prometheus-datasource
//! pkg/promlib/querydata/response.go; `calculateFieldDisplayName` in grafana
//! packages/grafana-data/src/field/fieldState.ts.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

/// Labels of a series, `__name__` included where the answer has it.
pub type Labels = BTreeMap<String, String>;

/// The legend template that leaves the name to the browser.
const AUTO: &str = "__auto";

/// The backend's name of a series (`displayNameFromDS`).
///
/// `None` where the backend leaves the name to the browser. `expression` is the
/// expression as sent to Prometheus, which names series without labels.
pub fn display_name(legend_format: &str, labels: &Labels, expression: &str) -> Option<String> {
    let name = match legend_format {
        AUTO if !labels.is_empty() => String::new(),
        AUTO | "" => metric_text(labels),
        template => fill(template, labels),
    };
    match name.as_str() {
        "" => None,
        "{}" => Some(expression.to_owned()),
        _ => Some(name),
    }
}

/// The browser's names where the backend gave none: one label in all series of
/// the panel → its value alone, else all labels.
pub fn automatic_names(series: &[Labels]) -> Vec<String> {
    let mut names = series.iter().flat_map(BTreeMap::keys).filter(|name| *name != "__name__");
    let first = names.next();
    let single = first.filter(|first| names.all(|name| name == *first));
    series
        .iter()
        .map(|labels| {
            let metric = labels.get("__name__").cloned();
            let others = match single {
                Some(name) => labels.get(name).cloned(),
                None => Some(label_text(labels)).filter(|text| text != "{}"),
            };
            let parts: Vec<_> = metric.into_iter().chain(others).collect();
            if parts.is_empty() { "Value".to_owned() } else { parts.join(" ") }
        })
        .collect()
}

/// `template` with `{{ label }}` replaced by the label's value, or by nothing.
fn fill(template: &str, labels: &Labels) -> String {
    let mut result = String::new();
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let inside = &rest[start + 2..];
        // The pattern is `\{\{\s*(.+?)\s*\}\}`: at least one character, none a line break.
        let skipped = inside.chars().next().map_or(0, char::len_utf8);
        let end = inside.get(skipped..).and_then(|tail| tail.find("}}")).map(|end| end + skipped);
        let Some(end) = end.filter(|end| !inside[..*end].contains('\n')) else {
            result.push_str(&rest[..start + 2]);
            rest = inside;
            continue;
        };
        result.push_str(&rest[..start]);
        result.push_str(labels.get(inside[..end].trim()).map_or("", String::as_str));
        rest = &inside[end + 2..];
    }
    result.push_str(rest);
    result
}

/// `template` as Grafana reads it: white space within `{{ label }}` means nothing.
#[must_use]
pub fn tight(template: &str) -> String {
    let mut result = String::new();
    let mut rest = template;
    while let Some((before, inside)) = rest.split_once("{{") {
        let Some((name, after)) = inside.split_once("}}").filter(|(name, _)| !name.contains('\n'))
        else {
            break;
        };
        result.push_str(before);
        result.push_str("{{");
        result.push_str(name.trim());
        result.push_str("}}");
        rest = after;
    }
    result.push_str(rest);
    result
}

fn metric_text(labels: &Labels) -> String {
    let name = labels.get("__name__").map_or("", String::as_str);
    match (name, label_text(labels)) {
        ("", text) => text,
        (name, text) if text == "{}" => name.to_owned(),
        (name, text) => format!("{name}{text}"),
    }
}

fn label_text(labels: &Labels) -> String {
    let mut pairs: Vec<String> = labels
        .iter()
        .filter(|(name, _)| *name != "__name__")
        .map(|(name, value)| format!("{name}={}", quote(value)))
        .collect();
    pairs.sort();
    format!("{{{}}}", pairs.join(", "))
}

/// Go's `%q`, which is `strconv.Quote`.
fn quote(value: &str) -> String {
    let mut quoted = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            printable if is_printable(printable) => quoted.push(printable),
            '\0'..='\u{7f}' => quoted.push_str(&format!("\\x{:02x}", u32::from(character))),
            '\u{80}'..='\u{ffff}' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(character))),
        }
    }
    quoted.push('"');
    quoted
}

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and of the spaces only ASCII's.
fn is_printable(character: char) -> bool {
    static PRINTABLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").expect("the pattern is constant and right")
    });
    let ascii = character.is_ascii_graphic() || character == ' ';
    ascii || (!character.is_ascii() && PRINTABLE.is_match(character.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn templates_take_label_values_and_drop_missing_ones() {
        let series = labels(&[("__name__", "up"), ("model", "gpt-4o"), ("type", "input")]);
        let table = [
            ("{{model}}", Some("gpt-4o")),
            ("{{ model }} {{type}}", Some("gpt-4o input")),
            ("{{__name__}}", Some("up")),
            ("P95", Some("P95")),
            ("{{model}}-{{region}}", Some("gpt-4o-")),
            ("{{region}}", None),
            ("{{}}", Some("{{}}")),
            ("{{model", Some("{{model")),
            ("{{region}}{}", Some("EXPR")),
        ];
        for (template, name) in table {
            assert_eq!(display_name(template, &series, "EXPR").as_deref(), name, "{template}");
        }
    }

    #[test]
    fn white_space_around_a_label_means_nothing() {
        for written in ["{{a}} of {{b}}", "{{ a }} of {{b}}", "{{  a\t}} of {{ b}}"] {
            assert_eq!(tight(written), "{{a}} of {{b}}", "{written}");
        }
        assert_eq!(tight("{{ a } {{b"), "{{ a } {{b");
        assert_eq!(tight(" a  b "), " a  b ");
    }

    #[test]
    fn without_template_the_series_is_its_own_name() {
        let table = [
            (labels(&[("b", "2"), ("a", "x\"y"), ("__name__", "up")]), "up{a=\"x\\\"y\", b=\"2\"}"),
            (labels(&[("a", "1")]), "{a=\"1\"}"),
            (labels(&[("__name__", "up")]), "up"),
            (labels(&[]), "sum(x)"),
        ];
        for (series, name) in table {
            assert_eq!(display_name("", &series, "sum(x)").as_deref(), Some(name));
        }
    }

    #[test]
    fn values_are_quoted_as_go_does() {
        let table = [
            ("a\"b\\c\nd\té", "\"a\\\"b\\\\c\\nd\\té\""),
            ("\u{a0}€\u{200b}", "\"\\u00a0€\\u200b\""),
            ("\u{1}\u{7f}\u{7}\u{8}\u{c}\u{b}", "\"\\x01\\x7f\\a\\b\\f\\v\""),
            ("日本😀e\u{301}\u{e0001}", "\"日本😀e\u{301}\\U000e0001\""),
        ];
        for (value, quoted) in table {
            assert_eq!(quote(value), quoted, "{value}");
        }
    }

    #[test]
    fn auto_is_the_expression_without_labels_and_the_browsers_with_them() {
        assert_eq!(display_name("__auto", &labels(&[]), "sum(x)").as_deref(), Some("sum(x)"));
        assert_eq!(display_name("__auto", &labels(&[("a", "1")]), "sum(x)"), None);
        let one = [labels(&[("a", "1")]), labels(&[("a", "2")])];
        assert_eq!(automatic_names(&one), ["1", "2"]);
        let two = [labels(&[("a", "1")]), labels(&[("a", "2"), ("b", "3")])];
        assert_eq!(automatic_names(&two), ["{a=\"1\"}", "{a=\"2\", b=\"3\"}"]);
        assert_eq!(automatic_names(&[labels(&[("__name__", "up"), ("a", "1")])]), ["up 1"]);
        assert_eq!(automatic_names(&[labels(&[])]), ["Value"]);
    }
}
