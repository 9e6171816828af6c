//! The flags of a rotation that stays.

use clap::Args;

/// `--watch` and what goes with it.
#[derive(Args, Clone, Debug)]
pub(crate) struct WatchArgs {
    /// Stay, and rotate again before each lease ends
    ///
    /// When a quarter of it is left, at least 5 minutes. SIGHUP has it read the file of credentials
    /// and the API key anew, and look at once (not on Windows)
    #[arg(long, conflicts_with_all = ["dry_run", "expiring_within"])]
    pub(crate) watch: bool,

    /// With --watch: serve /metrics, /healthz and /readyz here, such as 127.0.0.1:9464
    #[arg(long, hide_short_help = true, value_name = "ADDRESS", requires = "watch", value_parser = address)]
    pub(crate) listen: Option<String>,

    #[command(flatten)]
    pub(crate) hooks: HookArgs,
}

/// The commands that are run for what happens to a watch.
#[derive(Args, Clone, Debug)]
pub(crate) struct HookArgs {
    /// With --watch: run this where a renewal fails
    ///
    /// By the shell, with {"event", "connector", "expires_at", "error"} on standard input, for at
    /// most 60 s, one at a time, and without AWS's or uns3's secrets in its environment
    #[arg(long, hide_short_help = true, value_name = "COMMAND", requires = "watch", value_parser = command)]
    pub(crate) on_failure: Option<String>,

    /// With --watch: the same, where one fails and less than 5 minutes are left
    #[arg(long, hide_short_help = true, value_name = "COMMAND", requires = "watch", value_parser = command)]
    pub(crate) on_expiring: Option<String>,
}

/// Reads a command line for the shell.
fn command(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("there is no command in it".into()),
        _ => Ok(text.to_owned()),
    }
}

/// Reads an address to listen on: a host, or its number, and a port.
fn address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
    match port.map(str::parse::<u16>) {
        Some(Ok(_)) => Ok(text.to_owned()),
        _ => Err("an address is a host and a port, such as 127.0.0.1:9464 or [::]:9464".into()),
    }
}
