//! What a watch shows of itself to those who ask: monitors, probes, the service manager. It is
//! written by the watch and read by the server's thread, which never waits for the watch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::domain::openmetrics::{Ends, Metrics};

/// So long the watch may do without a turn of its own: whatever holds it up then, it is stuck.
const TURN: Duration = Duration::from_secs(30);

/// So long a look may take without an outcome: a check has five minutes, and every request its
/// limit and its repetitions.
const STEP: Duration = Duration::from_secs(30 * 60);

/// So late the next look may come.
const LATE: Duration = Duration::from_secs(60);

/// The board; clones are the same one.
#[derive(Clone)]
pub(super) struct Board(Arc<Both>);

struct Both {
    state: Mutex<State>,
    /// Told where the service manager is to hear of it.
    news: Notify,
}

struct State {
    metrics: Metrics,
    /// Counts the changes.
    version: u64,
    /// Whether a first look succeeded, or another watch is to look.
    ready: bool,
    /// Whether a first look is over, however it ended, or another watch is to look.
    begun: bool,
    /// What it does, in a few words.
    status: String,
    turned: Instant,
    /// When there must be another sign of work; `None`: another watch is at work.
    due: Option<Instant>,
}

impl Board {
    /// The board of a watch that begins now, and looks at once.
    pub(super) fn new(now: Timestamp) -> Self {
        let metrics = Metrics { next_look: Some(now), ..Metrics::default() };
        let turned = Instant::now();
        let state = State {
            metrics,
            version: 0,
            ready: false,
            begun: false,
            status: "looking for the first time".into(),
            turned,
            due: Some(turned + STEP),
        };
        Self(Arc::new(Both { state: Mutex::new(state), news: Notify::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Metrics)) {
        let mut state = self.state();
        change(&mut state.metrics);
        state.version += 1;
        // Every change is a sign of work.
        state.due = Some(Instant::now() + STEP);
    }

    /// Whether this watch is the one that rotates, or stands by for another: then nothing is missed
    /// while it does nothing.
    pub(super) fn leads(&self, leads: bool) {
        self.change(|metrics| metrics.leader = leads);
        if !leads {
            // They are another's to renew, and to tell of.
            self.shows(Ends::default());
            let mut state = self.state();
            (state.ready, state.begun, state.due) = (true, true, None);
        }
        self.0.news.notify_one();
    }

    /// A look begins, or came a step further.
    pub(super) fn works(&self) {
        self.change(|_| {});
    }

    /// When the credentials of the connectors end that are watched now.
    pub(super) fn shows(&self, ends: Ends) {
        self.change(|metrics| metrics.ends = Arc::new(ends));
    }

    /// A connector was given new credentials, or could not be.
    pub(super) fn counts(&self, rotated: bool) {
        self.change(|metrics| match rotated {
            true => metrics.rotated += 1,
            false => metrics.failed += 1,
        });
    }

    /// A look reached the service; `renewed`: and all was renewed that was due.
    pub(super) fn looked(&self, renewed: bool, now: Timestamp) {
        self.change(|metrics| {
            if renewed {
                metrics.last_success = Some(now);
            }
        });
        self.state().ready = true;
    }

    /// It looks again after a while, at a time.
    pub(super) fn rests(&self, wait: Duration, until: Timestamp) {
        self.change(|metrics| metrics.next_look = Some(until));
        let mut state = self.state();
        (state.begun, state.due) = (true, Some(Instant::now() + wait + LATE));
        self.0.news.notify_one();
    }

    /// What it does, for the service manager.
    pub(super) fn says(&self, status: &str) {
        self.state().status = status.to_owned();
        self.0.news.notify_one();
    }

    /// Whether it has begun, and what it does.
    pub(super) fn status(&self) -> (bool, String) {
        let state = self.state();
        (state.begun, state.status.clone())
    }

    /// Waits until the service manager is to hear something.
    pub(super) async fn news(&self) {
        self.0.news.notified().await;
    }

    /// The watch's own loop has turned.
    pub(super) fn turns(&self) {
        self.state().turned = Instant::now();
    }

    /// What is known, and the count of its changes.
    pub(super) fn metrics(&self) -> (Metrics, u64) {
        let state = self.state();
        (state.metrics.clone(), state.version)
    }

    /// Whether a first look succeeded, or another watch is to look.
    pub(super) fn is_ready(&self) -> bool {
        self.state().ready
    }

    /// Whether the watch is alive: its loop turns, and its looks come and go on.
    pub(super) fn is_alive(&self) -> bool {
        let state = self.state();
        let now = Instant::now();
        now.duration_since(state.turned) < TURN && state.due.is_none_or(|due| now < due)
    }
}
