//! The config of an S3 connector: its fields, and what the service makes of one that is sent.

use super::exchange::Reply;
use super::invalid::{boolean, object, problem, required, string};
use super::state::Kind;
use super::target::Location;
use serde_json::{Map, Value};

/// A field of the config that the service knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigField {
    /// Its name.
    pub name: &'static str,
    /// Whether only sources have it.
    pub sources_only: bool,
    /// Whether answers hide it.
    pub secret: bool,
    shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Url,
    /// True or false, by default false.
    Switch,
    /// Text, or null.
    Text,
}

const fn field(name: &'static str, shape: Shape) -> ConfigField {
    ConfigField { name, sources_only: false, secret: false, shape }
}

const fn secret(name: &'static str) -> ConfigField {
    ConfigField { secret: true, ..field(name, Shape::Text) }
}

/// The fields, in the order of answers. Source: the OpenAPI document's
/// `S3DestinationConnectorConfig` and `S3SourceConnectorConfig`.
pub const CONFIG_FIELDS: [ConfigField; 8] = [
    field("remote_url", Shape::Url),
    field("anonymous", Shape::Switch),
    field("ambient_credentials", Shape::Switch),
    ConfigField { sources_only: true, ..field("recursive", Shape::Switch) },
    secret("key"),
    secret("secret"),
    secret("token"),
    field("endpoint_url", Shape::Text),
];

/// The config of a body, with every field that the service answers. It is an open object: unknown
/// fields stay.
pub(super) fn config(kind: Kind, sort: &str, body: &Map<String, Value>) -> Result<Value, Reply> {
    let loc = ["body", "config"];
    let mut given = object(required(body, &loc)?, &loc)?.clone();
    if sort != "s3" {
        return Ok(given.into());
    }
    let mut config = Map::new();
    let known = |field: &&ConfigField| kind == Kind::Source || !field.sources_only;
    for field in CONFIG_FIELDS.iter().filter(known) {
        config.insert(field.name.into(), value(field, &given)?);
    }
    given.retain(|name, _| !config.contains_key(name));
    config.extend(given);
    Ok(config.into())
}

fn value(field: &ConfigField, given: &Map<String, Value>) -> Result<Value, Reply> {
    let loc = ["body", "config", field.name];
    match (field.shape, given.get(field.name)) {
        (Shape::Url, _) => {
            let url = string(required(given, &loc)?, &loc)?;
            let words = "String should match pattern '^s3://'";
            let refusal = || problem(&loc, "string_pattern_mismatch", words);
            Location::parse(url).map(|_| url.into()).ok_or_else(refusal)
        }
        (Shape::Switch, None) => Ok(false.into()),
        (Shape::Switch, Some(value)) => boolean(value, &loc).map(Value::from),
        (Shape::Text, None | Some(Value::Null)) => Ok(Value::Null),
        (Shape::Text, Some(value)) => string(value, &loc).map(Value::from),
    }
}
