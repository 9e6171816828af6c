//! A connector as a result shows it: the service's own object, borrowed from the answer where it
//! came in a list. What is written is a [`Connector`].

use jiff::Timestamp;

use crate::domain::connector::{Connector, last_written};
use crate::domain::json::{Fields, Json};
use crate::domain::kind::Kind;
use crate::domain::s3::auth::{AuthKind, Seen};

/// A connector to be looked at. It has no `Debug`: a service that masks badly shows secrets.
#[derive(Clone)]
pub struct Listed<'a> {
    /// Source or destination: the object itself does not say.
    pub kind: Kind,
    object: Fields<'a>,
}

impl<'a> Listed<'a> {
    /// Reads it from its text; `None`: it is not as promised, and [`Connector::new`] says how.
    pub fn read(kind: Kind, text: &'a str) -> Option<Self> {
        let Ok(Json::Object(mut object)) = serde_json::from_str(text) else { return None };
        let is_text = |field: &&str| object.get(field).is_some_and(|one| one.as_str().is_some());
        if !["id", "name", "type"].iter().all(is_text) {
            return None;
        }
        match object.get("config") {
            Some(Json::Object(_)) => {}
            None | Some(Json::Null) => object.set("config", Json::Object(Fields::default())),
            Some(_) => return None,
        }
        Some(Self { kind, object })
    }

    fn text(&self, field: &str) -> &str {
        self.object.get(field).and_then(Json::as_str).unwrap_or_default()
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

    /// When it says that it was last written.
    pub fn last_written(&self) -> Option<Timestamp> {
        last_written(self.updated_at(), self.created_at())
    }

    /// The config as it was read: secrets masked, or, by a service that masks badly, in the clear.
    pub fn config(&self) -> &Fields<'a> {
        match self.object.get("config") {
            Some(Json::Object(config)) => config,
            _ => unreachable!("checked when read"),
        }
    }

    /// A text field of the config.
    pub fn setting(&self, field: &str) -> &str {
        self.config().get(field).and_then(Json::as_str).unwrap_or_default()
    }

    /// How it authenticates; of another type than S3 that is not known.
    pub fn auth(&self) -> AuthKind {
        if !self.is_s3() {
            return AuthKind::Unknown;
        }
        let config = self.config();
        AuthKind::by(|field| match config.get(field) {
            None | Some(Json::Null) => Seen::Nothing,
            Some(Json::Text(text)) if text.is_empty() => Seen::Nothing,
            Some(Json::Bool(true)) => Seen::True,
            // A mask need not be a text: whatever stands there is a value.
            Some(_) => Seen::Something,
        })
    }

    /// The object for a result, with `uns3` added: what is known beside it.
    pub fn into_json(self, known: Fields<'a>) -> Json<'a> {
        let mut uns3 = Fields::default();
        uns3.set("kind", self.kind.name());
        uns3.set("auth", self.auth().name());
        uns3.set("expires_at", Json::Null);
        uns3.set("rotated_at", Json::Null);
        known.into_iter().for_each(|(field, value)| uns3.set(field, value));
        let mut object = self.object;
        object.set("uns3", Json::Object(uns3));
        Json::Object(object)
    }
}

impl From<Connector> for Listed<'_> {
    fn from(connector: Connector) -> Self {
        Self { kind: connector.kind, object: connector.into_object().into() }
    }
}
