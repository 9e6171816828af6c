//! A look of the watch: what is due is rotated, and what came of it remembered.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::desk::Desk;
use super::panel::Panel;
use super::standby::wait_to_lead;
use crate::domain::connector::Connector;
use crate::domain::lease::{later, spread};
use crate::domain::s3::auth::AuthKind;
use crate::domain::schedule;
use crate::error::Result;
use crate::ops::each::Status;
use crate::ops::rotate::outcome::Outcome;
use crate::ops::rotate::{Pass, Rotation, Selection};
use crate::ops::session::Session;

/// How often the connectors are looked at again, for new ones and changed ones.
const REFRESH: Duration = Duration::from_secs(300);

/// A connector that is due again so soon after it was rotated waits longer each time: its new
/// credentials were about to end already, or the service keeps saying that someone wrote it.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// What was last tried with a connector.
pub(super) struct Attempt {
    at: Timestamp,
    /// How many before it came recently too.
    earlier: u32,
    /// Not to be tried again before this.
    again: Timestamp,
}

/// The watch over one service's connectors.
pub(super) struct Watch<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) rotation: &'a Rotation<'a>,
    pub(super) selection: &'a Selection<'a>,
    pub(super) desk: &'a Desk<'a>,
    /// Which of the watches at this desk it is.
    pub(super) at: usize,
    pub(super) panel: Panel,
    attempts: HashMap<String, Attempt>,
    /// The ids of what it saw the last time, also of what another watch has.
    seen: Option<Vec<String>>,
    /// The connectors as they were last seen, once they were.
    pub(super) known: Option<Vec<Connector>>,
    /// Whether it was said when it looks again.
    pub(super) told_next: bool,
}

impl<'a> Watch<'a> {
    /// Nothing is looked at yet.
    pub(super) fn new(
        rotation: &'a Rotation<'a>,
        selection: &'a Selection<'a>,
        desk: &'a Desk<'a>,
        at: usize,
    ) -> Self {
        Self {
            session: rotation.session,
            rotation,
            selection,
            desk,
            at,
            panel: Panel::new(&desk.board, at),
            attempts: HashMap::new(),
            seen: None,
            known: None,
            told_next: false,
        }
    }

    /// One look: how long to sleep until the next. `all`: whether all that are watched are given what
    /// there is now, though they are not due.
    pub(super) async fn round(&mut self, all: bool) -> Result<Duration> {
        let (session, rotation) = (self.session, self.rotation);
        wait_to_lead(session, self.desk, &self.panel).await?;
        self.panel.works();
        session.leases.reload().await;
        let known = self.see().await?;
        self.show_ends();
        let now = session.context.now();
        let is_due = |one: &&Connector| self.next(one, now).is_some_and(|due| due <= now);
        let due: HashSet<String> =
            known.iter().filter(is_due).map(|one| one.id().to_owned()).collect();
        let taken = known.iter().filter(|one| all || due.contains(one.id())).cloned();
        let taken: Vec<Connector> = taken.collect();
        let mut outcomes = Vec::new();
        if !taken.is_empty() {
            let source = rotation.source.renewed(session).await?;
            let renewed = Rotation { session, source: &source, options: rotation.options };
            outcomes = Pass::new(&renewed, &|one| self.tell(one)).run(taken).await;
            let was_due =
                |one: &Outcome| one.connector.id.as_ref().is_some_and(|id| due.contains(id));
            // Who was not due, and has the newest already, missed nothing.
            outcomes.retain(|one| one.status != Status::Skipped || was_due(one));
            self.take(&outcomes);
            session.shared.write_now().await;
            self.show_ends();
        }
        let now = session.context.now();
        let renewed_all = outcomes.iter().all(|one| one.status == Status::Rotated);
        self.panel.looked(renewed_all, now);
        self.tell_look(due.len(), &outcomes);
        let soonest = known.iter().filter_map(|one| self.next(one, now)).min();
        let left =
            soonest.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
        Ok(left.unwrap_or(REFRESH).clamp(Duration::from_secs(1), REFRESH))
    }

    /// The connectors that this watch has, as they are now.
    async fn see(&mut self) -> Result<Vec<Connector>> {
        let (session, output) = (self.session, self.session.output());
        let listings = session.client.list_all(&self.selection.on.kinds(), false).await?;
        self.rotation.remove_leftovers(&listings).await?;
        // By their ids from the first time on: a name may come to mean another one, or several. Of
        // several profiles, each has some of the targets.
        let targets = || output.profile().map(|_| self.selection.on.targets.as_slice());
        let targets = self.seen.as_deref().or_else(targets);
        let (mut known, _) = self.selection.of(session, &listings, targets).await?;
        drop(listings);
        self.seen = Some(known.iter().map(|one| one.id().to_owned()).collect());
        self.desk.claims.take(self.at, session.leases.service(), &mut known);
        if self.known.is_none() {
            self.tell_watched(&known)?;
        }
        self.tell_gone(&known);
        Ok(self.known.insert(known).clone())
    }

    /// Shows when the credentials end, as far as is known.
    fn show_ends(&self) {
        let redactor = &self.session.context.redactor;
        let end = |one: &Connector| {
            let end = self.session.leases.of(one)?.expires_at?;
            Some(((redactor.redact(one.name()).into_owned(), one.id().to_owned()), end))
        };
        self.panel.shows(self.known.iter().flatten().filter_map(end).collect());
    }

    /// When a connector is due: by its lease, a bucket's all together, for they share one; now where
    /// nothing is known of it, or a check is owed; soon again where temporary credentials do not say
    /// when they end; never where they do not; and not before it may be tried again.
    fn next(&self, connector: &Connector, now: Timestamp) -> Option<Timestamp> {
        let share = spread(connector.bucket().unwrap_or_default());
        let due = match self.session.leases.of(connector) {
            None => now,
            Some(lease) if lease.unverified => now,
            Some(lease) if lease.expires_at.is_none() && connector.auth() == AuthKind::Sts => {
                later(lease.written_at, REFRESH)
            }
            Some(lease) => lease.due(share)?,
        };
        Some(self.attempts.get(connector.id()).map_or(due, |attempt| due.max(attempt.again)))
    }

    /// Remembers what was tried, and says what could not be renewed.
    fn take(&mut self, outcomes: &[Outcome]) {
        let now = self.session.context.now();
        let (mut failed, mut waiting) = (HashSet::new(), HashSet::new());
        for outcome in outcomes {
            let id = outcome.connector.id.as_deref().unwrap_or_default();
            let last = self.attempts.get(id).filter(|last| now.duration_since(last.at) < RECENT);
            let earlier = last.map_or(0, |last| last.earlier + 1);
            let wait = match outcome.status {
                Status::Rotated => Duration::from_secs(8 << earlier.min(6)).min(REFRESH),
                _ => schedule::restart(earlier + 3),
            };
            let attempt = Attempt { at: now, earlier, again: later(now, wait) };
            self.attempts.insert(id.to_owned(), attempt);
            match outcome.status {
                Status::Skipped => waiting.insert(id),
                Status::Failed => failed.insert(id),
                _ => false,
            };
        }
        let ids = self.known.iter().flatten().map(Connector::id).collect::<HashSet<_>>();
        // Those that are gone are not remembered: they would add up over weeks.
        self.attempts.retain(|id, _| ids.contains(id.as_str()));
        self.warn(|one| failed.contains(one.id()), "could not be renewed");
        self.warn(|one| waiting.contains(one.id()), "no newer credentials have come");
        self.tell_hooks(outcomes);
    }
}
