//! `concatenate`: the fields of all frames side by side, whatever their rows are.

use serde_json::Value;

use crate::frame::{Field, Frame, Scalar, VALUE};
use crate::transform::text;

pub(super) fn concatenate(frames: Vec<Frame>, options: &Value) -> Vec<Frame> {
    if frames.len() < 2 {
        return frames;
    }
    let mode = text(options, "frameNameMode").unwrap_or("field");
    let label = text(options, "frameNameLabel").unwrap_or("frame");
    let rows = frames.iter().map(Frame::rows).max().unwrap_or(0);
    let mut fields: Vec<Field> = Vec::new();
    for frame in frames {
        let frame_name = frame.name.filter(|name| !name.is_empty());
        for mut field in frame.fields {
            field.range = None;
            field.reduced = None;
            field.values.resize(rows, Scalar::Missing);
            match (&frame_name, mode) {
                (None, _) | (_, "drop") => {}
                (Some(name), "label") => {
                    let labels = field.labels.get_or_insert_default();
                    labels.insert(label.to_owned(), name.clone());
                }
                (Some(name), _) if field.name.is_empty() || field.name == VALUE => {
                    field.name.clone_from(name);
                }
                (Some(name), _) => field.name = format!("{name} · {}", field.name),
            }
            fields.push(field);
        }
    }
    vec![Frame { ref_id: None, name: None, fields }]
}
