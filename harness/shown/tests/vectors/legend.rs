//! Legends of labels, and label values in quotes.

use shown::frame::Labels;
use shown::legend;

use crate::data::{Held, read};

pub(crate) fn filled() -> Held {
    let file = read("legend");
    let labels: Labels = file["labels"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let mut held = Held::default();
    for case in file["filled"].as_array().unwrap() {
        let said = legend::filled(case[0].as_str().unwrap(), &labels);
        held.equal(case, &Some(said.as_str()), &case[1].as_str());
    }
    held
}

pub(crate) fn quoted() -> Held {
    let mut held = Held::default();
    for case in read("legend")["quoted"].as_array().unwrap() {
        let said = legend::quoted(case[0].as_str().unwrap());
        held.equal(case, &Some(said.as_str()), &case[1].as_str());
    }
    held
}
