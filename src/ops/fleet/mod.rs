//! Several profiles at once: a session each, side by side; one's failure stops no other.

mod crew;
mod members;
mod stay;

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::Result;
use crate::ops::session::{Pool, Session};
use crew::Crew;

/// The sessions with the services of several profiles, in their order.
pub(crate) struct Fleet<'a> {
    crew: &'a Crew<'a>,
    sessions: Vec<Session<'a>>,
}

/// What each session brought, those that failed left out.
pub(crate) type Each<'f, 'a, T> = Vec<(&'f Session<'a>, T)>;

/// Signs in by every profile, and runs a command's work to its end or until a signal. What failed
/// with some profiles is told with what became of the rest.
#[inline(never)]
pub(crate) fn open<T>(
    globals: &Globals,
    context: &Context,
    pool: Pool,
    work: impl AsyncFnOnce(&Fleet<'_>) -> Result<T>,
) -> Result<T> {
    crew::with(globals, context, pool, async |crew| {
        let fleet = Fleet::sign_in(crew).await;
        match fleet.sessions.is_empty() {
            true => Err(crew.all_failed()),
            false => work(&fleet).await,
        }
    })
}

impl<'a> Fleet<'a> {
    async fn sign_in(crew: &'a Crew<'a>) -> Self {
        let sound = || (0..crew.members.len()).filter(|at| crew.is_sound(*at));
        let begun = join_all(sound().map(|at| crew.sign_in(at))).await;
        let mut sessions = Vec::new();
        for (at, begun) in sound().zip(begun) {
            match begun {
                Ok(session) => sessions.push(session),
                Err(error) => crew.fails(&crew.members[at].context, error),
            }
        }
        Self { crew, sessions }
    }

    /// The sessions, for the first [`Self::each`].
    pub(crate) fn begin(&self) -> Each<'_, 'a, ()> {
        self.sessions.iter().map(|session| (session, ())).collect()
    }

    /// Works with each session, side by side; an error where none is left.
    pub(crate) async fn each<'f, T, U>(
        &self,
        with: Each<'f, 'a, T>,
        work: impl AsyncFn(&'f Session<'a>, T) -> Result<U>,
    ) -> Result<Each<'f, 'a, U>> {
        let work = &work;
        let works = with
            .into_iter()
            .map(|(session, with)| async move { (session, work(session, with).await) });
        let done = self.kept(join_all(works).await)?;
        if done.is_empty() { Err(self.crew.all_failed()) } else { Ok(done) }
    }

    /// Those that did not fail.
    fn kept<'f, U>(&self, worked: Each<'f, 'a, Result<U>>) -> Result<Each<'f, 'a, U>> {
        let mut done = Vec::new();
        for (session, result) in worked {
            match result {
                Ok(result) => done.push((session, result)),
                // The whole command was asked to end.
                Err(error) if error.is_interruption() => return Err(error),
                Err(error) => self.crew.fails(session.context, error),
            }
        }
        Ok(done)
    }

    /// Works with each session, one after the other in an order that all processes have: two that
    /// wait for what the other has would wait for ever.
    pub(crate) async fn in_turn<'f>(
        &'f self,
        work: impl AsyncFn(&'f Session<'a>) -> Result<()>,
    ) -> Result<Each<'f, 'a, ()>> {
        let mut done = HashSet::new();
        let mut ordered: Vec<_> = self.sessions.iter().enumerate().collect();
        ordered.sort_by_key(|(_, session)| session.leases.service());
        for (at, session) in ordered {
            done.extend(self.kept(vec![(session, work(session).await)])?.iter().map(|_| at));
        }
        let all = self.sessions.iter().enumerate().filter(|(at, _)| done.contains(at));
        let all: Vec<_> = all.map(|(_, session)| (session, ())).collect();
        if all.is_empty() { Err(self.crew.all_failed()) } else { Ok(all) }
    }
}
