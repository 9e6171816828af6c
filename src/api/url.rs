//! Where the service is: both documented forms of the base URL, made one and checked.

use std::fmt;

use url::Url;

use crate::error::{Error, Result};
use crate::net::is_loopback;

/// The service's base URL, `…/api/v1/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(Url);

impl Address {
    /// The public service. Source: the OpenAPI document's `servers`.
    pub(crate) const PUBLIC: &str = "https://platform.unstructuredapp.io";

    /// Reads a base URL: with or without `/api/v1` and a slash at its end (documentation sets
    /// `UNSTRUCTURED_API_URL` in both ways). Plain `http` is for loopback only, since the API key
    /// travels with each request.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let problem = |what: &str| {
            Error::usage(format!("the API URL {what}"))
                .hint(format!("write it as {} (--api-url, UNSTRUCTURED_API_URL)", Self::PUBLIC))
        };
        let mut url = Url::parse(text.trim()).map_err(|_| problem("is not a URL"))?;
        let path = url.path().trim_end_matches('/').to_owned();
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(problem("is not an https URL"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(problem("must not hold credentials"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(problem("has a query or fragment"));
        }
        if path.ends_with("/general/v0/general") {
            return Err(problem("is that of the Partition Endpoint, not of the Workflow Endpoint"));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(problem("must be https: the API key would travel in the clear"));
        }
        let base = path.strip_suffix("/api/v1").unwrap_or(&path);
        url.set_path(&format!("{base}/api/v1/"));
        Ok(Self(url))
    }

    /// The URL of a path below `/api/v1/`.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        url
    }

    /// Whether the service is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether it is spoken to in the clear, which `parse` allows on loopback only.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Scheme, host and port: what a redirect must not leave, nor a key.
    pub(crate) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether a URL is of the same scheme, host and port.
    pub(super) fn same_origin(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches("/api/v1/"))
    }
}
