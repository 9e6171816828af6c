//! What a command has in hand and has done, so that an interruption can say what state things are in.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;

use crate::error::{Effect, Result};
use crate::net::Cancellation;

/// How many writes an interruption lists.
const LISTED: usize = 20;

/// The writes of a command: those under way, and those that are done.
#[derive(Default)]
pub(crate) struct Journal {
    done: RefCell<Vec<String>>,
    state: RefCell<Option<String>>,
    under_way: Cell<usize>,
    idle: Notify,
    stop: Rc<Cancellation>,
    /// How many works hear the word to end by themselves.
    end_themselves: Cell<usize>,
}

impl Journal {
    /// Runs a write that an interruption must not cut off. Once the command shall end, none is
    /// begun any more: what waits for one then waits for the end.
    pub(crate) async fn write<T>(
        &self,
        what: &str,
        write: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if self.is_stopping() {
            return std::future::pending().await;
        }
        self.state.take();
        self.under_way.update(|count| count + 1);
        let result = write.await;
        self.under_way.update(|count| count - 1);
        if result.as_ref().is_err_and(|error| error.effect == Effect::Unknown) {
            self.done(format!("perhaps {what}"));
        }
        if self.under_way.get() == 0 {
            self.idle.notify_waiters();
        }
        result
    }

    /// Remembers what was done, in words: `created destination "x"`.
    pub(crate) fn done(&self, what: impl Into<String>) {
        self.done.borrow_mut().push(what.into());
    }

    /// What was done is of no interest any more: a long-running command comes to rest.
    pub(crate) fn settle(&self) {
        self.done.borrow_mut().clear();
        self.state("nothing was under way");
    }

    /// Says outright what an interruption leaves, until something is written again.
    pub(crate) fn state(&self, what: impl Into<String>) {
        *self.state.borrow_mut() = Some(what.into());
    }

    /// What tells the work that it shall end.
    pub(crate) fn stop(&self) -> Rc<Cancellation> {
        Rc::clone(&self.stop)
    }

    /// Whether the work shall end: then nothing new is begun.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.is_set()
    }

    /// Says whether a work, from here on, hears the word to end and ends by itself; several may go on
    /// side by side.
    pub(crate) fn ends_itself(&self, does: bool) {
        let change = if does { usize::wrapping_add } else { usize::saturating_sub };
        self.end_themselves.update(|count| change(count, 1));
    }

    /// Whether the end has to wait for what is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.under_way.get() > 0 || self.end_themselves.get() > 0
    }

    /// Waits until no write is under way, and so the work may be dropped.
    pub(crate) async fn idle(&self) {
        if self.end_themselves.get() > 0 {
            std::future::pending::<()>().await;
        }
        while self.under_way.get() > 0 {
            self.idle.notified().await;
        }
    }

    /// What was done so far; empty where nothing was.
    pub(crate) fn summary(&self) -> String {
        if let Some(state) = self.state.borrow().as_ref() {
            return state.clone();
        }
        match self.done.borrow().as_slice() {
            [] => String::new(),
            done if done.len() > LISTED => format!(
                "done before that: {}; and {} more",
                done[..LISTED].join("; "),
                done.len() - LISTED
            ),
            done => format!("done before that: {}", done.join("; ")),
        }
    }
}
