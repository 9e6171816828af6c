//! The Workflow Endpoint by itself, without a network, a disk or an S3: for a server that scripts
//! what goes wrong on the way to it.

use super::exchange::{After, Request};
use super::route;
use super::state::State;
use hyper::Method;
use serde_json::Value;

/// What the endpoint answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// Where a redirect leads, as a path.
    pub location: Option<String>,
    /// The body; null where there is none.
    pub body: Value,
}

impl State {
    /// Does what a request asks for. `target` is its path with its query; `now` is the time that
    /// what is made or written gets, as the service writes it. A check that is started has no
    /// verdict until one is put into [`State::checks`].
    pub fn answer(&mut self, method: &str, target: &str, body: &str, now: String) -> Answered {
        let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let id = uuid::Uuid::new_v4().to_string();
        let body = body.as_bytes();
        let reply = route::answer(self, &Request { method: &method, path, query, body, now, id });
        let location = match reply.after {
            After::Redirect(place) => Some(place),
            _ => None,
        };
        Answered { status: reply.status.as_u16(), location, body: reply.body }
    }
}
