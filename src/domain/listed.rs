//! A connector as a result shows it: the service's own object, borrowed from the answer where it
//! came in a list. What is written is a [`Connector`].

use std::borrow::Cow;

use crate::domain::connector::Connector;
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
    /// Takes over a value of a list; `None`: it is not as promised, and [`Connector::new`] says how.
    pub fn new(kind: Kind, value: Json<'a>) -> Option<Self> {
        let Json::Object(mut object) = value else { return None };
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

    /// A text field; empty where there is none.
    pub fn text(&self, field: &str) -> Cow<'a, str> {
        self.object.text(field)
    }

    /// Whether it is one that uns3 manages.
    pub fn is_s3(&self) -> bool {
        self.object.get("type").and_then(Json::as_str) == Some("s3")
    }

    /// The config as it was read: secrets masked, or, by a service that masks badly, in the clear.
    pub fn config(&self) -> &Fields<'a> {
        match self.object.get("config") {
            Some(Json::Object(config)) => config,
            _ => unreachable!("checked when read"),
        }
    }

    /// A text field of the config.
    pub fn setting(&self, field: &str) -> Cow<'a, str> {
        self.config().text(field)
    }

    /// How it authenticates; of another type than S3 that is not known.
    pub fn auth(&self) -> AuthKind {
        if !self.is_s3() {
            return AuthKind::Unknown;
        }
        let config = self.config();
        AuthKind::by(|field| config.get(field).map_or(Seen::Nothing, Seen::of))
    }

    /// The object for a result, with `uns3` added: how it authenticates, and what is known beside it.
    pub fn into_json(self, auth: AuthKind, known: Fields<'a>) -> Json<'a> {
        let mut uns3 = Fields::default();
        uns3.set("kind", self.kind.name());
        uns3.set("auth", auth.name());
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
