//! Reads manifests: every problem of every source at once.

use std::collections::HashMap;

use super::reader::{FIELDS, Field, Reader};
use super::tree::{self, Node, Tree};
use super::{Entry, Origin, Problem, Source, VERSION, whole};

/// The fields of the whole.
pub(super) const TOP: [&str; 3] = ["version", "defaults", "connectors"];

/// Reads the connectors of all sources, in their order, or all that is wrong with them.
pub fn read(sources: &[Source]) -> Result<Vec<Entry>, Vec<Problem>> {
    let mut entries = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let mut reader = Reader::new(&source.name);
        match tree::read(&source.text) {
            Ok(node) => entries.extend(reader.manifest(&node, index)),
            Err((place, message)) => {
                reader.problem::<()>(place, "", message);
            }
        }
        problems.extend(reader.into_problems());
    }
    let mut seen: HashMap<(&str, &str), &Origin> = HashMap::new();
    for entry in &entries {
        let first = seen.entry((entry.kind.name(), &entry.name)).or_insert(&entry.origin);
        if **first != entry.origin {
            let (kind, name) = (entry.kind.name(), &entry.name);
            let (line, source) = (first.place.line, &sources[first.source].name);
            let message =
                format!("{kind} {name:?} stands in {source}:{line} already: give each name once");
            problems.push(Problem {
                source: sources[entry.origin.source].name.clone(),
                place: entry.origin.place,
                path: format!("{}.name", entry.origin.path),
                message,
            });
        }
    }
    // What is wrong in `defaults` shows at every connector.
    let mut told = std::collections::HashSet::new();
    problems.retain(|one| told.insert((one.source.clone(), one.place, one.message.clone())));
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

impl Reader<'_> {
    fn manifest(&mut self, node: &Node, source: usize) -> Vec<Entry> {
        let Some(fields) = self.fields(node, "", &TOP) else { return Vec::new() };
        let find = |name| fields.iter().find(|field| field.name == name);
        match find("version") {
            None => {
                let message = format!("is missing: write version: {VERSION}");
                self.problem::<()>(node.place, "version", message);
            }
            Some(field) => self.version(field),
        }
        let defaults = find("defaults").filter(|field| !matches!(field.node.tree, Tree::Null));
        let defaults = defaults.map(|field| {
            let partial = self.partial(field.node, &field.path, &FIELDS[1..]);
            partial.unwrap_or_default()
        });
        let defaults = defaults.unwrap_or_default();
        let Some(connectors) = find("connectors") else {
            self.problem::<()>(node.place, "connectors", "is missing: a list of connectors");
            return Vec::new();
        };
        let items = match &connectors.node.tree {
            Tree::List(items) => items,
            other => {
                let message = format!("is {}: a list of connectors is needed", other.kind());
                self.problem::<()>(connectors.node.place, &connectors.path, message);
                return Vec::new();
            }
        };
        let read = |(index, node): (usize, &Node)| {
            let path = format!("connectors[{index}]");
            let partial = self.partial(node, &path, &FIELDS)?;
            let origin = Origin { source, path, place: node.place };
            whole::entry(self, partial, &defaults, origin)
        };
        items.iter().enumerate().filter_map(read).collect()
    }

    fn version(&mut self, field: &Field<'_>) {
        let message = match &field.node.tree {
            Tree::Number(number) if number.as_u64() == Some(VERSION) => return,
            Tree::Number(number) if number.as_u64().is_some_and(|number| number > VERSION) => {
                format!("is {number}: this uns3 reads version {VERSION}; a newer one is needed")
            }
            _ => format!("is not {VERSION}: write version: {VERSION}"),
        };
        self.problem::<()>(field.node.place, &field.path, message);
    }
}
