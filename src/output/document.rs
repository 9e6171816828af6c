//! JSON and YAML, written item by item.

use std::cell::RefCell;

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_saphyr::DoubleQuoted;

use super::column::Shape;
use super::text::steers;
use super::yaml::Exact;

/// What a document is written from, once.
pub(super) struct Values<'a> {
    pub(super) shape: Shape,
    pub(super) yaml: bool,
    pub(super) items: RefCell<&'a mut dyn Iterator<Item = Value>>,
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = self.items.borrow_mut();
        match (self.shape, self.yaml) {
            (Shape::One, false) => items.next().serialize(serializer),
            (Shape::One, true) => items.next().as_ref().map(Quoted).serialize(serializer),
            (Shape::Many, false) => serializer.collect_seq(&mut **items),
            (Shape::Many, true) => serializer.collect_seq((&mut **items).map(QuotedItem)),
        }
    }
}

/// A value for YAML: texts that steer are quoted, for only there they can be escaped.
struct Quoted<'a>(&'a Value);

impl Serialize for Quoted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::String(text) if text.chars().any(steers) => {
                DoubleQuoted(text).serialize(serializer)
            }
            Value::Number(number) => Exact(number).serialize(serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Quoted)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, one)| (name, Quoted(one))))
            }
            value => value.serialize(serializer),
        }
    }
}

struct QuotedItem(Value);

impl Serialize for QuotedItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Quoted(&self.0).serialize(serializer)
    }
}
