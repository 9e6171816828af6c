//! What was found of one part.

use crate::error::{Category, Error};

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    /// It works, and may not for long.
    Warning,
    /// It does not work: a command fails so.
    Failed(Category),
}

impl Status {
    /// The name that results carry.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed(_) => "failed",
        }
    }
}

/// What was found of one part.
pub(crate) struct Finding {
    /// The part.
    pub(crate) check: &'static str,
    pub(crate) status: Status,
    pub(crate) message: String,
    /// The mend.
    pub(crate) hint: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, message: message.into(), hint: None }
    }

    pub(super) fn warning(check: &'static str, message: String, hint: &str) -> Self {
        let hint = Some(hint.to_owned());
        Self { check, status: Status::Warning, message, hint }
    }

    /// A failure, as the error that a command would end with.
    pub(crate) fn failed(check: &'static str, error: Error) -> Self {
        let status = Status::Failed(error.category);
        Self { check, status, hint: error.hints_joined(), message: error.message }
    }
}
