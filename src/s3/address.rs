//! Where a call goes: the host of a bucket in a region, and keys in the spelling that S3 signs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::domain::s3::region;

/// All that S3 wants escaped. Source: Amazon S3 API Reference, "Signature calculations", UriEncode.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &STRICT.remove(b'/');

/// The server: AWS's own hosts, by region and bucket, or another one.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// Amazon S3.
    Aws,
    /// A bucket's own host for FIPS.
    Bucket(Url),
    /// The endpoint that a connector names, asked in path style as the connector asks it.
    Endpoint(Url),
}

impl Server {
    /// The host that is asked first, for a bucket in a region.
    pub(crate) fn url(&self, region: &str, bucket: &str) -> Url {
        match self {
            Self::Endpoint(url) | Self::Bucket(url) => url.clone(),
            Self::Aws => aws(region, bucket),
        }
    }

    /// The URL of an object, or of the bucket where there is no key.
    pub(crate) fn at(&self, region: &str, bucket: &str, key: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.url(region, bucket);
        let base = url.path().trim_end_matches('/').to_owned();
        let key = utf8_percent_encode(key, PATH).to_string();
        let in_path = match self {
            Self::Endpoint(_) => !bucket.is_empty(),
            Self::Aws => bucket.contains('.'),
            Self::Bucket(_) => false,
        };
        url.set_path(&match (in_path, key.is_empty()) {
            (true, true) => format!("{base}/{bucket}"),
            (true, false) => format!("{base}/{bucket}/{key}"),
            (false, _) => format!("{base}/{key}"),
        });
        let pair = |(name, value): &(&str, &str)| match value.is_empty() {
            true => (*name).to_owned(),
            false => format!("{name}={}", utf8_percent_encode(value, STRICT)),
        };
        let query: Vec<String> = query.iter().map(pair).collect();
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        url
    }
}

/// A bucket with a dot in its name has no host of its own: AWS's certificates hold for one label.
fn aws(region: &str, bucket: &str) -> Url {
    let suffix = region::suffix_of(region);
    let host = format!("s3.{region}.{suffix}");
    let host = match bucket.contains('.') || bucket.is_empty() {
        true => host,
        false => format!("{bucket}.{host}"),
    };
    Url::parse(&format!("https://{host}/")).unwrap_or_else(|_| unreachable!("checked names"))
}
