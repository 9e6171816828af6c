//! JSON and YAML, written item by item: ten thousand are never held as values at once.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::blocks::{Blocks, failed};
use super::clean::{Clean, How};
use super::column::Shape;
use super::messages::Output;
use super::text::escaped;
use crate::domain::format::Format;
use crate::domain::json::Json;
use crate::error::Result;

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
    /// Writes items as JSON or, where that was asked for, as YAML. `by_name`: their fields are masked
    /// where their name says secret.
    pub(super) fn document<'j>(
        &self,
        shape: Shape,
        by_name: bool,
        mut items: impl Iterator<Item = Json<'j>>,
    ) -> Result<()> {
        let yaml = self.format() == Format::Yaml;
        let how = How { redactor: Some(&self.redactor), by_name, yaml };
        let values = Values { shape, how, items: RefCell::new(&mut items) };
        let mut blocks = Blocks::new(self, !yaml);
        let written = match yaml {
            true => serde_saphyr::to_io_writer(&mut blocks, &values).map_err(|e| e.to_string()),
            false => serde_json::to_writer_pretty(&mut blocks, &values)
                .map_err(io::Error::from)
                .and_then(|()| blocks.write_all(b"\n"))
                .map_err(|error| error.to_string()),
        };
        blocks.end(written)
    }

    /// One object as a line of JSON.
    pub(super) fn document_line(&self, json: Json<'_>) -> Result<String> {
        let how = How { redactor: Some(&self.redactor), by_name: false, yaml: false };
        let line = serde_json::to_string(&Item(json, how)).map_err(failed)?;
        Ok(escaped(line + "\n", true))
    }
}
