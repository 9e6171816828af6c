//! One watch's own part of the board.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::board::{Board, STEP};
use crate::domain::openmetrics::{Ends, Metrics};

/// So late the next look may come.
const LATE: Duration = Duration::from_secs(60);

/// The part of the board that a watch writes.
pub(super) struct Panel {
    board: Board,
    at: usize,
}

impl Panel {
    /// The part of the watch of a number.
    pub(super) fn new(board: &Board, at: usize) -> Self {
        Self { board: board.clone(), at }
    }

    fn change(&self, change: impl FnOnce(&mut Metrics)) {
        self.board.change(self.at, |watch| {
            change(&mut watch.metrics);
            // Every change is a sign of work.
            (watch.rests, watch.due) = (false, Some(Instant::now() + STEP));
        });
    }

    /// Whether this watch is the one that rotates, or stands by for another: then nothing is missed
    /// while it does nothing.
    pub(super) fn leads(&self, leads: bool) {
        self.change(|metrics| metrics.leader = leads);
        if !leads {
            // They are another's to renew, and to tell of.
            self.shows(Ends::default());
            self.board.change(self.at, |watch| {
                (watch.ready, watch.begun, watch.rests, watch.due) = (true, true, true, None);
            });
        }
        self.board.tell_news();
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
        self.board.change(self.at, |watch| watch.ready = true);
    }

    /// It looks again after a while, at a time; `None`: never.
    pub(super) fn rests(&self, until: Option<(Duration, Timestamp)>) {
        self.board.change(self.at, |watch| {
            watch.metrics.next_look = until.map(|(_, at)| at);
            (watch.begun, watch.rests) = (true, true);
            watch.due = until.map(|(wait, _)| Instant::now() + wait + LATE);
        });
        self.board.tell_news();
    }

    /// What it does, for the service manager.
    pub(super) fn says(&self, status: &str) {
        self.board.change(self.at, |watch| status.clone_into(&mut watch.status));
        self.board.tell_news();
    }
}
