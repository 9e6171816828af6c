//! How the authentication of a connector differs from what a manifest says, as far as a masked
//! reading, a reference and the ledger tell.

use serde_json::{Map, Value};

use crate::domain::connector::Connector;
use crate::domain::difference::{Difference, Secrecy};
use crate::domain::lease::Lease;
use crate::domain::manifest::Reference;
use crate::domain::s3::auth::AuthKind;
use crate::domain::secret::MASK;

/// What a reference gives, where that is seen without asking anybody for credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHint {
    /// The access key id.
    pub id: String,
    /// Whether a session token comes with it.
    pub has_token: bool,
}

/// The fields that differ; of a connector that is to be made, whose config is empty, those that are
/// set. The values of secrets are never compared: the service hides them.
pub(super) fn differences(
    config: &Map<String, Value>,
    wanted: &Reference,
    hint: Option<&KeyHint>,
    lease: Option<&Lease>,
) -> Vec<Difference> {
    let is_set = |field: &str| {
        !matches!(config.get(field), None | Some(Value::Null | Value::Bool(false)))
            && config.get(field).and_then(Value::as_str) != Some("")
    };
    let kind = AuthKind::of(config);
    let (keys, token) = match wanted {
        Reference::Unmanaged => return Vec::new(),
        Reference::Anonymous | Reference::Ambient => (false, Some(false)),
        // Where nothing tells whether a token comes, what is there may stay.
        other => (true, other.has_token().or(hint.map(|hint| hint.has_token))),
    };
    let ambient = *wanted == Reference::Ambient;
    let wants = [
        ("key", Some(keys)),
        ("secret", Some(keys)),
        ("token", token),
        ("anonymous", Some(*wanted == Reference::Anonymous)),
        // Readings of shared deployments do not show this field at all.
        (
            "ambient_credentials",
            Some(ambient).filter(|_| {
                let shown = config.contains_key("ambient_credentials") || config.is_empty();
                !ambient || shown || kind != AuthKind::Unknown
            }),
        ),
    ];
    let mut found: Vec<Difference> = Vec::new();
    for (field, wants) in wants {
        let has = is_set(field);
        if wants.is_some_and(|wants| wants != has) {
            found.push(difference(field, has, wants == Some(true)));
        }
    }
    if found.is_empty() && is_another_key(kind, token, hint, lease) {
        found.push(difference("key", true, true));
    }
    found
}

/// Whether the ledger knows that the connector was written with another long-term key. A session's
/// key is another each time, and says nothing.
fn is_another_key(
    kind: AuthKind,
    token: Option<bool>,
    hint: Option<&KeyHint>,
    lease: Option<&Lease>,
) -> bool {
    let (Some(hint), Some(lease)) = (hint, lease) else { return false };
    kind == AuthKind::Keys && token == Some(false) && !hint.has_token && !lease.is_of_key(&hint.id)
}

/// All credentials of a reference, as they are written anew.
pub(super) fn refreshed(connector: &Connector, wanted: &Reference) -> Vec<Difference> {
    let mut fields = vec!["key", "secret"];
    if wanted.has_token().unwrap_or(connector.auth() == AuthKind::Sts) {
        fields.push("token");
    }
    let unknown =
        |field| Difference { secret: Some(Secrecy::Unknown), ..difference(field, true, true) };
    fields.into_iter().map(unknown).collect()
}

fn difference(field: &str, has: bool, wants: bool) -> Difference {
    let secret = ["key", "secret", "token"].contains(&field);
    let value = |set: bool| set.then(|| if secret { MASK.into() } else { Value::Bool(true) });
    Difference {
        field: field.into(),
        from: value(has),
        to: value(wants),
        secret: secret.then_some(Secrecy::Changed),
    }
}
