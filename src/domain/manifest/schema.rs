//! The manifest's JSON Schema (draft 2020-12), for editors.

use serde_json::{Value, json};

use super::VERSION;
use super::reference::{AWS, ENV, WAYS, WORDS};

/// The schema. It takes whatever the reader takes; the reader also knows rules that no schema can
/// tell, such as which bucket names there are.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "uns3 manifest",
        "type": "object",
        "required": ["version", "connectors"],
        "additionalProperties": false,
        "properties": {
            "version": {"const": VERSION},
            "defaults": {
                "description": "Fields for every connector below that does not have them itself",
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": fields(),
            },
            "connectors": {"type": "array", "items": connector()},
        },
        "$defs": {"credentials": credentials()},
    })
}

fn connector() -> Value {
    let mut properties = fields();
    properties["name"] = json!({
        "description": "The connector's name, unique per kind",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
    });
    // `remote_url` and `credentials` may stand in `defaults`.
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn fields() -> Value {
    json!({
        "kind": {
            "description": "Which end of a workflow the connector is",
            "enum": ["destination", "source"],
            "default": "destination",
        },
        "remote_url": {
            "description": "Where the files are: s3://bucket/folder/",
            "type": "string",
            "pattern": "^(s3|https)://",
        },
        "endpoint_url": {
            "description": "The address of an S3 server that is not AWS",
            "type": ["string", "null"],
            "pattern": "^https?://",
        },
        "recursive": {
            "description": "Whether a source reads sub-folders too",
            "type": "boolean",
        },
        "credentials": {"$ref": "#/$defs/credentials"},
        "extra": {
            "description": "Fields of the open config, set to a value or (null) cleared; no secrets",
            "type": ["object", "null"],
        },
    })
}

fn credentials() -> Value {
    let variable = json!({
        "description": "The name of an environment variable, never a value",
        "type": "string",
        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
    });
    let text = |what: &str| json!({"description": what, "type": "string", "minLength": 1});
    let [key, secret, token] = ENV;
    let [profile, role_arn, external_id, session_name, duration, scope] = AWS;
    let env = json!({
        "type": "object",
        "required": [key, secret],
        "additionalProperties": false,
        "properties": {key: variable, secret: variable, token: variable},
    });
    let aws = json!({
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            profile: text("A profile of AWS's shared config"),
            role_arn: {
                "description": "The role to assume",
                "type": "string",
                "pattern": "^arn:aws[^:]*:iam::[0-9]{12}:role/.+",
            },
            external_id: text("The external id that the role's trust policy asks for"),
            session_name: text("The name of the role's session"),
            duration: text("How long the role's credentials live: 15m to 12h"),
            scope: {
                "description": "Whether the role is narrowed to the connector's bucket and folder",
                "type": "boolean",
                "default": true,
            },
        },
        "dependentRequired": {
            external_id: [role_arn],
            session_name: [role_arn],
            duration: [role_arn],
            scope: [role_arn],
        },
    });
    let file = text("A file in a form of --credentials-file, relative to the manifest");
    let command = text("A program that prints a form of --credentials-file");
    let ways = WAYS.into_iter().zip([env, file, aws, command]).map(|(way, value)| {
        json!({
            "type": "object",
            "required": [way],
            "additionalProperties": false,
            "properties": {way: value},
        })
    });
    let ways: Vec<Value> = std::iter::once(json!({"enum": WORDS})).chain(ways).collect();
    json!({"description": "Where the credentials come from: references only", "oneOf": ways})
}
