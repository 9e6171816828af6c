//! How a connector authenticates, by what its config shows.

use serde_json::{Map, Value};

use crate::domain::json::Json;

/// What stands in a field of a config, as far as the way to authenticate goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing, null or an empty text.
    Nothing,
    /// True.
    True,
    /// Any other value.
    Something,
}

impl Seen {
    /// What stands there. A mask need not be a text: whatever stands there is a value.
    pub fn of(value: &Json<'_>) -> Self {
        match value {
            Json::Null => Self::Nothing,
            Json::Text(text) if text.is_empty() => Self::Nothing,
            Json::Bool(true) => Self::True,
            _ => Self::Something,
        }
    }
}

/// How a connector authenticates, as far as a masked reading tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// A long-term access key.
    Keys,
    /// An access key with a session token.
    Sts,
    /// None.
    Anonymous,
    /// The platform's own credentials.
    Ambient,
    /// Nothing that uns3 knows: perhaps by fields of the open config.
    Unknown,
}

impl AuthKind {
    /// The name that results carry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Sts => "sts",
            Self::Anonymous => "anonymous",
            Self::Ambient => "ambient",
            Self::Unknown => "unknown",
        }
    }

    /// What a config says, by the platform's precedence: explicit, then ambient, then anonymous.
    /// Source: the connector code that the platform runs, `unstructured-ingest`.
    pub fn of(config: &Map<String, Value>) -> Self {
        Self::by(|field| match config.get(field) {
            None | Some(Value::Null) => Seen::Nothing,
            Some(Value::String(text)) if text.is_empty() => Seen::Nothing,
            Some(Value::Bool(true)) => Seen::True,
            // A mask need not be a text: whatever stands there is a value.
            Some(_) => Seen::Something,
        })
    }

    /// The same by what is seen in each field.
    pub fn by(seen: impl Fn(&str) -> Seen) -> Self {
        let is_set = |field| seen(field) != Seen::Nothing;
        let is_true = |field| seen(field) == Seen::True;
        if is_set("token") {
            Self::Sts
        } else if is_set("key") || is_set("secret") {
            Self::Keys
        } else if is_true("ambient_credentials") {
            Self::Ambient
        } else if is_true("anonymous") {
            Self::Anonymous
        } else {
            Self::Unknown
        }
    }

    /// Whether a field of the open config is one that a connector authenticates by: a role that the
    /// platform assumes. What such fields will be called is not public, so a role's ARN tells them;
    /// any other field says nothing about the way to authenticate.
    pub fn is_told_by(field: &str, value: &Value) -> bool {
        match value {
            Value::String(text) => {
                !text.is_empty() && (field.ends_with("role_arn") || is_role(text))
            }
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| Self::is_told_by(name, value))
            }
            _ => false,
        }
    }

    /// Whether the connector holds keys that the service hides, so that a write must bring them.
    pub fn has_keys(self) -> bool {
        matches!(self, Self::Keys | Self::Sts)
    }
}

/// `arn:aws:iam::123456789012:role/name`, in any partition.
fn is_role(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.nth(2).is_some_and(|resource| resource.starts_with("role/"))
}
