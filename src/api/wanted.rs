//! What is to be made, and what to say where it is not known whether it was.

use jiff::Timestamp;

use super::request::Call;
use crate::domain::kind::Kind;
use crate::domain::names::quoted;
use crate::domain::s3::config::Config;
use crate::error::{Category, Effect, Error};

/// What is to be made, in each of its forms.
pub(super) struct Wanted<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) config: &'a Config,
    pub(super) call: Call<'a>,
    /// When the command began, by this machine's clock; `None`: the name is one's own by chance,
    /// and nobody else can have made what is found by it.
    pub(super) begun: Option<Timestamp>,
}

impl Wanted<'_> {
    /// The error of a connector that may have been made.
    pub(super) fn unsure(&self, error: Error) -> Error {
        let name = quoted(self.name);
        let kind = if self.kind == Kind::Source { " --kind source" } else { "" };
        let look = format!(
            "it is not known whether {:?} was made: look (uns3 get {name}{kind}), or run the same \
             command with --if-not-exists in a minute",
            self.name
        );
        error.effect(Effect::Unknown).hint(look)
    }

    /// The same where looking for it came to nothing. A conflict is what was found.
    pub(super) fn unseen(&self, error: Error, looking: Error) -> Error {
        if looking.category == Category::Conflict {
            return looking;
        }
        let message = format!("{}; looking for it failed too: {looking}", error.message);
        self.unsure(Error { message, ..error })
    }
}
