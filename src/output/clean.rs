//! JSON as it may be shown: secrets masked by their field's name, known ones taken out of texts.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Number;
use serde_saphyr::DoubleQuoted;
use uuid::Uuid;

use super::text::steers;
use super::yaml::Exact;
use crate::domain::json::Json;
use crate::domain::redaction::Redactor;
use crate::domain::secret::{MASK, names_secret};

/// Fields with the words that results are made of, in which a known secret is innocent; but not with
/// whatever else a service may write there.
const WORDS: [&str; 5] = ["id", "kind", "type", "status", "auth"];
/// Fields in which prose stands, with secrets that it names.
const PROSE: [&str; 2] = ["reason", "error"];

/// A value without secrets.
#[derive(Clone, Copy)]
pub(super) struct Clean<'a> {
    value: &'a Json<'a>,
    /// The field that it stands in.
    field: &'a str,
    /// Whether a field above it, or its own, says that it is secret.
    masked: bool,
    /// Whether it is the whole, in which `uns3` is what uns3 says itself.
    whole: bool,
    how: How<'a>,
}

impl<'a> Clean<'a> {
    /// A whole result.
    pub(super) fn whole(value: &'a Json<'a>, how: How<'a>) -> Self {
        Self { value, field: "", masked: false, whole: true, how }
    }

    /// The value of a field.
    pub(super) fn of_field(field: &'a str, value: &'a Json<'a>, how: How<'a>) -> Self {
        let masked = how.by_name && names_secret(field);
        Self { value, field, masked, whole: false, how }
    }
}

/// What texts go through.
#[derive(Clone, Copy)]
pub(super) struct How<'a> {
    /// `None`: what is written is redacted as a whole later.
    pub(super) redactor: Option<&'a Redactor>,
    /// Whether fields are masked by their name, as a connector's are.
    pub(super) by_name: bool,
    /// Whether it is for YAML, where only quoted texts can have characters escaped that steer.
    pub(super) yaml: bool,
}

impl Clean<'_> {
    fn text<S: Serializer>(&self, text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let text = match self.how.redactor {
            Some(redactor) if PROSE.contains(&self.field) => redactor.redact(text),
            // Nearly no text has anything to take out, and the words are looked at last.
            Some(redactor) => match redactor.redact_known(text) {
                Cow::Owned(_) if WORDS.contains(&self.field) && is_word(text) => text.into(),
                redacted => redacted,
            },
            None => text.into(),
        };
        match self.how.yaml && text.chars().any(steers) {
            true => DoubleQuoted(&*text).serialize(serializer),
            false => serializer.serialize_str(&text),
        }
    }

    fn number<S: Serializer>(&self, number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
        match self.how.yaml {
            true => Exact(number).serialize(serializer),
            false => number.serialize(serializer),
        }
    }
}

/// Whether a text is a plain word, or an id.
fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || b"_-".contains(&byte);
    (text.len() <= 16 && text.bytes().all(plain)) || Uuid::try_parse(text).is_ok()
}

impl Serialize for Clean<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            // Null and booleans stay: they tell whether something is set, not what.
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Text(_) | Json::Number(_) if self.masked => serializer.serialize_str(MASK),
            Json::Text(text) => self.text(text, serializer),
            Json::Number(number) => self.number(number, serializer),
            Json::Array(items) => {
                serializer.collect_seq(items.iter().map(|value| Self { value, ..*self }))
            }
            Json::Object(fields) => serializer.collect_map(fields.iter().map(|(field, value)| {
                let by_name = self.how.by_name && !(self.whole && field == "uns3");
                let below = Clean::of_field(field, value, How { by_name, ..self.how });
                (field, Self { masked: self.masked || below.masked, ..below })
            })),
        }
    }
}
