//! A shared state as a command has it: opened once, read, added to.

use std::cell::{Cell, Ref, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, Notify};

use super::connect;
use super::lock::Lock;
use super::named;
use super::records::Records;
use super::store::Store;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::lease::later;
use crate::domain::state::place::Place;
use crate::domain::state::record::Record;
use crate::domain::state::snapshot::Snapshot;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::storage::pending::{self, Pending};

/// How long the first changes are gathered; twice as long each time after that, so that however long
/// a rotation lasts, it makes few writes.
const FIRST_BATCH: Duration = Duration::from_secs(10);
/// What several requests may take together, beside the time that AWS's chain of credentials has.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// Credentials that end sooner are obtained anew.
const ENDS_SOON: Duration = Duration::from_secs(300);

/// The shared state of a command; it may have none.
pub(crate) struct Shared<'a> {
    pub(super) globals: &'a Globals,
    pub(super) context: &'a Context,
    pub(super) place: Option<Place>,
    pub(super) store: RefCell<Option<(Rc<Store>, Option<Timestamp>)>>,
    /// Whether it was reached, and so is what is known.
    pub(super) is_open: Cell<bool>,
    pub(super) records: Records,
    pub(super) lock: Rc<Lock>,
    /// Who this is, for the lock.
    pub(super) me: (String, String),
    /// Until when another is known to have the lock, by this process's clock.
    pub(super) others: Cell<Option<tokio::time::Instant>>,
    /// This process's changes until they are shared, and those that killed ones left.
    pub(super) pending: RefCell<Vec<Pending>>,
    /// Held by whoever takes or renews the lock: several watches may go by one.
    pub(super) locking: Mutex<()>,
    /// Held by whoever reads or writes records.
    pub(super) busy: Mutex<()>,
    pub(super) changed: Notify,
    /// How long changes are gathered before they are written.
    pub(super) gathering: Cell<Duration>,
    /// Whether it was said that it cannot be written.
    pub(super) warned: Cell<bool>,
}

impl<'a> Shared<'a> {
    /// Finds out where it is, if anywhere; nothing is sent or read yet.
    pub(crate) fn new(globals: &'a Globals, context: &'a Context) -> Result<Self> {
        let place = named::place(globals, context)?;
        if place.is_none() && globals.require_state {
            return Err(named::none());
        }
        Ok(Self {
            globals,
            context,
            place,
            store: RefCell::default(),
            is_open: Cell::default(),
            records: Records::default(),
            lock: Rc::default(),
            me: (named::id(), named::owner(context)),
            others: Cell::default(),
            pending: RefCell::default(),
            locking: Mutex::default(),
            busy: Mutex::default(),
            changed: Notify::default(),
            gathering: Cell::new(FIRST_BATCH),
            warned: Cell::default(),
        })
    }

    /// Whether there is to be one, within reach or not.
    pub(crate) fn is_named(&self) -> bool {
        self.place.is_some()
    }

    /// Whether both are one: at the same place, if at any.
    pub(crate) fn is_at_the_place_of(&self, other: &Self) -> bool {
        let place = |one: &Self| one.place.as_ref().map(ToString::to_string);
        place(self) == place(other)
    }

    /// Reads it. One that cannot be reached is an error only where it is required.
    pub(crate) async fn open(&self) -> Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        connect::mind_shared_keys(self.context, place);
        match self.read().await {
            Ok(()) => Ok(()),
            Err(error) if self.globals.require_state => Err(error),
            Err(error) => {
                let text = format!("{error}: going on with what this machine knows");
                self.context.output.warn(&text);
                Ok(())
            }
        }
    }

    /// Reads it anew, or reaches it at last.
    pub(crate) async fn refresh(&self) {
        self.gathering.set(FIRST_BATCH);
        if self.place.is_some()
            && let Err(error) = self.read().await
        {
            self.context.output.warn(&error.message);
        }
    }

    pub(super) async fn read(&self) -> Result<()> {
        let store = self.store().await.map_err(|error| self.unusable(error))?;
        let read = async {
            let _alone = self.busy.lock().await;
            self.records.refresh(&store).await?;
            match self.is_open.get() {
                true => Ok(()),
                false => {
                    let used = self.records.are_some();
                    connect::probe(&store, self.folder().as_deref(), used).await
                }
            }
        };
        within(PATIENCE, read).await.map_err(|error| self.unusable(error))?;
        if !self.is_open.replace(true) {
            self.take_pending();
        }
        Ok(())
    }

    /// Adds what killed processes of this machine left.
    fn take_pending(&self) {
        let Some(folder) = self.folder() else { return };
        for (file, records) in pending::left_over(&folder) {
            records.into_iter().for_each(|record| self.records.add(record));
            self.pending.borrow_mut().push(file);
        }
        self.changed.notify_one();
    }

    /// What is known; `None`: ask this machine's own ledger.
    pub(crate) fn known(&self) -> Option<Ref<'_, Snapshot>> {
        self.is_open.get().then(|| self.records.known())
    }

    /// Adds a change, which lies in the local folder before this returns. Whether it will be
    /// remembered; `None`: there is no shared state to remember it.
    pub(crate) fn add(&self, record: &Record) -> Option<Result<()>> {
        self.place.as_ref()?;
        let kept = self.keep(record);
        self.records.add(record.clone());
        self.changed.notify_one();
        // It is not lost yet where only the local folder cannot be written.
        Some(if self.is_open.get() { Ok(()) } else { kept })
    }

    fn keep(&self, record: &Record) -> Result<()> {
        let none = || Error::usage("this user has no home folder").hint("set UNS3_STATE_DIR");
        let folder = self.folder().ok_or_else(none)?;
        let mut pending = self.pending.borrow_mut();
        if pending.is_empty() {
            pending.push(Pending::new(&folder)?);
        }
        pending[0].add(record)
    }

    /// The folder of this machine's for this place, at this server.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let place = self.place.as_ref()?;
        let server = match place {
            Place::Bucket { .. } => self.context.environment().first(&env::AWS_S3_URLS),
            Place::Folder(_) => None,
        };
        let name = format!("{place} {}", server.unwrap_or_default());
        Some(pending::folder(&self.context.state_dir().ok()?, &name))
    }

    /// The store, on credentials that are still good.
    pub(super) async fn store(&self) -> Result<Rc<Store>> {
        let soon = later(self.context.now(), ENDS_SOON);
        if let Some((store, ends)) = self.store.borrow().as_ref()
            && ends.is_none_or(|ends| ends > soon)
        {
            return Ok(Rc::clone(store));
        }
        let Some(place) = &self.place else { unreachable!("asked for only where there is one") };
        let (store, ends) = connect::connect(self.globals, self.context, place).await?;
        let store = Rc::new(store);
        *self.store.borrow_mut() = Some((Rc::clone(&store), ends));
        Ok(store)
    }

    /// Why it cannot be used; its credentials are obtained anew the next time.
    pub(super) fn unusable(&self, error: Error) -> Error {
        self.store.borrow_mut().take();
        let place = self.place.as_ref().map(ToString::to_string).unwrap_or_default();
        let message = format!("the shared state at {place} cannot be used: {}", error.message);
        Error { category: Category::Unavailable, message, ..error }
    }
}

/// What is done within a time, or that it was not.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| {
        let message = format!("no answer within {} s", limit.as_secs());
        Error::new(Category::Unavailable, message)
    };
    tokio::time::timeout(limit, work).await.map_err(late)?
}
