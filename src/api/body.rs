//! The body of a request that writes a connector: the one place that secrets leave through.

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::s3::config::{Config, Exposed};

/// What a write sends. A `Secret` stays one until it is written.
pub(super) struct Body<'a> {
    /// The name, where a connector is made: no update can change it.
    pub(super) name: Option<&'a str>,
    /// The whole config.
    pub(super) config: &'a Config,
}

/// The body as it goes over the wire.
#[derive(Serialize)]
pub(super) struct OnWire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_name: Option<&'static str>,
    config: Exposed<'a>,
}

impl Body<'_> {
    /// With the secrets in the clear.
    pub(super) fn exposed(&self) -> OnWire<'_> {
        let type_name = self.name.map(|_| "s3");
        OnWire { name: self.name, type_name, config: self.config.exposed() }
    }

    /// With a mask in place of each secret, to be shown.
    pub(super) fn masked(&self) -> Value {
        let config = self.config.masked();
        match self.name {
            Some(name) => json!({"name": name, "type": "s3", "config": config}),
            None => json!({"config": config}),
        }
    }
}
