//! References to a field in a name: `${__field.labels.provider}`.
//!
//! It knows no variables of a dashboard: those are written before a panel comes here.

use crate::frame::{Field, Frame};
use crate::{NotModelled, name};

/// The text with every reference to the field written out.
///
/// # Errors
///
/// For a reference to anything else than the field, its labels, its series or the unit of
/// currency.
pub fn fill(
    text: &str,
    field: &Field,
    frame: &Frame,
    frames: &[Frame],
) -> Result<String, NotModelled> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((reference, after)) = reference(rest) else {
            result.push('$');
            rest = &rest[1..];
            continue;
        };
        let written = written(reference, field, frame, frames)
            .ok_or_else(|| NotModelled::new(format!("the reference {reference} in a name")))?;
        result.push_str(&written);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

/// The name in `${…}` or `$…`, and what follows.
fn reference(text: &str) -> Option<(&str, &str)> {
    if let Some(inside) = text.strip_prefix("${") {
        return inside.split_once('}');
    }
    let rest = text.strip_prefix('$')?;
    let length =
        rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let named = rest.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    (length > 0 && named).then(|| rest.split_at(length))
}

fn written(reference: &str, field: &Field, frame: &Frame, frames: &[Frame]) -> Option<String> {
    let labels = field.labels.clone().unwrap_or_default();
    Some(match reference {
        "__field.displayName" | "__field_displayName" => name::of_field(field, frame, frames),
        "__field.name" => field.name.clone(),
        "__field.labels" => name::listed(&labels),
        "__field.labels.__values" => {
            let mut values: Vec<String> = labels.into_values().collect();
            values.sort();
            values.join(", ")
        }
        "__series.name" | "__series_name" => name::of_frame(frame),
        other => {
            let path = other.strip_prefix("__field.labels")?;
            let name = match path.strip_prefix("[\"").and_then(|quoted| quoted.strip_suffix("\"]"))
            {
                Some(quoted) => quoted,
                None => path.strip_prefix('.')?,
            };
            labels.get(name).cloned().unwrap_or_default()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::fill;
    use crate::frame::{Field, FieldType, Frame};

    #[test]
    fn a_name_may_refer_to_labels() {
        let mut field = Field::new("Value", FieldType::Number, vec![]);
        field.labels = Some([("provider".to_owned(), "openai".to_owned())].into());
        let frame = Frame { fields: vec![field], ..Frame::default() };
        let fill = |text: &str| fill(text, &frame.fields[0], &frame, &[]);
        assert_eq!(fill("${__field.labels.provider} cost").as_deref(), Ok("openai cost"));
        assert_eq!(fill("${__field.labels[\"provider\"]}").as_deref(), Ok("openai"));
        assert_eq!(fill("$5 in $__field_displayName").as_deref(), Ok("$5 in openai"));
        assert_eq!(fill("${__field.labels.model}").as_deref(), Ok(""));
        assert!(fill("${provider}").is_err());
    }
}
