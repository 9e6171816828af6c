//! What goes on beside a command's work: the lease is renewed, and changes are written in batches;
//! and what remains at its end.

use std::time::Duration;

use tokio::time::sleep;

use super::shared::Shared;
use crate::domain::state::lock::RENEWAL;
use crate::error::{Error, Result};
use crate::storage::pending::Pending;

/// No changes are gathered longer.
const LONGEST_BATCH: Duration = Duration::from_secs(600);
/// How soon a renewal that failed is tried again.
const AGAIN: Duration = Duration::from_secs(5);

impl Shared<'_> {
    /// Works, and meanwhile renews the lease and writes what was changed.
    pub(crate) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        if self.place.is_none() {
            return work.await;
        }
        tokio::select! {
            biased;
            done = work => done,
            () = self.renew_again_and_again() => unreachable!("it has no end"),
            () = self.write_again_and_again() => unreachable!("it has no end"),
        }
    }

    async fn renew_again_and_again(&self) {
        let mut failed = false;
        loop {
            sleep(if failed { AGAIN } else { RENEWAL }).await;
            if !self.lock.is_held() {
                failed = false;
                continue;
            }
            let _alone = self.locking.lock().await;
            let renewed = async {
                let store = self.store().await?;
                self.lock.renew(&store, self.context.now()).await
            };
            let outcome = renewed.await.map_err(|error| self.unusable(error));
            if let (Err(error), false) = (&outcome, failed) {
                self.context.output.warn(&format!("the lock is not renewed: {error}"));
            }
            failed = outcome.is_err();
        }
    }

    async fn write_again_and_again(&self) {
        loop {
            self.changed.notified().await;
            let gathering = self.gathering.get();
            sleep(gathering).await;
            self.gathering.set((gathering * 2).min(LONGEST_BATCH));
            if let Err(error) = self.write().await {
                self.changed.notify_one();
                if !self.warned.replace(true) {
                    self.context.output.warn(&error.message);
                }
            }
        }
    }

    /// Writes what is gathered at once: a long-running command comes to rest.
    pub(crate) async fn write_now(&self) {
        if let Err(error) = self.write().await {
            self.context.output.warn(&error.message);
        }
    }

    /// Writes what the shared state has not yet.
    pub(crate) async fn write(&self) -> Result<()> {
        if !self.is_open.get() {
            return Ok(());
        }
        let _alone = self.busy.lock().await;
        if self.records.waiting() > 0 {
            let written = async {
                let store = self.store().await?;
                self.records.push(&store, self.context.now()).await
            };
            written.await.map_err(|error| self.unusable(error))?;
            self.warned.set(false);
        }
        if self.records.waiting() == 0 {
            self.pending.borrow().iter().for_each(Pending::clear);
        }
        Ok(())
    }

    /// Ends: what is not shared yet is written, and the lock released.
    pub(crate) async fn close(&self) -> Result<()> {
        let written = self.write().await;
        if self.lock.is_held() {
            let released = async {
                let store = self.store().await?;
                self.lock.release(&store, self.context.now()).await
            };
            if let Err(error) = released.await {
                let text = format!("the lock could not be released, and lapses: {error}");
                self.context.output.warn(&text);
            }
        }
        if self.records.waiting() == 0 {
            self.pending.take().into_iter().for_each(Pending::erase);
        }
        written.or_else(|error| self.told_at_the_end(error))
    }

    fn told_at_the_end(&self, error: Error) -> Result<()> {
        let count = self.records.waiting();
        let kept = match self.folder().filter(|_| !self.pending.borrow().is_empty()) {
            Some(folder) => {
                format!("they lie in {}, and the next command here shares them", folder.display())
            }
            None => "they are lost".into(),
        };
        let message = format!("{error}; {count} change(s) are not shared: {kept}");
        if self.globals.require_state {
            return Err(Error { message, ..error });
        }
        self.context.output.warn(&message);
        Ok(())
    }
}
