//! What the watches of a process show of themselves to those who ask: monitors, probes, the service
//! manager. It is written by the watches and read by the server's thread, which never waits for them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::domain::openmetrics::Metrics;

/// So long the watches may do without a turn of their own: whatever holds them up then, they are
/// stuck.
const TURN: Duration = Duration::from_secs(30);

/// So long a look may take without an outcome: a check has five minutes, and every request its
/// limit and its repetitions.
pub(super) const STEP: Duration = Duration::from_secs(30 * 60);

/// The board; clones are the same one.
#[derive(Clone)]
pub(super) struct Board(Arc<Both>);

struct Both {
    state: Mutex<State>,
    /// Told where the service manager is to hear of it.
    news: Notify,
}

pub(super) struct State {
    pub(super) watches: Vec<Watched>,
    /// Counts the changes.
    version: u64,
    turned: Instant,
}

/// What one watch shows.
pub(super) struct Watched {
    pub(super) metrics: Metrics,
    /// Whether a first look succeeded, or another watch is to look.
    pub(super) ready: bool,
    /// Whether a first look is over, however it ended, or another watch is to look.
    pub(super) begun: bool,
    /// Whether nothing is under way.
    pub(super) rests: bool,
    /// What it does, in a few words.
    pub(super) status: String,
    /// When there must be another sign of work; `None`: another watch is at work.
    pub(super) due: Option<Instant>,
}

impl Board {
    /// The board of watches that begin now, and look at once; each with its profile, where there are
    /// several.
    pub(super) fn new<'p>(
        (now, begun): (Timestamp, Instant),
        profiles: impl IntoIterator<Item = Option<&'p str>>,
    ) -> Self {
        let watch = |profile: Option<&str>| Watched {
            metrics: Metrics {
                profile: profile.map(str::to_owned),
                next_look: Some(now),
                ..Metrics::default()
            },
            ready: false,
            begun: false,
            rests: false,
            status: "looking for the first time".into(),
            due: Some(begun + STEP),
        };
        let watches = profiles.into_iter().map(watch).collect();
        let state = Mutex::new(State { watches, version: 0, turned: begun });
        Self(Arc::new(Both { state, news: Notify::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what one of the watches shows.
    pub(super) fn change(&self, at: usize, change: impl FnOnce(&mut Watched)) {
        let mut state = self.state();
        change(&mut state.watches[at]);
        state.version += 1;
    }

    /// Whether they have begun, and what they do.
    pub(super) fn status(&self) -> (bool, String) {
        let state = self.state();
        let words = |one: &Watched| match &one.metrics.profile {
            Some(profile) => format!("{profile}: {}", one.status),
            None => one.status.clone(),
        };
        let words: Vec<String> = state.watches.iter().map(words).collect();
        (state.watches.iter().all(|one| one.begun), words.join("; "))
    }

    /// Says that the service manager is to hear something.
    pub(super) fn tell_news(&self) {
        self.0.news.notify_one();
    }

    /// Waits until it is.
    pub(super) async fn news(&self) {
        self.0.news.notified().await;
    }

    /// The watches' own loop has turned.
    pub(super) fn turns(&self) {
        self.state().turned = Instant::now();
    }

    /// The count of the changes.
    pub(super) fn version(&self) -> u64 {
        self.state().version
    }

    /// What is known of each.
    pub(super) fn metrics(&self) -> Vec<Metrics> {
        self.state().watches.iter().map(|one| one.metrics.clone()).collect()
    }

    /// Whether none of them has anything under way.
    pub(super) fn is_at_rest(&self) -> bool {
        self.state().watches.iter().all(|one| one.rests)
    }

    /// Whether a first look of each succeeded, or another watch is to look.
    pub(super) fn is_ready(&self) -> bool {
        self.state().watches.iter().all(|one| one.ready)
    }

    /// Whether they are alive: their loop turns, and the looks of each come and go on.
    pub(super) fn is_alive(&self) -> bool {
        let (state, now) = (self.state(), Instant::now());
        let comes = |one: &Watched| one.due.is_none_or(|due| now < due);
        now.duration_since(state.turned) < TURN && state.watches.iter().all(comes)
    }
}
