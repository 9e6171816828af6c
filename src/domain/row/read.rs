//! Rows read straight from an answer, without the objects that they are a part of: those would take a
//! fifth of the time of a list of ten thousand.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::{NO_SETTINGS, Row, Settings, setting_of};
use crate::domain::json::{Json, NUMBER, Name};
use crate::domain::kind::Kind;
use crate::domain::s3::auth::{AuthKind, Seen};
use crate::domain::s3::fields::{self, FIELDS};

/// Reads the row of a connector in which nothing is odd. Where something is, such as a field that
/// stands there twice, that is an error, and for the reading of the whole object to judge.
pub struct Reading<'l> {
    /// Source or destination: the object itself does not say.
    pub kind: Kind,
    /// Takes each text of the config, after the name of the field that it stands in.
    pub learn: &'l dyn Fn(&str, &str),
}

fn odd<E: Error>() -> E {
    E::custom("an odd connector")
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Row<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a connector")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Row<'de>, A::Error> {
        let (mut id, mut name, mut type_name) = (None, None, None);
        let (mut created_at, mut updated_at, mut config) = (None, None, None);
        while let Some(Name(field)) = entries.next_key()? {
            let place = match &*field {
                "id" => &mut id,
                "name" => &mut name,
                "type" => &mut type_name,
                "created_at" => &mut created_at,
                "updated_at" => &mut updated_at,
                "config" if config.is_none() => {
                    config = Some(entries.next_value_seed(ReadingConfig(self.learn))?);
                    continue;
                }
                "config" | NUMBER => return Err(odd()),
                _ => {
                    entries.next_value::<Json<'de>>()?;
                    continue;
                }
            };
            let text = match entries.next_value()? {
                Json::Text(text) => text,
                Json::Null if field.ends_with("_at") => Cow::Borrowed(""),
                _ => return Err(odd()),
            };
            if place.replace(text).is_some() {
                return Err(odd());
            }
        }
        let (Some(id), Some(name), Some(type_name)) = (id, name, type_name) else {
            return Err(odd());
        };
        let config = config.unwrap_or(Config::NONE);
        Ok(Row {
            kind: self.kind,
            id,
            name,
            auth: if type_name == "s3" { config.auth() } else { AuthKind::Unknown },
            type_name,
            settings: config.settings,
            created_at: created_at.unwrap_or_default(),
            updated_at: updated_at.unwrap_or_default(),
        })
    }
}

/// What a row needs of a config.
struct Config<'a> {
    settings: Settings<'a>,
    /// What stands in each field that uns3 knows; `None`: it does not stand there.
    seen: [Option<Seen>; FIELDS.len()],
}

impl Config<'_> {
    const NONE: Self = Self { settings: NO_SETTINGS, seen: [None; FIELDS.len()] };

    fn auth(&self) -> AuthKind {
        AuthKind::by(|field| {
            let seen = FIELDS.iter().zip(self.seen).find(|(one, _)| one.name == field);
            seen.and_then(|(_, seen)| seen).unwrap_or(Seen::Nothing)
        })
    }
}

struct ReadingConfig<'l>(&'l dyn Fn(&str, &str));

impl<'de> DeserializeSeed<'de> for ReadingConfig<'_> {
    type Value = Config<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Config<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadingConfig<'_> {
    type Value = Config<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a config")
    }

    fn visit_unit<E>(self) -> Result<Config<'de>, E> {
        Ok(Config::NONE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Config<'de>, A::Error> {
        let mut config = Config::NONE;
        while let Some(Name(name)) = entries.next_key()? {
            if name == NUMBER {
                return Err(odd());
            }
            let value = entries.next_value::<Json<'de>>()?;
            value.each_text(&name, &mut |field, text| (self.0)(field, text));
            let known = FIELDS.iter().zip(&mut config.seen).find(|(one, _)| one.name == name);
            let Some((field, seen)) = known else { continue };
            if seen.replace(Seen::of(&value)).is_some() {
                return Err(odd());
            }
            if field.column {
                let columns = config.settings.iter_mut().zip(fields::columns());
                for (setting, _) in columns.filter(|(_, one)| one.name == field.name) {
                    *setting = setting_of(&value);
                }
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::domain::listed::Listed;

    type Learnt = Vec<(String, String)>;

    fn quickly(item: &str) -> (Option<Row<'_>>, Learnt) {
        let learnt = RefCell::new(Vec::new());
        let learn = |field: &str, text: &str| learnt.borrow_mut().push((field.into(), text.into()));
        let mut json = serde_json::Deserializer::from_str(item);
        let row = Reading { kind: Kind::Source, learn: &learn }.deserialize(&mut json);
        (row.ok().filter(|_| json.end().is_ok()), learnt.into_inner())
    }

    fn whole(item: &str) -> Option<(Row<'_>, Learnt)> {
        let listed = Listed::new(Kind::Source, serde_json::from_str(item).ok()?)?;
        let mut learnt = Vec::new();
        for (field, value) in listed.config().iter() {
            value.each_text(field, &mut |field, text| learnt.push((field.into(), text.into())));
        }
        Some((Row::of(&listed), learnt))
    }

    #[test]
    fn a_row_is_that_of_the_whole_object() {
        for rest in [
            r#""config": {"remote_url": "s3://b/", "key": "***", "secret": "***", "token": ""}"#,
            r#""config": {"key": "", "anonymous": true, "recursive": true, "endpoint_url": 7}"#,
            r#""config": {"ambient_credentials": true, "more": [{"secret": "s\u0065"}, "t", 1.0]}"#,
            r#""config": {"s\u0065cret": {"a": "*"}, "anonymous": "true", "recursive": false}"#,
            r#""config": {"other": "1", "other": 2}"#,
            r#""config": {}, "x": {"config": 1, "config": 2}, "x": null"#,
            r#""config": null, "created_at": "2026-01-01T00:00:00Z", "updated_at": null"#,
            r#""created_at": "\"", "workflow": 1e400"#,
        ] {
            for kind in ["s3", "azure"] {
                let item = format!(r#"{{"id": "i", "name": "n\n", "type": "{kind}", {rest}}}"#);
                let (row, learnt) = quickly(&item);
                let Some(expected) = whole(&item) else { panic!("{item}") };
                assert!(row.is_some_and(|row| row == expected.0), "{item}");
                // The first of two of a name too.
                assert!(expected.1.iter().all(|one| learnt.contains(one)), "{item}: {learnt:?}");
            }
        }
    }

    #[test]
    fn what_is_odd_is_left_to_the_reading_of_the_whole() {
        let fine = r#""id": "i", "name": "n", "type": "s3""#;
        for item in [
            r#"{"id": "i", "name": "n"}"#.to_owned(),
            r#"{"id": 1, "name": "n", "type": "s3"}"#.to_owned(),
            r#"{"id": "i", "name": null, "type": "s3"}"#.to_owned(),
            format!(r#"{{{fine}, "id": "j"}}"#),
            format!(r#"{{{fine}, "n\u0061me": "m"}}"#),
            format!(r#"{{{fine}, "created_at": 7}}"#),
            format!(r#"{{{fine}, "config": []}}"#),
            format!(r#"{{{fine}, "config": "s"}}"#),
            format!(r#"{{{fine}, "config": {{}}, "config": null}}"#),
            format!(r#"{{{fine}, "config": {{"key": "a", "key": ""}}}}"#),
            format!(r#"{{{fine}, "config": {{"{NUMBER}": "7"}}}}"#),
            format!(r#"{{"{NUMBER}": "7", {fine}}}"#),
            format!(r#"{{{fine}, "more": "\ud800"}}"#),
            format!(r#"{{{fine}}} 7"#),
            "[]".to_owned(),
        ] {
            assert!(quickly(&item).0.is_none(), "{item}");
        }
    }
}
