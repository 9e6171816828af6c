//! Who may come in to the S3 server, and with what.
//!
//! A panic ends the whole process, so that what s3s-fs panics on has to be refused before it sees
//! it: see [`plain`] and the checks of single operations.

use super::identity::{
    ACCESS_KEY_ID, EXPIRED_SESSION_TOKEN, Identity, SESSION_ACCESS_KEY_ID, SESSION_TOKEN,
};
use async_trait::async_trait;
use hyper::{HeaderMap, Uri};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{
    CopyObjectInput, CopySource, DeleteObjectsInput, GetObjectInput, ListObjectsInput,
    ListObjectsV2Input, Range, UploadPartCopyInput,
};
use s3s::{S3Request, S3Result, s3_error};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use url::form_urlencoded;

/// Who has an access key.
pub(super) struct Keys(pub(super) Identity);

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

/// Goes with a request whose body has not been read yet, and tells whether it would be let in. It
/// then gets no further than to the gate.
#[derive(Clone, Default)]
pub(super) struct Preview(Arc<AtomicBool>);

impl Preview {
    pub(super) fn was_let_in(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a request whose signature is right, or that has none, may do.
pub(super) struct Gate {
    pub(super) folder: PathBuf,
}

#[async_trait]
impl S3Access for Gate {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = request.credentials() else { return Err(s3_error!(AccessDenied)) };
        admit(&credentials.access_key, token(request.headers(), request.uri()).as_deref())?;
        plain(request.s3_path().get_object_key().unwrap_or_default())?;
        if let Some(bucket) = request.s3_path().get_bucket_name() {
            match (request.s3_op().name(), self.folder.join(bucket).is_dir()) {
                ("CreateBucket", true) => return Err(s3_error!(BucketAlreadyOwnedByYou)),
                ("CreateBucket", false) | (_, true) => {}
                // s3s-fs would make it for an object that is written.
                (_, false) => return Err(s3_error!(NoSuchBucket)),
            }
        }
        match request.extensions_mut().get::<Preview>() {
            None => Ok(()),
            Some(Preview(let_in)) => {
                let_in.store(true, Ordering::Relaxed);
                Err(s3_error!(InternalError, "this was a preview"))
            }
        }
    }

    async fn copy_object(&self, request: &mut S3Request<CopyObjectInput>) -> S3Result<()> {
        plain_source(&request.input.copy_source)
    }

    async fn upload_part_copy(&self, request: &mut S3Request<UploadPartCopyInput>) -> S3Result<()> {
        plain_source(&request.input.copy_source)
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        request.input.delete.objects.iter().try_for_each(|object| plain(&object.key))
    }

    async fn get_object(&self, request: &mut S3Request<GetObjectInput>) -> S3Result<()> {
        match request.input.range {
            Some(Range::Suffix { length }) if length == 0 || i64::try_from(length).is_err() => {
                Err(s3_error!(InvalidRange))
            }
            _ => Ok(()),
        }
    }

    async fn list_objects(&self, request: &mut S3Request<ListObjectsInput>) -> S3Result<()> {
        self.listed(&request.input.bucket, request.input.delimiter.as_deref())
    }

    async fn list_objects_v2(&self, request: &mut S3Request<ListObjectsV2Input>) -> S3Result<()> {
        self.listed(&request.input.bucket, request.input.delimiter.as_deref())
    }
}

impl Gate {
    /// s3s-fs cuts keys after the first byte of a delimiter, and cuts the prefix off what is neither
    /// a file nor a folder without looking whether it is there.
    fn listed(&self, bucket: &str, delimiter: Option<&str>) -> S3Result<()> {
        if delimiter.is_some_and(|delimiter| !delimiter.is_ascii()) {
            return Err(s3_error!(InvalidArgument, "The sandbox takes ASCII delimiters only."));
        }
        match odd_entry(&self.folder.join(bucket)) {
            None => Ok(()),
            Some(odd) => {
                let name = odd.display();
                Err(s3_error!(InternalError, "The sandbox serves files only, no links: {name}"))
            }
        }
    }
}

/// Something in a folder that is neither a file nor a folder.
fn odd_entry(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().find_map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => odd_entry(&entry.path()),
        Ok(kind) if kind.is_file() => None,
        _ => Some(entry.path()),
    })
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

/// Objects are files: a key must be a path below its bucket. AWS takes any key.
fn plain(key: &str) -> S3Result<()> {
    let odd = |part: &str| part == "." || part == "..";
    if key.split(['/', '\\']).any(odd) || key.starts_with('/') || key.contains('\0') {
        return Err(s3_error!(InvalidURI, "The sandbox stores no key with such a path."));
    }
    Ok(())
}

fn plain_source(source: &CopySource) -> S3Result<()> {
    match source {
        CopySource::Bucket { key, .. } => plain(key),
        _ => Ok(()),
    }
}
