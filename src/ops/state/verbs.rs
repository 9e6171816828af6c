//! What `uns3 state` does: shows a shared state, copies between it and this machine's own, and breaks
//! its lock.

use std::fmt;

use jiff::Timestamp;

use super::lock::{self, FOLDER};
use super::named;
use super::shared::Shared;
use crate::domain::state::record::Record;
use crate::domain::state::snapshot::Snapshot;
use crate::error::Result;
use crate::storage::ledger;

/// A lock that is held.
pub(crate) struct Locked {
    /// The service's address.
    pub(crate) service: String,
    /// `user@host (pid N)`.
    pub(crate) owner: String,
    /// Since when.
    pub(crate) since: Timestamp,
    /// The fencing token.
    pub(crate) fence: u64,
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, owner, since, .. } = self;
        write!(f, "{owner} has the lock on rotations at {service} since {since}")
    }
}

fn by_name(mut records: Vec<Record>) -> Vec<Record> {
    let key = |one: &Record| (one.service.clone(), one.name.clone(), one.id.clone());
    records.sort_by_cached_key(key);
    records
}

impl Shared<'_> {
    /// Where the state is: the shared one, or this machine's own.
    pub(crate) fn location(&self) -> Result<String> {
        match &self.place {
            Some(place) => Ok(place.to_string()),
            None => Ok(self.context.state_dir()?.display().to_string()),
        }
    }

    /// All records, of the shared state or of this machine's own.
    pub(crate) async fn records(&self) -> Result<Vec<Record>> {
        if self.place.is_none() {
            return self.own_records();
        }
        self.read().await?;
        Ok(by_name(self.records.known().records().cloned().collect()))
    }

    fn own_records(&self) -> Result<Vec<Record>> {
        let (records, problem) = ledger::all(&self.context.state_dir()?);
        problem.iter().for_each(|problem| self.context.output.warn(problem));
        let mut newest = Snapshot::default();
        newest.merge_all(&records);
        Ok(by_name(newest.records().cloned().collect()))
    }

    /// The locks that are held, of all services.
    pub(crate) async fn locks(&self) -> Result<Vec<Locked>> {
        if self.place.is_none() {
            return Ok(Vec::new());
        }
        let found = async {
            let store = self.store().await?;
            let mut found = Vec::new();
            for folder in store.folders(FOLDER).await? {
                let (head, record) = lock::newest(&store, &folder).await?;
                let held =
                    record.iter().filter_map(|record| Some((record, record.held(head.age)?)));
                found.extend(held.map(|(record, holder)| Locked {
                    service: record.service.clone(),
                    owner: holder.owner.clone(),
                    since: holder.since,
                    fence: holder.fence,
                }));
            }
            Ok(found)
        };
        found.await.map_err(|error| self.unusable(error))
    }

    /// Adds this machine's own records to the shared state: how many were newer, of how many.
    pub(crate) async fn push(&self) -> Result<(usize, usize)> {
        self.named()?;
        self.read().await?;
        let own = self.own_records()?;
        let before = self.records.waiting();
        own.iter().for_each(|record| self.records.add(record.clone()));
        let newer = self.records.waiting() - before;
        self.write().await?;
        Ok((newer, own.len()))
    }

    /// Adds the shared records to this machine's own: how many were newer, of how many.
    pub(crate) async fn pull(&self) -> Result<(usize, usize)> {
        self.named()?;
        self.read().await?;
        let mut own = Snapshot::default();
        own.merge_all(&self.own_records()?);
        let shared: Vec<Record> = self.records.known().records().cloned().collect();
        let newer: Vec<&Record> = shared.iter().filter(|record| own.merge(record)).collect();
        ledger::add(&self.context.state_dir()?, &newer)?;
        Ok((newer.len(), shared.len()))
    }

    /// Who holds the lock on a service's rotations.
    pub(crate) async fn holder(&self, service: &str) -> Result<Option<Locked>> {
        let locks = self.locks().await?;
        Ok(locks.into_iter().find(|one| one.service == service))
    }

    /// Takes the lock from whoever holds it, and finds that out at the next renewal.
    pub(crate) async fn unlock(&self, service: &str) -> Result<()> {
        let broken = async {
            let store = self.store().await?;
            lock::release_any(&store, service, self.context.now()).await
        };
        broken.await.map_err(|error| self.unusable(error))
    }

    fn named(&self) -> Result<()> {
        self.place.as_ref().map(|_| ()).ok_or_else(named::none)
    }
}
