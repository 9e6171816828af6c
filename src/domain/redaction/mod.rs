//! Redaction of all that is shown: of secrets that are known, and of what stands where one would.
//!
//! Everything here is linear in the text, whoever wrote it, and copies nothing of a clean one.

mod escapes;
mod known;
pub mod spans;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use memchr::{memchr, memchr3};
use serde_json::Value;

use self::known::{Known, Short};
use crate::domain::secret::{MASK, is_mask, names_secret};

/// Knows the secrets of this process and takes them out of any text.
#[derive(Default)]
pub struct Redactor(Mutex<Secrets>);

#[derive(Default)]
struct Secrets {
    known: Known,
    short: Short,
    /// How many came from readings.
    read: usize,
}

/// Values that are shorter say nothing: they would take half of every text with them.
const SHORTEST: usize = 4;

/// Shorter values are masked as whole words only, and only in what the service says.
const SHORT: usize = 8;

/// Secrets that are learnt from readings at the most: a service that masks none of ten thousand
/// connectors would make every line slow. Their own fields are masked by name in any case.
const MOST_READ: usize = 100;

impl Secrets {
    /// Whether it was not known.
    fn learn(&mut self, secret: &str) -> bool {
        match secret.trim() {
            secret if secret.len() < SHORTEST || is_mask(secret) => false,
            secret if secret.len() < SHORT => self.short.learn(secret),
            secret => self.known.learn(secret),
        }
    }
}

impl Redactor {
    /// Remembers a secret.
    pub fn learn(&self, secret: &str) {
        self.secrets().learn(secret);
    }

    /// Remembers a text of a field whose name says secret; key ids are public, and so are plain
    /// words. Masks, which nearly all are, cost nothing.
    pub fn learn_named(&self, field: &str, text: &str) {
        let is_word = |text: &str| {
            text.len() <= 16 && text.bytes().all(|b| b.is_ascii_lowercase() || b"-_".contains(&b))
        };
        if is_mask(text) || field == "key" || !names_secret(field) || is_word(text) {
            return;
        }
        let mut secrets = self.secrets();
        if secrets.read < MOST_READ && secrets.learn(text) {
            secrets.read += 1;
        }
    }

    /// The same of a value, at any depth.
    pub fn learn_field(&self, field: &str, value: &Value) {
        match value {
            Value::String(text) => self.learn_named(field, text),
            Value::Array(items) => items.iter().for_each(|item| self.learn_field(field, item)),
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| self.learn_field(name, value));
            }
            _ => {}
        }
    }

    fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a text is nothing but a secret that is known.
    pub fn is_known(&self, text: &str) -> bool {
        let text = text.trim();
        self.secrets().known.find(text).contains(&(0..text.len()))
    }

    /// The text without any secret that is known, nor a password in a URL.
    pub fn redact_known<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = masked(text.into(), |text| self.secrets().known.find(text));
        without_userinfo(text)
    }

    /// The same for prose: also without what stands as `secret=…` or `"token": "…"`.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        in_prose(self.redact_known(text))
    }

    /// The same for what the service says: also without secrets that are short words. In sentences
    /// of uns3's own those would be innocent.
    pub fn redact_said<'a>(&self, text: &'a str) -> Cow<'a, str> {
        in_prose(masked(self.redact_known(text), |text| self.secrets().short.find(text)))
    }
}

fn in_prose(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr3(b'@', b'=', b':', text.as_bytes()).is_none() {
        return text;
    }
    let text = masked(text, |text| spans::assignments(text).spans);
    // A value that is gone may have stood between a URL and what now looks like its password.
    without_userinfo(text)
}

fn without_userinfo(text: Cow<'_, str>) -> Cow<'_, str> {
    match memchr(b'@', text.as_bytes()) {
        Some(_) => masked(text, |text| spans::userinfo(text).spans),
        None => text,
    }
}

/// The text with a mask in place of each span; spans that overlap or touch become one.
fn masked<'a>(text: Cow<'a, str>, spans: impl FnOnce(&str) -> Vec<Range<usize>>) -> Cow<'a, str> {
    let mut spans = spans(&text);
    spans.retain(|span| !is_masked(&text[span.clone()]));
    if spans.is_empty() {
        return text;
    }
    spans.sort_unstable_by_key(|span| span.start);
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for span in spans {
        if span.start > copied || result.is_empty() {
            result.push_str(&text[copied..span.start]);
            result.push_str(MASK);
        }
        copied = copied.max(span.end);
    }
    result.push_str(&text[copied..]);
    Cow::Owned(result)
}

/// Whether nothing but asterisks stands there.
fn is_masked(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'*')
}
