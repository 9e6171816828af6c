//! Walks the tree of a manifest, and gathers what is wrong with it.

use super::Problem;
use super::tree::{Node, Place, Tree};
use crate::domain::names;
use crate::domain::secret::looks_secret;

/// The fields of a connector; `defaults` has all but the first.
pub(super) const FIELDS: [&str; 7] =
    ["name", "kind", "remote_url", "endpoint_url", "recursive", "credentials", "extra"];
/// Reads one source, and gathers what is wrong with it.
pub(super) struct Reader<'a> {
    source: &'a str,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, problems: Vec::new() }
    }

    /// All that was wrong.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}

/// A field of a map: its name, which is a known one, its value and its path.
pub(super) struct Field<'a> {
    pub(super) name: &'static str,
    pub(super) node: &'a Node,
    pub(super) path: String,
}

/// A value that is given, and where; `None`: it is broken, and that is told.
#[derive(Clone)]
pub(super) struct Given<T> {
    pub(super) value: Option<T>,
    pub(super) place: Place,
    pub(super) path: String,
}

impl Reader<'_> {
    /// Remembers a problem; `None` stands for the value that is not there because of it.
    pub(super) fn problem<T>(
        &mut self,
        place: Place,
        path: &str,
        message: impl Into<String>,
    ) -> Option<T> {
        let (source, path) = (self.source.to_owned(), path.to_owned());
        self.problems.push(Problem { source, place, path, message: message.into() });
        None
    }

    /// How many problems there are so far.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    /// The fields of a map, each a known one and there once.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        path: &str,
        known: &[&'static str],
    ) -> Option<Vec<Field<'n>>> {
        let Tree::Map(fields) = &node.tree else {
            let message =
                format!("is {}: a map is needed, of {}", node.tree.kind(), known.join(", "));
            return self.problem(node.place, path, message);
        };
        let mut found: Vec<Field<'n>> = Vec::new();
        for (key, node) in fields {
            let path = below(path, &key.name);
            let twice = || found.iter().any(|field| field.name == key.name);
            match known.iter().find(|known| **known == key.name) {
                Some(_) if twice() => {
                    self.problem::<()>(key.place, &path, "stands here twice");
                }
                Some(name) => found.push(Field { name, node, path }),
                None => {
                    let near = names::near(&key.name, known.iter().copied());
                    let known = match near.first() {
                        Some(near) => format!("did you mean {near}?"),
                        None => format!("known here: {}", known.join(", ")),
                    };
                    self.problem::<()>(key.place, &path, format!("no such field; {known}"));
                }
            }
        }
        Some(found)
    }

    pub(super) fn text(&mut self, field: &Field<'_>) -> Option<String> {
        match &field.node.tree {
            Tree::Text(text) => Some(text.clone()),
            Tree::Number(_) | Tree::Bool(_) => {
                let message = format!("is {}: put it in quotes", field.node.tree.kind());
                self.problem(field.node.place, &field.path, message)
            }
            other => {
                let message = format!("is {}: a text is needed", other.kind());
                self.problem(field.node.place, &field.path, message)
            }
        }
    }

    /// A text that a rule takes.
    pub(super) fn ruled(
        &mut self,
        field: &Field<'_>,
        rule: impl Fn(&str) -> Result<(), String>,
    ) -> Option<String> {
        let text = self.text(field)?;
        match rule(&text) {
            Ok(()) => Some(text),
            Err(problem) => self.problem(field.node.place, &field.path, problem),
        }
    }

    pub(super) fn flag(&mut self, field: &Field<'_>) -> Option<bool> {
        match &field.node.tree {
            Tree::Bool(value) => Some(*value),
            other => {
                let message = format!("is {}: write true or false", other.kind());
                self.problem(field.node.place, &field.path, message)
            }
        }
    }

    /// A value that is given, whether it can be read or not.
    pub(super) fn given<T>(
        &mut self,
        field: &Field<'_>,
        read: impl Fn(&mut Self, &Field<'_>) -> Option<T>,
    ) -> Given<T> {
        Given { value: read(self, field), place: field.node.place, path: field.path.clone() }
    }
}

/// The path of a field below another; a name that may be a secret in the wrong place is not shown.
pub(super) fn below(path: &str, name: &str) -> String {
    let name = if looks_secret(name) && !name.contains('_') { "…" } else { name };
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}
