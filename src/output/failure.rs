//! How a failure is told.

use std::io::Write;

use anstyle::AnsiColor;
use serde_json::json;

use super::messages::Output;
use crate::domain::format::Format;
use crate::error::Error;

impl Output {
    /// The failure that ends the command, or a part of it.
    pub(crate) fn error(&self, error: &Error) {
        self.end_progress();
        if self.asking.take() {
            // The question was not: its line is still open.
            let _ = writeln!(self.stderr.borrow_mut());
        }
        if self.format() == Format::Json {
            let mut object = json!({"error": {
                "category": error.category.name(),
                "message": self.plain(&error.message),
                "hint": error.hints_joined().map(|hint| self.plain(&hint)),
                "status": error.status,
                "request_id": error.request_id.as_deref().map(|id| self.plain(id)),
            }});
            if let Some(profile) = &self.profile {
                object["error"]["profile"] = profile.as_str().into();
            }
            let _ = writeln!(self.stderr.borrow_mut(), "{object}");
            return;
        }
        let message = format!("{}{}", self.label(), error.message);
        self.say("error: ", Some(AnsiColor::Red), &message);
        if let Some(id) = &error.request_id {
            self.say("  ", None, &format!("request id: {id}"));
        }
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            self.detail(&format!("  caused by: {error}"));
            cause = error.source();
        }
        for hint in &error.hints {
            self.say("hint: ", Some(AnsiColor::Cyan), hint);
        }
    }
}
