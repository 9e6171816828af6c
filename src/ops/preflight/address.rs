//! The server's addresses, and whether the platform could reach them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

use crate::net::proxy_of;

/// How long the name's servers are waited for.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Where a server was found.
pub(super) struct Found {
    /// The name and its addresses, where it is a name.
    pub(super) resolved: Option<(String, Vec<SocketAddr>)>,
    /// What is to be said of it.
    pub(super) message: String,
}

/// Resolves a server's name; the error says in words why not. A proxy resolves names itself, and
/// this machine may not be able to. `local`: whoever checks is on this machine too.
pub(super) async fn look_up(url: &Url, local: bool) -> Result<Found, String> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let by_name = |message: String| Found { resolved: None, message };
    match url.host() {
        Some(Host::Ipv4(ip)) => {
            return Ok(by_name(told(&format!("{ip}:{port}"), ip.into(), local)));
        }
        Some(Host::Ipv6(ip)) => {
            return Ok(by_name(told(&format!("[{ip}]:{port}"), ip.into(), local)));
        }
        _ if proxy_of(url).is_some() => return Ok(by_name(format!("{host}, by a proxy"))),
        _ => {}
    }
    let found = timeout(LOOK_UP, lookup_host((host, port))).await;
    let found = found.map_err(|_| format!("{host}: no answer within {} s", LOOK_UP.as_secs()))?;
    let addresses: Vec<SocketAddr> =
        found.map_err(|error| format!("{host} does not resolve: dns error: {error}"))?.collect();
    let Some(first) = addresses.first() else {
        return Err(format!("{host} does not resolve: dns error: no addresses"));
    };
    let message = told(&format!("{host} is {}", first.ip()), first.ip(), local);
    Ok(Found { resolved: Some((host.to_owned(), addresses)), message })
}

fn told(what: &str, ip: IpAddr, local: bool) -> String {
    match reach(ip) {
        Some(kind) if !local => {
            format!("{what}, {kind} address: out of the platform's reach, unless it runs there too")
        }
        _ => what.to_owned(),
    }
}

/// The kind of an address that no other network reaches.
fn reach(ip: IpAddr) -> Option<&'static str> {
    let (loopback, private) = match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let shared = first == 100 && (64..128).contains(&second);
            (ip.is_loopback(), ip.is_private() || ip.is_link_local() || shared)
        }
        IpAddr::V6(ip) => {
            let mapped = ip.to_ipv4_mapped().and_then(|ip| reach(ip.into()));
            (
                ip.is_loopback(),
                ip.is_unique_local() || ip.is_unicast_link_local() || mapped.is_some(),
            )
        }
    };
    match (loopback, private) {
        (true, _) => Some("a loopback"),
        (false, true) => Some("a private"),
        (false, false) => None,
    }
}
