//! Live connectors as a manifest: names of variables in place of what the service hides.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::secrets::is_variable;
use super::{Entry, Origin, Place, Reference, Source, read, secrets, to_json};
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::fields;
use crate::domain::s3::same::same;

/// A manifest of what is live.
#[derive(Default)]
pub struct Exported {
    /// The connectors, by kind and name, each with what is to be said of it.
    pub entries: Vec<(Entry, Vec<String>)>,
    /// The connectors that no manifest can name, and why.
    pub left_out: Vec<String>,
}

/// Makes a manifest that, applied, finds nothing to do.
pub fn export(mut connectors: Vec<Connector>) -> Exported {
    connectors.sort_by(|one, other| key(one).cmp(&key(other)));
    let mut count: HashMap<(&str, String), usize> = HashMap::new();
    for one in &connectors {
        *count.entry((one.kind.name(), one.name().to_owned())).or_default() += 1;
    }
    let mut exported = Exported::default();
    let mut taken = HashSet::new();
    for connector in &connectors {
        let title = connector.title();
        if count[&(connector.kind.name(), connector.name().to_owned())] > 1 {
            exported.left_out.push(format!("{title}: several connectors have this name"));
            continue;
        }
        let (entry, remarks) = entry(connector, &mut taken);
        let text = to_json(std::iter::once(&entry)).to_string();
        match read(&[Source { name: String::new(), text }]) {
            Ok(_) => exported.entries.push((entry, remarks)),
            Err(problems) => {
                let field = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
                let told =
                    problems.iter().map(|one| format!("{}: {}", field(&one.path), one.message));
                exported.left_out.push(format!("{title}: {}", told.collect::<Vec<_>>().join("; ")));
            }
        }
    }
    exported
}

fn key(connector: &Connector) -> (&str, &str, &str) {
    (connector.kind.name(), connector.name(), connector.id())
}

fn entry(connector: &Connector, taken: &mut HashSet<String>) -> (Entry, Vec<String>) {
    let config = connector.config();
    let mut remarks = Vec::new();
    let mut extra = Map::new();
    for (field, value) in config {
        if fields::find(field).is_some()
            || same(field, Some(value), None) && *value != Value::Bool(false)
        {
            continue;
        }
        match secrets::check(field, value) {
            Ok(()) => {
                extra.insert(field.clone(), value.clone());
            }
            Err(_) => remarks.push(format!("left out, and kept as it is: {field}")),
        }
    }
    extra.sort_keys();
    let text =
        |field: &str| Some(connector.setting(field).to_owned()).filter(|text| !text.is_empty());
    let credentials = match connector.auth() {
        AuthKind::Anonymous => Reference::Anonymous,
        AuthKind::Ambient => Reference::Ambient,
        AuthKind::Unknown => {
            remarks.push("authenticates by fields that are not known: left as they are".into());
            Reference::Unmanaged
        }
        kind => variables(connector, kind == AuthKind::Sts, taken),
    };
    let entry = Entry {
        name: connector.name().into(),
        kind: connector.kind,
        remote_url: connector.setting("remote_url").into(),
        endpoint_url: text("endpoint_url"),
        recursive: connector.kind == Kind::Source
            && config.get("recursive") == Some(&Value::Bool(true)),
        credentials,
        extra,
        origin: Origin { source: 0, path: String::new(), place: Place { line: 0, column: 0 } },
    };
    (entry, remarks)
}

/// The variables of a connector, named for it: `INVOICES_OUT_KEY` and so on, no two of them alike.
fn variables(connector: &Connector, token: bool, taken: &mut HashSet<String>) -> Reference {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let words: String = connector.name().chars().map(upper).collect();
    let words: Vec<&str> = words.split('_').filter(|word| !word.is_empty()).collect();
    let mut stem = words.join("_");
    if !is_variable(&stem) || stem.len() > 100 {
        stem = format!(
            "CONNECTOR_{}",
            connector.id().replace(|c: char| !c.is_ascii_alphanumeric(), "_")
        );
    }
    let mut name = stem.clone();
    for number in 2.. {
        if taken.insert(name.clone()) {
            break;
        }
        name = format!("{stem}_{number}");
    }
    Reference::Env {
        key: format!("{name}_KEY"),
        secret: format!("{name}_SECRET"),
        token: token.then(|| format!("{name}_TOKEN")),
    }
}
