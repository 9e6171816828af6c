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

/// Masks the credentials of a config.
pub(super) fn mask_credentials(config: &mut Value) {
    for name in ["key", "secret", "token"] {
        if let Some(value) = config.get_mut(name).filter(|value| value.is_string()) {
            *value = MASK.into();
        }
    }
}

/// Whether a value stands for a secret that is not on the disk (see [`super::vault`]).
pub(super) fn is_sealed(value: &Value) -> bool {
    let id = value.as_str().and_then(|text| text.strip_prefix("sealed:"));
    id.is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
}

/// Whether a value is likely to be a secret whatever its field is called: a URL with a password
/// or a signature in it, a connection string, an access key id, a token.
pub(super) fn looks_secret(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let url = Url::parse(text).ok().filter(Url::has_host);
    let in_url = url.is_some_and(|url| {
        url.password().is_some() || url.query_pairs().any(|(name, _)| names_a_secret(&name))
    });
    let assigned = |part: &str| part.split_once('=').is_some_and(|(name, _)| names_a_secret(name));
    let begins = ["AKIA", "ASIA", "eyJ", "Bearer ", "Basic ", "-----BEGIN "];
    in_url
        || text.split([';', ' ', ',', '&']).any(assigned)
        || begins.iter().any(|start| text.starts_with(start))
        || looks_random(text)
}

/// Long, in one piece, and changing between small letters, capitals and digits as no name does:
/// random letters change two times in three, hexadecimal digits every other time.
fn looks_random(text: &str) -> bool {
    let class = |letter: char| match letter {
        'a'..='z' => Some('a'),
        'A'..='Z' => Some('A'),
        '0'..='9' => Some('0'),
        '+' | '/' | '=' | '_' | '-' | '.' | '~' => Some('/'),
        _ => None,
    };
    let Some(classes) = text.chars().map(class).collect::<Option<Vec<char>>>() else {
        return false;
    };
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    text.len() >= 20 && changes * 3 >= text.len() && uuid::Uuid::try_parse(text).is_err()
}

/// By a part of the name, or by a whole word of it.
fn names_a_secret(name: &str) -> bool {
    const PARTS: [&str; 7] =
        ["secret", "password", "passphrase", "passcode", "token", "key", "credential"];
    const WORDS: [&str; 16] = [
        "authorization",
        "bearer",
        "cred",
        "creds",
        "dsn",
        "jwt",
        "pass",
        "passwd",
        "pat",
        "pw",
        "pwd",
        "sas",
        "sig",
        "signature",
        "webhook",
        "cookie",
    ];
    let words = words(name);
    let lower = words.join("");
    PARTS.iter().any(|part| lower.contains(part))
        || lower.contains("connectionstring")
        || words.iter().any(|word| WORDS.contains(&word.as_str()))
}

/// The words of `db_password`, `dbPassword` or `DB-Password`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last_was_lower = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || (letter.is_uppercase() && last_was_lower);
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        last_was_lower = letter.is_lowercase();
    }
    words
}

/// Switches such as `ambient_credentials: false` are no secrets, nor is what is not set.
fn holds_something(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(_)) && value != ""
}
