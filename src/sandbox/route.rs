//! The Workflow Endpoint as a pure function: a state and a request give the next state and a reply.
//!
//! It works on raw JSON and shares no type with the client that it is there to test, or one
//! mistake would cancel itself. Source of the calls and their shapes: the Platform API's OpenAPI
//! document.

use super::exchange::{After, Answer, Reply, Request};
use super::state::{Kind, State};
use super::{connectors, workflows};
use hyper::StatusCode;
use serde_json::Value;

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
