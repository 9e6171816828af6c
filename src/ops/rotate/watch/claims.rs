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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::kind::Kind;

    fn connectors(ids: &[&str]) -> Vec<Connector> {
        let connector = |id: &&str| {
            let object = json!({"id": id, "name": id, "type": "s3", "config": {}});
            let object = object.as_object().cloned().unwrap_or_default();
            Connector::new(Kind::Destination, object).unwrap_or_else(|problem| panic!("{problem}"))
        };
        ids.iter().map(connector).collect()
    }

    fn taken(claims: &Claims, at: usize, service: &str, seen: &[&str]) -> Vec<String> {
        let mut seen = connectors(seen);
        claims.take(at, service, &mut seen);
        seen.iter().map(|one| one.id().to_owned()).collect()
    }

    #[test]
    fn each_is_one_watchs_until_that_sees_it_no_more_or_can_do_nothing() {
        let claims = Claims::default();
        assert_eq!(taken(&claims, 0, "s", &["a", "b"]), ["a", "b"]);
        assert_eq!(taken(&claims, 1, "s", &["a", "b", "c"]), ["c"]);
        assert_eq!(taken(&claims, 1, "another", &["a"]), ["a"], "an id is one service's");
        assert_eq!(taken(&claims, 0, "s", &["b"]), ["b"]);
        assert_eq!(taken(&claims, 1, "s", &["a", "b", "c"]), ["a", "c"]);
        claims.release(0);
        assert_eq!(taken(&claims, 1, "s", &["a", "b", "c"]), ["a", "b", "c"]);
        // What is gone is not remembered: it would add up over weeks.
        for number in 0..100 {
            taken(&claims, 1, "s", &[&number.to_string()]);
        }
        assert_eq!(claims.0.borrow().len(), 1);
    }
}
