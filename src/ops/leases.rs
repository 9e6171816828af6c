//! What is known of the connectors' credentials: the ledger as a command uses it.

use std::cell::{Cell, OnceCell, RefCell};

use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::expiry::Expiry;
use crate::domain::lease::Lease;
use crate::domain::listed::Listed;
use crate::domain::s3::credentials::Auth;
use crate::error::{Effect, Error};
use crate::output::Shown;
use crate::storage::ledger::Ledger;

/// The leases of one service's connectors.
pub(crate) struct Leases<'a> {
    context: &'a Context,
    /// The service by which the state folder tells what is whose.
    service: String,
    ledger: OnceCell<RefCell<Ledger>>,
    /// Whether it was said that the ledger cannot be written.
    warned: Cell<bool>,
}

impl<'a> Leases<'a> {
    /// Nothing is read before something is asked for.
    pub(crate) fn new(context: &'a Context, service: String) -> Self {
        Self { context, service, ledger: OnceCell::new(), warned: Cell::default() }
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
        let (auth, written) = (connector.auth(), || connector.last_written());
        self.ledger().borrow().lease(connector.id(), auth, written).cloned()
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
        self.remember(written, lease);
    }

    /// Forgets what was known where a write may have been carried out all the same.
    pub(crate) fn doubt(&self, connector: &Connector, error: &Error) {
        if error.effect == Effect::Unknown {
            self.forget(connector);
        }
    }

    /// Reads again what other processes have recorded.
    pub(crate) fn reload(&self) {
        self.ledger().borrow_mut().reload();
    }

    /// Forgets a connector that is no more.
    pub(crate) fn forget(&self, connector: &Connector) {
        self.remember(connector, None);
    }

    fn remember(&self, connector: &Connector, lease: Option<Lease>) {
        let recorded = self.ledger().borrow_mut().record(connector, lease);
        // Once: what keeps one from being remembered keeps all.
        if let Err(error) = recorded
            && !self.warned.replace(true)
        {
            self.context.output.warn(&format!("expiries will not be remembered: {error}"));
        }
    }

    /// A connector with what is known of its credentials.
    pub(crate) fn shown<'l>(&self, connector: impl Into<Listed<'l>>) -> Shown<'l> {
        let connector = connector.into();
        let (auth, written) = (connector.auth(), || connector.last_written());
        let ledger = self.ledger().borrow();
        let lease = ledger.lease(connector.id(), auth, written);
        let expiry = Expiry::of(auth, lease, || self.context.now());
        let mut shown = Shown::from(connector);
        shown.expiry = expiry;
        if let Some(lease) = lease {
            shown.know("expires_at", lease.expires_at.map(|time| time.to_string()));
            shown.know("rotated_at", lease.rotated_at().map(|time| time.to_string()));
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
