//! One rotation of many connectors: prepare, set, verify, record; one's failure stops no other.

use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::domain::connector::Connector;
use crate::domain::s3::config::{self, Change};
use crate::domain::s3::credentials::Auth;
use crate::error::{Category, Error};
use crate::ops::check;
use crate::ops::each::Status;
use crate::ops::leases::Recorded;
use crate::ops::preflight::explained;
use crate::ops::write::{self, Replacement};

use super::Rotation;
use super::outcome::{Outcome, Rotated, Step, failed};
use super::prepare::{Target, hidden};

/// How many checks are waited for at once, for each request that may be under way: so many that
/// none of these is idle, and no more, for a check that waits for its turn has its deadline too.
const WAITED_FOR: usize = 16;

/// One rotation, of connectors that were read when it was made.
pub(crate) struct Pass<'a> {
    rotation: &'a Rotation<'a>,
    read_at: Instant,
    /// Takes each outcome as it comes.
    report: &'a dyn Fn(&Outcome),
}

impl<'a> Pass<'a> {
    /// To be made when the connectors have just been read.
    pub(crate) fn new(rotation: &'a Rotation<'a>, report: &'a dyn Fn(&Outcome)) -> Self {
        Self { rotation, read_at: Instant::now(), report }
    }

    /// Rotates what is taken.
    pub(crate) async fn run(&self, taken: Vec<Connector>) -> Vec<Outcome> {
        let all = taken.len();
        let session = self.rotation.session;
        let trying = format!("trying the new credentials out for {all} connector(s)");
        session.output().progress(&trying);
        let ((ready, mut outcomes), read_again) = self.rotation.prepare(taken).await;
        let read_at = read_again.unwrap_or(self.read_at);
        session.client.expect_writes(ready.iter().map(|target| &target.connector));
        outcomes.iter().for_each(|one| self.tell(one, 0, all));
        let begun = outcomes.len();
        session.journal().ends_itself(true);
        // One stream for both: in two, the writes under way would not be looked after while as many
        // checks are waited for as may be, and would keep their turns from these.
        let at_once = self.rotation.options.at_once;
        let sets = Semaphore::new(at_once);
        let mut done = stream::iter(ready)
            .map(|target| async {
                let turn = sets.acquire().await;
                let set = self.set(target, read_at).await;
                drop(turn);
                match set {
                    Ok(set) => self.verify(set).await,
                    Err(failed) => *failed,
                }
            })
            .buffer_unordered(WAITED_FOR * at_once);
        while let Some(outcome) = done.next().await {
            self.tell(&outcome, outcomes.len() + 1 - begun, all - begun);
            outcomes.push(outcome);
        }
        self.mind_others(&mut outcomes);
        session.journal().ends_itself(false);
        session.output().end_progress();
        outcomes
    }

    /// What was written, and then read with another's values while others were written, is not
    /// rotated. It is left as it is.
    fn mind_others(&self, outcomes: &mut [Outcome]) {
        let session = self.rotation.session;
        let mut told = session.client.overwritten();
        for outcome in outcomes {
            let found = outcome.connector.id.as_ref().and_then(|id| told.remove(id));
            let Some((now, error)) = found else { continue };
            session.leases.forget(&now);
            if outcome.status == Status::Rotated {
                *outcome = failed(&now, outcome.detail.stage, error);
                (self.report)(outcome);
            }
        }
    }

    fn tell(&self, outcome: &Outcome, done: usize, all: usize) {
        self.rotation.session.output().progress_bar("rotating", done, all);
        (self.report)(outcome);
    }

    async fn set(&self, target: Target, read_at: Instant) -> Result<Target, Box<Outcome>> {
        let Target { connector, auth, stage } = target;
        let session = self.rotation.session;
        let failed = |one: &Connector, error| Err(Box::new(failed(one, Some(stage), error)));
        if session.journal().is_stopping() {
            let message = format!("interrupted before {} was begun", connector.title());
            return failed(&connector, Error::new(Category::Interrupted, message));
        }
        let change = Change::of_auth((*auth).clone());
        let wanted = match config::updated(connector.kind, connector.config(), &change) {
            Ok(wanted) => wanted,
            Err(fields) => return failed(&connector, hidden(&connector, &fields)),
        };
        let how = match self.rotation.options.verify {
            true => Recorded::Unverified,
            false => Recorded::Replaced,
        };
        let what = format!("new credentials set on {}", connector.title());
        let (current, auth_and_how) = (&connector, Some((&*auth, how)));
        let new = Replacement { current, read_at, config: &wanted, auth: auth_and_how };
        match write::update(session, &what, &new).await {
            Ok(connector) => Ok(Target { connector, auth, stage }),
            Err((error, written)) => failed(written.as_ref().unwrap_or(&connector), error),
        }
    }

    async fn verify(&self, set: Target) -> Outcome {
        let Target { connector, auth, stage } = set;
        let session = self.rotation.session;
        let verify = self.rotation.options.verify;
        if verify {
            let stop = session.journal().stop();
            let checked = tokio::select! {
                checked = check::of_written(session, &connector) => checked,
                () = stop.wait() => {
                    let message = format!("{} was not checked: interrupted", connector.title());
                    Err(Error::new(Category::Interrupted, message))
                }
            };
            let reason = checked.as_ref().ok().and_then(|checked| checked.check.reason.clone());
            if let Err(error) = checked.and_then(|checked| checked.verdict(&connector)) {
                let reason = reason.as_deref();
                let error = explained(session, &connector, reason, Some(&auth), None, error).await;
                let message = format!("the new credentials are set, but {}", error.message);
                let mut outcome = failed(&connector, Some(stage), Error { message, ..error });
                outcome.detail.verify = Some(Step::Failed);
                return outcome;
            }
            session.leases.record(&connector, &auth, Recorded::Replaced);
        }
        let expires_at = match &*auth {
            Auth::Keys(keys) => keys.expires,
            Auth::Anonymous | Auth::Ambient => None,
        };
        let verify = Some(if verify { Step::Passed } else { Step::Skipped });
        let detail = Rotated { stage: Some(stage), verify, expires_at, reason: None };
        Outcome::new(&connector, Status::Rotated, detail)
    }
}
