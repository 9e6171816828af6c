//! A request to the Workflow Endpoint, and what is answered.

use super::state::Kind;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

/// A request, with the time and the randomness that it may need.
pub(super) struct Request<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) body: &'a [u8],
    pub(super) now: String,
    pub(super) id: String,
}

impl Request<'_> {
    /// The last value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = form_urlencoded::parse(self.query.unwrap_or_default().as_bytes());
        pairs.filter(|(key, _)| key == name).last().map(|(_, value)| value.into_owned())
    }
}

/// What is answered.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    pub(super) after: After,
}

/// What is left to do for a reply.
pub(super) enum After {
    Nothing,
    /// Send the client there.
    Redirect(String),
    /// Check the connector with this id.
    Check(Kind, String),
}

/// A refusal is an `Err`, so that a handler may leave with `?`.
pub(super) type Answer = Result<Reply, Reply>;

impl Reply {
    pub(super) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, after: After::Nothing }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// An error in the service's shape.
    pub(super) fn detail(status: StatusCode, text: impl Into<String>) -> Self {
        Self::new(status, json!({ "detail": text.into() }))
    }

    /// What the service says of a thing it does not have; `noun` as in a path.
    pub(super) fn unknown(noun: &str, id: &str) -> Self {
        Self::detail(StatusCode::NOT_FOUND, format!("{} with id {id} not found.", capital(noun)))
    }

    /// Source: the replies to a DELETE in the public API reference.
    pub(super) fn deleted(noun: &str, id: &str) -> Self {
        let text = format!("{} with id {id} successfully deleted.", capital(noun));
        Self::detail(StatusCode::OK, text)
    }
}

fn capital(noun: &str) -> String {
    let (first, rest) = noun.split_at(1);
    first.to_ascii_uppercase() + rest
}
