//! One signed call and its repetition: in the bucket's region, and once more after a bad moment.

use std::time::Duration;

use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::answer::Answer;
use super::client::{Call, S3};
use super::sign::{Payload, signed};
use crate::domain::s3::symptom::{Obstacle, Symptom};
use crate::net::{Attempt, Cancellation, Retry};

/// A bad moment of the server's is given so long to pass.
const PAUSE: Duration = Duration::from_millis(300);
/// How often a bucket's region is followed: the second answer may know better, a third is a circle.
const MOVES: usize = 2;
/// What follows the body of the connector's PUT over TLS: the CRC-32 of nothing, in base64. Source:
/// botocore, `httpchecksum.py`.
const TRAILER: &[u8] = b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";

impl S3 {
    /// Sends a call, in the bucket's region where an answer names one, and once more where a moment
    /// later may be better. Never to another server's host, whatever an answer says.
    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<Answer, Symptom> {
        let retry = Retry {
            most: call.again.into(),
            // The one pause is short: who wants to end can wait for it.
            stop: &Cancellation::default(),
            stops_at_once: true,
            notice: &|words| self.trace(|| words.to_owned()),
        };
        let (mut moves, mut known) = (0, None);
        let sent = retry.run(async || match self.follow(call, &mut moves, &mut known).await {
            Err(symptom) if symptom.may_pass() => {
                let why = symptom.said();
                Attempt::MayPass { outcome: Err(symptom), why, asked: Some(PAUSE) }
            }
            outcome => Attempt::Final(outcome),
        });
        let (outcome, _) = sent.await;
        outcome.map_err(|mut symptom| {
            symptom.region = symptom.region.or(known);
            if symptom.region.is_some() {
                // Who knows a bucket's region is S3, however little it says.
                symptom.obstacle = None;
            }
            symptom
        })
    }

    /// One attempt, which follows the bucket's region as the answers name it: the last is `known`.
    async fn follow(
        &self,
        call: &Call<'_>,
        moves: &mut usize,
        known: &mut Option<String>,
    ) -> Result<Answer, Symptom> {
        loop {
            let region = self.region();
            let mut symptom = match self.exchange(call, &region).await {
                Ok(answer) => return Ok(answer),
                Err(symptom) => symptom,
            };
            // A denial says no more than the bucket's region: whether it holds there is not known yet.
            let names_another = symptom.region.as_ref().is_some_and(|found| *found != region);
            if *moves == MOVES || !(symptom.is_elsewhere() || names_another) {
                return Err(symptom);
            }
            if symptom.region.is_none() && call.query.iter().all(|(name, _)| *name != "location") {
                symptom.region = self.ask_region(call.bucket, &region).await;
            }
            let Some(found) = symptom.region.clone().filter(|found| *found != region) else {
                return Err(symptom);
            };
            *known = Some(found.clone());
            self.region.replace(found);
            *moves += 1;
        }
    }

    /// The region that the server says for a bucket: Ceph's redirects name none.
    async fn ask_region(&self, bucket: &str, region: &str) -> Option<String> {
        let call = Call { bucket, query: &[("location", "")], ..Call::new(Method::GET) };
        let answer = self.exchange(&call, region).await.ok()?;
        super::calls::location_of(&answer).ok()
    }

    async fn exchange(&self, call: &Call<'_>, region: &str) -> Result<Answer, Symptom> {
        let url = self.server.at(region, call.bucket, call.key, call.query);
        let mut headers = HeaderMap::new();
        for (name, value) in call.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let trailer = call.trailer && url.scheme() == "https";
        if trailer {
            for (name, value) in [
                ("content-encoding", "aws-chunked"),
                ("x-amz-decoded-content-length", "0"),
                ("x-amz-sdk-checksum-algorithm", "CRC32"),
                ("x-amz-trailer", "x-amz-checksum-crc32"),
            ] {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        let payload = if trailer { Payload::Trailer } else { Payload::Bytes(call.body) };
        self.dispatch(("s3", region), call.method.clone(), url, headers, payload, call.most).await
    }

    /// Signs and sends one request, to whatever service it is.
    pub(super) async fn dispatch(
        &self,
        service: (&str, &str),
        method: Method,
        url: Url,
        mut headers: HeaderMap,
        payload: Payload<'_>,
        most: usize,
    ) -> Result<Answer, Symptom> {
        if let Some(keys) = &self.keys {
            headers = signed(keys, service, method.as_str(), &url, headers, payload)
                .map_err(|words| Symptom::of(Obstacle::Broken, words))?;
        } else if matches!(payload, Payload::Trailer) {
            let name = HeaderName::from_static("x-amz-content-sha256");
            headers.insert(name, HeaderValue::from_static("STREAMING-UNSIGNED-PAYLOAD-TRAILER"));
        }
        let mut request = self.http.request(method.clone(), url.clone());
        match payload {
            Payload::Trailer => {
                let frame = Frame::data(bytes::Bytes::from_static(TRAILER));
                let frames = stream::iter([Ok::<_, std::convert::Infallible>(frame)]);
                request = request.body(reqwest::Body::wrap(StreamBody::new(frames)));
            }
            // Ceph and Swift answer 411 to an empty PUT whose length is not said.
            Payload::Bytes([]) if method == Method::PUT => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
            }
            Payload::Bytes([]) => {}
            Payload::Bytes(bytes) => request = request.body(bytes.to_vec()),
        }
        self.trace(|| format!("> {method} {url}"));
        let outcome = receive(request.headers(headers), most).await;
        let outcome = outcome.and_then(|answer| match answer.status.is_success() {
            true => Ok(answer),
            false => Err(answer.refusal(&url)),
        });
        self.trace(|| match &outcome {
            Ok(answer) => format!("< {}", answer.status),
            Err(symptom) => format!("< {}", symptom.said()),
        });
        outcome
    }

    fn trace(&self, text: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            trace(&text());
        }
    }
}

/// Sends and reads an answer, its body up to `most` bytes: the rest is left unread.
async fn receive(request: reqwest::RequestBuilder, most: usize) -> Result<Answer, Symptom> {
    let mut response = request.send().await.map_err(|error| failure(&error))?;
    let mut body = Vec::new();
    while body.len() < most {
        match response.chunk().await.map_err(|error| failure(&error))? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    body.truncate(most);
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
}

fn failure(error: &reqwest::Error) -> Symptom {
    let words = chain(error);
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    let obstacle = if has(&["dns error", "failed to lookup"]) {
        Obstacle::Address
    } else if has(&[
        "certificate",
        "tls",
        "TLS",
        "handshake",
        "corrupt message",
        "peer is incompatible",
    ]) {
        Obstacle::Tls
    } else if error.is_timeout() && !error.is_connect() {
        Obstacle::Silence
    } else if error.is_connect() {
        Obstacle::Connection
    } else if causes(error).any(is_no_http) {
        Obstacle::NotS3
    } else {
        Obstacle::Broken
    };
    Symptom::of(obstacle, words)
}

/// Whether what came was no HTTP, or had no end of headers.
fn is_no_http(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
}

/// An error and its causes.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |one| one.source())
}

/// An error and its causes in one line, none said twice.
fn chain(error: &reqwest::Error) -> String {
    let (mut text, mut last) = (String::new(), String::new());
    for cause in causes(error) {
        let words = cause.to_string();
        // reqwest's own words repeat the URL.
        if !words.starts_with("error sending request") && words != last {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&words);
        }
        last = words;
    }
    if text.is_empty() { error.to_string() } else { text }
}
