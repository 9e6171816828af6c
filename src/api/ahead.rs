//! No write rests on a reading older than a second: someone else may have written since.
//!
//! Where a reading is older when the write has its turn, the connector is read again first, in the
//! same turn. Where many are still to be written, one list serves all of them for a second; a
//! reading of each would cost a rotation a third more requests.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::limiter::Turn;
use super::transport::Client;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::error::Result;

/// The age at which a reading is no ground for a write any more.
const OLD: Duration = Duration::from_secs(1);
/// How many still have to be written for a list to cost less than a reading of the one.
const MANY: usize = 8;

/// The connectors that are to be written, each as a list showed it last.
#[derive(Default)]
pub(super) struct Ahead(HashMap<Key, Option<Reading>>);

type Key = (&'static str, String);

/// A connector as it was at a time; `None`: there was none.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) connector: Option<Connector>,
    pub(super) at: Instant,
}

/// Whether a reading is too old to write by.
pub(super) fn is_old(read_at: Instant) -> bool {
    read_at.elapsed() > OLD
}

fn key(connector: &Connector) -> Key {
    (connector.kind.name(), connector.id().to_owned())
}

impl Ahead {
    fn count(&self, kind: Kind) -> usize {
        self.0.keys().filter(|(name, _)| *name == kind.name()).count()
    }

    /// Takes what a list shows of the connectors that are to be written.
    fn take(&mut self, kind: Kind, listed: Vec<Connector>) {
        let at = Instant::now();
        for (_, reading) in self.0.iter_mut().filter(|((name, _), _)| *name == kind.name()) {
            *reading = Some(Reading { connector: None, at });
        }
        for connector in listed {
            if let Some(reading) = self.0.get_mut(&key(&connector)) {
                *reading = Some(Reading { connector: Some(connector), at });
            }
        }
    }
}

impl Client {
    /// Says which connectors are to be written, so that a list can serve many of them.
    pub(crate) fn expect_writes<'a>(&self, connectors: impl Iterator<Item = &'a Connector>) {
        self.ahead.borrow_mut().0.extend(connectors.map(|one| (key(one), None)));
    }

    /// A write has come to its end, or will not come.
    pub(super) fn expect_no_write(&self, connector: &Connector) {
        self.ahead.borrow_mut().0.remove(&key(connector));
    }

    /// A connector as it is now, read in a turn.
    pub(super) async fn read_again(&self, turn: &Turn<'_>, old: &Connector) -> Result<Reading> {
        let (kind, key) = (old.kind, key(old));
        if self.ahead.borrow().count(kind) >= MANY {
            let _one = self.refreshing.lock().await;
            let known = || self.ahead.borrow().0.get(&key).cloned().flatten();
            if let Some(reading) = known().filter(|reading| !is_old(reading.at)) {
                return Ok(reading);
            }
            let listing = self.list_in(Some(turn), kind, false).await?;
            let listed: Vec<Connector> = listing.connectors()?.collect::<Result<_>>()?;
            self.ahead.borrow_mut().take(kind, listed);
            if let Some(reading) = known().filter(|reading| reading.connector.is_some()) {
                return Ok(reading);
            }
        }
        let connector = self.get_in(Some(turn), kind, old.id()).await?;
        Ok(Reading { connector, at: Instant::now() })
    }
}
