//! What is known of connectors' credentials, and how connectors are shown with it.

use std::cell::RefCell;

use super::Context;
use crate::domain::connector::Connector;
use crate::domain::credentials::Auth;
use crate::domain::lease::Lease;
use crate::error::{Category, Error};
use crate::ledger::Ledger;
use crate::output::Shown;

impl Context {
    /// The ledger of the service that is spoken to, read on the first call; what is damaged is said.
    fn ledger(&self) -> &RefCell<Ledger> {
        self.ledger.get_or_init(|| {
            let service = self.service_name();
            let (ledger, problem) = Ledger::load(self.state_dir().ok(), service);
            if let Some(problem) = problem {
                self.output.warn(&format!("{problem}: the expiry of some credentials is unknown"));
            }
            RefCell::new(ledger)
        })
    }

    /// The service by which the state folder tells what is whose: the client's address. The
    /// embedded sandbox has another port each time, and is one all the same.
    pub fn service_name(&self) -> String {
        match (self.in_sandbox(), self.client.get()) {
            (false, Some(client)) => client.address().to_string(),
            _ => "sandbox".into(),
        }
    }

    /// What is known of a connector's credentials.
    pub fn lease(&self, connector: &Connector) -> Option<Lease> {
        self.ledger().borrow().lease(connector).cloned()
    }

    /// Remembers which credentials a connector was written with; `rotated`: in the place of others.
    pub fn record(&self, written: &Connector, auth: &Auth, rotated: bool) {
        self.record_as(written, auth, rotated, false);
    }

    /// The same for credentials that a check is still to prove.
    pub fn record_unverified(&self, written: &Connector, auth: &Auth) {
        self.record_as(written, auth, true, true);
    }

    fn record_as(&self, written: &Connector, auth: &Auth, rotated: bool, unverified: bool) {
        let lease = match auth {
            Auth::Keys(keys) => {
                let lease = Lease::new(keys, written, rotated, self.now());
                Some(Lease { unverified, ..lease })
            }
            Auth::Anonymous | Auth::Ambient => None,
        };
        self.remember(written, lease);
    }

    /// Forgets what was known where a write may have been carried out all the same.
    pub fn doubt(&self, connector: &Connector, error: &Error) {
        if error.category == Category::Unavailable {
            self.forget(connector);
        }
    }

    /// Reads again what other processes have recorded.
    pub fn reload(&self) {
        self.ledger().borrow_mut().reload();
    }

    /// Forgets a connector that is no more.
    pub fn forget(&self, connector: &Connector) {
        self.remember(connector, None);
    }

    fn remember(&self, connector: &Connector, lease: Option<Lease>) {
        let recorded = self.ledger().borrow_mut().record(connector, lease);
        // Once: what keeps one from being remembered keeps all.
        if let Err(error) = recorded
            && !self.forgetful.replace(true)
        {
            self.output.warn(&format!("expiries will not be remembered: {error}"));
        }
    }

    /// A connector with what is known of it.
    pub fn shown(&self, connector: Connector) -> Shown {
        let lease = self.lease(&connector);
        let mut shown = Shown::from(connector);
        if let Some(lease) = lease {
            shown.know("expires_at", lease.expires_at.map(|time| time.to_string()));
            shown.know("rotated_at", lease.rotated_at().map(|time| time.to_string()));
        }
        shown
    }
}
