//! The `timeline` part of a scenario file, as it is written: one key for each kind of incident.
//!
//! Which kinds there are, and what stands under each, is read off the simulation's table of incidents; nothing here
//! names one.

use std::{borrow::Cow, fmt, sync::LazyLock};

use prom::document::{Field, Meaning, Part, PartSeed, Scalar};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, json};
use sim::{
    incident::{IncidentName, Row, Unit},
    world::{
        Module,
        llm::{Deployment, Provider},
    },
};

use super::traffic::Nothing;
use crate::values::{Count, Factor, Name, Series, Share, Span};

/// The key of every kind of incident, in the order of the table.
pub(crate) fn incident_keys() -> impl Iterator<Item = &'static str> {
    IncidentName::ALL.iter().map(|name| name.row().key)
}

/// Something that goes wrong: when, for how long, and the incidents that stand in the entry.
#[derive(Debug)]
pub(crate) struct RawEntry {
    pub(crate) at: Option<Field<Span>>,
    pub(crate) lasts: Option<Field<Span>>,
    /// In the order of the file.
    pub(crate) incidents: Vec<(IncidentName, Part<RawParameters>)>,
}

/// What stands under an incident's key.
#[derive(Debug)]
pub(crate) struct RawParameters(pub(crate) Vec<(&'static str, Field<Scalar>)>);

static KEYS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| ["at", "for"].into_iter().chain(incident_keys()).collect());

impl<'de> Deserialize<'de> for RawEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawEntry, D::Error> {
        deserializer.deserialize_struct("incident", &KEYS, EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = RawEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an incident")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawEntry, A::Error> {
        let mut entry = RawEntry { at: None, lasts: None, incidents: Vec::new() };
        while let Some(key) = entries.next_key::<String>()? {
            let named = |name: &&IncidentName| name.row().key == key;
            match (key.as_str(), IncidentName::ALL.iter().find(named)) {
                ("at", _) => entry.at = entries.next_value()?,
                ("for", _) => entry.lasts = entries.next_value()?,
                (_, Some(&name)) => {
                    let part = entries.next_value_seed(PartSeed(Parameters(name)))?;
                    entry.incidents.push((name, part));
                }
                (_, None) => _ = entries.next_value::<IgnoredAny>()?,
            }
        }
        Ok(entry)
    }
}

/// Reads what stands under the key of this kind.
struct Parameters(IncidentName);

/// The keys of the parameters of each kind, as serde wants them.
static PARAMETERS: LazyLock<Vec<Vec<&'static str>>> = LazyLock::new(|| {
    let keys = |row: &Row| row.parameters.iter().map(|parameter| parameter.key).collect();
    IncidentName::ALL.iter().map(|name| keys(name.row())).collect()
});

impl<'de> DeserializeSeed<'de> for Parameters {
    type Value = RawParameters;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawParameters, D::Error> {
        let keys = &PARAMETERS[self.0 as usize];
        deserializer.deserialize_struct(self.0.row().part, keys, self)
    }
}

impl<'de> Visitor<'de> for Parameters {
    type Value = RawParameters;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parameters of an incident")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawParameters, A::Error> {
        let mut values = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            let known = self.0.row().parameters.iter().find(|parameter| parameter.key == key);
            match known {
                Some(parameter) => values.push((parameter.key, entries.next_value()?)),
                None => _ = entries.next_value::<IgnoredAny>()?,
            }
        }
        Ok(RawParameters(values))
    }
}

impl JsonSchema for RawEntry {
    fn schema_name() -> Cow<'static, str> {
        "incident".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let instants: Vec<String> = IncidentName::ALL
            .iter()
            .filter(|name| name.row().is_instant)
            .map(|name| format!("`{}`", name.row().key))
            .collect();
        let lasts =
            format!("How long it lasts. Not with {}, which is an instant.", instants.join(" or "));
        let mut properties = Map::new();
        properties.insert("at".to_owned(), described("When it begins.", Span::schema()));
        properties.insert("for".to_owned(), described(&lasts, Span::schema()));
        for name in IncidentName::ALL {
            let row = name.row();
            let part = json!({ "description": row.about, "$ref": part(row, generator) });
            properties.insert(row.key.to_owned(), part);
        }
        let one: Vec<Value> = incident_keys().map(|key| json!({ "required": [key] })).collect();
        json_schema!({
            "description": "Something that goes wrong: when, for how long, and exactly one incident.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
            "required": ["at"],
            "oneOf": one,
        })
    }
}

/// Where the schema says what stands under the key of an incident.
fn part(row: &Row, generator: &mut SchemaGenerator) -> Value {
    if row.parameters.is_empty() {
        return generator.subschema_for::<Part<Nothing>>().get("$ref").cloned().unwrap_or_default();
    }
    let properties: Map<String, Value> = row
        .parameters
        .iter()
        .map(|parameter| {
            let schema = described(parameter.about, schema_of(parameter.unit));
            (parameter.key.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = row
        .parameters
        .iter()
        .filter(|parameter| !parameter.unit.is_optional())
        .map(|parameter| parameter.key)
        .collect();
    let schema = json!({
        "description": row.about_part,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": required,
    });
    generator.definitions_mut().entry(row.part.to_owned()).or_insert(schema);
    format!("#/$defs/{}", row.part).into()
}

fn schema_of(unit: Unit) -> Schema {
    match unit {
        Unit::Provider => Name::<Provider>::schema(),
        Unit::Deployment | Unit::Destination => Name::<Deployment>::schema(),
        Unit::Module => Name::<Module>::schema(),
        Unit::Replica => Count::schema(),
        Unit::Share => Share::schema(),
        Unit::Factor => Factor::schema(),
        Unit::Series => Series::schema(),
        Unit::Span => Span::schema(),
    }
}

/// A schema with what an editor shows, which comes first.
fn described(about: &str, schema: Schema) -> Value {
    let mut described = Map::new();
    described.insert("description".to_owned(), about.into());
    if let Value::Object(members) = schema.to_value() {
        described.extend(members);
    }
    described.into()
}
