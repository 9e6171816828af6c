//! Secrets: a type that cannot print itself, the service's mask, and redaction of all that is shown.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use zeroize::Zeroizing;

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
    text.contains("****")
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

/// Whether a field's name says that its value is secret.
pub fn names_secret(field: &str) -> bool {
    const WORDS: [&str; 11] = [
        "secret",
        "passw",
        "passphrase",
        "pwd",
        "token",
        "key",
        "cred",
        "signature",
        "connection_string",
        "connectionstring",
        "app_config",
    ];
    let field = field.to_ascii_lowercase();
    WORDS.iter().any(|word| field.contains(word))
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

/// Knows the secrets of this process and takes them out of any text.
#[derive(Default)]
pub struct Redactor(Mutex<Vec<Zeroizing<String>>>);

/// Shorter values are left alone: they would take innocent words with them.
const SHORTEST: usize = 6;

impl Redactor {
    /// Remembers a secret, in the spellings that a URL, a JSON text or HTML gives it.
    pub fn learn(&self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST || is_mask(secret) {
            return;
        }
        let json = Value::from(secret).to_string();
        let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let html = secret.replace('&', "&amp;").replace('/', "&#x2F;");
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for spelling in [
            secret,
            json.trim_matches('"'),
            &secret.replace('/', "\\/"),
            &percent,
            &lower_escapes(&percent),
            &html,
        ] {
            if !known.iter().any(|one| one.as_str() == spelling) {
                known.push(Zeroizing::new(spelling.to_owned()));
            }
        }
        // The longest first, so that a secret that holds another goes whole.
        known.sort_by_key(|one| std::cmp::Reverse(one.len()));
    }

    /// Remembers what stands in a field whose name says secret, at any depth; key ids are public,
    /// and so are plain words.
    pub fn learn_field(&self, field: &str, value: &Value) {
        let is_word = |text: &str| {
            text.len() <= 16 && text.bytes().all(|b| b.is_ascii_lowercase() || b"-_".contains(&b))
        };
        match value {
            Value::String(text) if names_secret(field) && field != "key" && !is_word(text) => {
                self.learn(text);
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_field(field, item)),
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| self.learn_field(name, value));
            }
            _ => {}
        }
    }

    /// The text without any secret that is known, nor a password in a URL.
    pub fn redact_known<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for secret in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), MASK));
            }
        }
        match without_userinfo(&text) {
            Some(redacted) => Cow::Owned(redacted),
            None => text,
        }
    }

    /// The same for prose: also without what stands as `secret=…` or `"token": "…"`.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = self.redact_known(text);
        match redact_assignments(&text) {
            Some(redacted) => Cow::Owned(redacted),
            None => text,
        }
    }
}

/// Percent escapes in lower case, as some servers write them.
fn lower_escapes(percent: &str) -> String {
    let mut parts = percent.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (escape, rest) = part.split_at(part.len().min(2));
        text + "%" + &escape.to_ascii_lowercase() + rest
    })
}

/// Masks what stands between `://` and `@` in a URL; `None` where nothing does.
fn without_userinfo(text: &str) -> Option<String> {
    let mut result = String::new();
    let mut copied = 0;
    for (at, sign) in text.match_indices("://") {
        let start = at + sign.len();
        if start < copied {
            continue;
        }
        let end = |c: char| c.is_whitespace() || "/?#\"'<>".contains(c);
        let authority = text[start..].split(end).next().unwrap_or_default();
        // A secret in a URL may hold slashes that nobody escaped: up to the last @ of the word.
        let word = text[start..].split(|c: char| c.is_whitespace() || "\"'<>".contains(c)).next();
        let word = word.unwrap_or_default();
        let holds = |part: &str| part.rfind('@').filter(|at| *at > 0);
        let userinfo = holds(authority).or_else(|| {
            holds(word).filter(|_| authority.contains(':') && !authority.contains('@'))
        });
        if let Some(end) = userinfo {
            result.push_str(&text[copied..start]);
            result.push_str(MASK);
            copied = start + end;
        }
    }
    (copied > 0).then(|| result + &text[copied..])
}

/// Whether an argument may be a secret that stands where none belongs: long, and no URL.
pub fn looks_secret(text: &str) -> bool {
    text.len() >= 16 && !text.contains("://") && !text.contains(char::is_whitespace)
}

/// Masks the value of each `name=value`, `name: value` and `"name": "value"` whose name says
/// secret; `None` where there is none. Prose such as `NoSuchKey: The specified…` stays.
fn redact_assignments(text: &str) -> Option<String> {
    let mut result = String::new();
    let mut copied = 0;
    for (at, sign) in text.match_indices(['=', ':']) {
        if at < copied {
            continue;
        }
        let before = text[..at].trim_end_matches([' ', '"', '\'', '\\']);
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let name = before.rsplit(|c| !is_part(c)).next().unwrap_or_default();
        if !names_secret(name) {
            continue;
        }
        let after = &text[at + 1..];
        let value = after.trim_start_matches([' ', '"', '\'', '\\']);
        let opening = after[..after.len() - value.len()].trim_start_matches(' ');
        // An escaped slash is part of the value, an escaped quote its end.
        let ends = |(at, c): (usize, char)| {
            let escape = c == '\\' && !value[at + 1..].starts_with('/');
            (escape || c.is_whitespace() || "\"',&;}<>)".contains(c)).then_some(at)
        };
        let end = value.char_indices().find_map(ends).unwrap_or(value.len());
        let shortest = match (opening.is_empty(), sign) {
            (false, _) => 1,
            (true, "=") => SHORTEST,
            (true, _) => 16,
        };
        if end < shortest || is_mask(&value[..end]) {
            continue;
        }
        let start = text.len() - value.len();
        result.push_str(&text[copied..start]);
        result.push_str(MASK);
        copied = start + end;
    }
    (copied > 0).then(|| result + &text[copied..])
}
