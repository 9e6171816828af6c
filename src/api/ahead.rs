//! No write rests on a reading older than a second: someone else may have written since.
//!
//! Where a reading is older when the write has its turn, the connector is read again first, in the
//! same turn. Where many are still to be written, one list serves all of them for a second; a
//! reading of each would cost a rotation a third more requests.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::connector::Connector;
use crate::domain::kind::Kind;

/// The age at which a reading is no ground for a write any more.
const OLD: Duration = Duration::from_secs(1);
/// How many still have to be written for a list to cost less than a reading of the one.
pub(super) const MANY: usize = 8;

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
    /// Adds a connector that is to be written.
    pub(super) fn expect(&mut self, connector: &Connector) {
        self.0.insert(key(connector), None);
    }

    /// Takes one out that was written, or will not be.
    pub(super) fn forget(&mut self, connector: &Connector) {
        self.0.remove(&key(connector));
    }

    /// What the last list showed of one, while that is not old.
    pub(super) fn fresh(&self, connector: &Connector) -> Option<Reading> {
        let reading = self.0.get(&key(connector))?.clone()?;
        (!is_old(reading.at)).then_some(reading)
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.0.keys().filter(|(name, _)| *name == kind.name()).count()
    }

    /// Takes what a list shows of the connectors that are to be written.
    pub(super) fn take(&mut self, kind: Kind, listed: Vec<Connector>) {
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
