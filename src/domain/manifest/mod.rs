//! The manifest: connectors as a file says that they shall be, with references in place of secrets.

mod export;
mod partial;
mod read;
mod reader;
mod reference;
mod schema;
mod secrets;
mod tree;
mod whole;
mod write;

use serde_json::{Map, Value};

use crate::domain::kind::Kind;
use crate::domain::s3::config::Change;
use crate::domain::s3::location::RemoteUrl;

pub use export::{Exported, export};
pub use read::read;
pub use reference::{AwsReference, Reference};
pub use schema::schema;
pub(in crate::domain) use secrets::secret_in;
pub use tree::Place;
pub use write::{comment, to_json, to_yaml};

/// The version of the manifest that this reads and writes.
pub const VERSION: u64 = 1;

/// A text that is read as a manifest, or as a part of one.
#[derive(Clone, Debug)]
pub struct Source {
    /// What problems call it: a file as the user named it.
    pub name: String,
    /// YAML or JSON.
    pub text: String,
}

/// A connector as it shall be.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// The name, unique per kind.
    pub name: String,
    /// Source or destination.
    pub kind: Kind,
    /// Where its files are.
    pub remote_url: String,
    /// The address of an S3 server that is not AWS.
    pub endpoint_url: Option<String>,
    /// Whether a source reads sub-folders too; false for destinations.
    pub recursive: bool,
    /// Where its credentials come from.
    pub credentials: Reference,
    /// Fields of the open config; those that it does not name are left as they are.
    pub extra: Map<String, Value>,
    /// Where it stands.
    pub origin: Origin,
}

impl Entry {
    /// The fields of the config that it names, all but the authentication.
    pub fn settings(&self) -> Map<String, Value> {
        let mut settings = Map::new();
        settings.insert("remote_url".into(), self.remote_url.as_str().into());
        settings.extend(self.other_settings());
        settings
    }

    fn other_settings(&self) -> Map<String, Value> {
        let mut settings = Map::new();
        settings.insert("endpoint_url".into(), self.endpoint_url.clone().into());
        if self.kind == Kind::Source {
            settings.insert("recursive".into(), self.recursive.into());
        }
        settings.extend(self.extra.clone());
        settings
    }

    /// The same for a write, still without credentials.
    pub fn change(&self) -> Change {
        Change {
            remote_url: RemoteUrl::parse(&self.remote_url).ok(),
            auth: None,
            settings: self.other_settings(),
        }
    }
}

/// Where in which source something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The source, by its index.
    pub source: usize,
    /// Such as `connectors[2]`.
    pub path: String,
    /// The line and column.
    pub place: Place,
}

/// Something in a manifest that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The source's name.
    pub source: String,
    /// Where in it.
    pub place: Place,
    /// Such as `connectors[2].remote_url`; empty where the text as a whole cannot be read.
    pub path: String,
    /// What is wrong, and what is right. It repeats nothing that may be a secret.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, place: Place { line, column }, path, message } = self;
        match path.as_str() {
            "" => write!(f, "{source}:{line}:{column}: {message}"),
            path => write!(f, "{source}:{line}:{column}: {path}: {message}"),
        }
    }
}
