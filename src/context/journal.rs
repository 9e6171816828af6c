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
    /// The first of what was done.
    done: RefCell<Vec<String>>,
    /// And how much more.
    more: Cell<usize>,
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
        self.tell_idle();
        result
    }

    fn tell_idle(&self) {
        if !self.is_busy() {
            self.idle.notify_waiters();
        }
    }

    /// Remembers what was done, in words: `created destination "x"`.
    pub(crate) fn done(&self, what: impl Into<String>) {
        let mut done = self.done.borrow_mut();
        // No more are kept: a long-running command may never come to rest as a whole.
        match done.len() < LISTED {
            true => done.push(what.into()),
            false => self.more.update(|count| count + 1),
        }
    }

    /// What was done is of no interest any more: a long-running command comes to rest.
    pub(crate) fn settle(&self) {
        self.done.borrow_mut().clear();
        self.more.set(0);
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
        self.tell_idle();
    }

    /// Whether the end has to wait for what is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.under_way.get() > 0 || self.end_themselves.get() > 0
    }

    /// Waits until no write is under way, and what ends by itself has, so that the work may be dropped.
    pub(crate) async fn idle(&self) {
        while self.is_busy() {
            self.idle.notified().await;
        }
    }

    /// What was done so far; empty where nothing was.
    pub(crate) fn summary(&self) -> String {
        if let Some(state) = self.state.borrow().as_ref() {
            return state.clone();
        }
        match (self.done.borrow().as_slice(), self.more.get()) {
            ([], _) => String::new(),
            (done, 0) => format!("done before that: {}", done.join("; ")),
            (done, more) => format!("done before that: {}; and {more} more", done.join("; ")),
        }
    }
}
