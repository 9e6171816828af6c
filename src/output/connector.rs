//! Connectors as results: the one registry of their columns.

use std::borrow::Cow;

use serde_json::Value;

use super::clean::{Clean, How};
use super::column::{Column, Rendering, Rows, Shape};
use super::messages::Output;
use super::table::Tone;
use crate::domain::connector::Connector;
use crate::domain::difference::{self, Difference};
use crate::domain::expiry::{Expiry, Urgency};
use crate::domain::format::Format;
use crate::domain::json::{Fields, Json};
use crate::domain::listed::Listed;
use crate::domain::row::Row;
use crate::domain::s3::fields;
use crate::domain::secret::{MASK, names_secret};
use crate::error::Result;

/// A connector to be shown, with what is known of it beside the service's own object.
pub(crate) struct Shown<'a> {
    row: Row<'a>,
    /// The whole, but in the rows of a list.
    whole: Option<Listed<'a>>,
    known: Fields<'a>,
    /// When its credentials end.
    pub(crate) expiry: Expiry,
}

impl<'a> From<Row<'a>> for Shown<'a> {
    fn from(row: Row<'a>) -> Self {
        Self { row, whole: None, known: Fields::default(), expiry: Expiry::Unknown }
    }
}

impl<'a> From<Listed<'a>> for Shown<'a> {
    fn from(whole: Listed<'a>) -> Self {
        let row = Self::from(Row::of(&whole));
        Self { whole: Some(whole), ..row }
    }
}

impl From<Connector> for Shown<'_> {
    fn from(connector: Connector) -> Self {
        Listed::from(connector).into()
    }
}

impl<'a> Shown<'a> {
    /// Adds a field to `uns3`, where something is known for it.
    pub(crate) fn know(&mut self, field: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.known.set(field, value.into());
        }
    }

    /// Adds what was changed, or would be.
    pub(crate) fn know_changes(&mut self, changes: &[Difference]) {
        self.know("changes", Some(changes.iter().map(Difference::to_json).collect::<Vec<_>>()));
    }

    /// What the ledger is asked by.
    pub(crate) fn row(&self) -> &Row<'a> {
        &self.row
    }

    /// The object for a result.
    fn into_json(self) -> Json<'a> {
        match self.whole {
            Some(whole) => whole.into_json(self.row.auth, self.known),
            None => unreachable!("rows are shown as rows only"),
        }
    }

    fn known(&self, field: &str) -> Cow<'_, str> {
        self.known.get(field).and_then(Json::as_str).unwrap_or_default().into()
    }
}

/// All columns; `expires` as who asks wants it. The fields of the config that a list shows are those
/// of their table.
fn columns<'a>(expires: Column<Shown<'a>>) -> Vec<Column<Shown<'a>>> {
    let mut columns = vec![
        column("profile", |one| one.known("profile")).of_profiles(),
        column("name", |one| (&*one.row.name).into()).long(),
        column("id", |one| (&*one.row.id).into()).whole(),
        column("kind", |one| one.row.kind.name().into()).may_go(),
        column("type", |one| (&*one.row.type_name).into()).may_go(),
        Column::titled("remote_url", setting).long(),
        column("auth", |one| one.row.auth.name().into()),
        Column::titled("endpoint_url", setting).long().wide(),
        column("created_at", |one| (&*one.row.created_at).into()).wide(),
        column("updated_at", |one| (&*one.row.updated_at).into()).wide(),
        column("expires_at", |one| one.known("expires_at")).rows(),
        column("rotated_at", |one| one.known("rotated_at")).wide(),
        expires.toned(tone),
    ];
    // Last, so that those who count columns find each where it was.
    for field in fields::columns() {
        if columns.iter().all(|one| one.title != field.name) {
            columns.push(Column::titled(field.name, setting).wide());
        }
    }
    columns
}

fn setting<'t>(one: &'t Shown<'_>, field: &str) -> Cow<'t, str> {
    one.row.setting(field).into()
}

/// On a terminal, instead of the time itself; in a list, what is not known is no news.
fn known_end<'a>() -> Column<Shown<'a>> {
    let words = |one: &Shown<'_>| match one.expiry {
        Expiry::Ends { .. } => one.expiry.words(),
        Expiry::Unknown | Expiry::Never => String::new(),
    };
    Column::new("expires", words).terminal()
}

const fn column<'a>(
    title: &'static str,
    text: for<'t> fn(&'t Shown<'a>) -> Cow<'t, str>,
) -> Column<Shown<'a>> {
    Column::lent(title, text)
}

fn tone(one: &Shown<'_>) -> Option<Tone> {
    match one.expiry.urgency() {
        Urgency::None => None,
        Urgency::Due => Some(Tone::Soon),
        Urgency::Now => Some(Tone::Bad),
    }
}

/// What is set beside that: the fields of the open config; secrets masked.
fn other_fields(one: &Shown<'_>) -> Vec<(String, String)> {
    let columnless =
        |name: &str| fields::find(name).is_none_or(|one| !one.column && !one.is_auth());
    let config = one.whole.iter().flat_map(|whole| whole.config().iter());
    let set = config.filter(|(field, value)| columnless(field) && **value != Json::Null);
    let how = How { redactor: None, by_name: true, yaml: false };
    let text = |field: &str, value: &Json<'_>| match (names_secret(field), value) {
        (true, Json::Text(_) | Json::Number(_)) => MASK.to_owned(),
        (false, Json::Text(text)) => text.clone().into_owned(),
        _ => serde_json::to_string(&Clean::of_field(field, value, how)).unwrap_or_default(),
    };
    set.map(|(field, value)| (field.to_owned(), text(field, value))).collect()
}

const CHANGES: [Column<Difference>; 3] = [
    Column::new("field", |one| one.field.clone()),
    Column::new("from", |one| plain(one.from.as_ref())),
    Column::new("to", |one| plain(one.to.as_ref())),
];

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

impl Output {
    /// Writes what a write would do: the differences as lines or rows, or the connector as it
    /// would be.
    pub(crate) fn planned(
        &self,
        title: &str,
        connector: Connector,
        changes: &[Difference],
    ) -> Result<()> {
        match self.format() {
            Format::Json | Format::Yaml => {
                let mut shown = Shown::from(connector);
                shown.know("dry_run", Some(true));
                shown.know_changes(changes);
                self.connector(shown)
            }
            Format::Id if connector.id().is_empty() => Ok(()),
            Format::Id => self.text(&format!("{}\n", connector.id())),
            Format::Csv => {
                let items = changes.iter().cloned();
                let json = &Difference::to_json;
                let id = |one: &Difference| one.field.clone();
                self.items(items, &Rendering { shape: Shape::Many, columns: &CHANGES, json, id })
            }
            Format::Table | Format::Wide | Format::Markdown => {
                let lines = difference::lines(changes);
                self.text(&self.plain(&format!("{title}\n  {}\n", lines.join("\n  "))))
            }
        }
    }

    /// Writes one connector.
    pub(crate) fn connector(&self, one: Shown<'_>) -> Result<()> {
        self.connectors_as(Shape::One, &columns(known_end()), std::iter::once(one))
    }

    /// Writes an array of connectors.
    pub(crate) fn connectors<'a>(&self, many: impl Iterator<Item = Shown<'a>>) -> Result<()> {
        self.connectors_as(Shape::Many, &columns(known_end()), many)
    }

    /// Writes an array of connectors, of which it is asked when their credentials end.
    pub(crate) fn expiries<'a>(&self, many: impl Iterator<Item = Shown<'a>>) -> Result<()> {
        let end = Column::new("expires", |one: &Shown<'_>| one.expiry.words()).words();
        self.connectors_as(Shape::Many, &columns(end), many)
    }

    fn connectors_as<'a>(
        &self,
        shape: Shape,
        columns: &[Column<Shown<'a>>],
        mut items: impl Iterator<Item = Shown<'a>>,
    ) -> Result<()> {
        if let Format::Json | Format::Yaml = self.format() {
            return self.document(shape, true, items.map(Shown::into_json));
        }
        let id = |one: &Shown<'_>| one.row.id.clone().into_owned();
        self.rows(&mut items, &Rows { shape, columns, id, more: other_fields })
    }
}
