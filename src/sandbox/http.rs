//! The API over HTTP: authentication, bounded bodies, latency and faults around the pure
//! [`super::state`].

use super::check::{OwnS3, check};
use super::connectors::{pending_checks, report};
use super::fault::{Fault, FaultKind};
use super::state::{After, Kind, Reply, Request, answer};
use super::{store::Store, tasks::Tasks};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Method, Response, StatusCode};
use std::{io, sync::Arc, time::Duration};
use url::Url;
use uuid::Uuid;

/// The longest body that is read; what is longer is drained up to eight times as much, so that its
/// sender reads the answer.
const LONGEST_BODY: usize = 1 << 20;

/// From the start of a check to its verdict, so that clients have to wait for one.
const VERDICT_AFTER: Duration = Duration::from_millis(300);

/// What the API's connections share.
pub(super) struct Api {
    pub(super) store: Store,
    pub(super) latency: Duration,
    pub(super) fault: Option<Fault>,
    pub(super) s3: Url,
    pub(super) tasks: Arc<Tasks>,
}

type Http = Response<Full<Bytes>>;

impl Api {
    /// Answers a request; an error closes the connection without an answer.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> io::Result<Http> {
        let reply = match self.fault.and_then(Fault::strikes) {
            None => self.carry_out(request).await?,
            Some(FaultKind::Refuse) => return Err(io::ErrorKind::ConnectionRefused.into()),
            Some(FaultKind::Drop) => {
                self.carry_out(request).await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Some(FaultKind::Status(status)) => {
                let reason = status.canonical_reason().unwrap_or("Error");
                http(Reply::detail(status, format!("{reason} (injected by the sandbox)")), None)
            }
        };
        tokio::time::sleep(self.latency).await;
        Ok(reply)
    }

    async fn carry_out(self: &Arc<Self>, request: hyper::Request<Incoming>) -> io::Result<Http> {
        let (head, body) = request.into_parts();
        let Some(body) = read(body).await? else {
            let reply = Reply::detail(StatusCode::PAYLOAD_TOO_LARGE, "Request body too large");
            return Ok(http(reply, None));
        };
        let key = head.headers.get("unstructured-api-key").map(HeaderValue::as_bytes);
        let known = key == Some(self.store.identity.api_key.as_bytes());
        if head.uri.path().starts_with("/api/v1") && !known {
            let words = "API key is missing, please provide an API key in the header.";
            return Ok(http(Reply::detail(StatusCode::UNAUTHORIZED, words), None));
        }
        let request = Request {
            method: &head.method,
            path: head.uri.path(),
            query: head.uri.query(),
            body: &body,
            now: now(),
            id: Uuid::new_v4().to_string(),
        };
        let reply = match head.method {
            Method::GET => self.store.read().map(|mut data| answer(&mut data.state, &request)),
            _ => self.store.update(|data| answer(&mut data.state, &request)),
        };
        let reply = reply.unwrap_or_else(|error| {
            Reply::detail(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"))
        });
        if let After::Check(kind, connector) = &reply.after {
            self.check_later(*kind, connector.clone(), VERDICT_AFTER);
        }
        Ok(http(reply, head.headers.get(HOST)))
    }

    /// Takes up the checks that a run before this one left without a verdict.
    pub(super) fn resume_checks(self: &Arc<Self>) -> anyhow::Result<()> {
        for (kind, connector) in pending_checks(&mut self.store.read()?.state) {
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
        let mut data = self.store.read()?;
        let Some(check_now) = data.state.checks.remove(id) else { return Ok(()) };
        let connector = data.state.connectors(kind).iter().find(|one| one["id"] == *id);
        let Some(connector) = connector.cloned() else { return Ok(()) };
        let own = OwnS3 { url: &self.s3, ports: &data.s3_ports };
        let verdict = check(kind, &connector, own).await;
        let reason = verdict.err();
        self.store.update(|data| {
            report(&mut data.state, id, &check_now, &now(), reason.as_deref());
        })
    }
}

/// The body, or nothing where it is too long.
async fn read(mut body: Incoming) -> io::Result<Option<Vec<u8>>> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        length += data.len();
        if length <= LONGEST_BODY {
            bytes.extend_from_slice(&data);
        } else if length > 8 * LONGEST_BODY {
            break;
        }
    }
    Ok((length <= LONGEST_BODY).then_some(bytes))
}

/// Starlette makes a redirect absolute, from the `Host` that it was asked for.
fn http(reply: Reply, host: Option<&HeaderValue>) -> Http {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = reply.status;
    if let After::Redirect(path) = reply.after {
        let host = host.and_then(|host| host.to_str().ok());
        let place = host.map_or(path.clone(), |host| format!("http://{host}{path}"));
        if let Ok(place) = HeaderValue::try_from(place) {
            answer.headers_mut().insert(LOCATION, place);
        }
        return answer;
    }
    *answer.body_mut() = Full::from(reply.body.to_string());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&reply.status) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

/// The time as the service writes it.
fn now() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}
