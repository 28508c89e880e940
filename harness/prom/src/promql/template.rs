//! From an expression with Grafana's variables to a syntax tree.
//!
//! Variables in strings become the marker [`VARIABLE`], those in windows become
//! durations that nobody writes, others a name or, where only that parses, a
//! number. The walker recognises the markers again.

use super::{Expr, RangeWindow, parser};

/// Stands for a dashboard variable wherever a text may stand.
pub(super) const VARIABLE: &str = "dashproof_variable";

/// Windows that stand for variables, in milliseconds: primes that nobody writes.
const MARKERS: [(i64, RangeWindow); 4] = [
    (7_919_003, RangeWindow::Interval),
    (7_919_017, RangeWindow::RateInterval),
    (7_919_033, RangeWindow::Range),
    (7_919_047, RangeWindow::Variable),
];

/// What a duration of the tree was before its variables were replaced.
pub(super) fn window(millis: i64) -> RangeWindow {
    let marker = MARKERS.iter().find(|(marker, _)| *marker == millis);
    marker.map_or(RangeWindow::Fixed(millis), |(_, window)| *window)
}

/// Parses `expression`; the error is the parser's message, or says which window would be a number without unit.
pub(super) fn parse(expression: &str) -> Result<Expr, String> {
    if let Some((written, name)) = without_unit(expression) {
        let unit = if name.ends_with("_ms") { "ms" } else { "s" };
        let whole = name.rsplit_once('_').map_or(name, |(whole, _)| whole);
        return Err(format!(
            "`{written}` is a number where a window needs a unit, which Prometheus before 3.0 refuses: write ${{{name}}}{unit}, or ${whole}"
        ));
    }
    let named = parser::parse(&replace(expression, VARIABLE));
    named.or_else(|error| parser::parse(&replace(expression, "1")).map_err(|_| error))
}

fn replace(expression: &str, elsewhere: &str) -> String {
    let mut result = String::new();
    let mut rest = expression;
    let mut quote: Option<char> = None;
    let mut brackets = 0_usize;
    while let Some(character) = rest.chars().next() {
        if let Some((name, length)) = variable(rest) {
            if quote.is_some() {
                result.push_str(VARIABLE);
            } else if brackets > 0 || result.trim_end().ends_with("offset") {
                result.push_str(&duration(name));
                // The unit of `${__range_s}s` is part of the duration.
                let unit = numeric(name).map_or(0, |_| unit(&rest[length..]).len());
                rest = &rest[length + unit..];
                continue;
            } else if name.starts_with("__") {
                // `$__range_s` and the like are numbers.
                result.push('1');
            } else {
                result.push_str(elsewhere);
            }
            rest = &rest[length..];
            continue;
        }
        match (quote, character) {
            // A backslash in a raw string escapes nothing.
            (Some('"' | '\''), '\\') => {
                let escaped = rest.chars().nth(1).map_or(0, char::len_utf8);
                result.push_str(&rest[..1 + escaped]);
                rest = &rest[1 + escaped..];
                continue;
            }
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '[') => brackets += 1,
            (None, ']') => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        result.push(character);
        rest = &rest[character.len_utf8()..];
    }
    result
}

/// The unit of a built-in variable that Grafana replaces with a number; `None` for any other variable.
fn numeric(name: &str) -> Option<&'static str> {
    match name {
        "__interval_ms" | "__rate_interval_ms" | "__range_ms" => Some("ms"),
        "__range_s" => Some("s"),
        _ => None,
    }
}

/// The unit of time at the start of `text`; empty where there is none.
fn unit(text: &str) -> &'static str {
    // `ms` before `m`.
    let known = ["ms", "s", "m", "h", "d", "w", "y"];
    known.into_iter().find(|unit| text.starts_with(unit)).unwrap_or_default()
}

/// A built-in number that stands where a duration is due and has no unit: as written, and its name.
fn without_unit(expression: &str) -> Option<(&str, &str)> {
    let mut rest = expression;
    while let Some(start) = rest.find('[') {
        rest = &rest[start..];
        // `[[name]]` is a variable itself.
        let inside = rest.strip_prefix('[').filter(|_| variable(rest).is_none());
        if let Some(inside) = inside.map(str::trim_start)
            && let Some((name, length)) = variable(inside)
            && numeric(name).is_some()
            && inside[length..].trim_start().starts_with([']', ':'])
        {
            return Some((&inside[..length], name));
        }
        rest = &rest[1..];
    }
    None
}

fn duration(name: &str) -> String {
    let window = match name {
        "__interval" | "__interval_ms" => RangeWindow::Interval,
        "__rate_interval" | "__rate_interval_ms" => RangeWindow::RateInterval,
        "__range" | "__range_s" | "__range_ms" => RangeWindow::Range,
        _ => RangeWindow::Variable,
    };
    let marker = MARKERS.iter().find(|(_, marked)| *marked == window);
    format!("{}ms", marker.expect("every marked window is in the table").0)
}

/// Name and length of the variable at the start of `text`: `$a`, `${a…}` or `[[a…]]`.
fn variable(text: &str) -> Option<(&str, usize)> {
    let word = |inside: &str| {
        inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len())
    };
    let (open, close) = if text.starts_with("${") {
        ("${", "}")
    } else if text.starts_with("[[") {
        ("[[", "]]")
    } else {
        let inside = text.strip_prefix('$')?;
        let end = word(inside);
        return (end > 0).then(|| (&inside[..end], 1 + end));
    };
    let inside = &text[open.len()..];
    let end = word(inside);
    let tail = &inside[end..];
    let closed = tail.find(close).filter(|at| *at == 0 || tail.starts_with([':', '.']))?;
    (end > 0).then(|| (&inside[..end], open.len() + end + closed + close.len()))
}
