//! One request and its repetition: TLS, the key, time-outs, same-origin redirects, retries.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use reqwest::{Certificate, Method, StatusCode, redirect};
use tokio::time::Instant;
use url::Url;

use super::body::Body;
use super::cancellation::Cancellation;
use super::limiter::Limiter;
use super::response::{Answer, Failure};
use super::url::Address;
use super::{text, trace};
use crate::domain::redaction::Redactor;
use crate::domain::schedule;
use crate::domain::secret::Secret;
use crate::error::{Category, Error, Result};

/// How long a connection may take to come about; the whole request has its own limit.
const CONNECT: Duration = Duration::from_secs(10);
/// No answer is read beyond this many bytes: ten times ten thousand connectors.
const LARGEST: usize = 64 << 20;
/// Redirects within the origin; the service itself needs one at most.
const REDIRECTS: usize = 3;

/// Takes a sentence or a line for the user.
pub(crate) type Sink = Box<dyn Fn(&str)>;

/// What a client is made from.
pub(crate) struct Options {
    /// Where the service is.
    pub(crate) address: Address,
    /// The API key.
    pub(crate) key: Secret,
    /// A PEM file of certificates that are trusted beside the system's.
    pub(crate) ca_file: Option<PathBuf>,
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
}

/// The service, reached over one pool of connections.
pub(crate) struct Client {
    http: reqwest::Client,
    options: Options,
    pace: Limiter,
}

/// Requests under way at once, where nothing else is said.
const AT_ONCE: usize = 8;

/// A request to the service.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// What is asked for, in words that follow "cannot".
    pub(super) what: String,
    /// Below `/api/v1/`; collections end in a slash, as the service wants them.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Body<'a>>,
}

impl Call<'_> {
    pub(super) fn new(method: Method, path: impl Into<String>, what: impl Into<String>) -> Self {
        let (path, what) = (path.into(), what.into());
        Self { method, what, path, query: Vec::new(), body: None }
    }

    /// Whether it would change something.
    pub(super) fn writes(&self) -> bool {
        self.method != Method::GET
    }
}

impl Client {
    /// Sets up TLS by ring with the system's trust store, and nothing else that costs time.
    pub(crate) fn new(options: Options) -> Result<Self> {
        let broken = |what: &str, error: &dyn std::fmt::Display| {
            Error::new(Category::Internal, format!("{what}: {error}"))
        };
        // Already installed by an earlier client of this process: fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        let mut key = HeaderValue::from_str(options.key.expose()).map_err(|_| {
            Error::new(Category::Auth, "the API key has characters that no key has")
                .hint("copy it anew from the platform's settings, API Keys")
        })?;
        key.set_sensitive(true);
        headers.insert("unstructured-api-key", key);
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("uns3/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(options.timeout);
        if options.address.is_loopback() {
            builder = builder.no_proxy();
        }
        if !options.many {
            builder = builder.http1_only();
        }
        if options.address.is_plain() {
            // No TLS will be spoken: the system's certificates, 4 ms of reading, are not needed.
            builder = builder.tls_certs_only([]);
        } else if let Some(file) = &options.ca_file {
            let name = file.display();
            let pem = std::fs::read(file).map_err(|error| {
                Error::usage(format!("cannot read the CA file {name}: {error}"))
            })?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|found| !found.is_empty())
                .ok_or_else(|| Error::usage(format!("{name} holds no certificate in PEM form")))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder.build().map_err(|error| {
            broken("cannot set up TLS", &text::chain(&error))
                .hint("check that SSL_CERT_FILE, where it is set, names a PEM file of certificates")
                .caused_by(error)
        })?;
        Ok(Self { http, options, pace: Limiter::new(AT_ONCE) })
    }

    /// Sets how many requests are under way at once.
    pub(crate) fn set_concurrency(&self, most: usize) {
        self.pace.set_most(most.max(1));
    }

    /// Whether requests had to wait, because the service had too many, for so long since a time
    /// that others may have written meanwhile.
    pub(super) fn held_up_since(&self, since: Instant) -> bool {
        self.pace.held_up_since(since)
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
        let mut lost = false;
        for attempt in 0.. {
            let outcome = self.send_once(call).await;
            if self.pause_before_retry(call, &outcome, attempt).await.is_none() {
                let answer = self.answered(call, outcome, attempt)?;
                return Ok((answer, lost));
            }
            lost |= outcome.as_ref().map_or_else(|failure| failure.was_sent, Answer::is_ambiguous);
        }
        unreachable!("the attempts are counted")
    }

    /// The answer of the last attempt, or the error that there is none.
    pub(super) fn answered(
        &self,
        call: &Call<'_>,
        outcome: Result<Answer, Failure>,
        attempt: u32,
    ) -> Result<Answer> {
        outcome.map_err(|failure| {
            let error = failure.to_error(&call.what, call.writes(), self.address());
            let tries = format!(" ({} attempts)", attempt + 1);
            let tries = if attempt > 0 { tries.as_str() } else { "" };
            Error { message: format!("{}{tries}", error.message), ..error }
        })
    }

    /// Waits until the next attempt is due, and tells how long that was; `None`: there is none,
    /// the outcome is final.
    pub(super) async fn pause_before_retry(
        &self,
        call: &Call<'_>,
        outcome: &Result<Answer, Failure>,
        attempt: u32,
    ) -> Option<Duration> {
        let (what, transient, asked) = match outcome {
            Ok(answer) => {
                let what = format!("the service answered {}", answer.status);
                (what, answer.may_pass(), answer.retry_after(Timestamp::now()))
            }
            Err(failure) => (failure.to_string(), failure.may_pass, None),
        };
        let wait = asked.unwrap_or_else(|| schedule::backoff(attempt, chance()));
        // More patience than a user has: the answer is shown instead.
        let bearable = wait <= schedule::PATIENCE;
        let is_429 =
            matches!(outcome, Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS);
        if bearable && is_429 {
            self.pace.slow_down(wait);
        }
        if !transient || attempt >= self.options.retries || !bearable {
            return None;
        }
        self.notice(&format!(
            "{what}: trying again in {:.1} s ({} of {})",
            wait.as_secs_f64(),
            attempt + 1,
            self.options.retries
        ));
        if call.method == Method::DELETE {
            // It cleans up, and does so to the end, also when the command shall end.
            tokio::time::sleep(wait).await;
            return Some(wait);
        }
        self.sleep(wait).await.then_some(wait)
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
        let mut url = self.options.address.at(&call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        for _ in 0..REDIRECTS {
            let answer = self.exchange(call, url.clone()).await?;
            let Some(location) = self.redirect_target(call, &url, &answer) else {
                return Ok(answer);
            };
            url = location;
        }
        self.exchange(call, url).await
    }

    fn redirect_target(&self, call: &Call<'_>, from: &Url, answer: &Answer) -> Option<Url> {
        let follow = match answer.status {
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
            status if status.is_redirection() => call.method == Method::GET,
            _ => false,
        };
        let location = answer.headers.get(LOCATION)?.to_str().ok()?;
        let target = from.join(location).ok()?;
        (follow && self.options.address.same_origin(&target)).then_some(target)
    }

    async fn exchange(&self, call: &Call<'_>, url: Url) -> Result<Answer, Failure> {
        let mut request = self.http.request(call.method.clone(), url.clone());
        if let Some(body) = &call.body {
            request = request.json(&body.exposed());
        }
        let turn = self.pace.turn().await;
        let started = Instant::now();
        self.trace(|redactor| trace::request(&call.method, &url, call.body.as_ref(), redactor));
        let outcome = receive(request).await;
        drop(turn);
        if matches!(&outcome, Ok(answer) if answer.status.is_success()) {
            self.pace.went_well();
        }
        self.trace(|redactor| match &outcome {
            Ok(Answer { status, headers, body }) => {
                trace::answer(*status, headers, body, started.elapsed(), redactor)
            }
            Err(failure) => format!("< {failure} after {} ms", started.elapsed().as_millis()),
        });
        outcome
    }

    fn trace(&self, text: impl FnOnce(&Redactor) -> String) {
        if let Some(trace) = &self.options.trace {
            text(&self.options.redactor).lines().for_each(trace);
        }
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

/// A number from 0 to 1, by chance.
fn chance() -> f64 {
    (uuid::Uuid::new_v4().as_u128() >> 96) as f64 / f64::from(u32::MAX)
}
