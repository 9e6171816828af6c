//! What stands at one connector, or in `defaults`: each field by itself.

use serde_json::{Map, Value};

use super::Reference;
use super::reader::{Field, Given, Reader, below};
use super::tree::{Node, Tree};
use super::{reference, secrets};
use crate::domain::kind::Kind;
use crate::domain::s3::location::{RemoteUrl, check_endpoint};

/// What stands at a connector, or in `defaults`.
#[derive(Clone, Default)]
pub(super) struct Partial {
    pub(super) name: Option<Given<String>>,
    pub(super) kind: Option<Given<Kind>>,
    pub(super) remote_url: Option<Given<String>>,
    pub(super) endpoint_url: Option<Given<Option<String>>>,
    pub(super) recursive: Option<Given<bool>>,
    pub(super) credentials: Option<Given<Reference>>,
    pub(super) extra: Map<String, Value>,
}

impl Reader<'_> {
    /// Reads the fields of `known`.
    pub(super) fn partial(
        &mut self,
        node: &Node,
        path: &str,
        known: &[&'static str],
    ) -> Option<Partial> {
        let mut partial = Partial::default();
        for field in self.fields(node, path, known)? {
            match field.name {
                "name" => partial.name = Some(self.given(&field, Self::text)),
                "kind" => partial.kind = Some(self.given(&field, Self::kind)),
                "remote_url" => {
                    let rule = |url: &str| RemoteUrl::parse(url).map(|_| ());
                    partial.remote_url =
                        Some(self.given(&field, |reader, field| reader.ruled(field, rule)));
                }
                "endpoint_url" => {
                    partial.endpoint_url =
                        Some(self.given(&field, |reader, field| match field.node.tree {
                            Tree::Null => Some(None),
                            _ => reader.ruled(field, check_endpoint).map(Some),
                        }));
                }
                "recursive" => partial.recursive = Some(self.given(&field, Self::flag)),
                "credentials" => {
                    partial.credentials = Some(self.given(&field, |reader, field| {
                        reference::read(reader, field.node, &field.path)
                    }));
                }
                _ => partial.extra = self.extra(&field),
            }
        }
        Some(partial)
    }

    fn kind(&mut self, field: &Field<'_>) -> Option<Kind> {
        match self.text(field)?.as_str() {
            "destination" => Some(Kind::Destination),
            "source" => Some(Kind::Source),
            _ => self.problem(field.node.place, &field.path, "is destination or source"),
        }
    }

    /// The fields of the open config, each checked where it stands.
    fn extra(&mut self, field: &Field<'_>) -> Map<String, Value> {
        let mut extra = Map::new();
        let fields = match &field.node.tree {
            Tree::Map(fields) => fields,
            Tree::Null => return extra,
            other => {
                let message = format!("is {}: a map is needed", other.kind());
                self.problem::<()>(field.node.place, &field.path, message);
                return extra;
            }
        };
        for (key, node) in fields {
            let path = below(&field.path, &key.name);
            let value = match node.to_json() {
                Ok(value) => value,
                Err((place, message)) => {
                    self.problem::<()>(place, &path, message);
                    continue;
                }
            };
            if let Err(message) = secrets::check(&key.name, &value) {
                self.problem::<()>(node.place, &path, message);
            } else if extra.insert(key.name.clone(), value).is_some() {
                self.problem::<()>(key.place, &path, "stands here twice");
            }
        }
        extra
    }
}
