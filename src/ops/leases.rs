//! What is known of the connectors' credentials: the ledger as a command uses it.

use std::cell::{Cell, OnceCell, RefCell};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::expiry::Expiry;
use crate::domain::lease::Lease;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::credentials::Auth;
use crate::domain::state::record::Record;
use crate::error::{Effect, Error};
use crate::ops::state::Shared;
use crate::output::Shown;
use crate::storage::ledger::Ledger;

/// The leases of one service's connectors.
pub(crate) struct Leases<'a> {
    context: &'a Context,
    /// Where they are known to others too, if they are.
    shared: &'a Shared<'a>,
    /// The service by which the state folder tells what is whose.
    service: String,
    ledger: OnceCell<RefCell<Ledger>>,
    /// Whether it was said that the ledger cannot be written.
    warned: Cell<bool>,
}

impl<'a> Leases<'a> {
    /// Nothing is read before something is asked for.
    pub(crate) fn new(context: &'a Context, shared: &'a Shared<'a>, service: String) -> Self {
        Self { context, shared, service, ledger: OnceCell::new(), warned: Cell::default() }
    }

    /// The service, as the state folder names it.
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    /// The ledger, read on the first call; what is damaged is said.
    fn ledger(&self) -> &RefCell<Ledger> {
        self.ledger.get_or_init(|| {
            let (ledger, problem) =
                Ledger::load(self.context.state_dir().ok(), self.service.clone());
            if let Some(problem) = problem {
                let lost = format!("{problem}: the expiry of some credentials is unknown");
                self.context.output.warn(&lost);
            }
            RefCell::new(ledger)
        })
    }

    /// What is known of a connector's credentials.
    pub(crate) fn of(&self, connector: &Connector) -> Option<Lease> {
        let written = || connector.last_written();
        self.with(connector.id(), connector.auth(), written, |lease| lease.cloned())
    }

    /// Looks at what is known of the credentials of a connector of this id, where that still holds.
    fn with<T>(
        &self,
        id: &str,
        auth: AuthKind,
        last_written: impl Fn() -> Option<Timestamp>,
        look: impl FnOnce(Option<&Lease>) -> T,
    ) -> T {
        match self.shared.known() {
            Some(known) => {
                let lease = known.get(&self.service, id).and_then(|record| record.lease.as_ref());
                look(lease.filter(|lease| lease.holds_for(auth, last_written())))
            }
            None => look(self.ledger().borrow().lease(id, auth, last_written)),
        }
    }

    /// Remembers which credentials a connector was written with.
    pub(crate) fn record(&self, written: &Connector, auth: &Auth, how: Recorded) {
        let lease = match auth {
            Auth::Keys(keys) => {
                let rotated = how != Recorded::Created;
                let lease = Lease::new(keys, written, rotated, self.context.now());
                Some(Lease { unverified: how == Recorded::Unverified, ..lease })
            }
            Auth::Anonymous | Auth::Ambient => None,
        };
        self.remember(written, lease, self.context.now());
    }

    /// Forgets what was known where a write, begun at a time, may have been carried out all the same.
    /// What another wrote after that is not forgotten with it.
    pub(crate) fn doubt(&self, connector: &Connector, error: &Error, begun: Instant) {
        if error.effect == Effect::Unknown {
            let since = SignedDuration::try_from(begun.elapsed()).unwrap_or_default();
            let now = self.context.now();
            self.remember(connector, None, now.checked_sub(since).unwrap_or(now));
        }
    }

    /// Reads again what other processes have recorded.
    pub(crate) async fn reload(&self) {
        self.shared.refresh().await;
        self.ledger().borrow_mut().reload();
    }

    /// Forgets a connector that is no more.
    pub(crate) fn forget(&self, connector: &Connector) {
        self.remember(connector, None, self.context.now());
    }

    fn remember(&self, connector: &Connector, lease: Option<Lease>, at: Timestamp) {
        let known = self.shared.known();
        let known = known.map(|known| known.get(&self.service, connector.id()).cloned());
        let is_known = match &known {
            Some(known) => known.is_some(),
            // What others know of it is not known here.
            None => self.shared.is_named() || self.ledger().borrow().knows(connector),
        };
        if lease.is_none() && !is_known {
            return;
        }
        let (service, id, name) =
            (self.service.clone(), connector.id().into(), connector.name().into());
        let record = Record { service, id, name, lease, at: None };
        let record = record.dated(at, known.flatten().as_ref());
        let mut kept = self.ledger().borrow_mut().record(&record);
        if let Some(shared) = self.shared.add(&record) {
            kept = shared;
        }
        // Once: what keeps one from being remembered keeps all.
        if let Err(error) = kept
            && !self.warned.replace(true)
        {
            self.context.output.warn(&format!("expiries will not be remembered: {error}"));
        }
    }

    /// A connector with what is known of its credentials.
    pub(crate) fn shown<'l>(&self, connector: impl Into<Shown<'l>>) -> Shown<'l> {
        let mut shown = connector.into();
        let row = shown.row();
        let (auth, written) = (row.auth, || row.last_written());
        let look = |lease: Option<&Lease>| {
            let times = lease.map(|lease| (lease.expires_at, lease.rotated_at()));
            (Expiry::of(auth, lease, || self.context.now()), times)
        };
        let (expiry, times) = self.with(&row.id, auth, written, look);
        shown.expiry = expiry;
        shown.know("profile", self.context.output.profile());
        if let Some((expires_at, rotated_at)) = times {
            shown.know("expires_at", expires_at.map(|time| time.to_string()));
            shown.know("rotated_at", rotated_at.map(|time| time.to_string()));
        }
        shown
    }
}

/// How credentials came to a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// It was made with them.
    Created,
    /// They took the place of others.
    Replaced,
    /// They took the place of others, and a check is still to prove them.
    Unverified,
}
