//! A connector as the service shows it: the typed fields that uns3 works with, all others kept.

use std::cell::OnceCell;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::kind::Kind;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::config::{Config, agree};
use crate::domain::s3::location::{self, RemoteUrl};

/// A connector: the service's own object, checked to have what uns3 needs of it. It has no `Debug`:
/// a service that masks badly shows secrets.
#[derive(Clone)]
pub struct Connector {
    /// Source or destination: the object itself does not say.
    pub kind: Kind,
    object: Map<String, Value>,
    remote_url: OnceCell<Result<RemoteUrl, String>>,
}

impl Connector {
    /// Takes over the service's object; the error names the field that is not as promised.
    pub fn new(kind: Kind, mut object: Map<String, Value>) -> Result<Self, String> {
        for field in ["id", "name", "type"] {
            if !object.get(field).is_some_and(Value::is_string) {
                return Err(format!("a connector without a text field {field:?}"));
            }
        }
        let config = object.entry("config").or_insert(Value::Null);
        if config.is_null() {
            *config = Map::new().into();
        }
        match config {
            Value::Object(_) => Ok(Self { kind, object, remote_url: OnceCell::new() }),
            _ => Err("a connector whose config is no object".into()),
        }
    }

    fn text(&self, field: &str) -> &str {
        self.object.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// The id, a UUID.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// The type: `s3`, or what uns3 only shows.
    pub fn type_name(&self) -> &str {
        self.text("type")
    }

    /// Whether it is one that uns3 manages.
    pub fn is_s3(&self) -> bool {
        self.type_name() == "s3"
    }

    /// When it was made, ISO 8601 as the service writes it.
    pub fn created_at(&self) -> &str {
        self.text("created_at")
    }

    /// When it was last updated, ISO 8601, or empty.
    pub fn updated_at(&self) -> &str {
        self.text("updated_at")
    }

    /// The config as it was read: secrets masked, or, by a service that masks badly, in the clear.
    pub fn config(&self) -> &Map<String, Value> {
        match self.object.get("config") {
            Some(Value::Object(config)) => config,
            _ => unreachable!("checked when made"),
        }
    }

    /// Whether another reading of the connector means the same.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.name() == other.name()
            && self.type_name() == other.type_name()
            && agree(self.config(), other.config())
    }

    /// The same connector with another config, to be shown.
    #[must_use]
    pub fn with_config(&self, config: &Config) -> Self {
        let mut object = self.object.clone();
        object.insert("config".into(), config.masked().into());
        Self { kind: self.kind, object, remote_url: OnceCell::new() }
    }

    /// A text field of the config.
    pub fn setting(&self, field: &str) -> &str {
        self.config().get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// How it authenticates.
    pub fn auth(&self) -> AuthKind {
        AuthKind::of(self.config())
    }

    /// Its remote URL, read when it is asked for first; the error says what is wrong with it.
    pub fn remote_url(&self) -> Result<&RemoteUrl, String> {
        let read = || RemoteUrl::parse(self.setting("remote_url"));
        self.remote_url.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// Whether it is on another S3 server than AWS's.
    pub fn has_endpoint(&self) -> bool {
        !self.setting("endpoint_url").is_empty()
    }

    /// The bucket of its remote URL.
    pub fn bucket(&self) -> Option<&str> {
        location::bucket_of(self.setting("remote_url"))
    }

    /// Its id, name and kind, for results about it.
    pub fn reference(&self) -> Value {
        json!({"id": self.id(), "name": self.name(), "kind": self.kind.name()})
    }

    /// The service's own object.
    pub fn into_object(self) -> Map<String, Value> {
        self.object
    }

    /// When it says that it was last written.
    pub fn last_written(&self) -> Option<Timestamp> {
        last_written(self.updated_at(), self.created_at())
    }

    /// `destination "invoices-out" (id)`, as messages name it.
    pub fn title(&self) -> String {
        format!("{} {:?} ({})", self.kind.name(), self.name(), self.id())
    }
}

/// When a connector was last written, by the times that it bears.
pub fn last_written(updated_at: &str, created_at: &str) -> Option<Timestamp> {
    updated_at.parse().or_else(|_| created_at.parse()).ok()
}
