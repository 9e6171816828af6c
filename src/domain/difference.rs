//! What a write would change, field by field, without a secret in it.

use serde_json::{Map, Value, json};

use crate::domain::s3::config::Config;
use crate::domain::s3::same::same;
use crate::domain::secret::{holds_mask, mask, names_secret};

/// One field that would change.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The field of the config.
    pub field: String,
    /// What is there, masked; `None` where nothing is.
    pub from: Option<Value>,
    /// What would be there, masked; `None` where it would be cleared.
    pub to: Option<Value>,
    /// For a secret: whether it changes, as far as a masked reading tells.
    pub secret: Option<Secrecy>,
}

impl Difference {
    /// For results: `secret` is null where the field is none.
    pub fn to_json(&self) -> Value {
        let secret = self.secret.map(Secrecy::name);
        json!({"field": self.field, "from": self.from, "to": self.to, "secret": secret})
    }
}

/// What is known of a secret's change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// It does.
    Changed,
    /// There is none yet: the connector is to be made.
    New,
    /// The service hides what it has, so it may be the same.
    Unknown,
}

impl Secrecy {
    /// The word that results carry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::New => "new",
            Self::Unknown => "unknown",
        }
    }
}

/// The fields in which `wanted` differs from `current`, or may.
pub fn between(current: &Map<String, Value>, wanted: &Config) -> Vec<Difference> {
    let shown = |field: &str, value: Option<&Value>| {
        let mut one = json!({field: value?});
        mask(&mut one);
        Some(one[field].take())
    };
    let present = |value: Option<&Value>| !same("", value, None);
    let masked = wanted.masked();
    let all = wanted.fields().chain(current.keys().map(String::as_str).filter(|f| !wanted.has(f)));
    all.filter_map(|field| {
        let (from, to) = (current.get(field), masked.get(field));
        if wanted.agrees(field, from) {
            return None;
        }
        let hidden = from.is_some_and(holds_mask);
        let secret = names_secret(field).then(|| match present(to) && hidden {
            true => Secrecy::Unknown,
            false if current.is_empty() => Secrecy::New,
            false => Secrecy::Changed,
        });
        let kept = |value: Option<&Value>| shown(field, value).filter(|v| present(Some(v)));
        Some(Difference { field: field.into(), from: kept(from), to: kept(to), secret })
    })
    .collect()
}

/// The differences as lines: `+` set, `-` cleared, `~` changed.
pub fn lines(differences: &[Difference]) -> Vec<String> {
    let text = |value: &Option<Value>| match value {
        None => "nothing".into(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let line = |one: &Difference| {
        let sign = match (&one.from, &one.to) {
            (None, _) => '+',
            (_, None) => '-',
            _ => '~',
        };
        let field = &one.field;
        match one.secret {
            Some(Secrecy::Unknown) => {
                format!("{sign} {field}: written anew (unknown whether it differs: it is hidden)")
            }
            Some(Secrecy::New) => format!("{sign} {field}: new"),
            Some(Secrecy::Changed) if one.to.is_none() => format!("{sign} {field}: cleared"),
            Some(Secrecy::Changed) => format!("{sign} {field}: changed"),
            None if one.from.is_none() => format!("{sign} {field}: {}", text(&one.to)),
            None => format!("{sign} {field}: {} -> {}", text(&one.from), text(&one.to)),
        }
    };
    differences.iter().map(line).collect()
}
