//! The API over HTTP: authentication, bounded bodies, latency and faults around the pure
//! [`super::route`].

use super::body::{self, Unread};
use super::check::{OwnS3, check};
use super::connectors::{pending_checks, report};
use super::exchange::{After, Reply, Request};
use super::fault::{Fault, FaultKind};
use super::limit::Limit;
use super::reason::Reasons;
use super::{host, route::answer, state::Kind, store::Store, tasks::Tasks};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use std::{io, sync::Arc, time::Duration};
use url::Url;
use uuid::Uuid;

/// The longest body that is read.
const LONGEST_BODY: usize = 1 << 20;
/// From a body's first byte to its last.
const BODY_TIME: Duration = Duration::from_secs(10);

/// From the start of a check to its verdict, so that clients have to wait for one.
const VERDICT_AFTER: Duration = Duration::from_millis(300);

/// What the API's connections share.
pub(super) struct Api {
    pub(super) store: Store,
    pub(super) latency: Duration,
    pub(super) faults: Vec<Fault>,
    pub(super) limit: Option<Limit>,
    pub(super) reasons: Reasons,
    pub(super) s3: Url,
    pub(super) tasks: Arc<Tasks>,
}

type Http = Response<BoxBody<Bytes, io::Error>>;

impl Api {
    /// Answers a request; an error closes the connection without an answer.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> io::Result<Http> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let struck = self.faults.iter().find_map(|fault| fault.strikes(&method, &path));
        let reply = match struck {
            None if let Some(Err(after)) = self.limit.as_ref().map(Limit::admit) => {
                failed(request, StatusCode::TOO_MANY_REQUESTS, after).await
            }
            None => self.carry_out(request).await?,
            Some(FaultKind::Refuse) => return Err(io::ErrorKind::ConnectionRefused.into()),
            Some(FaultKind::Hang) => std::future::pending().await,
            Some(FaultKind::Drop) => {
                self.carry_out(request).await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Some(FaultKind::Cut) => cut(self.carry_out(request).await?).await,
            Some(FaultKind::Status(status, after)) => failed(request, status, after).await,
        };
        tokio::time::sleep(self.latency).await;
        Ok(reply)
    }

    /// What can be refused by its head is: its body is not kept.
    async fn carry_out(self: &Arc<Self>, request: hyper::Request<Incoming>) -> io::Result<Http> {
        if let Some(refusal) = self.refused(&request) {
            body::discard(request.into_body()).await;
            return Ok(http(refusal, None));
        }
        let (head, body) = request.into_parts();
        let reply = match body::read(body, LONGEST_BODY, BODY_TIME).await {
            Ok(body) => self.reply(&head, &body),
            Err(Unread::Broken) => return Err(io::ErrorKind::ConnectionReset.into()),
            Err(Unread::TooLong) => {
                Reply::detail(StatusCode::PAYLOAD_TOO_LARGE, "Request body too large")
            }
            Err(Unread::TooSlow) => {
                Reply::detail(StatusCode::REQUEST_TIMEOUT, "Request body too slow")
            }
        };
        if let After::Check(kind, connector) = &reply.after {
            self.check_later(*kind, connector.clone(), VERDICT_AFTER);
        }
        Ok(http(reply, head.headers.get(HOST)))
    }

    fn refused(&self, request: &hyper::Request<Incoming>) -> Option<Reply> {
        if !host::is_ours(request) {
            let words = "The sandbox answers to the names of this machine only.";
            return Some(Reply::detail(StatusCode::MISDIRECTED_REQUEST, words));
        }
        let key = request.headers().get("unstructured-api-key").map(HeaderValue::as_bytes);
        let known = key == Some(self.store.identity.api_key.as_bytes());
        let words = "API key is missing, please provide an API key in the header.";
        let refusal = || Reply::detail(StatusCode::UNAUTHORIZED, words);
        (request.uri().path().starts_with("/api/v1") && !known).then(refusal)
    }

    fn reply(&self, head: &Parts, body: &[u8]) -> Reply {
        let request = Request {
            method: &head.method,
            path: head.uri.path(),
            query: head.uri.query(),
            body,
            now: now(),
            id: Uuid::new_v4().to_string(),
        };
        let reply = match head.method {
            Method::GET => self.store.read(|data| answer(&mut data.state, &request)),
            _ => self.store.update(|data| answer(&mut data.state, &request)),
        };
        reply.unwrap_or_else(|error| {
            Reply::detail(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"))
        })
    }

    /// Takes up the checks that a run before this one left without a verdict.
    pub(super) fn resume_checks(self: &Arc<Self>) -> anyhow::Result<()> {
        for (kind, connector) in self.store.read(|data| pending_checks(&mut data.state))? {
            self.check_later(kind, connector, Duration::ZERO);
        }
        Ok(())
    }

    fn check_later(self: &Arc<Self>, kind: Kind, connector: String, delay: Duration) {
        let api = self.clone();
        self.tasks.spawn(async move {
            tokio::time::sleep(delay).await;
            // A folder that cannot be read now leaves the check without a verdict; the next run
            // takes it up.
            let _ = api.run_check(kind, &connector).await;
        });
    }

    /// The connector is read when the check runs, so that one caught by an update uses what it is
    /// then.
    async fn run_check(&self, kind: Kind, id: &str) -> anyhow::Result<()> {
        let found = self.store.read(|data| {
            let check = data.state.checks.get(id)?.clone();
            let connector = data.state.connectors(kind).iter().find(|one| one["id"] == *id);
            Some((check, connector?.clone(), data.s3_ports.clone()))
        })?;
        let Some((check_now, connector, ports)) = found else { return Ok(()) };
        let own = OwnS3 { url: &self.s3, ports: &ports };
        let verdict = check(kind, &connector, own, self.reasons).await;
        let reason = verdict.err();
        self.store.update(|data| {
            report(&mut data.state, id, &check_now, &now(), reason.as_deref());
        })
    }
}

/// A failure that the sandbox was told to play.
async fn failed(
    request: hyper::Request<Incoming>,
    status: StatusCode,
    retry_after: Option<u32>,
) -> Http {
    body::discard(request.into_body()).await;
    let reason = status.canonical_reason().unwrap_or("Error");
    let detail = format!("{reason} (injected by the sandbox)");
    let mut reply = http(Reply::detail(status, detail), None);
    if let Some(after) = retry_after {
        reply.headers_mut().insert(RETRY_AFTER, after.into());
    }
    reply
}

/// Starlette makes a redirect absolute, from the `Host` that it was asked for.
fn http(reply: Reply, host: Option<&HeaderValue>) -> Http {
    let mut answer = Response::new(whole(Bytes::new()));
    *answer.status_mut() = reply.status;
    if let After::Redirect(path) = reply.after {
        let host = host.and_then(|host| host.to_str().ok());
        let place = host.map_or(path.clone(), |host| format!("http://{host}{path}"));
        if let Ok(place) = HeaderValue::try_from(place) {
            answer.headers_mut().insert(LOCATION, place);
        }
        return answer;
    }
    *answer.body_mut() = whole(reply.body.to_string().into());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&reply.status) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

fn whole(body: Bytes) -> BoxBody<Bytes, io::Error> {
    Full::new(body).map_err(|never| match never {}).boxed()
}

/// The same answer, whose body ends in its middle.
async fn cut(answer: Http) -> Http {
    let (mut head, body) = answer.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    head.headers.insert(CONTENT_LENGTH, (body.len() + 1).into());
    let half = stream::iter([Ok(Frame::data(body.slice(..body.len() / 2)))]);
    let end = stream::once(async {
        // What is ready goes out while this is not.
        tokio::task::yield_now().await;
        Err(io::ErrorKind::ConnectionAborted.into())
    });
    Response::from_parts(head, BodyExt::boxed(StreamBody::new(half.chain(end))))
}

/// The time as the service writes it.
fn now() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}
