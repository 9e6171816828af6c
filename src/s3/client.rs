//! An S3 server as one pair of keys sees it, and a call to it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use super::address::Server;
use crate::domain::s3::credentials::Keys;
use crate::error::Result;
use crate::net::{self, HttpOptions, Trust, is_loopback};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// Takes a line of the HTTP trace.
pub(crate) type Sink = Box<dyn Fn(&str)>;

/// What lies on the way to the server.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Whom TLS trusts.
    pub(crate) trust: Trust,
    /// The limit of one request.
    pub(crate) timeout: Duration,
    /// A host whose addresses are known already.
    pub(crate) resolved: Option<(String, Vec<SocketAddr>)>,
}

/// An S3 server as one pair of keys sees it.
pub(crate) struct S3 {
    pub(super) http: reqwest::Client,
    pub(super) server: Server,
    /// `None`: anonymous, nothing is signed.
    pub(super) keys: Option<Keys>,
    /// The region that is asked, corrected by what the server says.
    pub(super) region: RefCell<String>,
    pub(super) trace: Option<Sink>,
}

/// A call to S3.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) bucket: &'a str,
    /// Empty: the bucket itself.
    pub(crate) key: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: &'a [u8],
    /// Whether the body is sent as the platform's connector sends it over TLS: in chunks that a
    /// checksum follows. Some servers refuse just that.
    pub(crate) trailer: bool,
    /// Whether it is sent once more after a bad moment.
    pub(crate) again: bool,
    /// Bytes of the answer that are read.
    pub(crate) most: usize,
}

impl Call<'_> {
    pub(crate) fn new(method: Method) -> Self {
        let again = true;
        let (bucket, key, query, headers, body) = ("", "", &[], &[], &[]);
        Self { method, bucket, key, query, headers, body, trailer: false, again, most: 4 << 20 }
    }
}

impl S3 {
    /// A server, first asked in a region; nothing is sent yet.
    pub(crate) fn new(
        server: Server,
        region: &str,
        bucket: &str,
        keys: Option<Keys>,
        route: &Route,
        trace: Option<Sink>,
    ) -> Result<Self> {
        let http = http(&server.url(region, bucket), route)?;
        Ok(Self { http, server, keys, region: RefCell::new(region.to_owned()), trace })
    }

    /// The region in which calls are signed.
    pub(crate) fn region(&self) -> String {
        self.region.borrow().clone()
    }

    /// The host that is asked.
    pub(crate) fn url(&self, bucket: &str) -> Url {
        self.server.url(&self.region(), bucket)
    }
}

/// The HTTP client: a server's addresses may be known already, and it is not waited for long.
fn http(url: &Url, route: &Route) -> Result<reqwest::Client> {
    let mut builder = net::http_builder(HttpOptions {
        trust: &route.trust,
        timeout: route.timeout,
        headers: HeaderMap::new(),
        many: false,
        direct: is_loopback(url),
        plain: url.scheme() == "http",
    })?;
    builder = builder.connect_timeout(CONNECT);
    if let Some((host, addresses)) = &route.resolved {
        builder = builder.resolve_to_addrs(host, addresses);
    }
    net::build(builder)
}
