//! The calls that make a bucket and set what it is.
//!
//! Source: Amazon S3 API Reference, by the names of the operations.

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::Method;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::calls::location_of;
use super::{Call, S3};
use crate::domain::s3::symptom::Symptom;

/// The blocks of public access, all on. Source: `PutPublicAccessBlock`.
const BLOCKED: &str = "<PublicAccessBlockConfiguration \
    xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><BlockPublicAcls>true</BlockPublicAcls>\
    <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
    <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Blocks {
    block_public_acls: String,
    ignore_public_acls: String,
    block_public_policy: String,
    restrict_public_buckets: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Ownership {
    rule: Rule,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Rule {
    object_ownership: String,
}

/// The bucket's owner owns all that is in it, and ACLs are off. Source: `PutBucketOwnershipControls`.
const OWNED: &str = "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
    <ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";

impl S3 {
    /// The region of a bucket (`GetBucketLocation`).
    pub(crate) async fn location(&self, bucket: &str) -> Result<String, Symptom> {
        let call = Call { bucket, query: &[("location", "")], ..Call::new(Method::GET) };
        location_of(&self.send(&call).await?)
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
        self.send(&Call { bucket, query, headers, body, ..Call::new(Method::PUT) })
            .await
            .map(|_| ())
    }

    /// Whether all public access is blocked (`GetPublicAccessBlock`).
    pub(crate) async fn blocks_public_access(&self, bucket: &str) -> Result<bool, Symptom> {
        let call = Call { bucket, query: &[("publicAccessBlock", "")], ..Call::new(Method::GET) };
        // Known by what is in it: Ceph calls the whole by another name.
        let found: Blocks = self.send(&call).await?.xml("BlockPublicAcls")?;
        let all = [
            found.block_public_acls,
            found.ignore_public_acls,
            found.block_public_policy,
            found.restrict_public_buckets,
        ];
        Ok(all.iter().all(|value| value == "true"))
    }

    /// Blocks all public access (`PutPublicAccessBlock`).
    pub(crate) async fn block_public_access(&self, bucket: &str) -> Result<(), Symptom> {
        self.set(bucket, "publicAccessBlock", BLOCKED).await
    }

    /// Takes the blocks off again (`DeletePublicAccessBlock`).
    pub(crate) async fn unblock_public_access(&self, bucket: &str) -> Result<(), Symptom> {
        let call =
            Call { bucket, query: &[("publicAccessBlock", "")], ..Call::new(Method::DELETE) };
        self.send(&call).await.map(|_| ())
    }

    /// Whether the bucket's owner owns all objects (`GetBucketOwnershipControls`).
    pub(crate) async fn is_owner_enforced(&self, bucket: &str) -> Result<bool, Symptom> {
        let call = Call { bucket, query: &[("ownershipControls", "")], ..Call::new(Method::GET) };
        let found: Ownership = self.send(&call).await?.xml("OwnershipControls")?;
        Ok(found.rule.object_ownership == "BucketOwnerEnforced")
    }

    /// Makes the bucket's owner the owner of all objects (`PutBucketOwnershipControls`).
    pub(crate) async fn enforce_owner(&self, bucket: &str) -> Result<(), Symptom> {
        self.set(bucket, "ownershipControls", OWNED).await
    }

    /// The bucket's policy (`GetBucketPolicy`); `None` where it has none.
    pub(crate) async fn policy(&self, bucket: &str) -> Result<Option<String>, Symptom> {
        let call = Call { bucket, query: &[("policy", "")], ..Call::new(Method::GET) };
        match self.send(&call).await {
            Ok(answer) => answer.json_text().map(Some),
            Err(symptom) if symptom.code == "NoSuchBucketPolicy" => Ok(None),
            Err(symptom) => Err(symptom),
        }
    }

    /// Sets the bucket's policy (`PutBucketPolicy`).
    pub(crate) async fn set_policy(&self, bucket: &str, policy: &str) -> Result<(), Symptom> {
        self.set(bucket, "policy", policy).await
    }
}
