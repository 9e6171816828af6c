//! What `-vv` shows of HTTP.

use std::fmt::Write;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::body::Body;
use super::text::clean;
use crate::domain::redaction::Redactor;
use crate::domain::secret::{MASK, mask};

/// The only headers that are shown: none of these carries a secret.
const SHOWN: [&str; 12] = [
    "cf-ray",
    "content-length",
    "content-type",
    "date",
    "location",
    "ratelimit-remaining",
    "request-id",
    "retry-after",
    "server",
    "x-amzn-requestid",
    "x-correlation-id",
    "x-request-id",
];
/// Characters of a body that are shown.
const BODY: usize = 4000;

pub(super) fn request(
    method: &Method,
    url: &Url,
    body: Option<&Body<'_>>,
    redactor: &Redactor,
) -> String {
    let url = redactor.redact(url.as_str()).into_owned();
    let mut text = format!("> {method} {url}\n> unstructured-api-key: {MASK}");
    if let Some(body) = body {
        let _ = write!(text, "\n> {}", clean(&redactor.redact(&body.masked().to_string()), BODY));
    }
    text
}

pub(super) fn answer(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    took: Duration,
    redactor: &Redactor,
) -> String {
    let mut text = format!("< {status} in {} ms", took.as_millis());
    for (name, value) in headers {
        if SHOWN.contains(&name.as_str()) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let _ = write!(text, "\n< {name}: {}", clean(&redactor.redact_said(&value), 500));
        }
    }
    let body = match serde_json::from_slice::<Value>(body) {
        Ok(mut body) => {
            redactor.learn_field("", &body);
            mask(&mut body);
            body.to_string()
        }
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    if !body.is_empty() {
        let _ = write!(text, "\n< {}", clean(&redactor.redact_said(&body), BODY));
    }
    text
}
