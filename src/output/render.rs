//! Results in each format.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;

use serde_json::Value;

use super::column::{Column, Rendering, Shape};
use super::document::Values;
use super::messages::Output;
use super::options::Format;
use super::table::Table;
use super::text::{escaped, shown};
use crate::error::{Error, Result};

/// What is to be shown of one item beside its columns: a title and a text each.
type More<T> = fn(&T) -> Vec<(String, String)>;

impl Output {
    /// Writes a result in the format that was asked for: whole, or, if an item fails, nothing.
    pub(crate) fn items<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
    ) -> Result<()> {
        self.items_with(items, how, |_| Vec::new())
    }

    /// The same, of items of which there is more to show than columns, where a table shows one.
    pub(super) fn items_with<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
        more: More<T>,
    ) -> Result<()> {
        let text = match self.format() {
            Format::Table | Format::Wide if self.terminals().stdout => {
                self.table(items, how, more)?
            }
            Format::Table | Format::Wide => self.lines(items, how, more)?,
            Format::Csv => self.csv(items, how)?,
            Format::Markdown => self.markdown(items, how)?,
            Format::Json => {
                let write = |values: &Values<'_>| serde_json::to_string_pretty(values);
                escaped(&self.document(items, how, write)?) + "\n"
            }
            Format::Yaml => {
                let write = |values: &Values<'_>| serde_saphyr::to_string(values);
                escaped(&self.document(items, how, write)?)
            }
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
        let yaml = self.format() == Format::Yaml;
        let text = write(&Values { shape: how.shape, yaml, items: RefCell::new(&mut values) });
        drop(values);
        problem.map_or_else(|| text.map_err(failed), Err)
    }

    fn columns<'a, T>(&self, how: &Rendering<'a, T>) -> Vec<&'a Column<T>> {
        let format = match how.shape {
            // Of one, all is shown.
            Shape::One if self.format().is_table() => Format::Wide,
            _ => self.format(),
        };
        let terminal = self.terminals().stdout;
        how.columns.iter().filter(|column| column.is_in(format, terminal)).collect()
    }

    /// Tab-separated, for other programs.
    fn lines<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
        more: More<T>,
    ) -> Result<String> {
        let columns = self.columns(how);
        self.rows(items, |item| match how.shape {
            Shape::One => {
                let lines = self.facts(&columns, more, item).into_iter();
                lines.map(|(title, text)| format!("{title}\t{text}")).collect::<Vec<_>>().join("\n")
            }
            Shape::Many => {
                let cells = columns.iter().map(|column| self.cell(&(column.text)(item)));
                cells.collect::<Vec<_>>().join("\t")
            }
        })
    }

    /// All that is shown of one item, a title and a text each.
    fn facts<T>(&self, columns: &[&Column<T>], more: More<T>, item: &T) -> Vec<(String, String)> {
        let words = self.terminals().stdout;
        let title = |one: &str| if words { one.replace('_', " ") } else { one.to_owned() };
        let fixed = columns.iter().map(|one| (title(one.title), (one.text)(item)));
        let facts = fixed.chain(more(item));
        facts.map(|(title, text)| (self.cell(&title), self.cell(&text))).collect()
    }

    /// Aligned, for people: a row an item, or a line for all that is known of one.
    fn table<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
        more: More<T>,
    ) -> Result<String> {
        let columns = self.columns(how);
        if how.shape == Shape::One {
            return self.rows(items, |item| {
                let facts = self.facts(&columns, more, item);
                let known = || facts.iter().filter(|(_, text)| !text.is_empty());
                let longest = known().map(|(title, _)| title.len()).max().unwrap_or(0) + 2;
                let line = |(title, text): &(String, String)| {
                    format!("{:longest$} {text}", format!("{title}:"))
                };
                known().map(line).collect::<Vec<_>>().join("\n")
            });
        }
        let mut rows = Vec::new();
        for item in items {
            let item = item?;
            let cell = |column: &&Column<T>| column.cell(&item, self.cell(&(column.text)(&item)));
            rows.push(columns.iter().map(cell).collect());
        }
        if rows.is_empty() {
            return Ok(String::new());
        }
        let table = Table { headings: columns.iter().map(|one| one.heading()).collect(), rows };
        Ok(match self.format() {
            Format::Wide => table.lines(None, self.colors_tables()),
            _ => {
                let columns = Some(self.terminals().width());
                table.without_idle_columns().lines(columns, self.colors_tables())
            }
        })
    }

    /// A table in which whatever stands in a cell is nothing but text.
    fn markdown<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
    ) -> Result<String> {
        let columns = self.columns(how);
        let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let titles = row(columns.iter().map(|column| column.title.to_owned()).collect());
        let rule = row(columns.iter().map(|_| "---".to_owned()).collect());
        let text = |column: &Column<T>, item: &T| {
            let cell = self.cell(&(column.text)(item));
            let escaped = |c: char| [c.is_ascii_punctuation().then_some('\\'), Some(c)];
            cell.chars().flat_map(escaped).flatten().collect::<String>()
        };
        let rows =
            self.rows(items, |item| row(columns.iter().map(|one| text(one, item)).collect()))?;
        Ok(format!("{titles}\n{rule}\n{rows}"))
    }

    fn csv<T>(
        &self,
        items: impl Iterator<Item = Result<T>>,
        how: &Rendering<'_, T>,
    ) -> Result<String> {
        let columns = self.columns(how);
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(columns.iter().map(|column| column.title)).map_err(failed)?;
        for item in items {
            let item = item?;
            let cells = columns.iter().map(|column| inert(self.cell(&(column.text)(&item))));
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
        shown(&self.redactor.redact(text)).replace('\n', " ")
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

/// A cell as a spreadsheet takes it for text: none begins as what it would carry out. Source: OWASP,
/// "CSV Injection".
fn inert(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

fn failed(error: impl Display) -> Error {
    anyhow::anyhow!("cannot write the result: {error}").into()
}
