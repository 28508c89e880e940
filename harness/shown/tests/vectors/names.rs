//! The names that the browser makes of metric and labels.

use shown::frame::{Field, FieldType, Frame, Labels};
use shown::name;

use crate::data::{Held, cases};

pub(crate) fn names() -> Held {
    let mut held = Held::default();
    for case in cases("names", "cases") {
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let frames: Vec<Frame> = case[0]
            .as_array()
            .unwrap()
            .iter()
            .map(|series| {
                let name = series["field"].as_str().unwrap_or("Value");
                let mut field = Field::new(name, FieldType::Number, Vec::new());
                field.labels = series["labels"].as_object().map(|labels| {
                    labels
                        .iter()
                        .map(|(name, value)| (name.clone(), text(value).unwrap()))
                        .collect::<Labels>()
                });
                field.config.display_name = text(&series["displayName"]);
                field.config.display_name_from_ds = text(&series["fromDs"]);
                Frame { fields: vec![Field::time([]), field], ..Frame::default() }
            })
            .collect();
        let said: Vec<String> =
            frames.iter().map(|frame| name::of_field(&frame.fields[1], frame, &frames)).collect();
        let recorded: Vec<String> =
            case[1].as_array().unwrap().iter().map(|name| text(name).unwrap()).collect();
        held.equal(&case, &said, &recorded);
    }
    held
}
