//! What came back: an answer of the API, an answer of something else, or none.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::Value;

use super::text;
use super::url::Address;
use crate::domain::redaction::Redactor;
use crate::domain::schedule;
use crate::error::{Category, Effect, Error, Result};
use crate::net::{innermost, proxy_of};

/// An HTTP answer, read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Failure {
    what: String,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// Whether the service may have carried it out.
    pub(super) was_sent: bool,
    /// Whether the time ran out: the service may still carry it out.
    pub(super) timed_out: bool,
    /// Whether trying again may help.
    may_pass: bool,
}

impl Failure {
    pub(super) fn of(error: reqwest::Error) -> Self {
        let reason = innermost(&error);
        let unsent = error.is_connect() || error.is_builder();
        let what = if error.is_timeout() && !unsent {
            "no answer within the time limit of one request (uns3 --timeout DURATION …)".into()
        } else if unsent {
            // One's own machine is asked directly.
            let remote = error.url().filter(|url| url.scheme() == "https");
            match remote.and_then(proxy_of) {
                Some(proxy) => format!("cannot connect through the proxy {proxy}: {reason}"),
                None => format!("cannot connect: {reason}"),
            }
        } else {
            format!("the connection broke before the answer was whole: {reason}")
        };
        // A certificate that is not trusted now is not trusted in a second either.
        let distrust = reason.contains("certificate");
        Self {
            what,
            was_sent: !unsent,
            timed_out: error.is_timeout() && !unsent,
            may_pass: !distrust,
            cause: Some(Arc::new(error)),
        }
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let what = format!("the answer is larger than {} MiB", limit >> 20);
        Self { what, cause: None, was_sent: true, timed_out: false, may_pass: false }
    }

    /// The user's error: `what` was asked for, in words that follow "cannot"; `writes`: it would
    /// have changed something.
    pub(super) fn to_error(&self, what: &str, writes: bool, address: &Address) -> Error {
        let hint = if self.what.contains("certificate") {
            "trust the certificate's issuer by --ca-file FILE or SSL_CERT_FILE"
        } else if self.what.contains("through the proxy") {
            "is the proxy right, and up? HTTPS_PROXY names it, and NO_PROXY the hosts that need none"
        } else {
            "check the network, a proxy (HTTPS_PROXY, NO_PROXY) and the API URL (--api-url)"
        };
        let (perhaps, effect) = match writes && self.was_sent {
            true => ("; it may have been carried out all the same", Effect::Unknown),
            false => ("", Effect::None),
        };
        let message = format!("cannot {what}: {address}: {self}{perhaps}");
        let error = Error::new(Category::Unavailable, message).hint(hint).effect(effect);
        Error { cause: self.cause.clone(), ..error }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Whether a request may have been carried out though nobody said so.
pub(super) fn is_open(outcome: &Result<Answer, Failure>) -> bool {
    outcome.as_ref().map_or_else(|failure| failure.was_sent, Answer::is_ambiguous)
}

/// Whether trying again may help.
pub(super) fn may_pass(outcome: &Result<Answer, Failure>) -> bool {
    outcome.as_ref().map_or_else(|failure| failure.may_pass, Answer::may_pass)
}

/// The pause that the service asks for.
pub(super) fn asked(outcome: &Result<Answer, Failure>) -> Option<Duration> {
    outcome.as_ref().ok()?.retry_after(Timestamp::now())
}

/// What came back, in a few words.
pub(super) fn told(outcome: &Result<Answer, Failure>) -> String {
    match outcome {
        Ok(answer) => format!("the service answered {}", answer.status),
        Err(failure) => failure.to_string(),
    }
}

/// The error of a write whose answer leaves open whether it was carried out.
pub(super) fn perhaps_written(answer: &Answer, error: Error) -> Error {
    if answer.status.is_redirection() {
        // Not meant to have been; but what stands before the service may not know.
        return error.effect(Effect::Unknown);
    }
    if !(answer.is_ambiguous() || answer.status.is_success()) {
        return error;
    }
    let message = format!("{}; it may have been carried out all the same", error.message);
    Error { message, ..error }
        .effect(Effect::Unknown)
        .hint("run the command again, which is safe, or look (uns3 get)")
}

impl Answer {
    /// Whether the same request may succeed later, by the status and the service's own word.
    fn may_pass(&self) -> bool {
        #[derive(Deserialize)]
        struct Word {
            retryable: bool,
        }
        let word = serde_json::from_slice::<Word>(&self.body).map_or(true, |word| word.retryable);
        schedule::is_transient(self.status.as_u16()) && word
    }

    /// Whether it leaves open if the request was carried out.
    pub(super) fn is_ambiguous(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 500..) || self.status.is_redirection()
    }

    /// What the service's clock said when it answered.
    pub(super) fn date(&self) -> Option<Timestamp> {
        // An HTTP date is an RFC 2822 date in GMT.
        DateTimeParser::new().parse_timestamp(self.headers.get(DATE)?.to_str().ok()?).ok()
    }

    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        schedule::retry_after(self.headers.get(RETRY_AFTER)?.to_str().ok()?, now)
    }

    /// The JSON of a success, or the error that the answer is. `what` was asked for, in words.
    pub(super) fn json<'a, T: Deserialize<'a>>(
        &'a self,
        what: &str,
        redactor: &Redactor,
    ) -> Result<T> {
        if !self.status.is_success() {
            return Err(self.refusal(what, redactor));
        }
        serde_json::from_slice(&self.body).map_err(|_| self.not_the_api(what, redactor))
    }

    /// An answer that is no success, as the user's error.
    pub(super) fn refusal(&self, what: &str, redactor: &Redactor) -> Error {
        let words = self.words().filter(|_| !self.status.is_redirection());
        let Some(words) = words else { return self.not_the_api(what, redactor) };
        let status = self.status.as_u16();
        let category = match status {
            401 | 403 => Category::Auth,
            404 | 410 => Category::NotFound,
            409 => Category::Conflict,
            408 | 429 | 500.. => Category::Unavailable,
            _ => Category::Usage,
        };
        let words = text::clean(&redactor.redact_said(&words), 2000);
        let error =
            self.error(category, format!("cannot {what}: the service answered {status}: {words}"));
        match status {
            401 | 403 => error.hint(KEY_HINT),
            429 => error.hint("the service has had too many requests: try again later"),
            408 | 500.. => error.hint("the service is at fault: try again later"),
            _ => error,
        }
    }

    /// The service's own words: `detail` as text, or as a list of fields and what is wrong, or such a
    /// list as `errors`. Only the field and the message are taken: such a list may also repeat the input, secrets and all.
    fn words(&self) -> Option<String> {
        let Ok(Value::Object(body)) = serde_json::from_slice(&self.body) else { return None };
        let text = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
        let problem = |item: &Value| match (item["loc"].as_array(), item["msg"].as_str()) {
            (Some(path), Some(message)) => {
                let path: Vec<String> = path.iter().map(text).collect();
                format!("{}: {message}", path.join("."))
            }
            _ => match (item["field"].as_str(), item["message"].as_str()) {
                (Some(""), Some(message)) | (None, Some(message)) => message.to_owned(),
                (Some(field), Some(message)) => format!("{field}: {message}"),
                _ => masked(item),
            },
        };
        let detail =
            ["detail", "errors", "message", "error"].iter().find_map(|name| body.get(*name));
        Some(match detail {
            Some(Value::String(words)) => words.clone(),
            Some(Value::Array(items)) => items.iter().map(problem).collect::<Vec<_>>().join("; "),
            Some(other) => masked(other),
            None => masked(&Value::Object(body)),
        })
    }

    /// An answer that something else gave, or the service in a state that no client can use.
    pub(super) fn not_the_api(&self, what: &str, redactor: &Redactor) -> Error {
        let status = self.status.as_u16();
        let text = serde_json::from_slice(&self.body).map_or_else(
            |_| String::from_utf8_lossy(&self.body).into_owned(),
            |value: Value| masked(&value),
        );
        // Redacted before anything is cut, so that no part of a secret is left.
        let text = text::clean(&redactor.redact_said(&text), 2000);
        let start = text::clean(text::visible(&text).trim(), 120);
        let seen = match start.as_str() {
            "" => "with nothing".into(),
            start => format!("with something else than the API's JSON: {start}"),
        };
        let category = match status {
            401 | 403 => Category::Auth,
            _ => Category::Unavailable,
        };
        let error = self.error(category, format!("cannot {what}: {status} came {seen}"));
        match status {
            300..=399 => error.hint(REDIRECT_HINT),
            401 | 403 => error.hint(KEY_HINT),
            500.. => error.hint("the service, or a proxy before it, is at fault: try again later"),
            _ => error.hint(ADDRESS_HINT),
        }
    }

    fn error(&self, category: Category, message: String) -> Error {
        Error {
            status: Some(self.status.as_u16()),
            request_id: text::request_id(&self.headers),
            ..Error::new(category, message)
        }
    }
}

const KEY_HINT: &str = "check the API key (UNSTRUCTURED_API_KEY, --api-key-file, or uns3 profile \
    show) and that it belongs to this address's workspace";

const REDIRECT_HINT: &str = "a redirect to another origin is never followed, nor one that would \
    drop the request: set the API URL to the service's own address (--api-url)";

const ADDRESS_HINT: &str = "check that the API URL is the Workflow Endpoint's (--api-url) and that \
    no proxy or sign-in page stands before it";

fn masked(value: &Value) -> String {
    let mut value = value.clone();
    crate::domain::secret::mask(&mut value);
    value.to_string()
}
