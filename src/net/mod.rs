//! Edge: the one HTTP client (trust, proxies, time-outs) and the one way to try again.

mod cancellation;
mod retry;

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Certificate, redirect};

use crate::error::{Category, Error, Result};

pub(crate) use cancellation::Cancellation;
pub(crate) use retry::{Attempt, Retry};

/// How long a connection may take to come about; the whole request has its own limit.
const CONNECT: Duration = Duration::from_secs(10);

/// What an HTTP client is made from.
pub(crate) struct HttpOptions<'a> {
    /// A PEM file of certificates that are trusted beside the system's.
    pub(crate) ca_file: Option<&'a PathBuf>,
    /// The limit of one request, from connecting to the last byte.
    pub(crate) timeout: Duration,
    /// What each request carries.
    pub(crate) headers: HeaderMap,
    /// Whether many requests will be under way at once: HTTP/2 then saves connections, and for one
    /// after the other it only costs.
    pub(crate) many: bool,
    /// Whether no proxy of the environment is used.
    pub(crate) direct: bool,
    /// Whether no TLS will be spoken: the system's certificates, which take time to read, are then
    /// not needed.
    pub(crate) plain: bool,
}

/// An HTTP client, with TLS by ring and the system's trust store. It follows no redirect: headers
/// would go with it to other hosts.
pub(crate) fn http_client(options: HttpOptions<'_>) -> Result<reqwest::Client> {
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
        builder = builder.tls_certs_only([]);
    } else if let Some(file) = options.ca_file {
        let name = file.display();
        let pem = std::fs::read(file)
            .map_err(|error| Error::usage(format!("cannot read the CA file {name}: {error}")))?;
        let certificates = Certificate::from_pem_bundle(&pem)
            .ok()
            .filter(|found| !found.is_empty())
            .ok_or_else(|| Error::usage(format!("{name} holds no certificate in PEM form")))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| {
        let message = format!("cannot set up TLS: {}", innermost(&error));
        Error::new(Category::Internal, message)
            .hint("check that SSL_CERT_FILE, where it is set, names a PEM file of certificates")
            .caused_by(error)
    })
}

/// What lies beneath an error and all its causes: these only say again where it happened.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
