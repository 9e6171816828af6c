//! Manifests as text: the same connectors are always the same bytes.

use serde_json::{Map, Value, json};

use super::{AwsReference, Entry, Reference, VERSION};
use crate::domain::kind::Kind;

impl Reference {
    /// As it stands in a manifest.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Anonymous => "anonymous".into(),
            Self::Ambient => "ambient".into(),
            Self::Unmanaged => "unmanaged".into(),
            Self::Env { key, secret, token: None } => {
                json!({"env": {"key": key, "secret": secret}})
            }
            Self::Env { key, secret, token } => {
                json!({"env": {"key": key, "secret": secret, "token": token}})
            }
            Self::File(path) => json!({"file": path}),
            Self::Command(command) => json!({"command": command}),
            Self::Aws(aws) => json!({"aws": aws.to_json()}),
        }
    }
}

impl AwsReference {
    fn to_json(&self) -> Value {
        let seconds = self.duration.map(|duration| format!("{}s", duration.as_secs()));
        let fields = [
            ("profile", &self.profile),
            ("role_arn", &self.role_arn),
            ("external_id", &self.external_id),
            ("session_name", &self.session_name),
            ("duration", &seconds),
        ];
        let given = fields.into_iter().filter_map(|(field, value)| Some((field, value.as_ref()?)));
        let mut object: Map<String, Value> =
            given.map(|(field, value)| (field.to_owned(), value.as_str().into())).collect();
        if !self.scope {
            object.insert("scope".into(), false.into());
        }
        object.into()
    }
}

impl Entry {
    /// As it stands in a manifest: what says nothing is left out.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("name".into(), self.name.as_str().into());
        object.insert("kind".into(), self.kind.name().into());
        object.insert("remote_url".into(), self.remote_url.as_str().into());
        if let Some(url) = &self.endpoint_url {
            object.insert("endpoint_url".into(), url.as_str().into());
        }
        if self.kind == Kind::Source {
            object.insert("recursive".into(), self.recursive.into());
        }
        object.insert("credentials".into(), self.credentials.to_json());
        if !self.extra.is_empty() {
            object.insert("extra".into(), self.extra.clone().into());
        }
        object.into()
    }
}

/// A manifest as JSON.
pub fn to_json<'a>(entries: impl Iterator<Item = &'a Entry>) -> Value {
    let connectors: Vec<Value> = entries.map(Entry::to_json).collect();
    json!({"version": VERSION, "connectors": connectors})
}

/// A manifest as YAML; each connector comes with remarks, which become comments above it.
pub fn to_yaml<'a>(entries: impl Iterator<Item = (&'a Entry, &'a [String])>) -> String {
    let mut text = format!("version: {VERSION}\nconnectors:");
    let before = text.len();
    for (entry, remarks) in entries {
        text.push('\n');
        remarks.iter().for_each(|remark| text.push_str(&comment(remark)));
        let Value::Object(fields) = entry.to_json() else { continue };
        for (index, (field, value)) in fields.iter().enumerate() {
            let lead = if index == 0 { "  - " } else { "    " };
            text.push_str(&format!("{lead}{field}: {}\n", inline(value, true)));
        }
    }
    if text.len() == before { text + " []\n" } else { text }
}

/// A line of comment; what would end the line cannot.
pub fn comment(remark: &str) -> String {
    let clean =
        |c: char| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c };
    format!("  # {}\n", remark.chars().map(clean).collect::<String>())
}

/// A value on one line. JSON is YAML, so whatever is not plainly a word is written as JSON.
fn inline(value: &Value, alone: bool) -> String {
    match value {
        Value::String(text) if is_word(text, alone) => text.clone(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let name = Value::from(name.as_str());
                format!("{}: {}", inline(&name, false), inline(value, false))
            };
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| inline(item, false)).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether every reader of YAML takes a text without quotes for itself; `alone`: not in a list or
/// map on the same line.
fn is_word(text: &str, alone: bool) -> bool {
    const TAKEN: [&str; 8] = ["true", "false", "null", "yes", "no", "on", "off", "nan"];
    let part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let path = |c: char| part(c) || (alone && "/.:".contains(c));
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() > 1
        && text.chars().all(path)
        && !text.ends_with(':')
        && !TAKEN.contains(&text.to_ascii_lowercase().as_str())
}
