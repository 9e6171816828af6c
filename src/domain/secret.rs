//! Secrets: a type that cannot print itself, and the service's mask.

use std::fmt;

use serde_json::Value;
use zeroize::Zeroizing;

pub use super::secret_name::names_secret;

/// What the service shows in place of a secret. Source: the public API reference.
pub const MASK: &str = "**********";

/// A value that must not be seen: wiped when dropped, printed as the mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the value over.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Whether a text is, or holds, the service's mask: four asterisks in a row are no one's secret.
pub fn is_mask(text: &str) -> bool {
    // A mask begins with the first asterisk that stands there, as a rule.
    let from = memchr::memchr(b'*', text.as_bytes());
    from.is_some_and(|at| text.as_bytes()[at..].windows(4).any(|four| four == b"****"))
}

/// Whether a mask stands anywhere in a value.
pub fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => is_mask(text),
        Value::Array(items) => items.iter().any(holds_mask),
        Value::Object(fields) => fields.values().any(holds_mask),
        _ => false,
    }
}

/// Whether what should be a file's name may be a secret itself, given where its file belongs: it is
/// long and has no dot, or it has characters that are rare in names.
pub fn may_be_secret(file: &str) -> bool {
    file.contains(['=', '"', '{', '\n']) || (looks_secret(file) && !file.contains('.'))
}

/// Replaces every value whose field's name says secret, at any depth, by the mask.
/// Null and booleans stay: they tell whether something is set, not what.
pub fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => {
            for (name, field) in fields {
                if names_secret(name) { mask_whole(field) } else { mask(field) }
            }
        }
        _ => {}
    }
}

fn mask_whole(value: &mut Value) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Array(items) => items.iter_mut().for_each(mask_whole),
        Value::Object(fields) => fields.values_mut().for_each(mask_whole),
        Value::String(_) | Value::Number(_) => *value = MASK.into(),
    }
}

/// Whether an argument may be a secret that stands where none belongs: long, and no URL.
pub fn looks_secret(text: &str) -> bool {
    text.len() >= 16 && !text.contains("://") && !text.contains(char::is_whitespace)
}
