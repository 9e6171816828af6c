//! The flags of a rotation that stays.

use clap::Args;

/// `--watch` and what goes with it.
#[derive(Args, Clone, Debug)]
pub(crate) struct WatchArgs {
    /// Stay, and rotate again before each lease ends
    ///
    /// When a quarter of it is left, at least 5 minutes
    #[arg(long, conflicts_with_all = ["dry_run", "expiring_within"])]
    pub(crate) watch: bool,

    /// With --watch: serve /metrics, /healthz and /readyz here, such as 127.0.0.1:9464
    #[arg(long, hide_short_help = true, value_name = "ADDRESS", requires = "watch", value_parser = address)]
    pub(crate) listen: Option<String>,
}

/// Reads an address to listen on: a host, or its number, and a port.
fn address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
    match port.map(str::parse::<u16>) {
        Some(Ok(_)) => Ok(text.to_owned()),
        _ => Err("an address is a host and a port, such as 127.0.0.1:9464 or [::]:9464".into()),
    }
}
