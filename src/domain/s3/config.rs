//! A connector's config for the wire: made new, or from what is there and what shall change.
//!
//! A PUT replaces the whole config, and whether a field that is left out is cleared or kept is not
//! known: so every field that uns3 knows is sent, null where it shall be empty, every other is
//! handed on, and a mask never is.

use serde_json::{Map, Value, json};

use crate::domain::kind::Kind;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::credentials::Auth;
use crate::domain::secret::{holds_mask, is_mask};

/// The fields that have flags of their own, each with its flag.
const KNOWN: [(&str, &str); 8] = [
    ("remote_url", "--remote-url"),
    ("key", "--key"),
    ("secret", "--secret-file"),
    ("token", "--token-file"),
    ("endpoint_url", "--endpoint-url or --no-endpoint-url"),
    ("anonymous", "--anonymous"),
    ("ambient_credentials", "--ambient-credentials"),
    ("recursive", "--recursive"),
];

/// What shall be set or changed; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The remote URL.
    pub remote_url: Option<String>,
    /// The endpoint of another S3 server; `Some(None)` clears it.
    pub endpoint_url: Option<Option<String>>,
    /// Whether a source reads sub-folders too.
    pub recursive: Option<bool>,
    /// The authentication, whole.
    pub auth: Option<Auth>,
    /// Fields of the open config, set to a value or (null) cleared.
    pub extra: Map<String, Value>,
}

/// Why fields with flags of their own are not for `--set` and `--unset`.
pub fn check_extra(field: &str, value: &Value) -> Result<(), String> {
    if let Some((_, flag)) = KNOWN.iter().find(|(known, _)| *known == field) {
        return Err(format!("{field} has a flag of its own: use {flag}"));
    }
    if field.is_empty() || field.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("a field's name is not empty and has no white space".into());
    }
    if holds_mask(value) {
        return Err(format!("the value of {field} is the service's mask"));
    }
    Ok(())
}

/// Whether a field says how the connector authenticates.
pub fn is_auth(field: &str) -> bool {
    ["key", "secret", "token", "anonymous", "ambient_credentials"].contains(&field)
}

/// The config of a connector that is to be made.
pub fn new(kind: Kind, change: &Change) -> Map<String, Value> {
    let mut config = Map::new();
    config.insert("remote_url".into(), change.remote_url.clone().into());
    config.insert("endpoint_url".into(), change.endpoint_url.clone().flatten().into());
    set_auth(&mut config, change.auth.as_ref().unwrap_or(&Auth::Anonymous));
    if change.auth != Some(Auth::Ambient) {
        // A field of dedicated deployments only; elsewhere it is better not named.
        config.shift_remove("ambient_credentials");
    }
    if kind == Kind::Source {
        config.insert("recursive".into(), change.recursive.unwrap_or(false).into());
    }
    config.extend(change.extra.clone());
    config
}

/// The whole config for a PUT. An error is a list of what has to be said for it to be whole.
pub fn updated(
    kind: Kind,
    current: &Map<String, Value>,
    change: &Change,
) -> Result<Map<String, Value>, Vec<String>> {
    let mut config = with_settings(current, change);
    config.entry("endpoint_url").or_insert(Value::Null);
    if kind == Kind::Source {
        config.entry("recursive").or_insert(false.into());
    }
    let mut missing = Vec::new();
    match &change.auth {
        Some(auth) => set_auth(&mut config, auth),
        None => missing = hidden_keys(current),
    }
    if change.auth.is_none() && AuthKind::of(current) != AuthKind::Unknown {
        for field in ["key", "secret", "token"] {
            config.insert(field.into(), Value::Null);
        }
        config.entry("anonymous").or_insert(false.into());
    }
    let masked = masked_fields(&config).into_iter().filter(|field| !missing.contains(field));
    missing.extend(masked.collect::<Vec<_>>());
    if missing.is_empty() { Ok(config) } else { Err(missing) }
}

/// The config with all that shall change but the authentication.
fn with_settings(current: &Map<String, Value>, change: &Change) -> Map<String, Value> {
    let mut config = current.clone();
    if let Some(url) = &change.remote_url {
        config.insert("remote_url".into(), url.clone().into());
    }
    if let Some(endpoint) = &change.endpoint_url {
        config.insert("endpoint_url".into(), endpoint.clone().into());
    }
    if let Some(recursive) = change.recursive {
        config.insert("recursive".into(), recursive.into());
    }
    config.extend(change.extra.clone());
    config
}

/// Whether all settings but the authentication are as they shall be.
pub fn settings_agree(current: &Map<String, Value>, change: &Change) -> bool {
    let wanted = with_settings(current, change);
    wanted.iter().all(|(field, value)| same(field, current.get(field), Some(value)))
}

/// The credentials that a connector has, or may have, and no reading shows: a write needs them
/// again. Even where a reading shows them in the clear: it may be an example, or old. A reading
/// without a word of how the connector authenticates, not even by a field of the open config, is
/// not taken to say that it has none.
fn hidden_keys(config: &Map<String, Value>) -> Vec<String> {
    const KEYS: [&str; 3] = ["key", "secret", "token"];
    let fields = |keep: &dyn Fn(Option<&Value>) -> bool| {
        let kept = KEYS.iter().filter(|field| keep(config.get(**field)));
        kept.map(|field| (*field).to_owned()).collect()
    };
    let by_others = config.keys().any(|field| KNOWN.iter().all(|(known, _)| known != field));
    match AuthKind::of(config) {
        AuthKind::Unknown if by_others => Vec::new(),
        AuthKind::Keys | AuthKind::Sts => fields(&|value| value.is_some_and(|v| !v.is_null())),
        AuthKind::Unknown => fields(&|value| value.is_none()),
        AuthKind::Anonymous | AuthKind::Ambient => Vec::new(),
    }
}

fn set_auth(config: &mut Map<String, Value>, auth: &Auth) {
    let keys = match auth {
        Auth::Keys(keys) => Some(keys),
        Auth::Anonymous | Auth::Ambient => None,
    };
    let token = keys.and_then(|keys| keys.token.as_ref()).map(|token| token.expose());
    config.insert("key".into(), json!(keys.map(|keys| &keys.id)));
    config.insert("secret".into(), json!(keys.map(|keys| keys.secret.expose())));
    config.insert("token".into(), json!(token));
    config.insert("anonymous".into(), json!(*auth == Auth::Anonymous));
    config.insert("ambient_credentials".into(), json!(*auth == Auth::Ambient));
}

/// The fields whose value the service hides, and which a PUT would therefore destroy.
fn masked_fields(config: &Map<String, Value>) -> Vec<String> {
    let masked = |(_, value): &(&String, &Value)| holds_mask(value);
    config.iter().filter(masked).map(|(field, _)| field.clone()).collect()
}

/// Two values of a field that mean the same: null, false and empty are as if it were not there,
/// and the slash at the end of a remote URL makes no difference.
pub fn same(field: &str, one: Option<&Value>, other: Option<&Value>) -> bool {
    let plain = |value: Option<&Value>| match value {
        None | Some(Value::Null | Value::Bool(false)) => Value::Null,
        Some(Value::String(text)) if text.is_empty() => Value::Null,
        Some(Value::String(text)) if field == "remote_url" => text.trim_end_matches('/').into(),
        Some(value) => value.clone(),
    };
    plain(one) == plain(other)
}

/// Whether two readings of a config mean the same.
pub fn agree(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.keys().chain(other.keys()).all(|field| same(field, one.get(field), other.get(field)))
}

/// The fields in which the service's answer to a write is not what was written.
pub fn disagreements(wrote: &Map<String, Value>, answer: &Map<String, Value>) -> Vec<String> {
    wrote
        .iter()
        .filter(|(field, value)| {
            let got = answer.get(*field);
            let hidden = got.and_then(Value::as_str).is_some_and(is_mask);
            let secret = crate::domain::secret::names_secret(field);
            match got {
                // Readings show neither every secret nor the fields of dedicated deployments.
                None if secret || *field == "ambient_credentials" => false,
                _ if secret && hidden => value.is_null(),
                got => !same(field, Some(value), got),
            }
        })
        .map(|(field, _)| field.clone())
        .collect()
}
