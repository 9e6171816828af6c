//! Who a pair of keys is: `sts:GetCallerIdentity`, which every valid key may ask.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use url::Url;

use super::S3;
use super::sign::Payload;
use crate::domain::s3::symptom::Symptom;

/// The owner of a pair of keys.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Identity {
    /// The ARN of the user, or of the role's session.
    pub(crate) arn: String,
    /// The account's number.
    pub(crate) account: String,
}

const ASK: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

impl S3 {
    /// Asks an STS at `url` in a region. Source: AWS STS API Reference, `GetCallerIdentity`.
    pub(crate) async fn identity(&self, url: Url, region: &str) -> Result<Identity, Symptom> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "PascalCase")]
        struct Response {
            get_caller_identity_result: Identity,
        }
        let mut headers = HeaderMap::new();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        headers.insert(CONTENT_TYPE, form);
        let service = ("sts", region);
        let payload = Payload::Bytes(ASK);
        let answer = self.dispatch(service, Method::POST, url, headers, payload, 64 << 10).await?;
        let read: Response = answer.xml("GetCallerIdentityResponse")?;
        Ok(read.get_caller_identity_result)
    }
}
