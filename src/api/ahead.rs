//! No write rests on a reading older than a second: someone else may have written since.
//!
//! Where a reading is older when the write has its turn, the connector is read again first, in the
//! same turn. Where many are still to be written, one list serves all of them for a second; a
//! reading of each would cost a rotation a third more requests. One of the many asks for the next
//! list before the last is old, so that the others need not wait for it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::s3::config::changed;

/// The age at which a reading is no ground for a write any more.
const OLD: Duration = Duration::from_secs(1);
/// The age at which one of many asks for the next list.
const SOON: Duration = Duration::from_millis(700);
/// How many still have to be written for a list to cost less than a reading of the one.
pub(super) const MANY: usize = 8;

/// The connectors that are to be written, each as a list showed it last, and those that were.
#[derive(Default)]
pub(super) struct Ahead {
    waiting: HashMap<&'static str, HashMap<String, Option<Reading>>>,
    /// As the service answered the write, and when.
    written: HashMap<Key, (Connector, Instant)>,
    /// As a list showed them after that, with another's values in these fields.
    overwritten: Vec<(Connector, Vec<String>)>,
}

type Key = (&'static str, String);

/// A connector as it was at a time; `None`: there was none.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) connector: Option<Connector>,
    pub(super) at: Instant,
}

/// Whether a reading is too old to write by.
pub(crate) fn is_old(read_at: Instant) -> bool {
    read_at.elapsed() > OLD
}

/// Whether it is time for one of many to ask for the next list.
pub(crate) fn is_due(read_at: Instant) -> bool {
    read_at.elapsed() > SOON
}

fn key(connector: &Connector) -> Key {
    (connector.kind.name(), connector.id().to_owned())
}

impl Ahead {
    /// Begins anew, with the connectors that are to be written.
    pub(super) fn expect<'a>(&mut self, connectors: impl Iterator<Item = &'a Connector>) {
        *self = Self::default();
        for connector in connectors {
            let (kind, id) = key(connector);
            self.waiting.entry(kind).or_default().insert(id, None);
        }
    }

    /// Takes one out that will not be written, or was, as `written` says.
    pub(super) fn forget(&mut self, connector: &Connector, written: Option<&Connector>) {
        let key = key(connector);
        let of_kind = self.waiting.get_mut(key.0);
        let was_expected = of_kind.is_some_and(|of_kind| of_kind.remove(&key.1).is_some());
        if let (true, Some(written)) = (was_expected, written) {
            self.written.insert(key, (written.clone(), Instant::now()));
        }
    }

    /// What the last list showed of one, where that list is later than a time.
    pub(super) fn since(&self, time: Instant, connector: &Connector) -> Option<Reading> {
        let reading = self.waiting.get(connector.kind.name())?.get(connector.id())?.as_ref()?;
        (reading.at > time).then(|| reading.clone())
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.waiting.get(kind.name()).map_or(0, HashMap::len)
    }

    /// Takes what a list, asked for at a time, shows of the connectors that are to be written, and of
    /// those that were written before it was asked for.
    pub(super) fn take(&mut self, kind: Kind, listed: Vec<Connector>, asked: Instant) {
        let at = Instant::now();
        let waiting = self.waiting.entry(kind.name()).or_default();
        for reading in waiting.values_mut() {
            *reading = Some(Reading { connector: None, at });
        }
        for connector in listed {
            let key = key(&connector);
            if let Some(reading) = waiting.get_mut(connector.id()) {
                *reading = Some(Reading { connector: Some(connector), at });
            } else if let Some((written, at)) = self.written.get(&key) {
                let is_behind = connector.last_written() < written.last_written();
                let fields = changed(written.config(), connector.config());
                if *at < asked && !is_behind && !fields.is_empty() {
                    self.written.remove(&key);
                    self.overwritten.push((connector, fields));
                }
            }
        }
    }

    /// Those that were written here and then showed another's values, told once.
    pub(super) fn overwritten(&mut self) -> Vec<(Connector, Vec<String>)> {
        std::mem::take(&mut self.overwritten)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn connector(key: &str) -> Connector {
        let object = json!({"id": "i", "name": "n", "type": "s3", "config": {"key": key}});
        let object = object.as_object().cloned().unwrap_or_default();
        Connector::new(Kind::Destination, object).unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// The answers to a list and to a write cross each other: it shows what was before.
    #[test]
    fn a_list_that_was_asked_for_before_a_write_says_nothing_about_it() {
        let (old, own, theirs) = (connector("old"), connector("own"), connector("theirs"));
        let (before, mut ahead) = (Instant::now(), Ahead::default());
        ahead.expect([&old].into_iter());
        ahead.forget(&old, Some(&own));
        ahead.take(Kind::Destination, vec![old.clone()], before);
        assert!(ahead.overwritten().is_empty());
        let after = Instant::now() + Duration::from_millis(1);
        ahead.take(Kind::Destination, vec![own], after);
        assert!(ahead.overwritten().is_empty());
        ahead.take(Kind::Destination, vec![theirs.clone()], after);
        let told = ahead.overwritten();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].1, ["key"]);
        ahead.take(Kind::Destination, vec![theirs], after);
        assert!(ahead.overwritten().is_empty(), "it is told once");
    }
}
