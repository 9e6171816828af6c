//! Whether this process may rotate: it has the lock, another has it, or there is none to be had.

use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::lock::Taken;
use super::shared::{PATIENCE, Shared, within};
use crate::api::Permit;
use crate::domain::rotation;
use crate::domain::state::lock::Holder;
use crate::error::{Category, Error, Result};

/// How often one who waits looks whether another has released the lock.
const LOOK: Duration = Duration::from_secs(2);
/// No two looks follow each other faster.
const LEAST: Duration = Duration::from_millis(200);

/// Where a process stands among those that rotate one service's connectors.
pub(crate) enum Standing {
    /// It rotates: it has the lock, or there is no shared state, or that cannot be reached.
    Leads,
    /// Another rotates.
    StandsBy {
        /// `user@host (pid N)`.
        owner: String,
        /// Since when; `None`: it is known of an earlier look only.
        since: Option<Timestamp>,
        /// When its lease ends, if it is not renewed.
        again: Duration,
    },
}

impl Shared<'_> {
    /// Takes the lock on a service's rotations, or tells who has it. What it has it keeps.
    pub(crate) async fn stand(&self, service: &str) -> Result<Standing> {
        if self.place.is_none() {
            return Ok(Standing::Leads);
        }
        let _alone = self.locking.lock().await;
        let now = self.context.now();
        if self.lock.is_held() && self.lock.may_write(now).is_ok() {
            return Ok(Standing::Leads);
        }
        let taken = async {
            let store = self.store().await?;
            let take = self.lock.take(&store, service, (&self.me.0, &self.me.1), now);
            within(PATIENCE, take).await
        };
        match taken.await {
            Ok(Taken::Held) => {
                self.others.set(None);
                Ok(Standing::Leads)
            }
            Ok(Taken::By { holder: Holder { owner, since, .. }, remaining }) => {
                self.others.set(Some(Instant::now() + remaining));
                let again = remaining.max(LEAST);
                Ok(Standing::StandsBy { owner, since: Some(since), again })
            }
            Err(error) => self.stand_unseen(error),
        }
    }

    /// Where the lock cannot be seen: another's lease stands until its end; after that, credentials
    /// that expire are worse than two who write the same.
    fn stand_unseen(&self, error: Error) -> Result<Standing> {
        let error = self.unusable(error);
        if self.globals.require_state {
            return Err(error);
        }
        if let Some(until) = self.others.get()
            && Instant::now() < until
        {
            let owner = "another process, as last seen,".to_owned();
            return Ok(Standing::StandsBy { owner, since: None, again: LOOK });
        }
        // Not before: what is under way by a lock that was lost must not go on.
        self.lock.forget();
        self.context.output.warn(&format!("{error}: rotating without a lock"));
        Ok(Standing::Leads)
    }

    /// Takes the lock for one rotation, waiting for it as long as is allowed.
    pub(crate) async fn lock(&self, service: &str, patience: Duration) -> Result<()> {
        let begun = Instant::now();
        let mut waited = false;
        // Said already where it was to be opened.
        if self.place.is_some() && !self.is_open.get() {
            self.context.output.warn("rotating without a lock");
            return Ok(());
        }
        loop {
            let (owner, since, again) = match self.stand(service).await? {
                Standing::Leads => break,
                Standing::StandsBy { owner, since, again } => (owner, since, again),
            };
            let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
            let left = patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                let message = format!("another rotation is under way: {owner} has the lock{since}");
                return Err(Error::new(Category::Conflict, message).hint(
                    "wait for it with --lock-timeout 10m; or, if its process is gone and you \
                     cannot wait two minutes: uns3 state unlock",
                ));
            }
            if !std::mem::replace(&mut waited, true) {
                self.context.output.notice(&format!("waiting for {owner}, who rotates{since}"));
            }
            sleep(again.min(LOOK).min(left)).await;
        }
        if waited {
            self.refresh().await;
        }
        Ok(())
    }

    /// Refuses a write to the service that another may be making by now.
    pub(crate) fn permit(&self) -> Permit {
        let (lock, now) = (Rc::clone(&self.lock), self.context.clock());
        Box::new(move || lock.may_write(now()))
    }

    /// The name of a scratch connector that others can tell to be this process's.
    pub(crate) fn scratch_name(&self) -> String {
        rotation::scratch_name(&self.me.0, uuid::Uuid::new_v4())
    }

    /// Whether a name is of a scratch connector whose process had the lock before, and is gone.
    pub(crate) fn is_left(&self, name: &str) -> bool {
        let left = self.lock.left();
        left.iter().any(|id| rotation::is_scratch_of(id, name))
    }
}
