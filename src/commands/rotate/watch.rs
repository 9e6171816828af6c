//! `--watch`: rotates again and again, each connector when a quarter of its lease is left.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::pass::Pass;
use super::supply::Supply;
use super::{Outcome, Rotate};
use crate::api::Client;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::lease::{Lease, spread};
use crate::domain::schedule;
use crate::error::{Error, Result};
use crate::output::Format;

/// How often the connectors are looked at again, for new ones and changed ones.
const LOOK: Duration = Duration::from_secs(300);

impl Rotate {
    /// Rotates what is due, sleeps until something is, and so on until a signal.
    pub(super) async fn watch(
        &self,
        context: &Context,
        client: &Client,
        supply: &Supply<'_>,
    ) -> Result<()> {
        let pass = self.pass(context, client, supply);
        let mut failures: HashMap<String, (u32, Timestamp)> = HashMap::new();
        let mut lost = 0;
        loop {
            let wait = match self.round(&pass, &mut failures).await {
                Ok(wait) => {
                    lost = 0;
                    wait
                }
                Err(error) => {
                    let wait = schedule::restart(lost);
                    lost += 1;
                    let error = Error { message: format!("{error}; going on"), ..error };
                    context.output.error(&error);
                    wait
                }
            };
            context.output.detail(&format!("nothing is due for {} s", wait.as_secs()));
            tokio::time::sleep(wait).await;
        }
    }

    /// One round: how long to sleep until the next.
    async fn round(
        &self,
        pass: &Pass<'_>,
        failures: &mut HashMap<String, (u32, Timestamp)>,
    ) -> Result<Duration> {
        let Pass { context, client, .. } = *pass;
        let listings = client.list_all(self.kinds.kinds(), false).await?;
        pass.remove_leftovers(&listings).await?;
        let (taken, _) = self.select(context, client, &listings).await?;
        drop(listings);
        let now = context.now();
        let due = |one: &Connector| next(context.lease(one), one.id(), failures.get(one.id()), now);
        let now_due: Vec<Connector> =
            taken.iter().filter(|one| due(one).is_some_and(|due| due <= now)).cloned().collect();
        for outcome in pass.run(now_due).await {
            self.report(context, &outcome)?;
            let id = outcome.connector.id().to_owned();
            match outcome.error {
                Some(_) => {
                    let tries = failures.get(&id).map_or(0, |(tries, _)| tries + 1);
                    let again = crate::domain::lease::later(now, schedule::restart(tries + 3));
                    failures.insert(id, (tries, again));
                    warn_if_close(context, &outcome.connector, now);
                }
                None => drop(failures.remove(&id)),
            }
        }
        let now = context.now();
        let due = |one: &Connector| next(context.lease(one), one.id(), failures.get(one.id()), now);
        let soonest = taken.iter().filter_map(due).min();
        let left =
            soonest.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
        Ok(left.unwrap_or(LOOK).clamp(Duration::from_secs(1), LOOK))
    }

    /// One line a rotation.
    fn report(&self, context: &Context, outcome: &Outcome) -> Result<()> {
        let line = match context.output.format() {
            Format::Json => outcome.json().to_string(),
            _ => outcome.line(),
        };
        context.output.line(&line)
    }
}

/// When a connector is due: by its lease, now where nothing is known of it, never where it does
/// not end; after a failure, not before its next try.
fn next(
    lease: Option<Lease>,
    id: &str,
    failure: Option<&(u32, Timestamp)>,
    now: Timestamp,
) -> Option<Timestamp> {
    let due = match lease {
        Some(lease) => lease.due(spread(id))?,
        None => now,
    };
    Some(failure.map_or(due, |(_, again)| due.max(*again)))
}

/// Says when a connector's credentials are about to end and new ones could not be set.
fn warn_if_close(context: &Context, connector: &Connector, now: Timestamp) {
    let end = context.lease(connector).and_then(|lease| lease.expires_at);
    let left = end.map(|end| end.duration_since(now));
    if let Some(left) = left {
        let minutes = left.as_mins();
        let title = connector.title();
        context.output.warn(&match left > SignedDuration::ZERO {
            true => format!("{title} expires in {minutes} min and could not be renewed"),
            false => format!("{title} has expired and could not be renewed"),
        });
    }
}
