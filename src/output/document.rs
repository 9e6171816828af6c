//! JSON and YAML, written item by item: ten thousand are never held as values at once.

use std::cell::RefCell;
use std::fmt::Display;

use serde::{Serialize, Serializer};

use super::clean::{Clean, How};
use super::column::Shape;
use super::messages::Output;
use super::text::escaped;
use crate::domain::format::Format;
use crate::domain::json::Json;
use crate::error::{Error, Result};

/// What a document is written from, once.
struct Values<'a, 'j> {
    shape: Shape,
    how: How<'a>,
    items: RefCell<&'a mut dyn Iterator<Item = Json<'j>>>,
}

/// One of them.
struct Item<'a, 'j>(Json<'j>, How<'a>);

impl Serialize for Item<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Clean::whole(&self.0, self.1).serialize(serializer)
    }
}

impl Serialize for Values<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = self.items.borrow_mut();
        let mut items = (&mut **items).map(|value| Item(value, self.how));
        match self.shape {
            Shape::One => items.next().serialize(serializer),
            Shape::Many => serializer.collect_seq(items),
        }
    }
}

impl Output {
    /// Items as JSON or, where that was asked for, as YAML. `by_name`: their fields are masked where
    /// their name says secret.
    pub(super) fn document<'j>(
        &self,
        shape: Shape,
        by_name: bool,
        items: impl Iterator<Item = Result<Json<'j>>>,
    ) -> Result<String> {
        let mut problem = None;
        let mut good = items.map_while(|item| item.map_err(|error| problem = Some(error)).ok());
        let yaml = self.format() == Format::Yaml;
        let how = How { redactor: Some(&self.redactor), by_name, yaml };
        let values = Values { shape, how, items: RefCell::new(&mut good) };
        let text = match yaml {
            true => serde_saphyr::to_string(&values).map_err(failed),
            false => serde_json::to_string_pretty(&values).map(|text| text + "\n").map_err(failed),
        };
        drop(good);
        problem.map_or_else(|| text.map(|text| escaped(text, !yaml)), Err)
    }

    /// One object as a line of JSON.
    pub(super) fn document_line(&self, json: Json<'_>) -> Result<String> {
        let how = How { redactor: Some(&self.redactor), by_name: false, yaml: false };
        let line = serde_json::to_string(&Item(json, how)).map_err(failed)?;
        Ok(escaped(line + "\n", true))
    }
}

pub(super) fn failed(error: impl Display) -> Error {
    anyhow::anyhow!("cannot write the result: {error}").into()
}
