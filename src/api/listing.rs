//! The answer to a list.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::order::{Key, Keys};
use super::response::Answer;
use crate::domain::connector::Connector;
use crate::domain::json::Json;
use crate::domain::kind::Kind;
use crate::domain::listed::Listed;
use crate::domain::redaction::Redactor;
use crate::domain::row::{Reading, Row};
use crate::error::{Category, Error, Result};

/// The answer to a list, kept as it came: each connector is read when it is looked at, so that
/// ten thousand cost no more memory than their text.
pub(crate) struct Listing {
    pub(super) kind: Kind,
    pub(super) all_types: bool,
    pub(super) answer: Answer,
    pub(super) redactor: Rc<Redactor>,
    /// Takes what the user should mind, and whether it was said.
    pub(super) warn: Rc<dyn Fn(&str)>,
    pub(super) warned: Cell<bool>,
}

impl Listing {
    /// Its connectors, in the service's order; only S3's, unless all types were asked for. What
    /// cannot be read is left out with a warning, unless nothing can be.
    pub(crate) fn connectors(&self) -> Result<impl Iterator<Item = Connector>> {
        self.each(self.items()?, |item| self.read(item), Connector::is_s3)
    }

    /// The same to be shown, by name, so that two lists can be compared.
    pub(crate) fn by_name(&self) -> Result<impl Iterator<Item = Listed<'_>>> {
        let mut items = self.items()?;
        let keys = Keys::new();
        items.sort_by_cached_key(|item| keys.of(item));
        self.each(items, |item| self.look_at(item), Listed::is_s3)
    }

    /// The rows of a table of it, by name: read in one pass where nothing is odd.
    pub(crate) fn rows(&self) -> Result<impl Iterator<Item = Row<'_>>> {
        let text = std::str::from_utf8(&self.answer.body).unwrap_or_default();
        let mut json = serde_json::Deserializer::from_str(text);
        let plain = match self.answer.status.is_success() {
            true => json.deserialize_seq(Plain(self)).ok().filter(|_| json.end().is_ok()),
            false => None,
        };
        let (plain, odd) = match plain {
            Some(mut rows) => {
                rows.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
                (rows, None)
            }
            None => (Vec::new(), Some(self.by_name()?)),
        };
        Ok(plain.into_iter().chain(odd.into_iter().flatten().map(|one| Row::of(&one))))
    }

    /// What can be read of items. That nothing can be is told before anything is done with any.
    fn each<'a, T>(
        &'a self,
        items: Vec<&'a RawValue>,
        read: impl Fn(&'a RawValue) -> Result<T, String>,
        is_s3: impl Fn(&T) -> bool,
    ) -> Result<impl Iterator<Item = T>> {
        let mut items = items.into_iter();
        let mut next = move |odd: &mut Vec<String>| {
            items.find_map(|item| read(item).map_err(|problem| odd.push(problem)).ok())
        };
        let mut odd = Vec::new();
        let mut first = next(&mut odd);
        if let (None, Some(problem)) = (&first, odd.first()) {
            return Err(strange(&self.what(), problem));
        }
        Ok(std::iter::from_fn(move || {
            while let Some(one) = first.take().or_else(|| next(&mut odd)) {
                if self.all_types || is_s3(&one) {
                    return Some(one);
                }
            }
            self.warn_of(&std::mem::take(&mut odd));
            None
        }))
    }

    /// Refuses to go on where something that cannot be read may be what is meant by a name or an
    /// id.
    pub(crate) fn refuse_odd(&self, is_meant: impl Fn(&str) -> bool) -> Result<()> {
        for item in self.items()? {
            let key = Key::of(item);
            if (is_meant(&key.name) || is_meant(&key.id))
                && let Err(problem) = self.read(item)
            {
                return Err(strange(&self.what(), &problem));
            }
        }
        Ok(())
    }

    fn what(&self) -> String {
        format!("list {}", self.kind.collection())
    }

    fn items(&self) -> Result<Vec<&RawValue>> {
        self.answer.json(&self.what(), &self.redactor)
    }

    fn read(&self, item: &RawValue) -> Result<Connector, String> {
        let object = serde_json::from_str::<Value>(item.get());
        let object = match object {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err("a connector that is no object".to_owned()),
            Err(_) => Err("a connector that cannot be read".to_owned()),
        };
        object.and_then(|object| connector(self.kind, object, &self.redactor)).map_err(|problem| {
            let Key { name, id } = Key::of(item);
            match (&*name, &*id) {
                ("", "") => problem,
                _ => format!("{problem}: {name:?} ({id})"),
            }
        })
    }

    /// The same to be shown: nothing of it is copied that need not be.
    fn look_at<'a>(&self, item: &'a RawValue) -> Result<Listed<'a>, String> {
        let value = serde_json::from_str(item.get()).ok();
        match value.and_then(|value| self.listed(value)) {
            Some(listed) => Ok(listed),
            None => self.read(item).map(Listed::from),
        }
    }

    fn listed<'a>(&self, value: Json<'a>) -> Option<Listed<'a>> {
        let listed = Listed::new(self.kind, value)?;
        for (field, value) in listed.config().iter() {
            value.each_text(field, &mut |field, text| self.redactor.learn_named(field, text));
        }
        Some(listed)
    }

    fn warn_of(&self, odd: &[String]) {
        if odd.is_empty() || self.warned.replace(true) {
            return;
        }
        let more = match odd.len() {
            1 => String::new(),
            count => format!(", and {} more such", count - 1),
        };
        let collection = self.kind.collection();
        (self.warn)(&format!("the list of {collection} has {}{more}: left out", odd[0]));
    }
}

/// Reads the rows of a list in which nothing is odd.
struct Plain<'l>(&'l Listing);

impl<'de> Visitor<'de> for Plain<'_> {
    type Value = Vec<Row<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of connectors")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let learn = |field: &str, text: &str| self.0.redactor.learn_named(field, text);
        let reading = || Reading { kind: self.0.kind, learn: &learn };
        let mut rows = Vec::new();
        while let Some(row) = items.next_element_seed(reading())? {
            if self.0.all_types || row.type_name == "s3" {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// The connector that an object is. A service that masks badly shows secrets: from here on they are
/// known, and never printed.
pub(super) fn connector(
    kind: Kind,
    object: Map<String, Value>,
    redactor: &Redactor,
) -> Result<Connector, String> {
    let connector = Connector::new(kind, object)?;
    for (field, value) in connector.config() {
        redactor.learn_field(field, value);
    }
    Ok(connector)
}

/// The error of an answer that is not what the API promises.
pub(super) fn strange(what: &str, problem: &str) -> Error {
    Error::new(Category::Unavailable, format!("cannot {what}: the service's answer has {problem}"))
        .hint("check that the API URL is the Workflow Endpoint's (--api-url)")
}
