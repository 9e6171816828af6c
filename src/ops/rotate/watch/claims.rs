//! Which watch of a process has which connector: two profiles may lead to the same one, and both would
//! write it at once.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::domain::connector::Connector;

/// The number of the watch that has a connector, by service and id.
#[derive(Default)]
pub(super) struct Claims(RefCell<HashMap<(String, String), usize>>);

fn key(service: &str, connector: &Connector) -> (String, String) {
    (service.to_owned(), connector.id().to_owned())
}

impl Claims {
    /// Takes out of what a watch sees at a service what another watch has; it has the rest from now on,
    /// and nothing else.
    pub(super) fn take(&self, at: usize, service: &str, seen: &mut Vec<Connector>) {
        let mut owners = self.0.borrow_mut();
        let keys: HashSet<_> = seen.iter().map(|one| key(service, one)).collect();
        owners.retain(|key, owner| *owner != at || keys.contains(key));
        seen.retain(|one| *owners.entry(key(service, one)).or_insert(at) == at);
    }

    /// Whether any watch has a connector.
    pub(super) fn has(&self, service: &str, connector: &Connector) -> bool {
        self.0.borrow().contains_key(&key(service, connector))
    }

    /// What a watch has is free: it can do nothing with it at present.
    pub(super) fn release(&self, at: usize) {
        self.0.borrow_mut().retain(|_, owner| *owner != at);
    }
}
