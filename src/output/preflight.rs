//! A preflight as a result: in a table each step as it is taken, else all at the end.

use serde_json::Value;

use super::column::{Column, Rendering, Shape};
use super::messages::Output;
use crate::domain::format::Format;
use crate::domain::s3::preflight::{Report, Step};
use crate::error::Result;

const COLUMNS: [Column<Step>; 5] = [
    Column::new("step", |one| one.name.name().into()),
    Column::new("status", |one| one.status.name().into()),
    Column::new("code", |one| one.code.clone().unwrap_or_default()),
    Column::new("message", |one| one.message.clone()),
    Column::new("elapsed_ms", |one| one.elapsed.as_millis().to_string()),
];

impl Output {
    /// Shows a step at once, where people read.
    pub(crate) fn preflight_step(&self, step: &Step) {
        if self.format().is_table() {
            // A reader that went away has seen enough: the report at the end tells of other troubles.
            let _ = self.text(&self.plain(&format!("{}\n", step.line())));
        }
    }

    /// Writes an object that has no columns: as data, or in words.
    pub(crate) fn object(&self, json: Value, words: &str) -> Result<()> {
        match self.format() {
            Format::Json | Format::Yaml => {
                let json = std::iter::once(json.into());
                self.document(Shape::One, false, json)
            }
            _ => self.text(&(self.plain(words) + "\n")),
        }
    }

    /// Writes what a preflight found.
    pub(crate) fn preflight(&self, report: &Report) -> Result<()> {
        match self.format() {
            Format::Table | Format::Wide | Format::Id => Ok(()),
            Format::Csv | Format::Markdown => {
                let steps = report.steps.iter().cloned();
                let (json, id) = (&|_: &Step| Value::Null, |one: &Step| one.message.clone());
                self.items(steps, &Rendering { shape: Shape::Many, columns: &COLUMNS, json, id })
            }
            Format::Json | Format::Yaml => {
                let json = &Report::to_json;
                let id = |one: &Report| one.remote_url.clone();
                let how = Rendering { shape: Shape::One, columns: &[], json, id };
                self.items(std::iter::once(report.clone()), &how)
            }
        }
    }
}
