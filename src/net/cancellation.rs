//! The word that a command shall end: then nothing is tried again.

use std::cell::Cell;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Set once, heard by all who wait.
#[derive(Default)]
pub(crate) struct Cancellation {
    since: Cell<Option<Instant>>,
    heard: Notify,
}

impl Cancellation {
    /// Says it.
    pub(crate) fn set(&self) {
        self.since.update(|since| since.or_else(|| Some(Instant::now())));
        self.heard.notify_waiters();
    }

    /// Whether it was said.
    pub(crate) fn is_set(&self) -> bool {
        self.since().is_some()
    }

    /// When it was said.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since.get()
    }

    /// Waits until it is said.
    pub(crate) async fn wait(&self) {
        while !self.is_set() {
            self.heard.notified().await;
        }
    }
}
