//! The order of a list as it is shown.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;
use memchr::memmem::Finder;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::json::Json;

/// What a list is sorted by, read without the rest.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Key<'a> {
    #[serde(borrow, default)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) id: Cow<'a, str>,
}

impl<'a> Key<'a> {
    pub(super) fn of(item: &'a RawValue) -> Self {
        serde_json::from_str(item.get()).unwrap_or_default()
    }

    /// The same, read no further than both stand: they come first, and most of the rest is config.
    fn soon(item: &'a RawValue) -> Self {
        let mut json = serde_json::Deserializer::from_str(item.get());
        let mut found = Found::default();
        // An error is the reader's own, of what was left unread, or another reading's to tell.
        let _ = json.deserialize_map(&mut found);
        match (found.name, found.id) {
            (Some(name), Some(id)) => Self { name, id },
            _ => Self::of(item),
        }
    }
}

/// Reads the keys of a list.
pub(super) struct Keys([Finder<'static>; 2]);

impl Keys {
    pub(super) fn new() -> Self {
        Self([r#""name""#, r#""id""#].map(Finder::new))
    }

    /// A connector's key. One that has a field twice has none, and only one without escapes is told
    /// at once to have each only once.
    pub(super) fn of<'a>(&self, item: &'a RawValue) -> Key<'a> {
        let text = item.get().as_bytes();
        let once = |field: &Finder<'_>| field.find_iter(text).nth(1).is_none();
        match memchr(b'\\', text).is_none() && self.0.iter().all(once) {
            true => Key::soon(item),
            false => Key::of(item),
        }
    }
}

/// As much of a key as was found so far.
#[derive(Default)]
struct Found<'a> {
    name: Option<Cow<'a, str>>,
    id: Option<Cow<'a, str>>,
}

impl<'de> Visitor<'de> for &mut Found<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a connector")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while self.name.is_none() || self.id.is_none() {
            let Some(field) = fields.next_key::<Json<'de>>()? else { break };
            let place = match field.as_str() {
                Some("name") => &mut self.name,
                Some("id") => &mut self.id,
                _ => {
                    fields.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if let Json::Text(text) = fields.next_value()? {
                *place = Some(text);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_read_soon_is_the_same() {
        for item in [
            r#"{"id": "i", "name": "n", "config": {"name": "other"}}"#,
            r#"{"config": {"id": "x", "name": ["y"]}, "name": "n", "type": "s3", "id": "i"}"#,
            r#"{"id": "i", "n\u0061me": "\"n\"\u00e9", "type": 1e400}"#,
            r#"{"id": "i"}"#,
            r#"{"name": null, "id": 7}"#,
            r#"{"name": {"a": [1, 2]}, "id": "i"}"#,
            r#"{"name": "a", "id": "i", "name": "b"}"#,
            r#"{"name": "a", "id": "i", "n\u0061me": "b"}"#,
            r#"["name", "n"]"#,
            "{}",
            "7",
        ] {
            let item: &RawValue =
                serde_json::from_str(item).unwrap_or_else(|error| panic!("{error}"));
            assert!(Keys::new().of(item) == Key::of(item), "{item}");
        }
    }
}
