//! Which fields of a JSON object hold secrets, and how an answer hides them.

use serde_json::Value;
use url::Url;

/// What the service answers in place of a credential. Source: the public API reference.
pub(super) const MASK: &str = "**********";

/// Calls `visit` on every value under `value`, with whether it may not be shown. The value of a
/// field whose name says secret counts as one, whatever its shape; the rest is walked leaf by
/// leaf.
pub(super) fn walk(value: &mut Value, visit: &mut dyn FnMut(bool, &mut Value)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if names_a_secret(name) && holds_something(value) {
                    visit(true, value);
                } else {
                    walk(value, visit);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, visit)),
        leaf => visit(false, leaf),
    }
}

/// The copy of `value` that an answer shows. How the service answers secrets in fields that are
/// not public is not known; here they are masked as the known ones are.
pub(super) fn masked(value: &Value) -> Value {
    let mut shown = value.clone();
    walk(&mut shown, &mut |secret, value| {
        if secret || is_sealed(value) {
            *value = MASK.into();
        }
    });
    shown
}

/// Whether a value stands for a secret that is not on the disk (see [`super::vault`]).
pub(super) fn is_sealed(value: &Value) -> bool {
    let id = value.as_str().and_then(|text| text.strip_prefix("sealed:"));
    id.is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
}

/// Whether a value carries a password whatever its field is called: `https://user:password@host`.
pub(super) fn has_userinfo(value: &Value) -> bool {
    let url = value.as_str().and_then(|text| Url::parse(text).ok());
    url.is_some_and(|url| url.password().is_some())
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["secret", "password", "token", "key", "credential"].iter().any(|word| name.contains(word))
}

/// Switches such as `ambient_credentials: false` are no secrets, nor is what is not set.
fn holds_something(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(_)) && value != ""
}
