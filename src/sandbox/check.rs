//! The S3 operation behind a connection check, over the network and signed, as the platform's
//! connector does it.
//!
//! Source: the connector that the platform runs, PyPI `unstructured-ingest`: a destination writes
//! an empty object named `_empty`, a source lists its folder and reads one object; and s3fs for
//! the class of a failure.

use super::REGION;
use super::mask::MASK;
use super::state::Kind;
use super::target::{Access, Location, endpoint, is_loopback};
use reqwest::{Client, ClientBuilder, redirect::Policy};
use rusty_s3::actions::{GetObject, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use serde_json::Value;
use std::time::Duration;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(15);
/// For a server of which the sandbox had the credentials in an earlier run only.
const FORGOTTEN: &str = "The sandbox keeps no credentials but its own on disk, and was restarted \
    since it was given these: update the connector with its credentials to check it.";
const SIGNATURE_LIFE: Duration = Duration::from_secs(60);

/// The sandbox's own S3 server, as checks see it.
pub(super) struct OwnS3<'a> {
    pub(super) url: &'a Url,
    pub(super) ports: &'a [u16],
}

/// Checks a connector. The error is the reason that the service would give.
pub(super) async fn check(kind: Kind, connector: &Value, own: OwnS3<'_>) -> Result<(), String> {
    let verdict = try_s3(kind, connector, own).await;
    verdict.map_err(|reason| without_credentials(reason, &connector["config"]))
}

/// A server may quote what it was sent, and reasons are saved. Short texts stay: words hold them.
fn without_credentials(reason: String, config: &Value) -> String {
    let sent = ["key", "secret", "token"].map(|name| config[name].as_str().unwrap_or_default());
    let sent = sent.iter().filter(|text| text.len() >= 8);
    sent.fold(reason, |reason, text| reason.replace(text, MASK))
}

async fn try_s3(kind: Kind, connector: &Value, own: OwnS3<'_>) -> Result<(), String> {
    if connector["type"] != "s3" {
        return Err("The sandbox can check S3 connectors only.".into());
    }
    let config = &connector["config"];
    let access = Access::of(config)?;
    let forgotten = Access::is_forgotten(config);
    let server = match endpoint(config, own.ports)? {
        // Its own S3 knows without the secret that it is not one of its own.
        None => own.url.clone(),
        Some(_) if forgotten => return Err(FORGOTTEN.into()),
        Some(url) => url,
    };
    let location = config["remote_url"].as_str().and_then(Location::parse);
    let location = location.filter(Location::is_plain).ok_or("ValueError: Invalid remote_url")?;
    let client = client(&server).map_err(|error| format!("{error}"))?;
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
    async fn run(mut self, kind: Kind) -> Result<(), String> {
        let first = self.attempt(kind).await;
        // The connector follows the region that S3 names.
        if let Err(Failure::S3 { region: Some(region), .. }) = first {
            self.region = region;
            return self.attempt(kind).await.map_err(|failure| failure.reason());
        }
        first.map_err(|failure| failure.reason())
    }

    async fn attempt(&self, kind: Kind) -> Result<(), Failure> {
        let Location { bucket: name, folder } = &self.location;
        let bucket =
            Bucket::new(self.server.clone(), UrlStyle::Path, name.clone(), self.region.clone())
                .map_err(|error| {
                    Failure::Other(format!("ValueError: Invalid endpoint: {error}"))
                })?;
        let credentials = match self.access {
            Access::Keys { key, secret, token: Some(token) } => {
                Some(Credentials::new_with_token(key, secret, token))
            }
            Access::Keys { key, secret, token: None } => Some(Credentials::new(key, secret)),
            Access::Anonymous => None,
        };
        let credentials = credentials.as_ref();
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        if kind == Kind::Destination {
            let object = format!("{prefix}_empty");
            let url = PutObject::new(&bucket, credentials, &object).sign(SIGNATURE_LIFE);
            return self.send(self.client.put(url).body("")).await.map(drop);
        }
        // S3 lists on a GET of the bucket itself, which is what an object without a name is to
        // rusty-s3.
        let mut list = GetObject::new(&bucket, credentials, "");
        list.query_mut().insert("list-type", "2");
        list.query_mut().insert("delimiter", "/");
        list.query_mut().insert("prefix", prefix.clone());
        let listing = self.send(self.client.get(list.sign(SIGNATURE_LIFE))).await?;
        let listing = listing.text().await.map_err(|error| Failure::Other(error.to_string()))?;
        match tags(&listing, "Key").find(|key| *key != prefix) {
            Some(key) => {
                let url = GetObject::new(&bucket, credentials, &key).sign(SIGNATURE_LIFE);
                self.send(self.client.get(url)).await.map(drop)
            }
            None if folder.is_empty() || listing.contains("<CommonPrefixes>") => Ok(()),
            None => Err(Failure::Other(format!("UserError: File not found: {name}/{folder}"))),
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
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
        let body = answer.text().await.unwrap_or_default();
        let text = |name| tags(&body, name).next();
        let code = text("Code").unwrap_or_else(|| status.as_str().into());
        let message = text("Message").unwrap_or_else(|| code.clone());
        let region = region.or_else(|| text("Region")).filter(|region| *region != self.region);
        Err(Failure::S3 { status: status.as_u16(), code, message, region })
    }
}

enum Failure {
    S3 { status: u16, code: String, message: String, region: Option<String> },
    Other(String),
}

impl Failure {
    fn reason(self) -> String {
        let (status, code, message) = match self {
            Self::Other(reason) => return reason,
            Self::S3 { status, code, message, .. } => (status, code, message),
        };
        match (&*code, status) {
            ("NoSuchBucket" | "NoSuchKey" | "404", _) => {
                format!("UserError: File not found: {message}")
            }
            ("ExpiredToken", _) | (_, 403) => format!("UserAuthError: {message}"),
            (_, 500..) => format!("ProviderError: {message}"),
            _ => format!("UserError: {message}"),
        }
    }
}

/// The texts of an XML document's elements of a name. S3's answers have neither attributes nor
/// comments there.
fn tags(xml: &str, name: &str) -> impl Iterator<Item = String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let texts =
        xml.split(&open).skip(1).filter_map(|rest| Some(unescaped(rest.split_once(&close)?.0)));
    texts.collect::<Vec<_>>().into_iter()
}

fn unescaped(text: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_owned(), |text, (mark, sign)| text.replace(mark, sign))
}
