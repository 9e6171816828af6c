//! What `-vv` shows of HTTP, and how anything that a server sent is made fit to be printed.

use std::fmt::Write;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use super::answer::Answer;
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
/// Headers that name a request, for a report to the service's support.
const REQUEST_IDS: [&str; 4] =
    ["x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid"];
/// Characters of a body that are shown.
const BODY: usize = 4000;

pub(super) fn request(
    method: &Method,
    url: &Url,
    body: Option<&Value>,
    redactor: &Redactor,
) -> String {
    let url = redactor.redact(url.as_str()).into_owned();
    let mut text = format!("> {method} {url}\n> unstructured-api-key: {MASK}");
    if let Some(body) = body {
        let mut body = body.clone();
        mask(&mut body);
        let _ = write!(text, "\n> {}", clean(&redactor.redact(&body.to_string()), BODY));
    }
    text
}

pub(super) fn answer(answer: &Answer, took: Duration, redactor: &Redactor) -> String {
    let mut text = format!("< {} in {} ms", answer.status, took.as_millis());
    for (name, value) in &answer.headers {
        if SHOWN.contains(&name.as_str()) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let _ = write!(text, "\n< {name}: {}", clean(&redactor.redact(&value), 500));
        }
    }
    let body = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(mut body) => {
            redactor.learn_field("", &body);
            mask(&mut body);
            body.to_string()
        }
        Err(_) => String::from_utf8_lossy(&answer.body).into_owned(),
    };
    if !body.is_empty() {
        let _ = write!(text, "\n< {}", clean(&redactor.redact(&body), BODY));
    }
    text
}

pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name))?;
    Some(clean(&String::from_utf8_lossy(id.as_bytes()), 200))
}

/// An error and its causes in one line, none said twice.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut cause = Some(error);
    let mut last = String::new();
    while let Some(error) = cause {
        last = error.to_string();
        cause = error.source();
    }
    last
}

/// One line of at most `limit` characters, without any that could steer a terminal.
pub(super) fn clean(text: &str, limit: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = plain.take(limit).collect();
    if text.chars().nth(limit).is_some() {
        line.push('…');
    }
    line
}

/// What a reader of an HTML page would see: no tags, no scripts, white space folded.
pub(super) fn visible(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let body = title.map_or(text, |(title, _)| title);
    let mut tag = false;
    let seen = body.chars().map(|c| {
        tag = (tag || c == '<') && c != '>';
        if tag || c == '>' { ' ' } else { c }
    });
    seen.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
