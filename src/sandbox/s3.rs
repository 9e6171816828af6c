//! The S3 server: the s3s library over a folder, with what it leaves to its user: who may come in
//! (see [`super::gate`]), bodies that end, turns between processes, and AWS's words for an error.

use super::body::{self, Unread};
use super::gate::{Gate, Keys, Preview};
use super::host;
use super::identity::{BUCKET, Identity, REGION};
use crate::storage::files;
use anyhow::{Result, anyhow};
use hyper::{Method, Request, StatusCode, body::Incoming, header::CONTENT_LENGTH};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, HttpResponse};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest body. The platform's connector sends up to 100 MiB in one.
const LONGEST_BODY: usize = 128 << 20;
/// From a body's first byte to its last.
const BODY_TIME: Duration = Duration::from_secs(60);
const LOCK: &str = ".lock";

/// AWS's own messages, where s3s has none. Source: the answers of Amazon S3.
const MESSAGES: &[(&str, &str)] = &[
    ("AccessDenied", "Access Denied"),
    (
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    ("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
    ("ExpiredToken", "The provided token has expired."),
    ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    ("InvalidBucketName", "The specified bucket is not valid."),
    ("InvalidToken", "The provided token is malformed or otherwise invalid."),
    ("NoSuchBucket", "The specified bucket does not exist"),
    ("NoSuchKey", "The specified key does not exist."),
    (
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout \
         period. Idle connections will be closed.",
    ),
    (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method.",
    ),
];

/// The server, without a listener.
#[derive(Clone)]
pub(super) struct Server {
    service: S3Service,
    folder: PathBuf,
}

impl Server {
    /// Serves a folder, and makes the sandbox's bucket in it.
    pub(super) fn new(folder: &Path, identity: Identity) -> Result<Self> {
        files::make_folder(&folder.join(BUCKET))?;
        // It begins by removing temporary files, which may be in use by another process.
        let locked = files::lock(&folder.join(LOCK))?;
        let files = s3s_fs::FileSystem::new(folder).map_err(|error| anyhow!("{error:?}"))?;
        drop(locked);
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(Keys(identity));
        builder.set_access(Gate { folder: folder.to_owned() });
        Ok(Self { service: builder.build(), folder: folder.to_owned() })
    }

    /// Answers a request: first by its head alone, then with its body, and only then with the lock
    /// that others may wait for.
    pub(super) async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let encoded = head.uri.query().is_some_and(|query| query.contains("encoding-type"));
        let preview = Preview::default();
        let mut first = Request::from_parts(head.clone(), Body::empty());
        first.extensions_mut().insert(preview.clone());
        let answer = if host::is_ours(&first) {
            self.service.call(first).await?
        } else {
            refusal(StatusCode::MISDIRECTED_REQUEST, "InvalidRequest")
        };
        if !preview.was_let_in() {
            body::discard(body).await;
            return Ok(finished(answer, &head.method));
        }
        let body = match body::read(body, LONGEST_BODY, BODY_TIME).await {
            Ok(body) => body,
            Err(Unread::Broken) => return Err(boxed(std::io::ErrorKind::ConnectionReset.into())),
            Err(unread) => return Ok(unread_answer(&unread)),
        };
        let turn = self.turn(&head.method).await.map_err(|error| HttpError::new(error.into()))?;
        let request = Request::from_parts(head.clone(), Body::from(body));
        let mut answer = self.service.call(request).await?;
        drop(turn);
        if encoded {
            // A listing says then that its keys are URL-encoded, but s3s-fs leaves them as they
            // are, and boto3, which always asks for it, would decode what was never encoded.
            replace(&mut answer, "<EncodingType>url</EncodingType>", "");
        }
        Ok(finished(answer, &head.method))
    }

    /// Those that write take turns, across processes too: s3s-fs numbers its temporary files
    /// from 0.
    async fn turn(&self, method: &Method) -> Result<Option<std::fs::File>> {
        if [Method::GET, Method::HEAD].contains(method) {
            return Ok(None);
        }
        let lock = self.folder.join(LOCK);
        Ok(Some(tokio::task::spawn_blocking(move || files::lock(&lock)).await??))
    }
}

fn boxed(error: std::io::Error) -> HttpError {
    HttpError::new(Box::new(error))
}

fn finished(mut answer: HttpResponse, method: &Method) -> HttpResponse {
    if method == Method::HEAD {
        answer
            .headers_mut()
            .insert("x-amz-bucket-region", hyper::http::HeaderValue::from_static(REGION));
    }
    worded(&mut answer);
    answer
}

fn unread_answer(unread: &Unread) -> HttpResponse {
    let code = if matches!(unread, Unread::TooLong) { "EntityTooLarge" } else { "RequestTimeout" };
    let mut answer = refusal(StatusCode::BAD_REQUEST, code);
    worded(&mut answer);
    answer
}

fn refusal(status: StatusCode, code: &str) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from(format!("<Error><Code>{code}</Code></Error>")));
    *answer.status_mut() = status;
    answer
}

/// Puts the message into an error that has a code only.
fn worded(answer: &mut HttpResponse) {
    if !answer.status().is_client_error() {
        return;
    }
    let text = answer.body().bytes().unwrap_or_default();
    if String::from_utf8_lossy(&text).contains("<Message>") {
        return;
    }
    for (code, message) in MESSAGES {
        let tag = format!("<Code>{code}</Code>");
        replace(answer, &tag, &format!("{tag}<Message>{message}</Message>"));
    }
}

/// Replaces a text in a body that is at hand; an object's is streamed, and stays.
fn replace(answer: &mut HttpResponse, old: &str, new: &str) {
    let Some(body) = answer.body().bytes() else { return };
    let text = String::from_utf8_lossy(&body);
    if text.contains(old) {
        let text = text.replace(old, new);
        answer.headers_mut().remove(CONTENT_LENGTH);
        *answer.body_mut() = Body::from(text);
    }
}
