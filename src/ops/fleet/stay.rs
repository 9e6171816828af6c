//! Work with several profiles that has no end of its own.

use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::sleep;

use super::Fleet;
use crate::context::Context;
use crate::domain::schedule;
use crate::error::{Error, Result};
use crate::ops::session::Session;

impl<'a> Fleet<'a> {
    /// The sessions of all profiles; `None`: one has failed.
    pub(crate) fn whole(&self) -> Option<&[Session<'a>]> {
        (self.sessions.len() == self.crew.members.len()).then_some(&self.sessions)
    }

    /// The names of all profiles that are meant.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.crew.members.iter().map(|member| member.name.as_str())
    }

    /// Works with each profile for itself, side by side, until a signal. One that fails is told of,
    /// with how long it waits, and begins anew, from signing in; an error where all have failed.
    pub(crate) async fn stay(
        &self,
        work: impl AsyncFn(usize, &Session<'_>) -> Result<()>,
        fails: impl Fn(usize, &Context, Error, Option<Duration>),
    ) -> Result<()> {
        let (crew, work, fails) = (self.crew, &work, &fails);
        let stays = |at: usize| async move {
            let context = &crew.members[at].context;
            let mut worked = match (self.session(at), crew.failure(at)) {
                (Some(session), _) => work(at, session).await,
                (None, Some(error)) => Err(error),
                (None, None) => unreachable!("it has signed in, or failed"),
            };
            let (mut tries, stop) = (0, context.journal.stop());
            loop {
                let error = match worked {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                };
                if error.is_interruption() {
                    // It is the whole command's, and what the others have in hand is finished first.
                    stop.set();
                    context.journal.idle().await;
                    return Err(error);
                }
                // Its entry is read but once.
                let wait = crew.is_sound(at).then(|| schedule::restart(tries));
                fails(at, context, error.clone(), wait);
                crew.fails(context, error);
                if crew.have_all_failed() {
                    return Err(crew.all_failed());
                }
                let Some(wait) = wait else { return Ok(()) };
                tokio::select! {
                    biased;
                    () = stop.wait() => return Ok(()),
                    () = sleep(wait) => tries += 1,
                }
                crew.begins_again(at);
                let begin = async {
                    let session = crew.sign_in(at).await?;
                    work(at, &session).await
                };
                worked = begin.await;
            }
        };
        try_join_all((0..crew.members.len()).map(stays)).await.map(drop)
    }

    fn session(&self, at: usize) -> Option<&Session<'a>> {
        let name = Some(self.crew.members[at].name.as_str());
        self.sessions.iter().find(|session| session.output().profile() == name)
    }
}
