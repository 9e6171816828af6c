//! Results in each format.

use std::borrow::Cow;

use serde_json::Value;

use super::blocks::{BLOCK, failed};
use super::column::{Column, Rendering, Rows, Shape};
use super::messages::Output;
use super::table::Table;
use super::text::on_one_line;
use crate::domain::format::Format;
use crate::error::Result;

/// What is shown, one after the other: a type of its own for each origin would be as much code again.
type Items<'a, T> = &'a mut dyn Iterator<Item = T>;

impl Output {
    /// Writes a result in the format that was asked for.
    pub(crate) fn items<T>(
        &self,
        mut items: impl Iterator<Item = T>,
        how: &Rendering<'_, T>,
    ) -> Result<()> {
        let Rendering { shape, columns, json, id } = *how;
        if let Format::Json | Format::Yaml = self.format() {
            return self.document(shape, false, items.map(|item| json(&item).into()));
        }
        self.rows(&mut items, &Rows { shape, columns, id, more: |_| Vec::new() })
    }

    /// The same for all formats but JSON and YAML.
    pub(super) fn rows<T>(&self, items: Items<'_, T>, how: &Rows<'_, T>) -> Result<()> {
        match self.format() {
            Format::Table | Format::Wide if self.terminals().stdout => self.table(items, how),
            Format::Csv => self.csv(items, how),
            Format::Markdown => self.markdown(items, how),
            // What is not there has no id, and no line.
            Format::Id => {
                let ids = &mut items.map(|item| (how.id)(&item)).filter(|id| !id.is_empty());
                self.each(ids, String::new(), |id, row| *row += &self.cell(id))
            }
            _ => self.lines(items, how),
        }
    }

    /// A line for each item, after what goes before them all.
    fn each<T>(
        &self,
        items: Items<'_, T>,
        mut text: String,
        row: impl Fn(&T, &mut String),
    ) -> Result<()> {
        let mut holding = None;
        for item in items {
            row(&item, &mut text);
            text.push('\n');
            if text.len() >= BLOCK {
                holding.get_or_insert_with(|| self.hold_warnings());
                self.text(&text)?;
                text.clear();
            }
        }
        self.text(&text)
    }

    fn columns<'a, T>(&self, how: &Rows<'a, T>) -> Vec<&'a Column<T>> {
        let format = match how.shape {
            // Of one, all is shown.
            Shape::One if self.format().is_table() => Format::Wide,
            _ => self.format(),
        };
        let (terminal, profiles) = (self.terminals().stdout, self.shows_profiles());
        how.columns.iter().filter(|column| column.is_in(format, terminal, profiles)).collect()
    }

    /// Tab-separated, for other programs.
    fn lines<T>(&self, items: Items<'_, T>, how: &Rows<'_, T>) -> Result<()> {
        let columns = self.columns(how);
        self.each(items, String::new(), |item, row| match how.shape {
            Shape::One => {
                let lines = self.facts(&columns, how, item).into_iter();
                let lines = lines.map(|(title, text)| format!("{title}\t{text}"));
                *row += &lines.collect::<Vec<_>>().join("\n");
            }
            Shape::Many => {
                for (nth, column) in columns.iter().enumerate() {
                    row.push_str(if nth == 0 { "" } else { "\t" });
                    row.push_str(&self.cell(&column.text(item)));
                }
            }
        })
    }

    /// All that is shown of one item, a title and a text each.
    fn facts<T>(
        &self,
        columns: &[&Column<T>],
        how: &Rows<'_, T>,
        item: &T,
    ) -> Vec<(String, String)> {
        let words = self.terminals().stdout;
        let title = |one: &str| if words { one.replace('_', " ") } else { one.to_owned() };
        let fixed = columns.iter().map(|one| (title(one.title), one.text(item).into_owned()));
        let facts = fixed.chain((how.more)(item));
        let clean = |text: String| self.cell(&text).into_owned();
        facts.map(|(title, text)| (clean(title), clean(text))).collect()
    }

    /// Aligned, for people: a row an item, or a line for all that is known of one.
    fn table<T>(&self, items: Items<'_, T>, how: &Rows<'_, T>) -> Result<()> {
        let columns = self.columns(how);
        if how.shape == Shape::One {
            return self.each(items, String::new(), |item, rows| {
                let facts = self.facts(&columns, how, item);
                let known = || facts.iter().filter(|(_, text)| !text.is_empty());
                let longest = known().map(|(title, _)| title.len()).max().unwrap_or(0) + 2;
                let line = |(title, text): &(String, String)| {
                    format!("{:longest$} {text}", format!("{title}:"))
                };
                *rows += &known().map(line).collect::<Vec<_>>().join("\n");
            });
        }
        let mut rows = Vec::new();
        for item in items {
            let clean = |column: &Column<T>| self.cell(&column.text(&item)).into_owned();
            let cell = |column: &&Column<T>| column.cell(&item, clean(column));
            rows.push(columns.iter().map(cell).collect());
        }
        if rows.is_empty() {
            return Ok(());
        }
        let table = Table { headings: columns.iter().map(|one| one.heading()).collect(), rows };
        self.text(&match self.format() {
            Format::Wide => table.lines(None, self.colors_tables()),
            _ => {
                let columns = Some(self.terminals().width());
                table.without_idle_columns().lines(columns, self.colors_tables())
            }
        })
    }

    /// A table in which whatever stands in a cell is nothing but text.
    fn markdown<T>(&self, items: Items<'_, T>, how: &Rows<'_, T>) -> Result<()> {
        let columns = self.columns(how);
        let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let titles = row(columns.iter().map(|column| column.title.to_owned()).collect());
        let rule = row(columns.iter().map(|_| "---".to_owned()).collect());
        let text = |column: &Column<T>, item: &T| {
            let cell = column.text(item);
            let cell = self.cell(&cell);
            let escaped = |c: char| [c.is_ascii_punctuation().then_some('\\'), Some(c)];
            cell.chars().flat_map(escaped).flatten().collect::<String>()
        };
        self.each(items, format!("{titles}\n{rule}\n"), |item, rows| {
            *rows += &row(columns.iter().map(|one| text(one, item)).collect());
        })
    }

    fn csv<T>(&self, items: Items<'_, T>, how: &Rows<'_, T>) -> Result<()> {
        let columns = self.columns(how);
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(columns.iter().map(|column| column.title)).map_err(failed)?;
        for item in items {
            for column in &columns {
                let text = column.text(&item);
                csv.write_field(&*inert(self.cell(&text))).map_err(failed)?;
            }
            csv.write_record(None::<&[u8]>).map_err(failed)?;
        }
        let bytes = csv.into_inner().map_err(failed)?;
        self.text(&String::from_utf8(bytes).map_err(failed)?)
    }

    /// Writes one of many results that come over time: a line of JSON, or of words.
    pub(crate) fn one_by_one(&self, json: Value, words: &str) -> Result<()> {
        match self.format() {
            Format::Json => self.text(&self.document_line(json.into())?),
            _ => self.text(&format!("{}\n", self.cell(words))),
        }
    }

    /// A text for a cell: on one line, without secrets or control characters.
    fn cell<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redactor.redact(text) {
            Cow::Borrowed(text) => on_one_line(text),
            Cow::Owned(text) => on_one_line(&text).into_owned().into(),
        }
    }
}

/// A cell as a spreadsheet takes it for text: none begins as what it would carry out. Source: OWASP,
/// "CSV Injection".
fn inert(cell: Cow<'_, str>) -> Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@']) {
        true => format!("'{cell}").into(),
        false => cell,
    }
}
