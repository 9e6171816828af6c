//! Redaction of all that is shown: of secrets that are known, and of what stands where one would.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::domain::secret::{MASK, is_mask, names_secret};

/// Knows the secrets of this process and takes them out of any text.
#[derive(Default)]
pub struct Redactor(Mutex<Vec<Zeroizing<String>>>);

/// Shorter values are left alone: they would take innocent words with them.
const SHORTEST: usize = 6;

/// Spellings that are learnt from readings at the most: a service that masks none of ten thousand
/// connectors would make every line slow. Their own fields are masked by name in any case.
const MOST_READ: usize = 600;

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
            Value::String(text) => {
                let few = self.0.lock().unwrap_or_else(PoisonError::into_inner).len() < MOST_READ;
                if few && names_secret(field) && field != "key" && !is_word(text) {
                    self.learn(text);
                }
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
