//! How fast requests are sent: so many at once, and fewer, all together, when the service says 429.

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// A wait in which others may write what was read before.
pub(super) const LONG: Duration = Duration::from_secs(1);

/// The requests that are under way, and how many may be.
pub(super) struct Limiter {
    most: Cell<usize>,
    /// Halved when the service has too many requests, raised by one after so many good answers.
    limit: Cell<usize>,
    good: Cell<usize>,
    under_way: Cell<usize>,
    /// Before this time, nothing is sent.
    resume: Cell<Option<Instant>>,
    /// When all last were made to wait for long.
    held_up: Cell<Option<Instant>>,
    left: Notify,
}

/// A request's turn; it ends when this is dropped.
pub(super) struct Turn<'a>(&'a Limiter);

impl Limiter {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: Cell::new(most),
            limit: Cell::new(most),
            good: Cell::default(),
            under_way: Cell::default(),
            resume: Cell::default(),
            held_up: Cell::default(),
            left: Notify::new(),
        }
    }

    pub(super) fn set_most(&self, most: usize) {
        self.most.set(most);
        self.limit.set(most);
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Turn<'_> {
        loop {
            if let Some(at) = self.resume.get().filter(|at| *at > Instant::now()) {
                // Who sleeps may be cancelled: a word that a turn is free goes on to the next.
                self.left.notify_one();
                sleep_until(at).await;
            } else if self.under_way.get() < self.limit.get() {
                self.under_way.update(|count| count + 1);
                return Turn(self);
            } else {
                self.left.notified().await;
            }
        }
    }

    /// The service had too many requests: all wait, and then fewer go at once.
    pub(super) fn slow_down(&self, wait: Duration) {
        let now = Instant::now();
        // One burst brings many such answers; they count once.
        if self.resume.get().is_none_or(|at| at <= now) {
            self.limit.update(|limit| (limit / 2).max(1));
        }
        self.good.set(0);
        if wait >= LONG {
            self.held_up.set(Some(now));
        }
        self.resume.update(|at| at.max(Some(now + wait)));
    }

    /// Whether all were made to wait for long since a time.
    pub(super) fn held_up_since(&self, since: Instant) -> bool {
        self.held_up.get().is_some_and(|at| at >= since)
    }

    /// An answer came that was no such complaint.
    pub(super) fn went_well(&self) {
        self.good.update(|good| good + 1);
        if self.good.get() >= self.limit.get() && self.limit.get() < self.most.get() {
            self.limit.update(|limit| limit + 1);
            self.good.set(0);
            self.left.notify_one();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.under_way.update(|count| count - 1);
        self.0.left.notify_one();
    }
}
