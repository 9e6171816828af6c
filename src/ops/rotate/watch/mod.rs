//! `--watch`: rotates again and again, each connector when a quarter of its lease is left.

mod board;
mod pulse;
mod server;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use crate::domain::connector::Connector;
use crate::domain::expiry::span;
use crate::domain::lease::{LEAST_MARGIN, Lease, later, spread};
use crate::domain::s3::auth::AuthKind;
use crate::domain::schedule;
use crate::error::{Category, Error, Result};
use crate::ops::each::Status;
use crate::ops::session::Session;
use crate::ops::targets;

use super::outcome::{Outcome, line};
use super::{Pass, Rotation, Selection};
use board::Board;
pub(crate) use server::Listener;

/// How often the connectors are looked at again, for new ones and changed ones.
const REFRESH: Duration = Duration::from_secs(300);

/// A connector that is due again so soon after it was rotated waits longer each time: its new
/// credentials were about to end already, or the service keeps saying that someone wrote it.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// What was last tried with a connector.
struct Attempt {
    at: Timestamp,
    /// How many before it came recently too.
    earlier: u32,
    /// Not to be tried again before this.
    again: Timestamp,
}

/// Whether a failure may be over when the same is tried again.
fn may_pass(error: &Error) -> bool {
    matches!(error.category, Category::Unavailable | Category::Timeout)
}

struct Watch<'a> {
    session: &'a Session<'a>,
    rotation: &'a Rotation<'a>,
    selection: &'a Selection<'a>,
    board: &'a Board,
    attempts: HashMap<String, Attempt>,
    /// The connectors as they were last seen, once they were.
    known: Option<Vec<Connector>>,
    /// Whether it was said when it looks again.
    told_next: bool,
}

/// Rotates what is due, sleeps until something is, and so on until a signal; `listener`: where it
/// shows what it does.
pub(crate) async fn watch(
    rotation: &Rotation<'_>,
    selection: &Selection<'_>,
    listener: Option<Listener>,
) -> Result<()> {
    let context = rotation.session.context;
    let board = Board::new(context.now());
    // A log that nobody reads must not keep credentials from being renewed.
    context.output.never_wait();
    let server = listener.map(|listener| {
        let url = listener.url().unwrap_or_default();
        context.output.notice(&format!("listening on {url}: /metrics, /healthz, /readyz"));
        listener.serve(board.clone(), context.clock())
    });
    let _server = server.transpose()?;
    tokio::select! {
        ended = looks(rotation, selection, &board) => ended,
        never = pulse::beat(&board) => match never {},
    }
}

/// One look after the other, until a signal.
async fn looks(rotation: &Rotation<'_>, selection: &Selection<'_>, board: &Board) -> Result<()> {
    let (session, attempts) = (rotation.session, HashMap::new());
    let (output, journal) = (session.output(), session.journal());
    let mut watch =
        Watch { session, rotation, selection, board, attempts, known: None, told_next: false };
    let stop = journal.stop();
    let mut lost = 0;
    loop {
        let wait = match watch.round().await {
            Ok(wait) => {
                lost = 0;
                wait
            }
            // What was wrong from the start will not mend itself.
            Err(error) if watch.known.is_none() && !may_pass(&error) => return Err(error),
            Err(error) => {
                let wait = schedule::restart(lost);
                lost += 1;
                let error = Error { message: format!("{error}; going on"), ..error };
                output.error(&error);
                watch.warn_unreachable();
                wait
            }
        };
        journal.settle();
        board.rests(wait, later(session.context.now(), wait));
        watch.tell_next(wait);
        if stop.is_set() || timeout(wait, stop.wait()).await.is_ok() {
            return Ok(());
        }
    }
}

impl Watch<'_> {
    /// One round: how long to sleep until the next.
    async fn round(&mut self) -> Result<Duration> {
        let rotation = self.rotation;
        let (session, output) = (self.session, self.session.output());
        // One line a rotation, as it comes; what is passed over is none.
        let report = |outcome: &Outcome| {
            if outcome.status != Status::Skipped {
                self.board.counts(outcome.status == Status::Rotated);
                let line = line(outcome);
                let told = output.one_by_one(outcome.json(), &line);
                told.unwrap_or_else(|error| output.alarm(&format!("{error}: {line}")));
            }
        };
        self.board.works();
        session.leases.reload();
        let listings = session.client.list_all(&self.selection.on.kinds(), false).await?;
        rotation.remove_leftovers(&listings).await?;
        // By their ids from the first time on: a name may come to mean another one, or several.
        let ids = |known: &Vec<Connector>| known.iter().map(|one| one.id().to_owned()).collect();
        let ids: Option<Vec<String>> = self.known.as_ref().map(ids);
        let (known, _) = self.selection.of(session, &listings, ids.as_deref()).await?;
        drop(listings);
        match self.known {
            None if known.is_empty() => targets::warn_of_nothing(output, self.selection.on)?,
            None => self.tell_watched(&known),
            Some(_) => {}
        }
        self.tell_gone(&known);
        let known = self.known.insert(known).clone();
        self.show_ends();
        let now = session.context.now();
        let is_due = |one: &&Connector| self.next(one, now).is_some_and(|due| due <= now);
        let due: Vec<Connector> = known.iter().filter(is_due).cloned().collect();
        let mut renewed_all = true;
        if !due.is_empty() {
            let source = rotation.source.renewed(session).await?;
            let renewed = Rotation { session, source: &source, options: rotation.options };
            let outcomes = Pass::new(&renewed, &report).run(due).await;
            renewed_all = outcomes.iter().all(|one| one.status == Status::Rotated);
            self.take(&outcomes);
            self.show_ends();
        }
        let now = session.context.now();
        self.board.looked(renewed_all, now);
        let soonest = known.iter().filter_map(|one| self.next(one, now)).min();
        let left =
            soonest.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
        Ok(left.unwrap_or(REFRESH).clamp(Duration::from_secs(1), REFRESH))
    }

    /// Shows when the credentials end, as far as is known.
    fn show_ends(&self) {
        let redactor = &self.session.context.redactor;
        let end = |one: &Connector| {
            let end = self.session.leases.of(one)?.expires_at?;
            Some(((redactor.redact(one.name()).into_owned(), one.id().to_owned()), end))
        };
        self.board.shows(self.known.iter().flatten().filter_map(end).collect());
    }

    /// Says, the first time to all and later to who asked for more, when it looks again.
    fn tell_next(&mut self, wait: Duration) {
        let output = self.session.output();
        let at = later(self.session.context.now(), wait).strftime("%H:%M:%SZ");
        let next = format!("looking again in {} (at {at})", span(wait.as_secs() as i64));
        match std::mem::replace(&mut self.told_next, true) {
            false => output.notice(&next),
            true => output.detail(&next),
        }
    }

    /// Says at the start what is watched.
    fn tell_watched(&self, known: &[Connector]) {
        let names: Vec<String> =
            known.iter().take(5).map(|one| format!("{:?}", one.name())).collect();
        let more = known.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (count, names) = (known.len(), names.join(", "));
        let text = format!("watching {count} connector(s): {names}{more}");
        self.session.output().notice(&text);
    }

    /// Says which connectors were there the last time, and are no more.
    fn tell_gone(&self, known: &[Connector]) {
        let ids: HashSet<&str> = known.iter().map(Connector::id).collect();
        let before = self.known.iter().flatten();
        for gone in before.filter(|one| !ids.contains(one.id())) {
            self.session.output().warn(&format!("{} is no longer to be rotated", gone.title()));
        }
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
        let (mut failed, mut waiting) = (Vec::new(), Vec::new());
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
                Status::Skipped => waiting.push(id),
                Status::Failed => failed.push(id),
                _ => {}
            }
        }
        self.warn(|one| failed.contains(&one.id()), "could not be renewed");
        self.warn(|one| waiting.contains(&one.id()), "no newer credentials have come");
    }

    /// While the service is out of reach: what will end before long.
    fn warn_unreachable(&self) {
        let now = self.session.context.now();
        let ends = |lease: Lease| lease.ends_within(LEAST_MARGIN, now);
        self.warn(|one| self.session.leases.of(one).is_some_and(ends), "cannot be renewed now");
    }

    /// Says which connector's credentials end first, and why they are not renewed.
    fn warn(&self, concerns: impl Fn(&Connector) -> bool, why: &str) {
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
}
