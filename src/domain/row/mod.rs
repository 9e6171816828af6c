//! What a row of a list shows of a connector: a tenth of what the whole object takes, so that ten
//! thousand are read in one pass, and held until they are sorted.

mod read;

use std::borrow::Cow;

use jiff::Timestamp;

use crate::domain::connector::last_written;
use crate::domain::json::Json;
use crate::domain::kind::Kind;
use crate::domain::listed::Listed;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::fields;

pub use read::Reading;

/// The texts of a connector that have columns, and how it authenticates.
#[derive(PartialEq)]
pub struct Row<'a> {
    /// Source or destination.
    pub kind: Kind,
    /// The id, a UUID.
    pub id: Cow<'a, str>,
    /// The name.
    pub name: Cow<'a, str>,
    /// The type: `s3`, or what uns3 only shows.
    pub type_name: Cow<'a, str>,
    /// The fields of the config that have columns, in the order of their table.
    settings: Settings<'a>,
    /// When it was made, ISO 8601 as the service writes it.
    pub created_at: Cow<'a, str>,
    /// When it was last updated, ISO 8601, or empty.
    pub updated_at: Cow<'a, str>,
    /// How it authenticates; of another type than S3 that is not known.
    pub auth: AuthKind,
}

impl<'a> Row<'a> {
    /// The row of a connector.
    pub fn of(one: &Listed<'a>) -> Self {
        let (mut settings, config) = (NO_SETTINGS, one.config());
        for (setting, field) in settings.iter_mut().zip(fields::columns()) {
            *setting = config.get(field.name).map(setting_of).unwrap_or_default();
        }
        Self {
            kind: one.kind,
            id: one.text("id"),
            name: one.text("name"),
            type_name: one.text("type"),
            settings,
            created_at: one.text("created_at"),
            updated_at: one.text("updated_at"),
            auth: one.auth(),
        }
    }

    /// A field of the config that has a column; empty where it holds nothing to show.
    pub fn setting(&self, field: &str) -> &str {
        let at = fields::columns().position(|one| one.name == field);
        at.map_or("", |at| &self.settings[at])
    }

    /// When it says that it was last written.
    pub fn last_written(&self) -> Option<Timestamp> {
        last_written(&self.updated_at, &self.created_at)
    }
}

/// The fields of the config that have columns, in the order of their table.
type Settings<'a> = [Cow<'a, str>; fields::COLUMNS];

const NO_SETTINGS: Settings<'_> = [const { Cow::Borrowed("") }; fields::COLUMNS];

/// What a column shows of a field; empty where that is nothing.
fn setting_of<'a>(value: &Json<'a>) -> Cow<'a, str> {
    match value {
        Json::Text(text) => text.clone(),
        Json::Bool(true) => "true".into(),
        Json::Bool(false) => "false".into(),
        _ => "".into(),
    }
}
