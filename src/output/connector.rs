//! Connectors as results: the one registry of their columns.

use serde_json::Value;

use super::{Column, Format, Output, Rendering, Shape};
use crate::domain::connector::Connector;
use crate::domain::difference::{self, Difference};
use crate::domain::s3::auth::AuthKind;
use crate::error::Result;

/// A connector to be shown, with what is known of it beside the service's own object.
pub(crate) struct Shown {
    /// The connector.
    pub(crate) connector: Connector,
    uns3: serde_json::Map<String, Value>,
}

impl From<Connector> for Shown {
    fn from(connector: Connector) -> Self {
        Self { connector, uns3: serde_json::Map::new() }
    }
}

impl Shown {
    /// Adds a field to `uns3`, where something is known for it.
    pub(crate) fn know(&mut self, field: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.uns3.insert(field.into(), value.into());
        }
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

const COLUMNS: [Column<Shown>; 11] = [
    Column { title: "name", shown: true, text: |one| one.connector.name().into() },
    Column { title: "id", shown: true, text: |one| one.connector.id().into() },
    Column { title: "kind", shown: true, text: |one| one.connector.kind.name().into() },
    Column { title: "type", shown: true, text: |one| one.connector.type_name().into() },
    Column {
        title: "remote_url",
        shown: true,
        text: |one| one.connector.setting("remote_url").into(),
    },
    Column { title: "auth", shown: true, text: |one| one.auth().name().into() },
    Column {
        title: "endpoint_url",
        shown: false,
        text: |one| one.connector.setting("endpoint_url").into(),
    },
    Column { title: "created_at", shown: false, text: |one| one.connector.created_at().into() },
    Column { title: "updated_at", shown: false, text: |one| one.connector.updated_at().into() },
    Column { title: "expires_at", shown: true, text: |one| one.known("expires_at") },
    Column { title: "rotated_at", shown: false, text: |one| one.known("rotated_at") },
];

const CHANGES: [Column<Difference>; 3] = [
    Column { title: "field", shown: true, text: |one| one.field.clone() },
    Column { title: "from", shown: true, text: |one| plain(one.from.as_ref()) },
    Column { title: "to", shown: true, text: |one| plain(one.to.as_ref()) },
];

fn plain(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

const fn all_shown() -> [Column<Shown>; COLUMNS.len()] {
    let mut columns = COLUMNS;
    let mut at = 0;
    while at < columns.len() {
        columns[at].shown = true;
        at += 1;
    }
    columns
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
                let changes = changes.iter().map(Difference::to_json).collect::<Vec<_>>();
                shown.know("changes", Some(changes));
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
            Format::Table => {
                let lines = difference::lines(changes);
                self.text(&self.plain(&format!("{title}\n  {}\n", lines.join("\n  "))))
            }
        }
    }

    /// Writes one connector.
    pub(crate) fn connector(&self, one: Shown) -> Result<()> {
        self.connectors_as(Shape::One, &all_shown(), std::iter::once(Ok(one)))
    }

    /// Writes an array of connectors.
    pub(crate) fn connectors(&self, many: impl Iterator<Item = Result<Shown>>) -> Result<()> {
        self.connectors_as(Shape::Many, &COLUMNS, many)
    }

    fn connectors_as(
        &self,
        shape: Shape,
        columns: &[Column<Shown>],
        items: impl Iterator<Item = Result<Shown>>,
    ) -> Result<()> {
        let id = |one: &Shown| one.connector.id().to_owned();
        self.items(items, &Rendering { shape, columns, json: &Shown::json, id })
    }
}
