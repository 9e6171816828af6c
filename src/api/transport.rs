//! One request and its repetition: the key, same-origin redirects, retries, turns.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::ahead::Ahead;
use super::limiter::{Limiter, Turn};
use super::request::Call;
use super::response::{self, Answer, Failure};
use super::trace;
use super::url::Address;
use crate::domain::redaction::Redactor;
use crate::domain::schedule;
use crate::domain::secret::Secret;
use crate::error::{Category, Error, Result};
use crate::net::{self, Attempt, Cancellation, HttpOptions, Retry, Trust};

/// No answer is read beyond this many bytes: ten times ten thousand connectors.
const LARGEST: usize = 64 << 20;
/// Redirects within the origin; the service itself needs one at most.
const REDIRECTS: usize = 3;

/// Takes a sentence or a line for the user.
pub(crate) type Sink = Box<dyn Fn(&str)>;

/// Tells whether connectors may still be written.
pub(crate) type Permit = Box<dyn Fn() -> Result<()>>;

/// What a client is made from.
pub(crate) struct Options {
    /// Where the service is.
    pub(crate) address: Address,
    /// The API key.
    pub(crate) key: Secret,
    /// Whom TLS trusts.
    pub(crate) trust: Trust,
    /// The limit of one request, from connecting to the last byte.
    pub(crate) timeout: Duration,
    /// Whether many requests will be under way at once: HTTP/2 then saves connections, and for one
    /// after the other it only costs.
    pub(crate) many: bool,
    /// How often a request is repeated at the most.
    pub(crate) retries: u32,
    /// The secrets of this process, for what is traced.
    pub(crate) redactor: Rc<Redactor>,
    /// Says that nothing is to be tried again.
    pub(crate) stop: Rc<Cancellation>,
    /// Takes each line of the HTTP trace.
    pub(crate) trace: Option<Sink>,
    /// Takes a sentence where the user would otherwise wonder at the silence.
    pub(crate) notice: Sink,
    /// Takes what the user should mind.
    pub(crate) warn: Rc<dyn Fn(&str)>,
}

/// The service, reached over one pool of connections.
pub(crate) struct Client {
    /// With the key in every request.
    pub(super) http: RefCell<reqwest::Client>,
    pub(super) options: Options,
    pub(super) limiter: Limiter,
    /// The connectors that are to be written, each as it was last read.
    pub(super) ahead: RefCell<Ahead>,
    /// By how much the service's clock is ahead of this machine's, by its last answer.
    skew: Cell<Option<SignedDuration>>,
    /// Held by the one request that reads them all anew.
    pub(super) refreshing: Mutex<()>,
    /// Asked before each PUT.
    permit: OnceCell<Permit>,
}

/// Requests under way at once, where nothing else is said.
const AT_ONCE: usize = 8;

/// What sends requests with a key.
pub(super) fn http_client(options: &Options, key: &Secret) -> Result<reqwest::Client> {
    let mut headers = HeaderMap::new();
    let mut key = HeaderValue::from_str(key.expose()).map_err(|_| {
        Error::new(Category::Auth, "the API key has characters that no key has")
            .hint("copy it anew from the platform's settings, API Keys")
    })?;
    key.set_sensitive(true);
    headers.insert("unstructured-api-key", key);
    net::http_client(HttpOptions {
        trust: &options.trust,
        timeout: options.timeout,
        headers,
        many: options.many,
        direct: options.address.is_loopback(),
        plain: options.address.is_plain(),
    })
}

impl Client {
    /// Sets the client up; nothing is sent.
    pub(crate) fn new(options: Options) -> Result<Self> {
        let http = RefCell::new(http_client(&options, &options.key)?);
        Ok(Self {
            http,
            options,
            limiter: Limiter::new(AT_ONCE),
            ahead: RefCell::default(),
            skew: Cell::default(),
            refreshing: Mutex::default(),
            permit: OnceCell::new(),
        })
    }

    /// Writes connectors only while this permits it.
    pub(crate) fn only_while(&self, permit: Permit) {
        let _ = self.permit.set(permit);
    }

    /// Whether connectors may still be written.
    pub(super) fn may_write(&self) -> Result<()> {
        self.permit.get().map_or(Ok(()), |permit| permit())
    }

    /// Sets how many requests are under way at once.
    pub(crate) fn set_concurrency(&self, most: usize) {
        self.limiter.set_most(most.max(1));
    }

    /// Where the service is.
    pub(crate) fn address(&self) -> &Address {
        &self.options.address
    }

    /// Sends what is safe to repeat, and repeats it while that may help: the answer that remains.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Answer> {
        self.send_noting_loss(call).await.map(|(answer, _)| answer)
    }

    /// As `send`, telling too whether an earlier attempt may have been carried out unseen.
    pub(super) async fn send_noting_loss(&self, call: &Call<'_>) -> Result<(Answer, bool)> {
        let (mut lost, mut last) = (false, false);
        let sent = self.retry(call).run(async || {
            lost |= last;
            let outcome = self.send_once(call).await;
            last = response::is_open(&outcome);
            self.attempted(outcome)
        });
        let (outcome, attempts) = sent.await;
        self.answered(call, outcome, attempts).map(|answer| (answer, lost))
    }

    /// As `send`, in a turn that is kept; without one, each attempt has its own.
    pub(super) async fn send_in(&self, turn: Option<&Turn<'_>>, call: &Call<'_>) -> Result<Answer> {
        let Some(turn) = turn else { return self.send(call).await };
        let sent = self.retry(call).run(async || {
            let outcome = self.send_once_in(turn, call).await;
            self.attempted(outcome)
        });
        let (outcome, attempts) = sent.await;
        self.answered(call, outcome, attempts)
    }

    /// How a call is repeated. What is deleted is cleaned up, also when the command shall end.
    pub(super) fn retry(&self, call: &Call<'_>) -> Retry<'_> {
        Retry {
            most: self.options.retries,
            stop: &self.options.stop,
            stops_at_once: call.method != Method::DELETE,
            notice: &self.options.notice,
        }
    }

    /// What an attempt came to, for the loop of attempts.
    pub(super) fn attempted(
        &self,
        outcome: Result<Answer, Failure>,
    ) -> Attempt<Result<Answer, Failure>> {
        match response::may_pass(&outcome) {
            true => Attempt::MayPass {
                why: response::told(&outcome),
                asked: response::asked(&outcome),
                outcome,
            },
            false => Attempt::Final(outcome),
        }
    }

    /// The answer of the last attempt, or the error that there is none.
    pub(super) fn answered(
        &self,
        call: &Call<'_>,
        outcome: Result<Answer, Failure>,
        attempts: u32,
    ) -> Result<Answer> {
        outcome.map_err(|failure| {
            let error = failure.to_error(&call.what, call.writes(), self.address());
            let tries = format!(" ({attempts} attempts)");
            let tries = if attempts > 1 { tries.as_str() } else { "" };
            Error { message: format!("{}{tries}", error.message), ..error }
        })
    }

    /// Sleeps; `false`: the command shall end.
    pub(super) async fn sleep(&self, wait: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.options.stop.wait() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }

    pub(super) fn notice(&self, text: &str) {
        (self.options.notice)(text);
    }

    /// Sends once, following redirects that stay within the origin and keep the method.
    pub(super) async fn send_once(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let turn = match call.has_time {
            true => self.limiter.late_turn().await,
            false => self.limiter.turn().await,
        };
        self.send_once_in(&turn, call).await
    }

    /// The same in a turn that was waited for.
    pub(super) async fn send_once_in(
        &self,
        turn: &Turn<'_>,
        call: &Call<'_>,
    ) -> Result<Answer, Failure> {
        let mut url = self.url(call);
        let mut answer = self.exchange(turn, call, url.clone()).await?;
        for _ in 0..REDIRECTS {
            let Some(target) = self.redirect_target(call, &url, &answer) else { break };
            url = target;
            answer = self.exchange(turn, call, url.clone()).await?;
        }
        Ok(answer)
    }

    pub(super) fn url(&self, call: &Call<'_>) -> Url {
        let mut url = self.options.address.at(&call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        url
    }

    /// Where a redirect leads, if it may be followed.
    pub(super) fn redirect_target(
        &self,
        call: &Call<'_>,
        from: &Url,
        answer: &Answer,
    ) -> Option<Url> {
        let follow = match answer.status {
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
            status if status.is_redirection() => call.method == Method::GET,
            _ => false,
        };
        let location = answer.headers.get(LOCATION)?.to_str().ok()?;
        let target = from.join(location).ok()?;
        (follow && self.options.address.same_origin(&target)).then_some(target)
    }

    /// Sends to a URL, once, and follows no redirect.
    pub(super) async fn exchange(
        &self,
        turn: &Turn<'_>,
        call: &Call<'_>,
        url: Url,
    ) -> Result<Answer, Failure> {
        turn.again().await;
        let mut request = self.http.borrow().request(call.method.clone(), url.clone());
        if let Some(body) = &call.body {
            request = request.json(&body.exposed());
        }
        let started = Instant::now();
        self.trace(|redactor| trace::request(&call.method, &url, call.body.as_ref(), redactor));
        let outcome = receive(request).await;
        match &outcome {
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                let asked = response::asked(&outcome).unwrap_or_default();
                turn.refused(if asked <= schedule::PATIENCE { asked } else { Duration::ZERO });
            }
            Ok(_) => turn.went_well(),
            Err(_) => turn.was_lost(),
        }
        let date = outcome.as_ref().ok().and_then(Answer::date);
        if let Some(date) = date {
            self.skew.set(Some(date.duration_since(Timestamp::now())));
        }
        self.trace(|redactor| match &outcome {
            Ok(Answer { status, headers, body }) => {
                trace::answer(*status, headers, body, started.elapsed(), redactor)
            }
            Err(failure) => format!("< {failure} after {} ms", started.elapsed().as_millis()),
        });
        outcome
    }

    /// What the service's clock said at a time by this machine's, at the earliest.
    pub(super) fn service_time(&self, time: Timestamp) -> Timestamp {
        let (skew, leave) = match self.skew.get() {
            Some(skew) => (skew, SignedDuration::from_secs(2)),
            None => (SignedDuration::ZERO, SignedDuration::from_mins(5)),
        };
        time.checked_add(skew - leave).unwrap_or(time)
    }

    fn trace(&self, text: impl FnOnce(&Redactor) -> String) {
        if let Some(trace) = &self.options.trace {
            text(&self.options.redactor).lines().for_each(trace);
        }
    }

    pub(super) fn warner(&self) -> Rc<dyn Fn(&str)> {
        Rc::clone(&self.options.warn)
    }

    pub(super) fn redactor(&self) -> &Redactor {
        &self.options.redactor
    }

    pub(super) fn shared_redactor(&self) -> Rc<Redactor> {
        Rc::clone(&self.options.redactor)
    }
}

async fn receive(request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(Failure::of)?;
    let expected = response.content_length().unwrap_or(0).min(LARGEST as u64);
    let mut body = Vec::with_capacity(expected as usize);
    while let Some(chunk) = response.chunk().await.map_err(Failure::of)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Failure::too_large(LARGEST));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
}
