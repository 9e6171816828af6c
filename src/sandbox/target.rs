//! What the check of a connector has to do, read from its config. Pure.

use super::host::is_loopback;
use super::mask::is_sealed;
use serde_json::Value;
use url::Url;

/// A bucket and a folder in it, without slashes around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) bucket: String,
    pub(super) folder: String,
}

impl Location {
    /// Reads `s3://bucket/folder/`, or the https form of FIPS buckets. Source: the public API
    /// reference for both.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
            return Some(Self { bucket: bucket.into(), folder: folder.trim_matches('/').into() });
        }
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "https")?;
        let (bucket, rest) = url.host_str()?.split_once(".s3-fips.")?;
        let folder = url.path().trim_matches('/').into();
        rest.ends_with(".amazonaws.com").then(|| Self { bucket: bucket.into(), folder })
    }

    /// Whether a URL can say it: one resolves dots, and would then name another object.
    pub(super) fn is_plain(&self) -> bool {
        let mut parts = self.folder.split('/').chain([&*self.bucket]);
        !self.bucket.is_empty() && parts.all(|part| part != "." && part != "..")
    }
}

const NO_AMBIENT: &str = "UserAuthError: Ambient credentials requested (ambient_credentials=True) \
    but ALLOW_AMBIENT_CREDENTIALS_S3 environment variable is not set to 'true'.";
const NO_METHOD: &str = "UserAuthError: No authentication method specified. anonymous=False but \
    no explicit credentials provided and ambient_credentials=False.";

/// Who the check is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Access<'a> {
    Keys { key: &'a str, secret: &'a str, token: Option<&'a str> },
    Anonymous,
}

impl<'a> Access<'a> {
    /// Explicit credentials come first, then ambient ones, then none. Source, of the order and the
    /// words: the connector that the platform runs, PyPI `unstructured-ingest`.
    pub(super) fn of(config: &'a Value) -> Result<Self, String> {
        let field = |name: &str| config[name].as_str().filter(|text| !text.is_empty());
        let explicit = match (field("key"), field("secret"), field("token")) {
            (Some(key), Some(secret), token) => return Ok(Self::Keys { key, secret, token }),
            (key, secret, token) => [key, secret, token].iter().any(Option::is_some),
        };
        if explicit {
            let missing =
                if field("key").is_none() { "access_key_id" } else { "secret_access_key" };
            let words = "PartialCredentialsError: Partial credentials found in explicit, missing:";
            Err(format!("{words} aws_{missing}"))
        } else if config["ambient_credentials"] == true {
            Err(NO_AMBIENT.into())
        } else if config["anonymous"] == true {
            Ok(Self::Anonymous)
        } else {
            Err(NO_METHOD.into())
        }
    }

    /// Whether the sandbox knew the credentials only in an earlier run.
    pub(super) fn is_forgotten(config: &Value) -> bool {
        ["key", "secret", "token", "endpoint_url"].iter().any(|name| is_sealed(&config[*name]))
    }
}

/// The server that a connector names: `None` is AWS, which in the sandbox is its own S3. Its
/// earlier ports are too, since a connector keeps the address that it was made with.
pub(super) fn endpoint(config: &Value, own_ports: &[u16]) -> Result<Option<Url>, String> {
    let Some(text) = config["endpoint_url"].as_str().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let url = Url::parse(text).map_err(|_| "ValueError: Invalid endpoint")?;
    Ok((!is_own(&url, own_ports)).then_some(url))
}

fn is_own(url: &Url, own_ports: &[u16]) -> bool {
    is_loopback(url) && url.port().is_some_and(|port| own_ports.contains(&port))
}

/// A connector of the sandbox's own S3 follows it to the port that it has now.
pub(super) fn follow(config: &mut Value, own_ports: &[u16], port: u16) {
    let url = config["endpoint_url"].as_str().and_then(|text| Url::parse(text).ok());
    let Some(mut url) = url.filter(|url| is_own(url, own_ports) && url.port() != Some(port)) else {
        return;
    };
    if url.set_port(Some(port)).is_ok() {
        config["endpoint_url"] = url.as_str().trim_end_matches('/').into();
    }
}
