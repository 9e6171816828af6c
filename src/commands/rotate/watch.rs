//! `--watch`: rotates again and again, each connector when a quarter of its lease is left.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::Rotate;
use super::outcome::Outcome;
use super::source::CredentialSource;
use crate::api::Client;
use crate::context::Context;
use crate::domain::connector::{AuthKind, Connector};
use crate::domain::lease::{LEAST_MARGIN, later, spread};
use crate::domain::schedule;
use crate::error::{Category, Error, Result};

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
    rotate: &'a Rotate,
    context: &'a Context,
    client: &'a Client,
    source: &'a CredentialSource<'a>,
    attempts: HashMap<String, Attempt>,
    /// The connectors as they were last seen, once they were.
    known: Option<Vec<Connector>>,
}

impl Rotate {
    /// Rotates what is due, sleeps until something is, and so on until a signal.
    pub(super) async fn watch(
        &self,
        context: &Context,
        client: &Client,
        source: &CredentialSource<'_>,
    ) -> Result<()> {
        let attempts = HashMap::new();
        let mut watch = Watch { rotate: self, context, client, source, attempts, known: None };
        let stop = context.journal.stop();
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
                    context.output.error(&error);
                    watch.warn_unreachable();
                    wait
                }
            };
            context.journal.settle();
            context.output.detail(&format!("nothing is due for {} s", wait.as_secs()));
            if stop.is_set() || timeout(wait, stop.wait()).await.is_ok() {
                return Ok(());
            }
        }
    }
}

impl Watch<'_> {
    /// One round: how long to sleep until the next.
    async fn round(&mut self) -> Result<Duration> {
        let (context, client) = (self.context, self.client);
        // One line a rotation, as it comes; what is passed over is none.
        let report = |outcome: &Outcome| {
            if outcome.status != "skipped" {
                let told = context.output.one_by_one(outcome.json(), &outcome.line());
                told.unwrap_or_else(|error| context.output.error(&error));
            }
        };
        context.reload();
        let listings = client.list_all(self.rotate.on.kinds(), false).await?;
        self.rotate.pass(context, client, self.source, &report).remove_leftovers(&listings).await?;
        // By their ids from the first time on: a name may come to mean another one, or several.
        let ids = |known: &Vec<Connector>| known.iter().map(|one| one.id().to_owned()).collect();
        let ids: Option<Vec<String>> = self.known.as_ref().map(ids);
        let (known, _) = self.rotate.select(context, client, &listings, ids.as_deref()).await?;
        drop(listings);
        self.tell_gone(&known);
        let known = self.known.insert(known).clone();
        let now = context.now();
        let is_due = |one: &&Connector| self.next(one, now).is_some_and(|due| due <= now);
        let due: Vec<Connector> = known.iter().filter(is_due).cloned().collect();
        if !due.is_empty() {
            let source = self.source.renewed(context).await?;
            let outcomes = self.rotate.pass(context, client, &source, &report).run(due).await;
            self.take(&outcomes);
        }
        let now = context.now();
        let soonest = known.iter().filter_map(|one| self.next(one, now)).min();
        let left =
            soonest.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
        Ok(left.unwrap_or(REFRESH).clamp(Duration::from_secs(1), REFRESH))
    }

    /// Says which connectors were there the last time, and are no more.
    fn tell_gone(&self, known: &[Connector]) {
        let ids: HashSet<&str> = known.iter().map(Connector::id).collect();
        let before = self.known.iter().flatten();
        for gone in before.filter(|one| !ids.contains(one.id())) {
            self.context.output.warn(&format!("{} is no longer to be rotated", gone.title()));
        }
    }

    /// When a connector is due: by its lease, a bucket's all together, for they share one; now where
    /// nothing is known of it, or a check is owed; soon again where temporary credentials do not say
    /// when they end; never where they do not; and not before it may be tried again.
    fn next(&self, connector: &Connector, now: Timestamp) -> Option<Timestamp> {
        let share = spread(connector.bucket().unwrap_or_default());
        let due = match self.context.lease(connector) {
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
        let now = self.context.now();
        let (mut failed, mut waiting) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            let id = outcome.connector.id();
            let last = self.attempts.get(id).filter(|last| now.duration_since(last.at) < RECENT);
            let earlier = last.map_or(0, |last| last.earlier + 1);
            let wait = match outcome.status {
                "rotated" => Duration::from_secs(8 << earlier.min(6)).min(REFRESH),
                _ => schedule::restart(earlier + 3),
            };
            let attempt = Attempt { at: now, earlier, again: later(now, wait) };
            self.attempts.insert(id.to_owned(), attempt);
            match outcome.status {
                "skipped" => waiting.push(&outcome.connector),
                "failed" => failed.push(&outcome.connector),
                _ => {}
            }
        }
        self.warn(&failed, "could not be renewed");
        self.warn(&waiting, "no newer credentials have come");
    }

    /// While the service is out of reach: what will end before long.
    fn warn_unreachable(&self) {
        let now = self.context.now();
        let ends = |one: &&Connector| {
            self.context.lease(one).is_some_and(|lease| lease.ends_within(LEAST_MARGIN, now))
        };
        let near: Vec<&Connector> = self.known.iter().flatten().filter(ends).collect();
        self.warn(&near, "cannot be renewed now");
    }

    /// Says which connector's credentials end first, and why they are not renewed.
    fn warn(&self, connectors: &[&Connector], why: &str) {
        let end = |one: &&Connector| {
            let lease = self.context.lease(one)?;
            Some((lease.expires_at?, one.title()))
        };
        let Some((end, title)) = connectors.iter().filter_map(end).min() else { return };
        let left = end.duration_since(self.context.now());
        let when = match left > SignedDuration::ZERO {
            true => format!("expires in {} min", left.as_mins()),
            false => format!("expired at {end}"),
        };
        let more = match connectors.len() {
            1 => String::new(),
            count => format!("; so for {} more", count - 1),
        };
        self.context.output.alarm(&format!("{title} {when}: {why}{more}"));
    }
}
