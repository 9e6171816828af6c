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
use crate::error::{Error, Result};
use crate::ops::each::{Reference, Status};
use crate::ops::rotate::outcome::{Outcome, line};
use crate::ops::targets;

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

    /// Says at the start what is watched; nothing may be an error. Of several profiles, each may have
    /// some of the targets or none.
    pub(super) fn tell_watched(&self, known: &[Connector]) -> Result<()> {
        let (output, on) = (self.session.output(), self.selection.on);
        match (known, output.profile()) {
            ([], None) => return targets::warn_of_nothing(output, on),
            ([], Some(_)) if on.all => output.alarm(&on.filter()?.nothing(&on.kinds())),
            _ => {}
        }
        let names: Vec<String> =
            known.iter().take(5).map(|one| format!("{:?}", one.name())).collect();
        let more = known.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (count, names) = (known.len(), names.join(", "));
        let text = format!("watching {count} connector(s): {names}{more}");
        output.notice(&text);
        Ok(())
    }

    /// Says which connectors were there the last time, and are no more.
    pub(super) fn tell_gone(&self, known: &[Connector]) {
        let ids: HashSet<&str> = known.iter().map(Connector::id).collect();
        let before = self.known.iter().flatten();
        let is_anothers =
            |one: &Connector| self.desk.claims.has(self.session.leases.service(), one);
        for gone in before.filter(|one| !ids.contains(one.id()) && !is_anothers(one)) {
            self.session.output().warn(&format!("{} is no longer to be rotated", gone.title()));
        }
    }

    /// One line a rotation, as it comes; what is passed over is none.
    pub(super) fn tell(&self, outcome: &Outcome) {
        if outcome.status == Status::Skipped {
            return;
        }
        self.panel.counts(outcome.status == Status::Rotated);
        let (output, line) = (self.session.output(), line(outcome));
        let mut json = outcome.json();
        json["at"] = self.session.context.now().to_string().into();
        let line = match output.profile() {
            Some(profile) => {
                json["uns3"] = json!({"profile": profile});
                format!("{profile}: {line}")
            }
            None => line,
        };
        let told = output.one_by_one(json, &line);
        told.unwrap_or_else(|error| output.alarm(&format!("{error}: {line}")));
    }

    /// Says that a look failed as a whole, and what will end before long.
    pub(super) fn tell_lost(&self, error: &Error) {
        self.desk.tell_lost(&self.panel, self.session.output(), error, "; going on");
        // Another profile may lead to them too.
        self.desk.claims.release(self.at);
        for one in self.known.iter().flatten() {
            let lease = self.session.leases.of(one).filter(|lease| self.ends_soon(lease));
            if let Some(Lease { expires_at, .. }) = lease {
                let (connector, error) = (Some(one.into()), error.message.clone());
                self.tell_hook(Event::Expiring, connector, expires_at, error);
            }
        }
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
            let tell = |event| {
                self.tell_hook(event, Some(connector.clone()), expires_at, error.to_owned());
            };
            if outcome.status == Status::Failed {
                tell(Event::Failure);
            }
            if lease.is_some_and(|lease| self.ends_soon(&lease)) {
                tell(Event::Expiring);
            }
        }
    }

    fn tell_hook(
        &self,
        event: Event,
        connector: Option<Reference>,
        expires_at: Option<Timestamp>,
        error: String,
    ) {
        let profile = self.session.output().profile().map(str::to_owned);
        self.desk.hooks.tell(Happened { event, profile, connector, expires_at, error });
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
        self.panel.says(&format!(
            "watching {all} connector(s); of {due} due at {}, {rotated} rotated, {failed} failed",
            now.strftime("%H:%M:%SZ")
        ));
        let look = json!({"at": now, "connectors": all, "due": due, "rotated": rotated,
            "failed": failed});
        self.session.output().record("look", look);
    }
}
