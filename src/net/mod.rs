//! Edge: the one HTTP client (trust, proxies, time-outs) and the one way to try again.

mod cancellation;
mod pem;
mod proxy;
mod retry;
mod roots;
mod trust;

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Certificate, ClientBuilder, redirect};
use rustls::ClientConfig;

use crate::error::{Category, Error, Result};

pub(crate) use cancellation::Cancellation;
pub(crate) use proxy::{is_loopback, proxy_of};
pub(crate) use retry::{Attempt, Retry};
use roots::Roots;
pub(crate) use trust::Trust;

/// How long a connection may take to come about; the whole request has its own limit.
const CONNECT: Duration = Duration::from_secs(10);

/// What an HTTP client is made from.
pub(crate) struct HttpOptions<'a> {
    /// Whom TLS trusts.
    pub(crate) trust: &'a Trust,
    /// The limit of one request, from connecting to the last byte.
    pub(crate) timeout: Duration,
    /// What each request carries.
    pub(crate) headers: HeaderMap,
    /// Whether many requests will be under way at once: HTTP/2 then saves connections, and for one
    /// after the other it only costs.
    pub(crate) many: bool,
    /// Whether no proxy of the environment is used.
    pub(crate) direct: bool,
    /// Whether no TLS will be spoken: no certificates, which take time to read, are then needed.
    pub(crate) plain: bool,
}

/// An HTTP client, with TLS by ring. It follows no redirect: headers would go with it to other
/// hosts.
pub(crate) fn http_client(options: HttpOptions<'_>) -> Result<reqwest::Client> {
    build(http_builder(options)?)
}

/// The same to be added to.
pub(crate) fn http_builder(options: HttpOptions<'_>) -> Result<ClientBuilder> {
    // Already installed by an earlier client of this process: fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("uns3/", env!("CARGO_PKG_VERSION")))
        .default_headers(options.headers)
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(options.timeout);
    if options.direct {
        builder = builder.no_proxy();
    }
    if !options.many {
        builder = builder.http1_only();
    }
    if options.plain {
        return Ok(builder.tls_certs_only([]));
    }
    match options.trust.roots()? {
        Some(roots) => Ok(builder.tls_backend_preconfigured(tls(roots, options.many)?)),
        None => {
            let added = options.trust.added()?;
            let added = added.iter().map(|one| Certificate::from_der(one));
            let added = added.collect::<Result<Vec<_>, _>>().map_err(broken)?;
            Ok(builder.tls_certs_merge(added))
        }
    }
}

/// Builds a client.
pub(crate) fn build(builder: ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(broken)
}

fn broken(error: reqwest::Error) -> Error {
    let message = format!("cannot set up TLS: {}", innermost(&error));
    Error::new(Category::Internal, message).caused_by(error)
}

/// TLS that trusts these certificates and no others.
fn tls(roots: Roots, many: bool) -> Result<ClientConfig> {
    let broken = |error| Error::new(Category::Internal, format!("cannot set up TLS: {error}"));
    let verifier = roots.verifier().map_err(broken)?;
    let config = ClientConfig::builder().dangerous().with_custom_certificate_verifier(verifier);
    let mut config = config.with_no_client_auth();
    let protocols: &[&[u8]] = if many { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
    config.alpn_protocols = protocols.iter().map(|one| one.to_vec()).collect();
    Ok(config)
}

/// What lies beneath an error and all its causes: these only say again where it happened.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
