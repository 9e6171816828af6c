//! JSON as it stands in an answer: texts are borrowed from it, numbers are kept as they came, fields
//! stay in their order. Ten thousand connectors are looked at so without a copy of each of their
//! texts, which `serde_json::Value` makes.

mod read;

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Number, Value};

pub(super) use read::{NUMBER, Name};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// Null.
    Null,
    /// True or false.
    Bool(bool),
    /// A number, to the digit.
    Number(Number),
    /// A text.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object.
    Object(Fields<'a>),
}

/// The fields of an object, each once: of two of a name the second counts, where the first stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields<'a> {
    fields: Vec<(Cow<'a, str>, Json<'a>)>,
    /// Where each stands, once they are so many that looking through them is slow.
    #[allow(clippy::box_collection, reason = "few objects have so many, and all are moved about")]
    places: Option<Box<HashMap<Cow<'a, str>, usize>>>,
}

/// So many fields are looked through; connectors have about ten.
const FEW: usize = 32;

impl<'a> Fields<'a> {
    /// Sets a field, where it stands or at the end.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Json<'a>>) {
        let (name, value) = (name.into(), value.into());
        match self.place(&name) {
            Some(at) => self.fields[at].1 = value,
            None => self.add(name, value),
        }
    }

    fn add(&mut self, name: Cow<'a, str>, value: Json<'a>) {
        self.fields.push((name, value));
        if self.fields.len() > FEW {
            let places = self.places.get_or_insert_default();
            let new = self.fields.iter().enumerate().skip(places.len());
            places.extend(new.map(|(at, (name, _))| (name.clone(), at)));
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        match &self.places {
            None => self.fields.iter().position(|(one, _)| one == name),
            Some(places) => places.get(name).copied(),
        }
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.place(name).map(|at| &self.fields[at].1)
    }

    /// A text field; empty where there is none.
    pub fn text(&self, name: &str) -> Cow<'a, str> {
        match self.get(name) {
            Some(Json::Text(text)) => text.clone(),
            _ => Cow::Borrowed(""),
        }
    }

    /// All, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json<'a>)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = (Cow<'a, str>, Json<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.fields.into_iter()
    }
}

impl Json<'_> {
    /// A text; `None`: it is something else.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Gives each text in it with the name of the field that it stands in; this one's is `field`.
    pub fn each_text(&self, field: &str, give: &mut impl FnMut(&str, &str)) {
        match self {
            Self::Text(text) => give(field, text),
            Self::Array(items) => items.iter().for_each(|item| item.each_text(field, give)),
            Self::Object(fields) => {
                fields.iter().for_each(|(name, value)| value.each_text(name, give));
            }
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }
}

impl From<Value> for Json<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(one) => Self::Bool(one),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text.into()),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => Self::Object(fields.into()),
        }
    }
}

impl From<Map<String, Value>> for Fields<'_> {
    fn from(map: Map<String, Value>) -> Self {
        let mut fields = Self::default();
        map.into_iter().for_each(|(name, value)| fields.add(name.into(), value.into()));
        fields
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}
