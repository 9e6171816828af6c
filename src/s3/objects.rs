//! Objects that are made only where they are not there, and found by the newest first.
//!
//! Source: Amazon S3 User Guide, "Conditional writes"; API Reference, `PutObject`, `ListObjectsV2`.

use reqwest::Method;

use super::calls::Listing;
use super::{Call, S3};
use crate::domain::s3::symptom::Symptom;

/// No object is read beyond this.
const LARGEST: usize = 64 << 20;

impl S3 {
    /// Makes an object; `false`: there is one already, or another is just being made.
    pub(crate) async fn make(&self, bucket: &str, key: &str, body: &[u8]) -> Result<bool, Symptom> {
        let headers = &[("content-type", "application/json"), ("if-none-match", "*")];
        let call = Call { bucket, key, headers, body, ..Call::new(Method::PUT) };
        match self.send(&call).await {
            Ok(answer) => answer.etag().map(|_| true),
            Err(symptom) if matches!(symptom.status, Some(409 | 412)) => Ok(false),
            Err(symptom) => Err(symptom),
        }
    }

    /// The objects whose keys begin so, in the order of their keys, as far as one page goes; and the
    /// server's own time, where it says that.
    pub(crate) async fn page(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<(Listing, Option<String>), Symptom> {
        let query = &[("list-type", "2"), ("prefix", prefix)];
        let answer = self.send(&Call { bucket, query, ..Call::new(Method::GET) }).await?;
        let date = answer.header("date").map(str::to_owned);
        Ok((answer.xml("ListBucketResult")?, date))
    }

    /// The whole of an object; `None`: there is none.
    pub(crate) async fn whole(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>, Symptom> {
        let call = Call { bucket, key, most: LARGEST, ..Call::new(Method::GET) };
        match self.send(&call).await {
            Ok(answer) => answer.etag().map(|_| ()).map(|()| Some(answer.body)),
            Err(symptom) if symptom.status == Some(404) && symptom.code != "NoSuchBucket" => {
                Ok(None)
            }
            Err(symptom) => Err(symptom),
        }
    }
}
