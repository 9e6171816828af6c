//! The fields of a connector's config that uns3 knows, each a line. From the table follow the flags
//! that set and clear them, the config that is written, the columns that show them and what `--set`
//! leaves to a flag; a field that is not here is one of the open config.

use serde_json::Value;

use crate::domain::kind::Kind;

/// What a field holds, and so how it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Where the files are: a remote URL, which every connector has.
    RemoteUrl,
    /// The address of a server, or null.
    Endpoint,
    /// True or false; false where nothing is set.
    Switch,
    /// A part of an access key, or null: set as one with the others.
    Credential,
    /// A way to authenticate without an access key: true or false.
    Way,
}

/// A field of the config.
#[derive(Debug)]
pub struct Field {
    /// Its name in the config.
    pub name: &'static str,
    /// The flag that sets it, as messages name it.
    pub flag: &'static str,
    /// What it holds.
    pub form: Form,
    /// What the help of its flag says; empty where the flag is one of the credentials'.
    pub help: &'static str,
    /// The kinds of connectors that have it.
    pub kinds: &'static [Kind],
    /// Whether the service hides it, and no result shows it.
    pub secret: bool,
    /// Whether a list has a column for it.
    pub column: bool,
}

/// Every field. Source: the public API reference.
#[rustfmt::skip]
pub static FIELDS: [Field; 8] = [
    field("remote_url", "--remote-url", Form::RemoteUrl).help("Where the files are: s3://bucket/folder/").column(),
    field("endpoint_url", "--endpoint-url", Form::Endpoint).help("The address of an S3 server that is not AWS").column(),
    field("key", "--key", Form::Credential).secret(),
    field("secret", "--secret-file", Form::Credential).secret(),
    field("token", "--token-file", Form::Credential).secret(),
    field("anonymous", "--anonymous", Form::Way),
    field("ambient_credentials", "--ambient-credentials", Form::Way),
    field("recursive", "--recursive", Form::Switch).help("Whether a source reads sub-folders too").of(&[Kind::Source]).column(),
];

const fn field(name: &'static str, flag: &'static str, form: Form) -> Field {
    let kinds = &[Kind::Source, Kind::Destination];
    Field { name, flag, form, help: "", kinds, secret: false, column: false }
}

impl Field {
    const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    const fn of(self, kinds: &'static [Kind]) -> Self {
        Self { kinds, ..self }
    }

    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    const fn column(self) -> Self {
        Self { column: true, ..self }
    }

    /// What stands in it where nothing is set.
    pub fn default(&self) -> Value {
        match self.form {
            Form::Switch | Form::Way => Value::Bool(false),
            Form::RemoteUrl | Form::Endpoint | Form::Credential => Value::Null,
        }
    }

    /// Whether it says how the connector authenticates; such fields are written as one.
    pub fn is_auth(&self) -> bool {
        matches!(self.form, Form::Credential | Form::Way)
    }

    /// The flags that set and clear it, as messages name them.
    pub fn flags(&self) -> String {
        match self.form {
            Form::Endpoint => format!("{0} or --no-{1}", self.flag, &self.flag[2..]),
            _ => self.flag.into(),
        }
    }
}

/// How many fields have columns.
pub const COLUMNS: usize = {
    let (mut count, mut at) = (0, 0);
    while at < FIELDS.len() {
        count += FIELDS[at].column as usize;
        at += 1;
    }
    count
};

/// The fields that have columns.
pub fn columns() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| field.column)
}

/// A field by its name; `None`: it is one of the open config.
pub fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// Whether a field says how the connector authenticates.
pub fn is_auth(name: &str) -> bool {
    find(name).is_some_and(Field::is_auth)
}

/// The fields that flags of their own set, one by one.
pub fn settings() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| !field.is_auth())
}

/// The parts of an access key, which the service hides.
pub fn credentials() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().filter(|field| field.secret).map(|field| field.name)
}
