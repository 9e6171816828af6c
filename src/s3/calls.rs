//! The calls that uns3 makes of S3: objects, and what makes a bucket.
//!
//! Source: Amazon S3 API Reference, by the names of the operations.

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::Method;
use serde::Deserialize;
use sha2::{Digest, Sha256};

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
}

/// A folder of a listing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Prefix {}

/// The bytes of an object that are read to see that it can be: the connector's check reads no more.
const SAMPLE: usize = 1024;

/// The blocks of public access, all on. Source: `PutPublicAccessBlock`.
const BLOCKED: &str = "<PublicAccessBlockConfiguration \
    xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><BlockPublicAcls>true</BlockPublicAcls>\
    <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
    <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";

/// The bucket's owner owns all that is in it, and ACLs are off. Source: `PutBucketOwnershipControls`.
const OWNED: &str = "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
    <ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";

/// The region of an answer of `GetBucketLocation`; empty means us-east-1, and EU is eu-west-1.
pub(super) fn location_of(answer: &Answer) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Location {
        #[serde(rename = "$text")]
        region: String,
    }
    let found: Location = answer.xml("LocationConstraint").ok()?;
    Some(match found.region.trim() {
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

    /// The region of a bucket (`GetBucketLocation`), where the answer names one.
    pub(crate) async fn location(&self, bucket: &str) -> Result<Option<String>, Symptom> {
        let call = Call { bucket, query: &[("location", "")], ..Call::new(Method::GET) };
        Ok(location_of(&self.send(&call).await?))
    }

    /// Makes a bucket in a region. us-east-1 is S3's default, and refused by name.
    pub(crate) async fn create_bucket(&self, bucket: &str, region: &str) -> Result<(), Symptom> {
        let body = match region {
            "us-east-1" => String::new(),
            region => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        // Sent once: a second one would be told that the first succeeded, as if it were an error.
        let body = body.as_bytes();
        let call = Call { bucket, body, again: false, ..Call::new(Method::PUT) };
        self.send(&call).await.map(|_| ())
    }

    /// Sets a part of a bucket's settings, with the checksum that S3 wants there.
    async fn set(&self, bucket: &str, what: &str, body: &str) -> Result<(), Symptom> {
        let sum = BASE64_STANDARD.encode(Sha256::digest(body.as_bytes()));
        let headers = &[("x-amz-checksum-sha256", sum.as_str())];
        let (query, body) = (&[(what, "")], body.as_bytes());
        self.send(&Call { bucket, query, headers, body, ..Call::new(Method::PUT) }).await.map(|_| ())
    }

    /// Whether all public access is blocked (`GetPublicAccessBlock`).
    pub(crate) async fn blocks_public_access(&self, bucket: &str) -> Result<bool, Symptom> {
        let call = Call { bucket, query: &[("publicAccessBlock", "")], ..Call::new(Method::GET) };
        let answer = self.send(&call).await?;
        Ok(String::from_utf8_lossy(&answer.body).matches("true</").count() == 4)
    }

    /// Blocks all public access (`PutPublicAccessBlock`).
    pub(crate) async fn block_public_access(&self, bucket: &str) -> Result<(), Symptom> {
        self.set(bucket, "publicAccessBlock", BLOCKED).await
    }

    /// Takes the blocks off again (`DeletePublicAccessBlock`).
    pub(crate) async fn unblock_public_access(&self, bucket: &str) -> Result<(), Symptom> {
        let call = Call { bucket, query: &[("publicAccessBlock", "")], ..Call::new(Method::DELETE) };
        self.send(&call).await.map(|_| ())
    }

    /// Whether the bucket's owner owns all objects (`GetBucketOwnershipControls`).
    pub(crate) async fn is_owner_enforced(&self, bucket: &str) -> Result<bool, Symptom> {
        let call = Call { bucket, query: &[("ownershipControls", "")], ..Call::new(Method::GET) };
        let answer = self.send(&call).await?;
        Ok(String::from_utf8_lossy(&answer.body).contains("BucketOwnerEnforced"))
    }

    /// Makes the bucket's owner the owner of all objects (`PutBucketOwnershipControls`).
    pub(crate) async fn enforce_owner(&self, bucket: &str) -> Result<(), Symptom> {
        self.set(bucket, "ownershipControls", OWNED).await
    }

    /// The bucket's policy (`GetBucketPolicy`); `None` where it has none.
    pub(crate) async fn policy(&self, bucket: &str) -> Result<Option<String>, Symptom> {
        let call = Call { bucket, query: &[("policy", "")], ..Call::new(Method::GET) };
        match self.send(&call).await {
            Ok(answer) => Ok(Some(String::from_utf8_lossy(&answer.body).into_owned())),
            Err(symptom) if symptom.code == "NoSuchBucketPolicy" => Ok(None),
            Err(symptom) => Err(symptom),
        }
    }

    /// Sets the bucket's policy (`PutBucketPolicy`).
    pub(crate) async fn set_policy(&self, bucket: &str, policy: &str) -> Result<(), Symptom> {
        self.set(bucket, "policy", policy).await
    }
}
