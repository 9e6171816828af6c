//! The calls that uns3 makes of S3 about objects.
//!
//! Source: Amazon S3 API Reference, by the names of the operations.

use reqwest::Method;
use serde::Deserialize;

use super::{Answer, Call, S3};
use crate::domain::s3::symptom::Symptom;

/// What a listing showed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Listing {
    /// Objects, as far as one page goes.
    pub(crate) contents: Vec<Object>,
    /// Folders, where the listing stops at slashes.
    pub(crate) common_prefixes: Vec<Prefix>,
}

/// An object of a listing.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Object {
    /// Its key.
    pub(crate) key: String,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// When it was made, by the server's clock.
    pub(crate) last_modified: String,
}

/// A folder of a listing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Prefix {}

/// The bytes of an object that are read to see that it can be: the connector's check reads no more.
const SAMPLE: usize = 1024;

/// The region of an answer of `GetBucketLocation`; empty means us-east-1, and EU is eu-west-1.
pub(super) fn location_of(answer: &Answer) -> Result<String, Symptom> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Location {
        #[serde(rename = "$text")]
        region: String,
    }
    let found: Location = answer.xml("LocationConstraint")?;
    Ok(match found.region.trim() {
        "" => "us-east-1".to_owned(),
        "EU" => "eu-west-1".to_owned(),
        region => region.to_owned(),
    })
}

impl S3 {
    /// Writes an empty object; `as_connector`: in the connector's own way.
    pub(crate) async fn put_empty(
        &self,
        bucket: &str,
        key: &str,
        as_connector: bool,
    ) -> Result<(), Symptom> {
        let call = Call { bucket, key, trailer: as_connector, ..Call::new(Method::PUT) };
        self.send(&call).await?.etag().map(|_| ())
    }

    /// The first page of what is below a prefix.
    pub(crate) async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        delimited: bool,
    ) -> Result<Listing, Symptom> {
        let all = [("delimiter", "/"), ("list-type", "2"), ("prefix", prefix)];
        let query = if delimited { &all[..] } else { &all[1..] };
        let call = Call { bucket, query, ..Call::new(Method::GET) };
        self.send(&call).await?.xml("ListBucketResult")
    }

    /// Reads the beginning of an object.
    pub(crate) async fn read(&self, bucket: &str, key: &str) -> Result<(), Symptom> {
        let headers = &[("range", "bytes=0-1023")];
        let call = Call { bucket, key, headers, most: SAMPLE, ..Call::new(Method::GET) };
        self.send(&call).await?.etag().map(|_| ())
    }

    /// Removes an object; one that is not there is no error of S3's.
    pub(crate) async fn delete(&self, bucket: &str, key: &str) -> Result<(), Symptom> {
        let call = Call { bucket, key, ..Call::new(Method::DELETE) };
        self.send(&call).await.map(|_| ())
    }

    /// Whether a bucket is there and open to these keys (`HeadBucket`); its region, where it is said.
    pub(crate) async fn head_bucket(&self, bucket: &str) -> Result<Option<String>, Symptom> {
        let call = Call { bucket, ..Call::new(Method::HEAD) };
        let answer = self.send(&call).await?;
        Ok(answer.header("x-amz-bucket-region").map(str::to_owned))
    }
}
