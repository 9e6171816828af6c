//! Whether the name of a connector that is to be made is free, by a look that a write may rest on.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::api::{is_due, is_old};
use crate::domain::kind::Kind;
use crate::error::Result;
use crate::ops::session::Session;

/// The names that are there. One look serves all that come while it is fresh: a look for each would
/// be as many lists as connectors. One of them looks again before it is old, so that the others need
/// not wait for that.
pub(super) struct Names {
    /// When the plan's connectors were read: then all names that it makes were free.
    read_at: Instant,
    looks: RefCell<HashMap<&'static str, Look>>,
    /// Held by the one that looks again.
    looking: Mutex<()>,
}

/// The names of a kind, and when they were looked at.
struct Look {
    at: Instant,
    names: HashSet<String>,
}

impl Names {
    pub(super) fn new(read_at: Instant) -> Self {
        Self { read_at, looks: RefCell::default(), looking: Mutex::default() }
    }

    pub(super) async fn is_free(
        &self,
        session: &Session<'_>,
        kind: Kind,
        name: &str,
    ) -> Result<bool> {
        let at = self.looked_at(kind);
        if (is_due(at) && !is_old(at))
            && let Ok(_one) = self.looking.try_lock()
        {
            // Nobody waits for an early look but for its sake: what is known is still good.
            let _ = self.look(session, kind).await;
        }
        if is_old(self.looked_at(kind)) {
            let _one = self.looking.lock().await;
            if is_old(self.looked_at(kind)) {
                self.look(session, kind).await?;
            }
        }
        Ok(self.was_free(kind, name))
    }

    async fn look(&self, session: &Session<'_>, kind: Kind) -> Result<()> {
        let at = Instant::now();
        let listing = session.client.list(kind, false).await?;
        let names = listing.connectors()?.map(|one| one.name().to_owned()).collect();
        self.looks.borrow_mut().insert(kind.name(), Look { at, names });
        Ok(())
    }

    /// When the names of a kind were looked at.
    fn looked_at(&self, kind: Kind) -> Instant {
        self.looks.borrow().get(kind.name()).map_or(self.read_at, |look| look.at)
    }

    fn was_free(&self, kind: Kind, name: &str) -> bool {
        self.looks.borrow().get(kind.name()).is_none_or(|look| !look.names.contains(name))
    }
}
