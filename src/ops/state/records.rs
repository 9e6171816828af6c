//! The records of a shared state: read as a whole, merged, and written in batches, of which any number
//! of writers lose none.

use std::cell::{Cell, Ref, RefCell};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::chain::Chain;
use super::store::Store;
use crate::domain::state::record::Record;
use crate::domain::state::serial;
use crate::domain::state::snapshot::Snapshot;
use crate::error::{Category, Error, Result};

const FOLDER: &str = "records/";
/// For how long a batch is tried anew, where others are always faster.
const PATIENCE: Duration = Duration::from_secs(20);
/// So often a server may say that an object is there which it does not show.
const CONTRADICTIONS: u32 = 3;
/// The longest wait between two attempts.
const LONGEST: u64 = 1000;

/// The records as they were last read, with this process's own.
#[derive(Default)]
pub(super) struct Records {
    known: RefCell<Snapshot>,
    /// The number of the snapshot that they rest on.
    number: Cell<u64>,
    /// What the shared state has not yet.
    own: RefCell<Vec<Record>>,
}

impl Records {
    /// All that is known.
    pub(super) fn known(&self) -> Ref<'_, Snapshot> {
        self.known.borrow()
    }

    /// Adds what is new; it is written with the next batch.
    pub(super) fn add(&self, record: Record) {
        if self.known.borrow_mut().merge(&record) {
            self.own.borrow_mut().push(record);
        }
    }

    /// Whether anybody has written any.
    pub(super) fn are_some(&self) -> bool {
        self.number.get() > 0
    }

    /// How many changes the shared state has not yet.
    pub(super) fn waiting(&self) -> usize {
        self.own.borrow().len()
    }

    /// Reads what others have written since.
    pub(super) async fn refresh(&self, store: &Store) -> Result<()> {
        let chain = Chain { store, folder: FOLDER };
        let (head, bytes) = chain.newest(self.number.get()).await?;
        if let Some(bytes) = bytes {
            self.take(head.number, &bytes)?;
        }
        Ok(())
    }

    fn take(&self, number: u64, bytes: &[u8]) -> Result<()> {
        let mut read = Snapshot::decode(bytes).map_err(|why| {
            let name = serial::name(number);
            Error::new(Category::Unavailable, format!("cannot read {FOLDER}{name}: {why}"))
        })?;
        // What it has already is not to be written by this process any more.
        self.own.borrow_mut().retain(|record| read.merge(record));
        self.number.set(number);
        *self.known.borrow_mut() = read;
        Ok(())
    }

    /// Writes what the shared state has not yet, as one object.
    pub(super) async fn push(&self, store: &Store, now: Timestamp) -> Result<()> {
        let chain = Chain { store, folder: FOLDER };
        let begun = Instant::now();
        let (mut lost, mut contradicted) = (0, 0);
        while self.waiting() > 0 {
            let (next, batch) = (self.number.get() + 1, self.waiting());
            let whole = self.known().encode(now);
            let made = chain.make(next, &whole).await?;
            match made {
                Some(head) if !serial::may_fill_a_gap(next, head.number) => {
                    self.number.set(next);
                    // What came meanwhile is of the next batch.
                    self.own.borrow_mut().drain(..batch);
                    return Ok(());
                }
                Some(_) => {}
                None => lost += 1,
            }
            if begun.elapsed() > PATIENCE {
                let message = format!("others were faster for {} s", PATIENCE.as_secs());
                return Err(Error::new(Category::Unavailable, message));
            }
            if lost > 0 {
                let most = (25 << lost.min(6)).min(LONGEST);
                sleep(Duration::from_millis(fastrand::u64(0..=most))).await;
            }
            self.refresh(store).await?;
            if made.is_none() && self.number.get() < next {
                // A listing may lag behind; the object itself does not.
                match chain.read(next).await? {
                    Some(bytes) => self.take(next, &bytes)?,
                    None => contradicted += 1,
                }
            }
            if contradicted >= CONTRADICTIONS {
                return Err(refused(next));
            }
        }
        Ok(())
    }
}

/// What a server that answers 412 to everything is told apart by.
fn refused(next: u64) -> Error {
    let name = serial::name(next);
    let message = format!(
        "conditional writes do not work there: the server refuses to make {FOLDER}{name}, as if it \
         were there, and it is not"
    );
    Error::new(Category::Unavailable, message)
}
