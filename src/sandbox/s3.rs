//! The S3 server: the s3s library over a folder, with what it leaves to its user: who may come in,
//! session tokens, buckets that do not exist, and AWS's words for an error.

use super::store::{Identity, lock, private_folder};
use super::{
    ACCESS_KEY_ID, BUCKET, EXPIRED_SESSION_TOKEN, REGION, SESSION_ACCESS_KEY_ID, SESSION_TOKEN,
};
use anyhow::{Result, anyhow};
use async_trait::async_trait;
use hyper::{HeaderMap, Method, Request, Uri, body::Incoming, header::CONTENT_LENGTH};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, HttpResponse, S3Result, s3_error};
use std::path::{Path, PathBuf};
use url::form_urlencoded;

/// AWS's own messages, where s3s has none. Source: the answers of Amazon S3.
const MESSAGES: &[(&str, &str)] = &[
    ("AccessDenied", "Access Denied"),
    (
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    ("ExpiredToken", "The provided token has expired."),
    ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    ("InvalidBucketName", "The specified bucket is not valid."),
    ("InvalidToken", "The provided token is malformed or otherwise invalid."),
    ("NoSuchBucket", "The specified bucket does not exist"),
    ("NoSuchKey", "The specified key does not exist."),
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
        private_folder(&folder.join(BUCKET))?;
        // It begins by removing temporary files, which may be in use by another process.
        let locked = lock(folder, LOCK)?;
        let files = s3s_fs::FileSystem::new(folder).map_err(|error| anyhow!("{error:?}"))?;
        drop(locked);
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(Keys(identity));
        builder.set_access(Gate { folder: folder.to_owned() });
        Ok(Self { service: builder.build(), folder: folder.to_owned() })
    }

    /// Answers a request. Those that write take turns, across processes too: s3s-fs numbers its
    /// temporary files from 0.
    pub(super) async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<HttpResponse, HttpError> {
        let method = request.method().clone();
        let encoded = request.uri().query().is_some_and(|query| query.contains("encoding-type"));
        let turn = match method {
            Method::GET | Method::HEAD => None,
            _ => {
                let folder = self.folder.clone();
                let turn = tokio::task::spawn_blocking(move || lock(&folder, LOCK)).await;
                Some(
                    turn.map_err(anyhow::Error::from)
                        .flatten()
                        .map_err(|e| HttpError::new(e.into()))?,
                )
            }
        };
        let mut answer = self.service.call(request.map(Body::from)).await?;
        drop(turn);
        if method == Method::HEAD {
            answer.headers_mut().insert("x-amz-bucket-region", REGION.parse().map_err(boxed)?);
        }
        worded(&mut answer);
        if encoded {
            // A listing says then that its keys are URL-encoded, but s3s-fs leaves them as they
            // are, and boto3, which always asks for it, would decode what was never encoded.
            replace(&mut answer, "<EncodingType>url</EncodingType>", "");
        }
        Ok(answer)
    }
}

const LOCK: &str = ".lock";

fn boxed(error: impl std::error::Error + Send + Sync + 'static) -> HttpError {
    HttpError::new(Box::new(error))
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

/// Who has an access key.
struct Keys(Identity);

#[async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, id: &str) -> S3Result<SecretKey> {
        match id {
            ACCESS_KEY_ID => Ok(self.0.secret_access_key.as_str().into()),
            SESSION_ACCESS_KEY_ID => Ok(self.0.session_secret_access_key.as_str().into()),
            _ => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}

/// What a request whose signature is right, or that has none, may do.
struct Gate {
    folder: PathBuf,
}

#[async_trait]
impl S3Access for Gate {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = request.credentials() else { return Err(s3_error!(AccessDenied)) };
        admit(&credentials.access_key, token(request.headers(), request.uri()).as_deref())?;
        let Some(bucket) = request.s3_path().get_bucket_name() else { return Ok(()) };
        match (request.s3_op().name(), self.folder.join(bucket).is_dir()) {
            ("CreateBucket", true) => Err(s3_error!(BucketAlreadyOwnedByYou)),
            ("CreateBucket", false) | (_, true) => Ok(()),
            // s3s-fs would make it for an object that is written.
            (_, false) => Err(s3_error!(NoSuchBucket)),
        }
    }
}

/// AWS does not know a temporary key without its token, and takes no token with a long-term one.
fn admit(id: &str, token: Option<&str>) -> S3Result<()> {
    match (id, token) {
        (SESSION_ACCESS_KEY_ID, None) => Err(s3_error!(InvalidAccessKeyId)),
        (SESSION_ACCESS_KEY_ID, Some(SESSION_TOKEN)) | (_, None) => Ok(()),
        (SESSION_ACCESS_KEY_ID, Some(EXPIRED_SESSION_TOKEN)) => Err(s3_error!(ExpiredToken)),
        (_, Some(_)) => Err(s3_error!(InvalidToken)),
    }
}

/// The session token, of a signed request's header or of a presigned URL.
fn token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let header = headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
    header.map(str::to_owned).or_else(|| {
        let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        pairs.find(|(name, _)| name == "X-Amz-Security-Token").map(|(_, value)| value.into_owned())
    })
}
