//! The S3 operation behind a connection check, over the network and signed, as the platform's
//! connector does it.
//!
//! Source: the connector that the platform runs, PyPI `unstructured-ingest`: a destination writes
//! an empty object named `_empty`, a source lists its folder and reads the beginning of its first
//! file.

use super::answer::{ErrorDocument, Listing};
use super::host::is_loopback;
use super::identity::REGION;
use super::mask::MASK;
use super::reason::{Failure, Reasons};
use super::state::Kind;
use super::target::{Access, Location, endpoint};
use reqwest::header::{CONTENT_LENGTH, RANGE};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, redirect::Policy};
use rusty_s3::actions::{GetObject, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use serde_json::Value;
use std::time::Duration;
use url::{Url, form_urlencoded::byte_serialize};

/// For each request, with its answer.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The longest answer that is read: a listing has at most a thousand keys of a thousand bytes.
const LONGEST_ANSWER: usize = 4 << 20;
const SIGNATURE_LIFE: Duration = Duration::from_secs(60);
/// For a server of which the sandbox had the credentials in an earlier run only.
const FORGOTTEN: &str = "The sandbox keeps no credentials but its own on disk, and was restarted \
    since it was given these: update the connector with its credentials to check it.";

/// The sandbox's own S3 server, as checks see it.
pub(super) struct OwnS3<'a> {
    pub(super) url: &'a Url,
    pub(super) ports: &'a [u16],
}

/// Checks a connector. The error is the reason that the service would give.
pub(super) async fn check(
    kind: Kind,
    connector: &Value,
    own: OwnS3<'_>,
    reasons: Reasons,
) -> Result<(), String> {
    let verdict = try_s3(kind, connector, own).await;
    let reason = |failure: Failure| failure.reason(reasons);
    verdict.map_err(|failure| without_credentials(reason(failure), &connector["config"]))
}

/// A server may quote what it was sent, as it is or as it stands in a URL, and reasons are saved.
/// Short texts stay: words hold them.
fn without_credentials(reason: String, config: &Value) -> String {
    let sent = ["key", "secret", "token"].map(|name| config[name].as_str().unwrap_or_default());
    let sent = sent.iter().filter(|text| text.len() >= 8);
    sent.fold(reason, |reason, text| {
        let in_url: String = byte_serialize(text.as_bytes()).collect();
        reason.replace(text, MASK).replace(&in_url, MASK)
    })
}

async fn try_s3(kind: Kind, connector: &Value, own: OwnS3<'_>) -> Result<(), Failure> {
    let other = |reason: &str| Failure::Other(reason.into());
    if connector["type"] != "s3" {
        return Err(other("The sandbox can check S3 connectors only."));
    }
    let config = &connector["config"];
    let access = Access::of(config)?;
    let forgotten = Access::is_forgotten(config);
    let server = match endpoint(config, own.ports)? {
        // Its own S3 knows without the secret that it is not one of its own.
        None => own.url.clone(),
        Some(_) if forgotten => return Err(other(FORGOTTEN)),
        Some(url) => url,
    };
    let location = config["remote_url"].as_str().and_then(Location::parse);
    let location = location.filter(Location::is_plain);
    let location = location.ok_or_else(|| other("ValueError: Invalid remote_url"))?;
    let client = client(&server).map_err(|error| Failure::Other(error.to_string()))?;
    Probe { client, server, location, access, region: REGION.into() }.run(kind).await
}

/// The platform's roots are read only where TLS is spoken, and a proxy is never asked for what is
/// on this machine.
fn client(server: &Url) -> reqwest::Result<Client> {
    // Another part of the process may have installed a provider: any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = ClientBuilder::new().redirect(Policy::none()).timeout(TIMEOUT);
    if server.scheme() == "http" {
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(server) {
        builder = builder.no_proxy();
    }
    builder.build()
}

struct Probe<'a> {
    client: Client,
    server: Url,
    location: Location,
    access: Access<'a>,
    region: String,
}

impl Probe<'_> {
    async fn run(mut self, kind: Kind) -> Result<(), Failure> {
        let first = self.attempt(kind).await;
        // The connector follows the region that S3 names.
        if let Err(Failure::S3 { region: Some(region), .. }) = first {
            self.region = region;
            return self.attempt(kind).await;
        }
        first
    }

    async fn attempt(&self, kind: Kind) -> Result<(), Failure> {
        let (url, name, region) = (&self.server, &self.location.bucket, &self.region);
        let bucket = Bucket::new(url.clone(), UrlStyle::Path, name.clone(), region.clone());
        let bucket = bucket.map_err(|error| format!("ValueError: Invalid endpoint: {error}"))?;
        let credentials = match self.access {
            Access::Keys { key, secret, token: Some(token) } => {
                Some(Credentials::new_with_token(key, secret, token))
            }
            Access::Keys { key, secret, token: None } => Some(Credentials::new(key, secret)),
            Access::Anonymous => None,
        };
        match kind {
            Kind::Destination => self.write(&bucket, credentials.as_ref()).await,
            Kind::Source => self.read(&bucket, credentials.as_ref()).await,
        }
    }

    /// The folder as keys of objects begin with it.
    fn prefix(&self) -> String {
        let folder = &self.location.folder;
        if folder.is_empty() { String::new() } else { format!("{folder}/") }
    }

    async fn write(&self, bucket: &Bucket, keys: Option<&Credentials>) -> Result<(), Failure> {
        let object = format!("{}_empty", self.prefix());
        let url = PutObject::new(bucket, keys, &object).sign(SIGNATURE_LIFE);
        // Ceph and Swift answer 411 where the length is not said, and reqwest says none of its own.
        self.send(self.client.put(url).header(CONTENT_LENGTH, 0).body("")).await.map(drop)
    }

    async fn read(&self, bucket: &Bucket, keys: Option<&Credentials>) -> Result<(), Failure> {
        let prefix = self.prefix();
        // S3 lists on a GET of the bucket itself, which is what an object without a name is to
        // rusty-s3.
        let mut list = GetObject::new(bucket, keys, "");
        list.query_mut().insert("list-type", "2");
        list.query_mut().insert("delimiter", "/");
        list.query_mut().insert("prefix", prefix.clone());
        let listing = self.send(self.client.get(list.sign(SIGNATURE_LIFE))).await?;
        let listing = Listing::parse(&text(listing).await?)?;
        match listing.contents.iter().find(|file| file.key != prefix) {
            // Of an empty file nothing is asked for.
            Some(file) if file.size == 0 => Ok(()),
            Some(file) => {
                let url = GetObject::new(bucket, keys, &file.key).sign(SIGNATURE_LIFE);
                self.send(self.client.get(url).header(RANGE, "bytes=0-1023")).await.map(drop)
            }
            None if prefix.is_empty() || !listing.common_prefixes.is_empty() => Ok(()),
            None => {
                let Location { bucket, folder } = &self.location;
                Err(Failure::Other(format!("UserError: File not found: {bucket}/{folder}")))
            }
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let answer = request.send().await.map_err(|error| {
            let mut url = error.url().cloned().unwrap_or_else(|| self.server.clone());
            url.set_query(None); // It is signed.
            let what =
                if error.is_timeout() { "Connect timeout on" } else { "Could not connect to the" };
            Failure::Other(format!("EndpointConnectionError: {what} endpoint URL: \"{url}\""))
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let region = answer.headers().get("x-amz-bucket-region").cloned();
        let region = region.and_then(|region| region.to_str().map(str::to_owned).ok());
        let error = ErrorDocument::parse(&text(answer).await.unwrap_or_default());
        let code = error.code.unwrap_or_else(|| status.as_str().into());
        let message = error.message.unwrap_or_else(|| code.clone());
        let region = region.or(error.region).filter(|region| *region != self.region);
        Err(Failure::S3 { status: status.as_u16(), code, message, region })
    }
}

/// The beginning of an answer's body, which may come from any server.
async fn text(mut answer: Response) -> Result<String, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_ANSWER {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
