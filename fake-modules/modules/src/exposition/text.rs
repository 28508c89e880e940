//! Prometheus text 0.0.4 and OpenMetrics 1.0.
//!
//! Everything but the values is rendered once per layout into a template; an exposition is then the template with the
//! numbers set in, which costs about as much as copying it. The formats differ in what HELP and TYPE call a counter,
//! in the escaping of HELP and in the last line; sample lines are the same bytes, so that a series keeps its identity
//! whichever format was negotiated.

use super::{
    Exposition,
    description::{FamilyDescription, FamilyKind, parts},
    number,
};

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text format 0.0.4.
    Text004,
    /// OpenMetrics 1.0.0.
    OpenMetrics100,
}

impl Format {
    /// The value of the `Content-Type` header.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Text004 => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics100 => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Appends the exposition in `format` to `out`.
pub fn encode(exposition: &Exposition<'_>, format: Format, out: &mut Vec<u8>) {
    let template = exposition.layout.template(format);
    // The longest float has 24 characters, but hardly any value is long.
    out.reserve(template.text.len() + 12 * exposition.values.len());
    let mut start = 0;
    for (&end, &value) in template.values_at.iter().zip(exposition.values) {
        let end = end as usize;
        out.extend_from_slice(&template.text[start..end]);
        number::write(value, out);
        start = end;
    }
    out.extend_from_slice(&template.text[start..]);
}

/// The text of an exposition without its values.
#[derive(Debug)]
pub(super) struct Template {
    text: Vec<u8>,
    /// Where in `text` each series' value belongs. (32 bits: at 1 M series their size is felt.)
    values_at: Vec<u32>,
}

impl Template {
    pub(super) fn render(families: &[FamilyDescription], format: Format) -> Template {
        let mut template = Template { text: Vec::new(), values_at: Vec::new() };
        for family in families {
            template.family(family, format);
        }
        if format == Format::OpenMetrics100 {
            template.text.extend_from_slice(b"# EOF\n");
        }
        template
    }

    fn family(&mut self, family: &FamilyDescription, format: Format) {
        if family.label_sets.is_empty() {
            return;
        }
        let suffix = match (family.kind, format) {
            (FamilyKind::Counter, Format::Text004) => "_total",
            _ => "",
        };
        let help = escape_help(family.help, format);
        let (name, kind) = (&family.name, family.kind.as_str());
        let head = format!("# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}\n");
        self.text.extend_from_slice(head.as_bytes());

        let parts = parts(family.kind);
        for label_set in family.label_sets.iter() {
            let labels = label_set
                .iter()
                .map(|(name, value)| format!("{name}=\"{}\"", escape_label_value(value)))
                .collect::<Vec<_>>()
                .join(",");
            for (kind, le) in &parts {
                let braced = match le {
                    Some(le) if labels.is_empty() => format!("{{le=\"{le}\"}}"),
                    Some(le) => format!("{{{labels},le=\"{le}\"}}"),
                    None if labels.is_empty() => String::new(),
                    None => format!("{{{labels}}}"),
                };
                let line = format!("{name}{}{braced} ", kind.suffix());
                self.text.extend_from_slice(line.as_bytes());
                let value_at =
                    u32::try_from(self.text.len()).expect("an exposition is below 4 GiB");
                self.values_at.push(value_at);
                self.text.push(b'\n');
            }
        }
    }
}

/// Escaped as both formats want label values.
fn escape_label_value(value: &str) -> String {
    value.replace('\\', r"\\").replace('\n', r"\n").replace('"', "\\\"")
}

/// HELP text: OpenMetrics escapes quotes too, 0.0.4 does not.
fn escape_help(help: &str, format: Format) -> String {
    match format {
        Format::Text004 => help.replace('\\', r"\\").replace('\n', r"\n"),
        Format::OpenMetrics100 => escape_label_value(help),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Layout, *};

    fn family(
        name: &'static str,
        kind: FamilyKind,
        label: Option<&'static str>,
    ) -> FamilyDescription {
        let label_set = label.map(|value| ("where", value.into())).into_iter().collect();
        let help = "Back\\slash, \"quote\" and\nnew line.";
        FamilyDescription { name: name.into(), help, kind, label_sets: [label_set].into() }
    }

    fn text(format: Format) -> String {
        let families = vec![
            family("seen", FamilyKind::Counter, Some("C:\\ \"here\"\nor there")),
            family("temperature", FamilyKind::Gauge, None),
            family("took_seconds", FamilyKind::Histogram { bounds: &[0.25, 1.0] }, Some("x")),
        ];
        let layout = Layout::new(1, families);
        let values = [3.0, -0.5, 1.0, 2.0, 4.0, 10.75, 4.0];
        let mut out = b"before\n".to_vec();
        encode(&Exposition::new(&layout, &values), format, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_004_is_exact() {
        let expected = r#"before
# HELP seen_total Back\\slash, "quote" and\nnew line.
# TYPE seen_total counter
seen_total{where="C:\\ \"here\"\nor there"} 3
# HELP temperature Back\\slash, "quote" and\nnew line.
# TYPE temperature gauge
temperature -0.5
# HELP took_seconds Back\\slash, "quote" and\nnew line.
# TYPE took_seconds histogram
took_seconds_bucket{where="x",le="0.25"} 1
took_seconds_bucket{where="x",le="1.0"} 2
took_seconds_bucket{where="x",le="+Inf"} 4
took_seconds_sum{where="x"} 10.75
took_seconds_count{where="x"} 4
"#;
        assert_eq!(text(Format::Text004), expected);
    }

    #[test]
    fn openmetrics_100_is_exact() {
        let expected = r#"before
# HELP seen Back\\slash, \"quote\" and\nnew line.
# TYPE seen counter
seen_total{where="C:\\ \"here\"\nor there"} 3
# HELP temperature Back\\slash, \"quote\" and\nnew line.
# TYPE temperature gauge
temperature -0.5
# HELP took_seconds Back\\slash, \"quote\" and\nnew line.
# TYPE took_seconds histogram
took_seconds_bucket{where="x",le="0.25"} 1
took_seconds_bucket{where="x",le="1.0"} 2
took_seconds_bucket{where="x",le="+Inf"} 4
took_seconds_sum{where="x"} 10.75
took_seconds_count{where="x"} 4
# EOF
"#;
        assert_eq!(text(Format::OpenMetrics100), expected);
    }
}
