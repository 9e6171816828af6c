//! What a row of a list shows of a connector: a tenth of what the whole object takes, so that ten
//! thousand are read in one pass, and held until they are sorted.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::domain::connector::last_written;
use crate::domain::json::Json;
use crate::domain::kind::Kind;
use crate::domain::listed::Listed;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::fields;

/// The texts of a connector that have columns, and how it authenticates.
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
    settings: [Cow<'a, str>; fields::COLUMNS],
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
        let (mut settings, config) = ([const { Cow::Borrowed("") }; fields::COLUMNS], one.config());
        for (setting, field) in settings.iter_mut().zip(fields::columns()) {
            *setting = match config.get(field.name) {
                Some(Json::Text(text)) => text.clone(),
                Some(Json::Bool(true)) => "true".into(),
                Some(Json::Bool(false)) => "false".into(),
                _ => continue,
            };
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
