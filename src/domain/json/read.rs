//! Reading JSON as it stands, by the rules of `serde_json::Value`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{Fields, Json};

/// The name under which `serde_json` hands over a number that it keeps as it came.
pub(in crate::domain) const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole)
    }
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    /// One with escapes: it stands nowhere as it is.
    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Json::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let mut fields = Fields { fields: Vec::with_capacity(8), ..Fields::default() };
        let mut marks = 0;
        while let Some(Name(name)) = entries.next_key()? {
            if name == NUMBER && fields.fields.is_empty() {
                let number = entries.next_value::<String>()?.parse::<Number>();
                return number.map(Json::Number).map_err(A::Error::custom);
            }
            let (mark, value) = (mark(&name), entries.next_value::<Json<'de>>()?);
            match marks & mark {
                0 => fields.add(name, value),
                _ => fields.set(name, value),
            }
            marks |= mark;
        }
        Ok(Json::Object(fields))
    }
}

/// One of 64 bits, the same for the same name: a name whose bit is new is no second one, and the others
/// need not be looked through.
fn mark(name: &str) -> u64 {
    let ends = name.bytes().next().zip(name.bytes().next_back());
    let (first, last) = ends.unwrap_or_default();
    1 << ((usize::from(first) + 7 * usize::from(last) + 13 * name.len()) % 64)
}

/// A field's name, borrowed where it can be.
pub(in crate::domain) struct Name<'a>(pub(in crate::domain) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named).map(Self)
    }
}

struct Named;

impl<'de> Visitor<'de> for Named {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    #[test]
    fn a_value_is_read_as_the_library_reads_it() {
        for text in [
            "[0, 7, -7, -0, 18446744073709551615, 18446744073709551616, -9223372036854775809]",
            "[1.0, -0.0, 1e400, 0.1000000000000000055511151231257827]",
            r#"{"a": [null, true, {"b": "\u0000\n"}], "": {}}"#,
            "[",
            "1 2",
            r#""\ud800""#,
        ] {
            let read = serde_json::from_str::<Json<'_>>(text).ok();
            assert_eq!(read, serde_json::from_str::<Value>(text).ok().map(Json::from), "{text}");
        }
    }

    /// Names that share a mark, such as `secret` and `auth`, and more than are looked through.
    #[test]
    fn of_two_of_a_name_the_second_counts_where_the_first_stands() {
        for count in [0, 40] {
            let mut text = r#"{"secret": "1", "auth": "2", "": "3", "auth": "4", "#.to_owned();
            (0..count).for_each(|nth| text += &format!(r#""f{nth}": "{nth}", "#));
            text += r#""f7": "5", "": "6", "secret": "7"}"#;
            let Ok(Json::Object(read)) = serde_json::from_str(&text) else { panic!("{text}") };
            let Ok(expected) = serde_json::from_str::<Map<String, Value>>(&text) else {
                panic!("{text}")
            };
            let read: Vec<_> = read.iter().map(|(name, one)| (name, one.as_str())).collect();
            let expected: Vec<_> =
                expected.iter().map(|(name, one)| (name.as_str(), one.as_str())).collect();
            assert_eq!(read, expected);
        }
    }
}
