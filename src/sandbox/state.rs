//! The Workflow Endpoint as a pure function: a state and a request give the next state and a reply.
//!
//! It works on raw JSON and shares no type with the client that it is there to test, or one
//! mistake would cancel itself. Source of the calls and their shapes: the Platform API's OpenAPI
//! document.

use super::{connectors, invalid, workflows};
use hyper::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::form_urlencoded;

/// Everything that clients made, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) destinations: Vec<Value>,
    pub(super) sources: Vec<Value>,
    pub(super) workflows: Vec<Value>,
    /// The latest check of each connector, by the connector's id.
    pub(super) checks: BTreeMap<String, Value>,
}

impl State {
    /// The connectors of a kind.
    pub(super) fn connectors(&mut self, kind: Kind) -> &mut Vec<Value> {
        match kind {
            Kind::Destination => &mut self.destinations,
            Kind::Source => &mut self.sources,
        }
    }

    /// The values whose fields anyone may fill in, secrets among them.
    pub(super) fn open_to(&mut self) -> impl Iterator<Item = &mut Value> {
        self.destinations.iter_mut().chain(&mut self.sources).chain(&mut self.workflows)
    }
}

/// Destinations and sources are alike but for a few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Destination,
    Source,
}

impl Kind {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Destination => "destination",
            Self::Source => "source",
        }
    }
}

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

enum Route<'a> {
    Connectors(Kind),
    Connector(Kind, &'a str),
    Check(Kind, &'a str),
    Workflows,
    Workflow(&'a str),
}

fn route(path: &str) -> Option<Route<'_>> {
    let (collection, rest) = path.strip_prefix("/api/v1/")?.split_once('/')?;
    let kind = match collection {
        "destinations" => Kind::Destination,
        "sources" => Kind::Source,
        "workflows" if rest.is_empty() => return Some(Route::Workflows),
        "workflows" if !rest.contains('/') => return Some(Route::Workflow(rest)),
        _ => return None,
    };
    match rest.split_once('/') {
        None if rest.is_empty() => Some(Route::Connectors(kind)),
        None => Some(Route::Connector(kind, rest)),
        Some((id, "connection-check")) => Some(Route::Check(kind, id)),
        Some(_) => None,
    }
}

/// Answers a request.
pub(super) fn answer(state: &mut State, request: &Request<'_>) -> Reply {
    match route(request.path) {
        Some(route) => dispatch(state, request, route).unwrap_or_else(|refusal| refusal),
        None => {
            redirect(request).unwrap_or_else(|| Reply::detail(StatusCode::NOT_FOUND, "Not Found"))
        }
    }
}

/// A refusal is an `Err`, so that a handler may leave with `?`.
pub(super) type Answer = Result<Reply, Reply>;

fn dispatch(state: &mut State, request: &Request<'_>, route: Route<'_>) -> Answer {
    match (route, request.method.as_str()) {
        (Route::Connectors(kind), "GET") => connectors::list(state, kind, request),
        (Route::Connectors(kind), "POST") => connectors::create(state, kind, request),
        (Route::Connector(kind, id), "GET") => connectors::get(state, kind, id),
        (Route::Connector(kind, id), "PUT") => connectors::update(state, kind, id, request),
        (Route::Connector(kind, id), "DELETE") => connectors::delete(state, kind, id),
        (Route::Check(kind, id), "GET") => connectors::latest_check(state, kind, id),
        (Route::Check(kind, id), "POST") => connectors::start_check(state, kind, id, request),
        (Route::Workflows, "GET") => workflows::list(state, request),
        (Route::Workflows, "POST") => workflows::create(state, request),
        (Route::Workflow(id), "GET") => workflows::get(state, id),
        (Route::Workflow(id), "DELETE") => workflows::delete(state, id),
        _ => Err(Reply::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")),
    }
}

/// The service answers a path that only its final slash makes unknown with a redirect to the one
/// it knows, as FastAPI does.
fn redirect(request: &Request<'_>) -> Option<Reply> {
    let other = match request.path.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{}/", request.path),
    };
    route(&other)?;
    let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
    let mut reply = Reply::new(StatusCode::TEMPORARY_REDIRECT, Value::Null);
    reply.after = After::Redirect(other + &query);
    Some(reply)
}

/// The place of the thing with an id that came in a path.
pub(super) fn position(list: &[Value], noun: &str, id: &str) -> Result<usize, Reply> {
    let id = invalid::uuid(id, &["path", &format!("{noun}_id")])?;
    let place = list.iter().position(|value| value["id"] == *id);
    place.ok_or_else(|| Reply::unknown(noun, &id))
}
