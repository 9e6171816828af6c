//! All that is known at one time, and its form as an object: short, for it is read by every command
//! and written anew by every batch of changes.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::record::Record;
use crate::domain::lease::{Lease, later};

/// What is forgotten, or has ended, is kept for so long: until every machine knows it.
const AGED: Duration = Duration::from_secs(90 * 86_400);
/// The form below. A later one has a higher number.
const VERSION: u64 = 1;

/// The records of all services, by service and id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, BTreeMap<String, Record>>);

/// The object's form; `R`: the rows of a service.
#[derive(Serialize, Deserialize)]
struct Document<R> {
    version: u64,
    services: Vec<Service<R>>,
}

#[derive(Serialize, Deserialize)]
struct Service<R> {
    service: String,
    connectors: R,
}

/// Id, name, time where that is not the lease's, lease.
type Row<S> = (S, S, Option<Timestamp>, Option<Packed<S>>);

/// End, time of writing, whether rotated (1) and unverified (2), fingerprint, the connector's own time.
type Packed<S> = (Option<Timestamp>, Timestamp, u8, S, Option<Timestamp>);

/// The rows of a service that are written: what says something yet, and nothing of it twice in memory.
struct Written<'a>(&'a BTreeMap<String, Record>, Timestamp);

impl<'a> Written<'a> {
    fn rows(&self) -> impl Iterator<Item = Row<&'a str>> {
        let row = |one: &'a Record| {
            (one.id.as_str(), one.name.as_str(), one.at, one.lease.as_ref().map(packed))
        };
        self.0.values().filter(|one| !is_aged(one, self.1)).map(row)
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows())
    }
}

impl Snapshot {
    /// What is known of a connector of a service.
    pub fn get(&self, service: &str, id: &str) -> Option<&Record> {
        self.0.get(service)?.get(id)
    }

    /// All records, by service and id.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.0.values().flat_map(BTreeMap::values)
    }

    /// Adds what is newer than what is known; whether it was.
    pub fn merge(&mut self, record: &Record) -> bool {
        let of_service = match self.0.get_mut(&record.service) {
            Some(of_service) => of_service,
            None => self.0.entry(record.service.clone()).or_default(),
        };
        match of_service.get_mut(&record.id) {
            Some(known) if !record.is_newer(known) => return false,
            Some(known) => record.clone_into(known),
            None => {
                of_service.insert(record.id.clone(), record.clone());
            }
        }
        true
    }

    /// Adds all that is newer; how many were.
    pub fn merge_all<'a>(&mut self, records: impl IntoIterator<Item = &'a Record>) -> usize {
        records.into_iter().map(|record| usize::from(self.merge(record))).sum()
    }

    /// Reads an object; the error says in words why it cannot be read.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            version: u64,
        }
        let document: Document<Vec<Row<String>>> =
            serde_json::from_slice(bytes).map_err(|error| match serde_json::from_slice(bytes) {
                Ok(Head { version }) if version > VERSION => {
                    "it was written by a newer uns3".to_owned()
                }
                _ => format!("it is damaged: {error}"),
            })?;
        if document.version != VERSION {
            return Err("it was written by a newer uns3".into());
        }
        let services = document.services.into_iter().map(|Service { service, connectors }| {
            let records = connectors.into_iter().map(|(id, name, at, lease)| {
                let lease = lease.map(unpacked);
                (id.clone(), Record { service: service.clone(), id, name, lease, at })
            });
            (service.clone(), records.collect())
        });
        Ok(Self(services.collect()))
    }

    /// The object's bytes, without what was forgotten, or ended, so long ago that it says nothing to
    /// anybody any more.
    pub fn encode(&self, now: Timestamp) -> Vec<u8> {
        let services = self.0.iter().map(|(service, records)| Service {
            service: service.clone(),
            connectors: Written(records, now),
        });
        let services = services.filter(|one| one.connectors.rows().next().is_some()).collect();
        let mut bytes = Vec::with_capacity(256 * self.records().count());
        let written = serde_json::to_writer(&mut bytes, &Document { version: VERSION, services });
        written.unwrap_or_else(|_| unreachable!("plain data"));
        bytes
    }
}

fn is_aged(record: &Record, now: Timestamp) -> bool {
    let end = match &record.lease {
        Some(lease) => lease.expires_at.map(|end| end.max(record.time())),
        None => Some(record.time()),
    };
    end.is_some_and(|end| later(end, AGED) < now)
}

fn packed(lease: &Lease) -> Packed<&str> {
    let flags = u8::from(lease.rotated) | (u8::from(lease.unverified) << 1);
    (lease.expires_at, lease.written_at, flags, &lease.key, lease.updated_at)
}

fn unpacked((expires_at, written_at, flags, key, updated_at): Packed<String>) -> Lease {
    let (rotated, unverified) = (flags & 1 != 0, flags & 2 != 0);
    Lease { expires_at, written_at, rotated, key, updated_at, unverified }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_nanosecond(1_795_000_000_123_456_789 + i128::from(second) * 1_000_000_000)
            .unwrap_or_default()
    }

    fn record(id: &str, second: i64) -> Record {
        let lease = Lease {
            expires_at: Some(at(second + 3600)),
            written_at: at(second),
            rotated: true,
            key: "0123456789abcdef0123456789abcdef".into(),
            updated_at: Some(at(second)),
            unverified: false,
        };
        let (service, name) =
            ("https://platform.unstructuredapp.io".into(), format!("invoices-{id}"));
        Record { service, id: id.into(), name, lease: Some(lease), at: None }
    }

    fn forgotten(id: &str, second: i64) -> Record {
        Record { lease: None, at: Some(at(second)), ..record(id, 0) }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut one = Snapshot::default();
        let unverified = record("c", 3);
        let lease =
            unverified.lease.map(|lease| Lease { unverified: true, expires_at: None, ..lease });
        one.merge_all(&[record("a", 1), forgotten("b", 2), Record { lease, ..record("c", 3) }]);
        assert_eq!(Snapshot::decode(&one.encode(at(0))).as_ref(), Ok(&one));
        let newer = br#"{"version": 2, "services": "of another form"}"#;
        assert!(Snapshot::decode(newer).is_err_and(|why| why.contains("newer uns3")));
        assert!(Snapshot::decode(b"{\"version\": 1").is_err_and(|why| why.contains("damaged")));
    }

    /// In whatever order they come, and however often.
    #[test]
    fn the_newest_wins_and_what_is_forgotten_does_not_come_back() {
        let all =
            [record("a", 1), record("a", 3), record("a", 2), forgotten("b", 5), record("b", 4)];
        let mut forwards = Snapshot::default();
        forwards.merge_all(&all);
        let mut backwards = Snapshot::default();
        backwards.merge_all(all.iter().rev().chain(&all));
        assert_eq!(forwards, backwards);
        let service = &all[0].service;
        assert_eq!(forwards.get(service, "a"), Some(&record("a", 3)));
        assert_eq!(forwards.get(service, "b").map(|one| &one.lease), Some(&None));
        assert!(!forwards.merge(&record("b", 4)), "an older push brings nothing back");
        assert!(forwards.merge(&record("b", 6)));
    }

    /// A machine whose clock is behind writes after what it has read all the same.
    #[test]
    fn a_clock_that_is_behind_undoes_nothing() {
        let (ahead, mut known) = (record("a", 100), Snapshot::default());
        known.merge(&ahead);
        let behind = record("a", 50).dated(at(50), Some(&ahead));
        assert!(known.merge(&behind));
        assert_eq!(record("a", 50).dated(at(50), None), record("a", 50));
    }

    #[test]
    fn what_ended_long_ago_is_dropped() {
        let mut known = Snapshot::default();
        known.merge_all(&[record("old", 0), forgotten("gone", 0), record("new", 90 * 86_400)]);
        let known = Snapshot::decode(&known.encode(at(90 * 86_400 + 3601))).unwrap_or_default();
        let ids: Vec<&str> = known.records().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["new"]);
    }

    #[test]
    fn ten_thousand_are_short() {
        let id = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
        let records: Vec<Record> = (0..10_000).map(|number| record(&id(number), 0)).collect();
        let mut known = Snapshot::default();
        known.merge_all(&records);
        let bytes = known.encode(at(0));
        assert!(bytes.len() < 3_000_000, "{}", bytes.len());
        let mut read = Snapshot::decode(&bytes).unwrap_or_default();
        assert_eq!(read.merge_all(&records), 0);
    }
}
