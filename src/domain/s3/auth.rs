//! How a connector authenticates, by what its config shows.

use serde_json::{Map, Value};

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
        // A mask need not be a text: whatever stands there is a value.
        let text = |name| {
            !matches!(config.get(name), None | Some(Value::Null))
                && config.get(name).and_then(Value::as_str) != Some("")
        };
        let flag = |name| config.get(name) == Some(&Value::Bool(true));
        if text("token") {
            Self::Sts
        } else if text("key") || text("secret") {
            Self::Keys
        } else if flag("ambient_credentials") {
            Self::Ambient
        } else if flag("anonymous") {
            Self::Anonymous
        } else {
            Self::Unknown
        }
    }

    /// Whether the connector holds keys that the service hides, so that a write must bring them.
    pub fn has_keys(self) -> bool {
        matches!(self, Self::Keys | Self::Sts)
    }
}
