//! Several profiles at once: a session each, side by side; one's failure stops no other.

mod members;

use std::cell::RefCell;
use std::collections::HashSet;

use futures_util::future::join_all;

use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::{Category, Error, Result};
use crate::ops::runtime;
use crate::ops::service::Service;
use crate::ops::session::{Pool, Session};
use crate::ops::state::Shared;
use members::{Failures, Member, failed, members, places, shared};

/// The sessions with the services of several profiles, in their order.
pub(crate) struct Fleet<'a> {
    members: &'a [Member],
    sessions: Vec<Session<'a>>,
    /// Which profiles have failed, and why.
    failures: Failures,
}

/// What each session brought, those that failed left out.
pub(crate) type Each<'f, 'a, T> = Vec<(&'f Session<'a>, T)>;

/// Signs in by every profile, and runs a command's work to its end or until a signal. What failed
/// with some profiles is told with what became of the rest.
pub(crate) fn open<T>(
    globals: &Globals,
    context: &Context,
    pool: Pool,
    work: impl AsyncFnOnce(&Fleet<'_>) -> Result<T>,
) -> Result<T> {
    let members = members(globals, context)?;
    context.output.show_profiles();
    let failures = RefCell::default();
    let (sound, shared) = shared(&members, globals, context, &failures)?;
    let whole = async {
        let fleet = Fleet { members: &members, sessions: Vec::new(), failures };
        let fleet = fleet.sign_in(&sound, &shared, context, pool).await;
        let work = async {
            match fleet.sessions.is_empty() {
                true => Err(fleet.all_failed()),
                false => work(&fleet).await,
            }
        };
        let never = || std::future::pending::<()>();
        let result = tokio::select! {
            biased;
            result = work => result,
            _ = join_all(shared.iter().map(|one| one.beside(never()))) => unreachable!("it has no end"),
        };
        fleet.end(result)
    };
    let close = async {
        let closed = join_all(shared.iter().map(Shared::close)).await;
        closed.into_iter().collect()
    };
    runtime::block_on_and_close(context, whole, close)
}

impl<'a> Fleet<'a> {
    async fn sign_in(
        mut self,
        members: &[&'a Member],
        shared: &'a [Shared<'a>],
        context: &Context,
        pool: Pool,
    ) -> Self {
        let choose = |one: &'a Member| Service::choose(&one.globals, &one.context);
        let mut services = Vec::new();
        if context.output.terminals().stdin {
            // A program that prints a key may ask for something there: one after the other.
            for member in members {
                services.push(choose(member).await);
            }
        } else {
            services = join_all(members.iter().map(|one| choose(one))).await;
        }
        let places = places(&services, shared);
        let begin = async |member: &'a Member, service, shared: &'a Shared<'a>| {
            let Member { globals, context, .. } = member;
            let session = Session::start(globals, context, pool, service?, shared).await?;
            shared.open().await?;
            Ok(session)
        };
        let begun = members.iter().zip(services).zip(places);
        let begun = begun.map(|((member, service), place)| begin(member, service, &shared[place]));
        let begun = join_all(begun).await;
        for (member, begun) in members.iter().zip(begun) {
            match begun {
                Ok(session) => self.sessions.push(session),
                Err(error) => failed(&self.failures, &member.context, error),
            }
        }
        self
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
        if done.is_empty() { Err(self.all_failed()) } else { Ok(done) }
    }

    /// Those that did not fail.
    fn kept<'f, U>(&self, worked: Each<'f, 'a, Result<U>>) -> Result<Each<'f, 'a, U>> {
        let mut done = Vec::new();
        for (session, result) in worked {
            match result {
                Ok(result) => done.push((session, result)),
                // The whole command was asked to end.
                Err(error) if error.is_interruption() => return Err(error),
                Err(error) => failed(&self.failures, session.context, error),
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
        if all.is_empty() { Err(self.all_failed()) } else { Ok(all) }
    }

    /// What the command ends with: how its work ended, and the profiles that failed.
    fn end<T>(&self, result: Result<T>) -> Result<T> {
        let failed = self.failures.borrow().len();
        match result {
            result if failed == 0 => result,
            Err(error) if error.is_interruption() => Err(error),
            _ if failed == self.members.len() => Err(self.all_failed()),
            result => {
                let message = self.told(&format!("{failed} of {} profiles", self.members.len()));
                let error = Error::new(Category::Partial, message);
                let Err(more) = result else { return Err(error) };
                let message = format!("{}\n{}", error.message, more.message);
                Err(Error { message, category: error.category, ..more })
            }
        }
    }

    /// Whatever it was: without a profile, a command over several has done nothing.
    fn all_failed(&self) -> Error {
        let what = match self.members {
            [_] => "the one profile".to_owned(),
            all => format!("all {} profiles", all.len()),
        };
        Error::new(Category::Auth, self.told(&what))
    }

    fn told(&self, what: &str) -> String {
        let failures = self.failures.borrow();
        let of = |member: &Member| failures.iter().find(|(name, _)| *name == member.name);
        let item = |(_, error): &(String, Error)| {
            let hints: String = error.hints.iter().map(|hint| format!("\n  {hint}")).collect();
            format!("- {}{hints}", error.message)
        };
        let items: Vec<String> = self.members.iter().filter_map(of).map(item).collect();
        format!("{what} failed:\n{}", items.join("\n"))
    }
}
