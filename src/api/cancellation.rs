//! The word that a command shall end: then nothing is tried again.

use std::cell::Cell;

use tokio::sync::Notify;

/// Set once, heard by all who wait.
#[derive(Default)]
pub(crate) struct Cancellation {
    set: Cell<bool>,
    heard: Notify,
}

impl Cancellation {
    /// Says it.
    pub(crate) fn set(&self) {
        self.set.set(true);
        self.heard.notify_waiters();
    }

    /// Whether it was said.
    pub(crate) fn is_set(&self) -> bool {
        self.set.get()
    }

    /// Waits until it is said.
    pub(crate) async fn wait(&self) {
        while !self.is_set() {
            self.heard.notified().await;
        }
    }
}
