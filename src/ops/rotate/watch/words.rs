//! What the watch says of its looks, in words, as lines for programs, and by commands.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::hooks::{Event, Happened};
use super::look::Watch;
use crate::domain::connector::Connector;
use crate::domain::expiry::span;
use crate::domain::lease::{LEAST_MARGIN, Lease, later};
use crate::error::Error;
use crate::ops::each::Status;
use crate::ops::rotate::outcome::Outcome;

impl Watch<'_> {
    /// Says, the first time to all and later to who asked for more, when it looks again.
    pub(super) fn tell_next(&mut self, wait: Duration) {
        let output = self.session.output();
        let at = later(self.session.context.now(), wait).strftime("%H:%M:%SZ");
        let next = format!("looking again in {} (at {at})", span(wait.as_secs() as i64));
        match std::mem::replace(&mut self.told_next, true) {
            false => output.notice(&next),
            true => output.detail(&next),
        }
    }

    /// Says at the start what is watched.
    pub(super) fn tell_watched(&self, known: &[Connector]) {
        let names: Vec<String> =
            known.iter().take(5).map(|one| format!("{:?}", one.name())).collect();
        let more = known.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (count, names) = (known.len(), names.join(", "));
        let text = format!("watching {count} connector(s): {names}{more}");
        self.session.output().notice(&text);
    }

    /// Says which connectors were there the last time, and are no more.
    pub(super) fn tell_gone(&self, known: &[Connector]) {
        let ids: HashSet<&str> = known.iter().map(Connector::id).collect();
        let before = self.known.iter().flatten();
        for gone in before.filter(|one| !ids.contains(one.id())) {
            self.session.output().warn(&format!("{} is no longer to be rotated", gone.title()));
        }
    }

    /// Says that a look failed as a whole, and what will end before long.
    pub(super) fn tell_lost(&self, error: Error) {
        self.tell_hooks_lost(&error);
        let error = Error { message: format!("{error}; going on"), ..error };
        self.session.output().error(&error);
        self.desk.board.says(&error.message);
        self.warn_unreachable();
    }

    fn warn_unreachable(&self) {
        let now = self.session.context.now();
        let ends = |lease: Lease| lease.ends_within(LEAST_MARGIN, now);
        self.warn(|one| self.session.leases.of(one).is_some_and(ends), "cannot be renewed now");
    }

    /// Says which connector's credentials end first, and why they are not renewed.
    pub(super) fn warn(&self, concerns: impl Fn(&Connector) -> bool, why: &str) {
        let known = self.known.iter().flatten();
        let connectors: Vec<&Connector> = known.filter(|one| concerns(one)).collect();
        let end = |one: &&Connector| {
            let lease = self.session.leases.of(one)?;
            Some((lease.expires_at?, one.title()))
        };
        let Some((end, title)) = connectors.iter().filter_map(end).min() else { return };
        let left = end.duration_since(self.session.context.now());
        let when = match left > SignedDuration::ZERO {
            true => format!("expires in {} min", left.as_mins()),
            false => format!("expired at {end}"),
        };
        let more = match connectors.len() {
            1 => String::new(),
            count => format!("; so for {} more", count - 1),
        };
        self.session.output().alarm(&format!("{title} {when}: {why}{more}"));
    }

    /// Has people told of what failed, and of what ends within minutes and was not renewed.
    pub(super) fn tell_hooks(&self, outcomes: &[Outcome]) {
        let known = self.known.iter().flatten().map(|one| (one.id(), one));
        let known: HashMap<&str, &Connector> = known.collect();
        for outcome in outcomes.iter().filter(|one| one.status != Status::Rotated) {
            let id = outcome.connector.id.as_deref().unwrap_or_default();
            let lease = known.get(id).and_then(|one| self.session.leases.of(one));
            let expires_at = lease.as_ref().and_then(|lease| lease.expires_at);
            let (connector, reason) = (&outcome.connector, outcome.detail.reason);
            let error = outcome.error.as_ref().map(|error| error.message.as_str());
            let error = error.or(reason).unwrap_or_default();
            let happened = |event| Happened {
                event,
                connector: Some(connector.clone()),
                expires_at,
                error: error.to_owned(),
            };
            if outcome.status == Status::Failed {
                self.desk.hooks.tell(happened(Event::Failure));
            }
            if lease.is_some_and(|lease| self.ends_soon(&lease)) {
                self.desk.hooks.tell(happened(Event::Expiring));
            }
        }
    }

    /// The same where a look as a whole failed.
    pub(super) fn tell_hooks_lost(&self, error: &Error) {
        let error = error.message.as_str();
        let happened = |event, connector: Option<&Connector>, expires_at: Option<Timestamp>| {
            let connector = connector.map(Into::into);
            Happened { event, connector, expires_at, error: error.to_owned() }
        };
        self.desk.hooks.tell(happened(Event::Failure, None, None));
        for one in self.known.iter().flatten() {
            let lease = self.session.leases.of(one).filter(|lease| self.ends_soon(lease));
            if let Some(lease) = lease {
                self.desk.hooks.tell(happened(Event::Expiring, Some(one), lease.expires_at));
            }
        }
    }

    fn ends_soon(&self, lease: &Lease) -> bool {
        lease.ends_within(LEAST_MARGIN, self.session.context.now())
    }

    /// Says what a look came to, to programs that asked for more.
    pub(super) fn tell_look(&self, due: usize, outcomes: &[Outcome]) {
        let count = |status| outcomes.iter().filter(|one| one.status == status).count();
        let (rotated, failed) = (count(Status::Rotated), count(Status::Failed));
        let all = self.known.as_ref().map_or(0, Vec::len);
        let now = self.session.context.now();
        self.desk.board.says(&format!(
            "watching {all} connector(s); of {due} due at {}, {rotated} rotated, {failed} failed",
            now.strftime("%H:%M:%SZ")
        ));
        let look = json!({"at": now, "connectors": all, "due": due, "rotated": rotated,
            "failed": failed});
        self.session.output().record("look", look);
    }
}
