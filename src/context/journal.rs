//! What a command has in hand and has done, so that an interruption can say what state things are in.

use std::cell::{Cell, RefCell};

use tokio::sync::Notify;

/// How many writes an interruption lists.
const LISTED: usize = 20;

/// The writes of a command: those under way, and those that are done.
#[derive(Default)]
pub struct Journal {
    done: RefCell<Vec<String>>,
    state: RefCell<Option<String>>,
    under_way: Cell<usize>,
    idle: Notify,
    stopping: Cell<bool>,
    stop: Notify,
}

impl Journal {
    /// Runs a write that an interruption must not cut off.
    pub async fn write<T>(&self, write: impl Future<Output = T>) -> T {
        self.under_way.update(|count| count + 1);
        let result = write.await;
        self.under_way.update(|count| count - 1);
        if self.under_way.get() == 0 {
            self.idle.notify_waiters();
        }
        result
    }

    /// Remembers what was done, in words: `created destination "x"`.
    pub fn done(&self, what: impl Into<String>) {
        self.done.borrow_mut().push(what.into());
    }

    /// Says outright what an interruption leaves.
    pub fn state(&self, what: impl Into<String>) {
        *self.state.borrow_mut() = Some(what.into());
    }

    /// Tells the work that it shall end.
    pub(super) fn stop(&self) {
        self.stopping.set(true);
        self.stop.notify_waiters();
    }

    /// Whether the work shall end: then nothing new is begun.
    pub fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Waits until the work shall end.
    pub async fn stopping(&self) {
        if !self.is_stopping() {
            self.stop.notified().await;
        }
    }

    /// Waits until no write is under way.
    pub(super) async fn idle(&self) {
        if self.under_way.get() > 0 {
            self.idle.notified().await;
        }
    }

    /// What was done so far, one item a line.
    pub(super) fn summary(&self) -> String {
        if let Some(state) = self.state.borrow().as_ref() {
            return state.clone();
        }
        match self.done.borrow().as_slice() {
            [] => "nothing was changed".into(),
            done if done.len() > LISTED => format!(
                "done before that: {}; and {} more",
                done[..LISTED].join("; "),
                done.len() - LISTED
            ),
            done => format!("done before that: {}", done.join("; ")),
        }
    }
}
