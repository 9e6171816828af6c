//! Connectors as results: the one registry of their columns.

use serde_json::Value;

use super::column::{Column, Rendering, Shape};
use super::messages::Output;
use super::options::Format;
use super::table::Tone;
use crate::domain::connector::Connector;
use crate::domain::difference::{self, Difference};
use crate::domain::expiry::{Expiry, Urgency};
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::fields;
use crate::error::Result;

/// A connector to be shown, with what is known of it beside the service's own object.
pub(crate) struct Shown {
    /// The connector.
    pub(crate) connector: Connector,
    uns3: serde_json::Map<String, Value>,
    /// When its credentials end.
    pub(crate) expiry: Expiry,
}

impl From<Connector> for Shown {
    fn from(connector: Connector) -> Self {
        Self { connector, uns3: serde_json::Map::new(), expiry: Expiry::Unknown }
    }
}

impl Shown {
    /// Adds a field to `uns3`, where something is known for it.
    pub(crate) fn know(&mut self, field: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.uns3.insert(field.into(), value.into());
        }
    }

    /// Adds what was changed, or would be.
    pub(crate) fn know_changes(&mut self, changes: &[Difference]) {
        self.know("changes", Some(changes.iter().map(Difference::to_json).collect::<Vec<_>>()));
    }

    fn json(&self) -> Value {
        let mut value = self.connector.to_json();
        for (field, known) in &self.uns3 {
            value["uns3"][field] = known.clone();
        }
        value
    }

    fn known(&self, field: &str) -> String {
        self.uns3.get(field).and_then(Value::as_str).unwrap_or_default().into()
    }

    fn auth(&self) -> AuthKind {
        if self.connector.is_s3() { self.connector.auth() } else { AuthKind::Unknown }
    }
}

const COLUMNS: [Column<Shown>; 12] = [
    column("name", |one| one.connector.name().into()).long(),
    column("id", |one| one.connector.id().into()).whole(),
    column("kind", |one| one.connector.kind.name().into()).may_go(),
    column("type", |one| one.connector.type_name().into()).may_go(),
    column("remote_url", |one| one.connector.setting("remote_url").into()).long(),
    column("auth", |one| one.auth().name().into()),
    column("endpoint_url", |one| one.connector.setting("endpoint_url").into()).long().wide(),
    column("created_at", |one| one.connector.created_at().into()).wide(),
    column("updated_at", |one| one.connector.updated_at().into()).wide(),
    column("expires_at", |one| one.known("expires_at")).rows(),
    column("rotated_at", |one| one.known("rotated_at")).wide(),
    column("expires", expires).terminal().toned(tone),
];

/// The same for who asks when they end: in rows for programs too.
const STATUS: [Column<Shown>; COLUMNS.len()] = {
    let mut columns = COLUMNS;
    columns[COLUMNS.len() - 1] = column("expires", |one| one.expiry.words()).words().toned(tone);
    columns
};

const fn column(title: &'static str, text: fn(&Shown) -> String) -> Column<Shown> {
    Column::new(title, text)
}

/// In a list, what is not known is no news.
fn expires(one: &Shown) -> String {
    match one.expiry {
        Expiry::Ends { .. } => one.expiry.words(),
        Expiry::Unknown | Expiry::Never => String::new(),
    }
}

fn tone(one: &Shown) -> Option<Tone> {
    match one.expiry.urgency() {
        Urgency::None => None,
        Urgency::Due => Some(Tone::Soon),
        Urgency::Now => Some(Tone::Bad),
    }
}

/// What is set beside that: of a source `recursive`, and the fields of the open config; secrets
/// masked.
fn other_fields(one: &Shown) -> Vec<(String, String)> {
    let columnless =
        |name: &str| fields::find(name).is_none_or(|one| !one.column && !one.is_auth());
    let json = one.connector.to_json();
    let Some(config) = json["config"].as_object() else { return Vec::new() };
    let set = config.iter().filter(|(field, value)| columnless(field) && !value.is_null());
    set.map(|(field, value)| (field.clone(), plain(Some(value)))).collect()
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
                let items = changes.iter().cloned().map(Ok);
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
    pub(crate) fn connector(&self, one: Shown) -> Result<()> {
        self.connectors_as(Shape::One, &COLUMNS, std::iter::once(Ok(one)))
    }

    /// Writes an array of connectors.
    pub(crate) fn connectors(&self, many: impl Iterator<Item = Result<Shown>>) -> Result<()> {
        self.connectors_as(Shape::Many, &COLUMNS, many)
    }

    /// Writes an array of connectors, of which it is asked when their credentials end.
    pub(crate) fn expiries(&self, many: impl Iterator<Item = Result<Shown>>) -> Result<()> {
        self.connectors_as(Shape::Many, &STATUS, many)
    }

    fn connectors_as(
        &self,
        shape: Shape,
        columns: &[Column<Shown>],
        items: impl Iterator<Item = Result<Shown>>,
    ) -> Result<()> {
        let id = |one: &Shown| one.connector.id().to_owned();
        let how = Rendering { shape, columns, json: &Shown::json, id };
        self.items_with(items, &how, other_fields)
    }
}
