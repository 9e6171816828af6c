//! Whether a URL is this machine's, and else by which proxy it is reached.

use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

/// Whether a URL is one of this machine's, which is asked directly.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// The proxy that a client uses for a URL, by its own rules: its host and port, without what may be a
/// password.
pub(crate) fn proxy_of(url: &Url) -> Option<String> {
    let uri = url.as_str().parse().ok().filter(|_| !is_loopback(url))?;
    let proxy = Matcher::from_system().intercept(&uri)?;
    let authority = proxy.uri().authority()?;
    Some(authority.as_str().rsplit('@').next().unwrap_or_default().to_owned())
}
