//! Which format and which coding a scraper wants, by its `Accept` and `Accept-Encoding` headers (RFC 9110, 12.5).
//!
//! Pure functions of the headers' values. A scraper that names nothing that we have gets plain text, as every exporter
//! does it, rather than a refusal.

use crate::exposition::Format;

/// OpenMetrics where it is offered by name in version 1.0 and nothing preferred to it, else text 0.0.4. `accept` is
/// the header's value (several headers joined by commas).
#[must_use]
pub fn format(accept: &str) -> Format {
    let (mut openmetrics, mut text) = (None, Preference::default());
    for range in Range::list(accept) {
        let version = range.parameter("version");
        let is_ours = |ours: &str| version.is_none_or(|version| version == ours);
        match range.name.to_ascii_lowercase().as_str() {
            "application/openmetrics-text" if is_ours("1.0.0") => {
                openmetrics = openmetrics.max(Some(range.q));
            }
            "text/plain" if is_ours("0.0.4") => text.hear(3, range.q),
            "text/*" => text.hear(2, range.q),
            "*/*" => text.hear(1, range.q),
            _ => {}
        }
    }
    match openmetrics {
        Some(q) if 0 < q && text.q <= q => Format::OpenMetrics100,
        _ => Format::Text004,
    }
}

/// Whether the answer is to be compressed by gzip: it must be offered, and plain bytes must not be preferred.
/// `accept_encoding` is the header's value (several headers joined by commas).
#[must_use]
pub fn accepts_gzip(accept_encoding: &str) -> bool {
    let (mut gzip, mut identity) = (Preference::default(), Preference::default());
    for range in Range::list(accept_encoding) {
        match range.name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip.hear(2, range.q),
            "identity" => identity.hear(2, range.q),
            "*" => gzip.hear(1, range.q),
            _ => {}
        }
    }
    0 < gzip.q && identity.q <= gzip.q
}

/// The weight that the most specific range gives to something.
#[derive(Default)]
struct Preference {
    specificity: u8,
    q: u16,
}

impl Preference {
    fn hear(&mut self, specificity: u8, q: u16) {
        if self.specificity < specificity {
            *self = Preference { specificity, q };
        } else if self.specificity == specificity {
            self.q = self.q.max(q);
        }
    }
}

/// One element of a list of preferences.
struct Range<'a> {
    name: &'a str,
    parameters: &'a str,
    /// The weight in thousandths.
    q: u16,
}

impl<'a> Range<'a> {
    /// The elements that can be read; one with a weight that is none is left out.
    fn list(value: &'a str) -> impl Iterator<Item = Range<'a>> {
        value.split(',').filter_map(|element| {
            let (name, parameters) = element.split_once(';').unwrap_or((element, ""));
            let range = Range { name: name.trim(), parameters, q: 1000 };
            let q = match range.parameter("q") {
                None => 1000,
                Some(text) => thousandths(text)?,
            };
            Some(Range { q, ..range })
        })
    }

    fn parameter(&self, wanted: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let found = name.trim().eq_ignore_ascii_case(wanted);
            found.then(|| value.trim().trim_matches('"'))
        })
    }
}

/// A weight from 0 to 1 with at most three decimals, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if 3 < decimals.len() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_the_preferred_one_that_we_have() {
        let (text, openmetrics) = (Format::Text004, Format::OpenMetrics100);
        let table = [
            ("", text),
            ("*/*", text),
            ("application/*", text),
            ("text/html", text),
            ("application/openmetrics-text", openmetrics),
            ("application/openmetrics-text; version=1.0.0", openmetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"", openmetrics),
            ("application/openmetrics-text; version=0.0.1", text),
            ("application/openmetrics-text; version=2.0.0", text),
            ("application/openmetrics-text;q=0", text),
            ("application/openmetrics-text;q=0.000,*/*", text),
            ("application/openmetrics-text;q=0.5,text/plain", text),
            ("application/openmetrics-text;q=0.5,text/plain;q=0.5", openmetrics),
            ("application/openmetrics-text;q=0.5,text/plain;version=1.0.0;q=0.9", openmetrics),
            ("application/openmetrics-text;q=0.5,text/plain;q=0.1,*/*", openmetrics),
            ("application/openmetrics-text;q=0.5,*/*;q=0.8", text),
            ("application/openmetrics-text;q=2", text),
            ("application/openmetrics-text;q=0.1234", text),
            (";;,,=,q=1", text),
            // What Prometheus 2.42 sends, and 3.x.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                openmetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                 application/openmetrics-text;version=0.0.1;q=0.4,\
                 text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                openmetrics,
            ),
        ];
        for (accept, expected) in table {
            assert_eq!(format(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn gzip_needs_an_offer_that_nothing_outweighs() {
        let table = [
            ("", false),
            ("gzip", true),
            ("GZIP", true),
            ("x-gzip", true),
            ("gzip, deflate, br", true),
            ("deflate, br", false),
            ("gzip;q=0", false),
            ("gzip; q=0.0, *", false),
            ("gzip;q=0.001", true),
            ("gzip;q=0.5, identity", false),
            ("gzip;q=0.5, identity;q=0.5", true),
            ("identity;q=0", false),
            ("identity;q=0, gzip;q=0.2", true),
            ("*", true),
            ("*;q=0", false),
            ("*;q=0, gzip", true),
            ("gzip;q=high", false),
        ];
        for (accept, expected) in table {
            assert_eq!(accepts_gzip(accept), expected, "{accept:?}");
        }
    }
}
