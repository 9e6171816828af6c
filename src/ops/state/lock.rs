//! The lock on the rotations of a service: taken, renewed, released; and whether its holder may write.

use std::cell::RefCell;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::chain::{Chain, Head};
use super::store::Store;
use crate::domain::state::lock::{self, Holder, LockRecord};
use crate::error::{Category, Error, Result};

/// Where the locks are, each in a folder of its service's.
pub(super) const FOLDER: &str = "lock/";
/// How often the lock is tried for where another was faster.
const TRIES: usize = 3;

/// A holder's own view of its lock.
struct Held {
    number: u64,
    record: LockRecord,
    /// When the last record began to be made, by a clock that nobody sets, and by one that goes on
    /// while the machine sleeps.
    since: (Instant, Timestamp),
    /// Why it is lost.
    lost: Option<Error>,
}

impl Held {
    /// Whether the newest record is the one that this holder made.
    fn is(&self, head: &Head, newest: &LockRecord) -> bool {
        head.number == self.number && newest.holder == self.record.holder
    }
}

/// What came of trying for the lock.
pub(super) enum Taken {
    /// It is this process's.
    Held,
    /// Another has it.
    By {
        /// Who, and since when.
        holder: Holder,
        /// How long its lease stands, if it is not renewed.
        remaining: Duration,
    },
}

/// The lock of one service, as one process sees it.
#[derive(Default)]
pub(super) struct Lock {
    held: RefCell<Option<Held>>,
}

/// The folder of a service's lock.
fn folder(service: &str) -> String {
    let digest = Sha256::digest(service.as_bytes());
    let name: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{FOLDER}{name}/")
}

/// The newest record of a folder of a lock.
pub(super) async fn newest(store: &Store, folder: &str) -> Result<(Head, Option<LockRecord>)> {
    let (head, bytes) = Chain { store, folder }.newest(0).await?;
    let record = bytes.map(|bytes| {
        serde_json::from_slice(&bytes).map_err(|error| {
            let message = format!("cannot read the newest record in {folder}: {error}");
            Error::new(Category::Unavailable, message)
        })
    });
    Ok((head, record.transpose()?))
}

async fn make(store: &Store, number: u64, record: &LockRecord) -> Result<Option<Head>> {
    let folder = folder(&record.service);
    let bytes = serde_json::to_vec(record).map_err(anyhow::Error::from)?;
    Chain { store, folder: &folder }.make(number, &bytes).await
}

/// The newest record of a service's lock; a free one where there is none yet.
pub(super) async fn of(store: &Store, service: &str) -> Result<(Head, LockRecord)> {
    let (head, record) = newest(store, &folder(service)).await?;
    let none = || LockRecord { service: service.into(), holder: None, left: Vec::new() };
    Ok((head, record.unwrap_or_else(none)))
}

/// Releases a service's lock, whoever holds it.
pub(super) async fn release_any(store: &Store, service: &str, now: Timestamp) -> Result<()> {
    for _ in 0..TRIES {
        let (head, before) = of(store, service).await?;
        if before.holder.is_none()
            || make(store, head.number + 1, &before.followed_by(None, now)).await?.is_some()
        {
            return Ok(());
        }
    }
    Err(Error::new(Category::Unavailable, "its holder renews it just now: try again"))
}

impl Lock {
    /// Tries to take the lock of a service.
    pub(super) async fn take(
        &self,
        store: &Store,
        service: &str,
        (id, owner): (&str, &str),
        now: Timestamp,
    ) -> Result<Taken> {
        let mut tried: Option<Held> = None;
        for _ in 0..TRIES {
            let (head, before) = of(store, service).await?;
            // It was made, and the answer to that was lost.
            if let Some(held) = tried.take_if(|held| held.is(&head, &before)) {
                *self.held.borrow_mut() = Some(held);
                return Ok(Taken::Held);
            }
            if let Some(holder) = before.held(head.age).filter(|holder| holder.id != id) {
                let remaining = lock::remaining(head.age);
                return Ok(Taken::By { holder: holder.clone(), remaining });
            }
            let (number, since) = (head.number + 1, (Instant::now(), now));
            let owner = owner.to_owned();
            let holder = Holder { id: id.into(), owner, since: now, fence: number };
            let record = before.followed_by(Some(holder), now);
            let made = make(store, number, &record).await?;
            let held = Held { number, record, since, lost: None };
            if made.is_some_and(|head| head.number == number) {
                *self.held.borrow_mut() = Some(held);
                return Ok(Taken::Held);
            }
            tried = Some(held);
        }
        let message =
            "the lock can be neither taken nor read: the server refuses to make what is not there";
        Err(Error::new(Category::Unavailable, message))
    }

    /// Whether this process has it, as far as it knows.
    pub(super) fn is_held(&self) -> bool {
        self.held.borrow().as_ref().is_some_and(|held| held.lost.is_none())
    }

    /// Refuses a write where the lock is lost, or could be by the time that it arrives.
    pub(super) fn may_write(&self, now: Timestamp) -> Result<()> {
        let held = self.held.borrow();
        let Some(held) = held.as_ref() else { return Ok(()) };
        if let Some(lost) = &held.lost {
            return Err(lost.clone());
        }
        let (since, at) = held.since;
        let slept = now.duration_since(at).max(SignedDuration::ZERO);
        let elapsed = since.elapsed().max(Duration::try_from(slept).unwrap_or_default());
        match lock::may_write(elapsed) {
            true => Ok(()),
            false => Err(Error::new(
                Category::Unavailable,
                "the lock on rotations could not be renewed in time, and may be another's by now",
            )
            .hint("run the rotation again")),
        }
    }

    /// The ids of earlier holders, who may have left scratch connectors.
    pub(super) fn left(&self) -> Vec<String> {
        let held = self.held.borrow();
        let Some(LockRecord { holder, left, .. }) = held.as_ref().map(|held| &held.record) else {
            return Vec::new();
        };
        // Who has the lock again was an earlier holder too, and may be at work on its own.
        let own = |id: &String| holder.as_ref().is_some_and(|holder| holder.id == *id);
        left.iter().map(|one| one.id.clone()).filter(|id| !own(id)).collect()
    }

    /// Makes the next record, as holder or to release it; `false`: there was an own one already, whose
    /// answer was lost or not waited for.
    async fn follow(&self, store: &Store, keep: bool, now: Timestamp) -> Result<bool> {
        let Some((number, record)) = self.next(keep, now) else { return Ok(true) };
        let since = (Instant::now(), now);
        let made = make(store, number, &record).await?;
        if made.is_some_and(|head| head.number == number) {
            if let Some(held) = self.held.borrow_mut().as_mut() {
                (held.number, held.record, held.since) = (number, record, since);
            }
            return Ok(true);
        }
        let (head, newest) = of(store, &record.service).await?;
        if let Some(held) = self.held.borrow_mut().as_mut() {
            match newest.holder == held.record.holder {
                // It holds from when it was first tried.
                true => held.number = head.number,
                false => held.lost = Some(lost(newest.holder.as_ref())),
            }
        }
        Ok(false)
    }

    fn next(&self, keep: bool, now: Timestamp) -> Option<(u64, LockRecord)> {
        let held = self.held.borrow();
        let held = held.as_ref().filter(|held| held.lost.is_none())?;
        let holder = held.record.holder.clone().filter(|_| keep);
        Some((held.number + 1, held.record.followed_by(holder, now)))
    }

    /// Renews it.
    pub(super) async fn renew(&self, store: &Store, now: Timestamp) -> Result<()> {
        self.follow(store, true, now).await.map(drop)
    }

    /// Releases it; where that fails, it lapses.
    pub(super) async fn release(&self, store: &Store, now: Timestamp) -> Result<()> {
        let mut released = self.follow(store, false, now).await;
        // A renewal that was cut off by the end came first.
        if let Ok(false) = released {
            released = self.follow(store, false, now).await;
        }
        self.forget();
        released.map(drop)
    }

    /// Holds it no more, whatever the store says.
    pub(super) fn forget(&self) {
        self.held.borrow_mut().take();
    }
}

fn lost(to: Option<&Holder>) -> Error {
    let message = match to {
        Some(Holder { owner, since, .. }) => {
            format!("the lock on rotations was lost: {owner} has it since {since}")
        }
        None => "the lock on rotations was lost: another had it meanwhile, or took it away \
                 (uns3 state unlock)"
            .to_owned(),
    };
    Error::new(Category::Conflict, message).hint("run the rotation again")
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;
    use std::time::SystemTime;

    use super::*;

    const ME: (&str, &str) = ("1111111111111111", "me@here (pid 1)");
    const OTHER: (&str, &str) = ("2222222222222222", "other@there (pid 2)");

    fn run<T>(work: impl Future<Output = Result<T>>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done = runtime.map(|runtime| runtime.block_on(work));
        match done {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => panic!("{error}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Lets all records of the service's lock be so much older.
    fn age(root: &Path, by: Duration) -> std::io::Result<()> {
        for entry in std::fs::read_dir(root.join(folder("s")))? {
            File::options()
                .write(true)
                .open(entry?.path())?
                .set_modified(SystemTime::now() - by)?;
        }
        Ok(())
    }

    /// It was renewed by a request that nobody waited for any more: the lock stood until it lapsed.
    #[test]
    fn a_lock_that_was_renewed_unseen_is_released() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let (store, now) = (Store::Folder(folder.path().into()), Timestamp::UNIX_EPOCH);
        let mine = Lock::default();
        assert!(matches!(run(mine.take(&store, "s", ME, now)), Taken::Held));
        let next = mine.next(true, now);
        let (number, record) = next.unwrap_or_else(|| panic!("it is held"));
        run(make(&store, number, &record));
        run(mine.release(&store, now));
        assert!(run(of(&store, "s")).1.holder.is_none());
        Ok(())
    }

    #[test]
    fn who_lost_the_lock_writes_nothing_and_releases_nothing() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let (store, now) = (Store::Folder(folder.path().into()), Timestamp::UNIX_EPOCH);
        let (mine, others) = (Lock::default(), Lock::default());
        assert!(matches!(run(mine.take(&store, "s", ME, now)), Taken::Held));
        assert!(matches!(run(others.take(&store, "s", OTHER, now)), Taken::By { .. }));
        run(mine.renew(&store, now));
        assert!(mine.may_write(now).is_ok());
        // A clock that goes on while the machine sleeps.
        let late = mine.may_write(now + SignedDuration::from_secs(106));
        assert!(late.is_err_and(|error| error.category == Category::Unavailable));
        age(folder.path(), Duration::from_secs(125))?;
        assert!(matches!(run(others.take(&store, "s", OTHER, now)), Taken::Held));
        assert_eq!(others.left(), [ME.0]);
        run(mine.renew(&store, now));
        let lost = mine.may_write(now);
        assert!(lost.is_err_and(|error| error.message.contains(OTHER.1)));
        run(mine.release(&store, now));
        let holder = run(of(&store, "s")).1.holder;
        assert_eq!(holder.map(|holder| (holder.id, holder.fence)), Some((OTHER.0.into(), 3)));
        run(others.release(&store, now));
        assert!(matches!(run(mine.take(&store, "s", ME, now)), Taken::Held));
        assert_eq!(mine.left(), [OTHER.0], "its own are not left over");
        Ok(())
    }
}
