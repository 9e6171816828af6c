//! Names of this machine: what a request must be addressed to, and which endpoints are local.

use hyper::{Request, header::HOST};
use url::Url;

/// Whether a request is addressed to this machine by a name that is always its own. A web page can
/// point a name of its own at 127.0.0.1 and so reach the sandbox through a browser (DNS
/// rebinding); the browser then still sends that name.
pub(super) fn is_ours<B>(request: &Request<B>) -> bool {
    let named = |host: &str| {
        let url = Url::parse(&format!("http://{host}")).ok();
        url.is_some_and(|url| is_loopback(&url) && url.path() == "/" && url.username().is_empty())
    };
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let target = request.uri().authority();
    host.is_some_and(named) && target.is_none_or(|target| named(target.as_str()))
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
