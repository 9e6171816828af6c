//! When two values of a field mean the same, though they are written in other ways.

use serde_json::Value;

/// What a value of a field means: null, false and empty are as if it were not there, and the slash
/// at the end of a remote URL makes no difference.
#[derive(PartialEq)]
pub enum Meaning<'a> {
    /// Nothing is set.
    Nothing,
    /// A text.
    Text(&'a str),
    /// Anything else.
    Value(&'a Value),
}

impl<'a> Meaning<'a> {
    /// What a value of a field means.
    pub fn of(field: &str, value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null | Value::Bool(false)) => Self::Nothing,
            Some(Value::String(text)) => Self::of_text(field, text),
            Some(value) => Self::Value(value),
        }
    }

    /// The same for a text.
    pub fn of_text(field: &str, text: &'a str) -> Self {
        match text {
            "" => Self::Nothing,
            text if field == "remote_url" => Self::Text(text.trim_end_matches('/')),
            text => Self::Text(text),
        }
    }
}

/// Whether two values of a field mean the same.
pub fn same(field: &str, one: Option<&Value>, other: Option<&Value>) -> bool {
    Meaning::of(field, one) == Meaning::of(field, other)
}
