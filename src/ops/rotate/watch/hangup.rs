//! SIGHUP, by which a watch is asked to read its files anew; only a watch hears it: other commands
//! end by it, as they do without a handler. Windows has no such signal.

use std::io::{self, IsTerminal};

use crate::output::Terminals;

/// The signals that come from here on.
pub(super) struct Hangups(#[cfg(unix)] tokio::signal::unix::Signal);

impl Hangups {
    /// Listens.
    #[cfg(unix)]
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::hangup()).map(Self)
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self())
    }

    /// Waits for the next; several that come while nobody waits are one.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        std::future::pending().await
    }
}

/// Whether the terminal is gone that the watch was started on: the signal then says no more than
/// that, and nobody is left to end the watch by hand.
pub(super) fn left_alone(begun: Terminals) -> bool {
    let gone = |was: bool, is: bool| was && !is;
    gone(begun.stdin, io::stdin().is_terminal())
        || gone(begun.stdout, io::stdout().is_terminal())
        || gone(begun.stderr, io::stderr().is_terminal())
}
