//! Results in each format: columns are registered once and serve the table and the CSV.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;

use comfy_table::{Table, presets};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Format, Output, shown};
use crate::error::{Error, Result};

/// One column of a table: its title and what stands in it.
pub(crate) struct Column<T> {
    /// In lower case, as the CSV has it; the table shows it in capitals.
    pub(crate) title: &'static str,
    /// Whether the table shows it; the CSV has all.
    pub(crate) shown: bool,
    /// The text for one item.
    pub(crate) text: fn(&T) -> String,
}

/// Whether a result is one object or an array of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One: the table shows it as lines of a title and a text.
    One,
    /// An array, even of one or none.
    Many,
}

/// How a kind of item is shown in each format.
pub(crate) struct Rendering<'a, T> {
    /// One or many.
    pub(crate) shape: Shape,
    /// For the table and the CSV.
    pub(crate) columns: &'a [Column<T>],
    /// For JSON and YAML.
    pub(crate) json: &'a dyn Fn(&T) -> Value,
    /// For `-o id`.
    pub(crate) id: fn(&T) -> String,
}

impl Output {
    /// Writes a result in the format that was asked for: whole, or, if an item fails, nothing.
    pub(crate) fn items<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
    ) -> Result<()> {
        let text = match self.format() {
            Format::Table if self.terminals().stdout => self.table(items, how)?,
            Format::Table => self.lines(items, how)?,
            Format::Csv => self.csv(items, how.columns)?,
            Format::Json => {
                let write = |values: &Values<'_>| serde_json::to_string_pretty(values);
                escaped(&self.document(items, how, write)?) + "\n"
            }
            Format::Yaml => self.document(items, how, |values| serde_saphyr::to_string(values))?,
            // What is not there has no id, and no line.
            Format::Id => {
                let has_id = |item: &Result<T>| {
                    item.as_ref().map_or(true, |item| !(how.id)(item).is_empty())
                };
                self.rows(items.filter(has_id), |item| self.cell(&(how.id)(item)))?
            }
        };
        self.text(&text)
    }

    fn rows<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        row: impl Fn(&T) -> String,
    ) -> Result<String> {
        let mut text = String::new();
        for item in items {
            text.push_str(&row(&item?));
            text.push('\n');
        }
        Ok(text)
    }

    /// JSON or YAML, written item by item: ten thousand are never held as values at once.
    fn document<T, E: Display>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
        write: impl FnOnce(&Values<'_>) -> Result<String, E>,
    ) -> Result<String> {
        let mut problem = None;
        let mut values = items.map_while(|item| match item {
            Ok(item) => {
                let mut value = (how.json)(&item);
                self.redact_value("", &mut value);
                Some(value)
            }
            Err(error) => {
                problem = Some(error);
                None
            }
        });
        let text = write(&Values { shape: how.shape, items: RefCell::new(&mut values) });
        drop(values);
        problem.map_or_else(|| text.map_err(failed), Err)
    }

    /// Tab-separated, for other programs.
    fn lines<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
    ) -> Result<String> {
        let columns = how.columns.iter().filter(|column| column.shown);
        let cell = |column: &Column<T>, item: &T| self.cell(&(column.text)(item));
        self.rows(items, |item| match how.shape {
            Shape::One => {
                let line = |column: &Column<T>| format!("{}\t{}", column.title, cell(column, item));
                columns.clone().map(line).collect::<Vec<_>>().join("\n")
            }
            Shape::Many => {
                columns.clone().map(|column| cell(column, item)).collect::<Vec<_>>().join("\t")
            }
        })
    }

    /// Aligned, for people; never wrapped, so that ids can be copied.
    fn table<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
    ) -> Result<String> {
        let columns = how.columns.iter().filter(|column| column.shown);
        let title = |column: &Column<T>| column.title.replace('_', " ");
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if how.shape == Shape::Many {
            table.set_header(columns.clone().map(|column| title(column).to_uppercase()));
        }
        let mut empty = true;
        for item in items {
            let item = item?;
            empty = false;
            let cells = columns.clone().map(|column| self.cell(&(column.text)(&item)));
            match how.shape {
                Shape::Many => {
                    table.add_row(cells);
                }
                Shape::One => {
                    let rows = columns.clone().zip(cells);
                    table.add_rows(rows.map(|(column, cell)| [title(column) + ":", cell]));
                }
            }
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Ok(if empty { String::new() } else { table.trim_fmt() + "\n" })
    }

    fn csv<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        columns: &[Column<T>],
    ) -> Result<String> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(columns.iter().map(|column| column.title)).map_err(failed)?;
        for item in items {
            let item = item?;
            let cells = columns.iter().map(|column| self.cell(&(column.text)(&item)));
            csv.write_record(cells).map_err(failed)?;
        }
        let bytes = csv.into_inner().map_err(failed)?;
        String::from_utf8(bytes).map_err(failed)
    }

    /// Writes one of many results that come over time: a line of JSON, or of words.
    pub(crate) fn one_by_one(&self, mut json: Value, words: &str) -> Result<()> {
        let line = match self.format() {
            Format::Json => {
                self.redact_value("", &mut json);
                escaped(&json.to_string())
            }
            _ => self.cell(words),
        };
        self.text(&(line + "\n"))
    }

    /// A text for a cell: on one line, without secrets or control characters.
    fn cell(&self, text: &str) -> String {
        let text = self.redactor.redact(text);
        text.chars().map(|c| if c == '\n' { ' ' } else { shown(c) }).collect()
    }

    /// Takes secrets out of texts: known ones everywhere but in the words that results are made of,
    /// and, where prose stands, those that it names.
    fn redact_value(&self, field: &str, value: &mut Value) {
        match value {
            Value::String(_) if ["id", "kind", "type", "status", "auth"].contains(&field) => {}
            Value::String(text) => {
                let prose = ["reason", "error"].contains(&field);
                let redactor = &self.redactor;
                let clean = if prose { redactor.redact(text) } else { redactor.redact_known(text) };
                if let Cow::Owned(clean) = clean {
                    *text = clean;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_value(field, item)),
            Value::Object(fields) => {
                fields.iter_mut().for_each(|(name, value)| self.redact_value(name, value));
            }
            _ => {}
        }
    }
}

/// JSON whose characters beyond ASCII that steer a terminal are escaped; they stand in texts only.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => text.push(c),
            c if shown(c) != c => text.push_str(&format!("\\u{:04x}", c as u32)),
            c => text.push(c),
        }
    }
    text
}

/// What a document is written from, once.
struct Values<'a> {
    shape: Shape,
    items: RefCell<&'a mut dyn Iterator<Item = Value>>,
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = self.items.borrow_mut();
        match self.shape {
            Shape::One => items.next().serialize(serializer),
            Shape::Many => serializer.collect_seq(&mut **items),
        }
    }
}

fn failed(error: impl Display) -> Error {
    anyhow::anyhow!("cannot write the result: {error}").into()
}
