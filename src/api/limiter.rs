//! How fast requests are sent: so many at once, and, once the service has said 429, so many a second.
//!
//! The rate is learnt: from what the service took in the second before its first 429, then less with
//! each 429 (multiplicative decrease), and slowly more while none comes (additive increase).
//! Halving the requests under way instead would still send them in bursts, and obeying `Retry-After`
//! alone would make one request a second out of a service that allows thirty.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep_until, timeout};

/// What the service takes is counted over this time.
const WINDOW: Duration = Duration::from_secs(1);
/// A turn in which nothing was sent for so long is no moment to send any more.
const UNUSED: Duration = Duration::from_millis(20);
/// So long others go before what has time.
const LATEST: Duration = Duration::from_secs(3);
/// Requests a second where no more were taken before the first 429: it says little, for a service
/// may not allow two at once.
const FIRST: f64 = 4.0;
/// Requests a second at the least: a reading and the write that rests on it must fit in a second.
const LEAST: f64 = 2.0;
/// What is left of the rate after a 429, at the most and at the least.
const DECREASE: (f64, f64) = (0.8, 0.5);
/// What the rate gains in a second: while the limit is not known, soon after a 429, and for each
/// further second without one.
const SEARCHING: f64 = 0.7;
const INCREASE: f64 = 0.025;
const FASTER: f64 = 0.006;

/// The requests that are under way, and how fast others may follow.
pub(super) struct Limiter {
    most: Cell<usize>,
    under_way: Cell<usize>,
    /// Nothing is sent before this.
    next: Cell<Instant>,
    /// What was learnt; `None`: there was no 429.
    rate: Cell<Option<Rate>>,
    /// When the service took requests, over a window.
    taken: RefCell<VecDeque<Instant>>,
    /// First come, first served; but what has its turn already comes before what has none.
    new: Mutex<()>,
    late: Mutex<()>,
    again: Mutex<()>,
    waiting_again: Cell<usize>,
    left: Notify,
}

#[derive(Clone, Copy)]
struct Rate {
    per_second: f64,
    refused_at: Instant,
    grown_at: Instant,
    /// Whether a second 429 has shown where the limit is.
    known: bool,
}

/// A turn to send, which ends when this is dropped.
pub(super) struct Turn<'a> {
    limiter: &'a Limiter,
    /// When something may be sent, or was.
    began: Cell<Instant>,
    spent: Cell<bool>,
}

impl Limiter {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: Cell::new(most),
            under_way: Cell::default(),
            next: Cell::new(Instant::now()),
            rate: Cell::default(),
            taken: RefCell::default(),
            new: Mutex::default(),
            late: Mutex::default(),
            again: Mutex::default(),
            waiting_again: Cell::default(),
            left: Notify::new(),
        }
    }

    /// Whether the service has said 429.
    pub(super) fn is_limited(&self) -> bool {
        self.rate.get().is_some()
    }

    pub(super) fn set_most(&self, most: usize) {
        self.most.set(most);
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let _head = self.new.lock().await;
        loop {
            let free = self.under_way.get() < self.most.get() && self.waiting_again.get() == 0;
            if !free {
                self.left.notified().await;
            } else if self.next.get() > Instant::now() {
                sleep_until(self.next.get()).await;
            } else {
                break;
            }
        }
        self.under_way.update(|count| count + 1);
        Turn { limiter: self, began: Cell::new(self.pass()), spent: Cell::new(false) }
    }

    /// The same for what has time: of such requests, only one stands in line with the others. None has
    /// time for ever: at a slow service the line is as long as a check's deadline.
    pub(super) async fn late_turn(&self) -> Turn<'_> {
        let _first = timeout(LATEST, self.late.lock()).await;
        self.turn().await
    }

    /// Takes the moment, and puts the next one off.
    fn pass(&self) -> Instant {
        let now = Instant::now();
        if let Some(rate) = self.rate.get() {
            self.next.set(now + Duration::from_secs_f64(1.0 / rate.per_second));
        }
        now
    }

    /// The service had too many requests, among them one that began at a time: all wait for as long
    /// as it asks, and then follow each other more slowly.
    fn refused(&self, began: Instant, asked: Duration) {
        let now = Instant::now();
        let rate = match self.rate.get() {
            // One burst brings many such answers; they count once.
            Some(rate) if began <= rate.refused_at => rate,
            Some(rate) => {
                let (most, least) = DECREASE;
                let per_second = self.taken_lately(now).min(rate.per_second * most);
                let per_second = per_second.max(rate.per_second * least).max(LEAST);
                Rate { per_second, refused_at: now, grown_at: now, known: true }
            }
            None => {
                let taken = self.taken_lately(now);
                let per_second = taken.max(FIRST);
                Rate { per_second, refused_at: now, grown_at: now, known: taken > FIRST }
            }
        };
        self.rate.set(Some(rate));
        let pause = asked.max(Duration::from_secs_f64(1.0 / rate.per_second));
        self.next.update(|next| next.max(now + pause));
    }

    /// The service took a request.
    fn went_well(&self) {
        let now = Instant::now();
        self.taken.borrow_mut().push_back(now);
        self.taken_lately(now);
        let Some(rate) = self.rate.get() else { return };
        let quiet = now.duration_since(rate.refused_at).as_secs_f64();
        let gain = if rate.known { INCREASE + FASTER * quiet } else { SEARCHING };
        let seconds = now.duration_since(rate.grown_at).as_secs_f64().min(1.0);
        let per_second = rate.per_second * (1.0 + gain * seconds);
        self.rate.set(Some(Rate { per_second, grown_at: now, ..rate }));
    }

    /// How many requests the service took within the window.
    fn taken_lately(&self, now: Instant) -> f64 {
        let mut taken = self.taken.borrow_mut();
        while taken.front().is_some_and(|at| now.duration_since(*at) > WINDOW) {
            taken.pop_front();
        }
        taken.len() as f64
    }
}

impl Turn<'_> {
    /// Waits until something may be sent, perhaps once more, in a turn that is kept: what was read
    /// in it would be old when the next one comes.
    pub(super) async fn again(&self) {
        if !self.spent.get() && self.began.get().elapsed() < UNUSED {
            return;
        }
        let _waiting = WaitingAgain::new(self.limiter);
        let _head = self.limiter.again.lock().await;
        while self.limiter.next.get() > Instant::now() {
            sleep_until(self.limiter.next.get()).await;
        }
        self.began.set(self.limiter.pass());
        self.spent.set(false);
    }

    /// The service took the request.
    pub(super) fn went_well(&self) {
        self.spent.set(true);
        self.limiter.went_well();
    }

    /// The request came too early; the service asks for a pause.
    pub(super) fn refused(&self, asked: Duration) {
        self.spent.set(true);
        self.limiter.refused(self.began.get(), asked);
    }

    /// There was no answer.
    pub(super) fn was_lost(&self) {
        self.spent.set(true);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.limiter.under_way.update(|count| count - 1);
        self.limiter.left.notify_waiters();
    }
}

/// Counts those who have their turn and wait to send in it.
struct WaitingAgain<'a>(&'a Limiter);

impl<'a> WaitingAgain<'a> {
    fn new(limiter: &'a Limiter) -> Self {
        limiter.waiting_again.update(|count| count + 1);
        Self(limiter)
    }
}

impl Drop for WaitingAgain<'_> {
    fn drop(&mut self) {
        self.0.waiting_again.update(|count| count - 1);
        self.0.left.notify_waiters();
    }
}
