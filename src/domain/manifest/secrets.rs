//! What may be a secret, by its name or by its looks: no manifest holds one.

use std::borrow::Cow;

use serde_json::Value;

use super::reader::FIELDS;
use crate::domain::redaction::Redactor;
use crate::domain::s3::config::check_extra;
use crate::domain::s3::fields::is_auth;
use crate::domain::secret::names_secret;

/// Checks a field of the open config: none that has a place of its own, and no secret, neither by
/// its name nor by its looks.
pub(super) fn check(field: &str, value: &Value) -> Result<(), String> {
    if FIELDS.contains(&field) {
        return Err(format!("{field} stands beside extra, not in it"));
    }
    if is_auth(field) {
        return Err(format!("{field} is part of credentials, not of extra"));
    }
    check_extra(field, value)?;
    match secret_in(field, value) {
        true => Err("may be a secret, which a manifest never holds: set it once by uns3 update \
            --set, and leave it out here, where it stays as it is"
            .into()),
        false => Ok(()),
    }
}

/// Whether a field's value may be a secret, by its name or its looks.
pub(in crate::domain) fn secret_in(field: &str, value: &Value) -> bool {
    let by_name = names_secret(field);
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => by_name,
        Value::String(text) => by_name || reveals(text),
        Value::Array(items) => items.iter().any(|item| secret_in(field, item)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| secret_in(name, value) || (by_name && secret_in(field, value))),
    }
}

/// Whether a text is a secret by its looks: an access key id, a private key, a password in a URL.
fn reveals(text: &str) -> bool {
    let password = matches!(Redactor::default().redact_known(text), Cow::Owned(_));
    password || holds_key_id(text) || text.contains("PRIVATE KEY-----")
}

/// Whether a text is the name of a variable, and not, by its looks, a value in its place.
pub(super) fn is_variable(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let fits = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mixed = |class: fn(&char) -> bool| text.chars().any(|c| class(&c));
    // People write variables in words, of one case or with underscores between; keys have neither.
    let random = text.len() >= 16
        && !text.contains('_')
        && mixed(char::is_ascii_digit)
        && mixed(char::is_ascii_uppercase)
        && mixed(char::is_ascii_lowercase);
    begins && fits && !random && !holds_key_id(text) && text.len() <= 200
}

/// Whether a text has the length and letters of AWS's secret access keys.
pub(super) fn is_value(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
    text.len() == 40
        && text.chars().all(fits)
        && !text.starts_with('/')
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_uppercase())
        && text.contains(|c: char| c.is_ascii_lowercase())
}

/// Whether an access key id of AWS stands in a text. Source: IAM User Guide, "Understanding unique
/// ID prefixes".
pub(super) fn holds_key_id(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.split(|c| !is_part(c))
        .any(|word| word.len() >= 16 && (word.starts_with("AKIA") || word.starts_with("ASIA")))
}
