//! Several profiles of one command: how each signs in, and what the command ends with.

use std::cell::RefCell;

use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::members::{Failures, Member, failed, members, places, shared};
use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::{Category, Error, Result};
use crate::ops::runtime;
use crate::ops::service::Service;
use crate::ops::session::{Pool, Session};
use crate::ops::state::Shared;

/// The profiles, not signed in yet.
pub(super) struct Crew<'a> {
    pub(super) members: &'a [Member],
    /// The shared state of each; `None`: it cannot even be read.
    shared: &'a [Option<Shared<'a>>],
    /// By whose shared state each goes.
    places: Vec<usize>,
    pool: Pool,
    /// Which have failed, and why.
    failures: Failures,
    /// Held by the one that may ask for something on the terminal.
    asking: Mutex<()>,
}

/// Runs a command's work to its end or until a signal. What failed with some profiles is told with
/// what became of the rest.
pub(super) fn with<T>(
    globals: &Globals,
    context: &Context,
    pool: Pool,
    work: impl AsyncFnOnce(&Crew<'_>) -> Result<T>,
) -> Result<T> {
    let members = members(globals, context)?;
    context.output.show_profiles();
    let failures = RefCell::default();
    let shared = shared(&members, globals, context, &failures)?;
    let places = places(&members, &shared);
    let whole = async {
        let (members, shared, asking) = (&members, &shared, Mutex::default());
        let crew = Crew { members, shared, places, pool, failures, asking };
        let never = || std::future::pending::<()>();
        let result = tokio::select! {
            biased;
            result = work(&crew) => result,
            _ = join_all(shared.iter().flatten().map(|one| one.beside(never()))) => {
                unreachable!("it has no end")
            }
        };
        crew.end(result)
    };
    let close = async {
        let closed = join_all(shared.iter().flatten().map(Shared::close)).await;
        closed.into_iter().collect()
    };
    runtime::block_on_and_close(context, whole, close)
}

impl<'a> Crew<'a> {
    /// Whether the entry of a profile could be read.
    pub(super) fn is_sound(&self, at: usize) -> bool {
        self.shared[at].is_some()
    }

    /// Signs in by a profile whose entry could be read.
    pub(super) async fn sign_in(&self, at: usize) -> Result<Session<'a>> {
        let Member { globals, context, .. } = &self.members[at];
        let Some(shared) = &self.shared[self.places[at]] else { unreachable!("it is sound") };
        // A program that prints a key may ask for something there: one after the other.
        let turn = match context.output.terminals().stdin {
            true => Some(self.asking.lock().await),
            false => None,
        };
        let service = Service::choose(globals, context).await?;
        drop(turn);
        let session = Session::start(globals, context, self.pool, service, shared).await?;
        shared.open().await?;
        Ok(session)
    }

    /// A profile has failed.
    pub(super) fn fails(&self, context: &Context, error: Error) {
        failed(&self.failures, context, error);
    }

    /// And is tried again.
    pub(super) fn begins_again(&self, at: usize) {
        self.failures.borrow_mut().remove(&self.members[at].name);
    }

    /// Why a profile has failed, if it has.
    pub(super) fn failure(&self, at: usize) -> Option<Error> {
        self.failures.borrow().get(&self.members[at].name).cloned()
    }

    /// Whether none is left.
    pub(super) fn have_all_failed(&self) -> bool {
        self.failures.borrow().len() == self.members.len()
    }

    /// What the command ends with: how its work ended, and the profiles that failed.
    fn end<T>(&self, result: Result<T>) -> Result<T> {
        let failed = self.failures.borrow().len();
        match result {
            result if failed == 0 => result,
            Err(error) if error.is_interruption() => Err(error),
            _ if self.have_all_failed() => Err(self.all_failed()),
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
    pub(super) fn all_failed(&self) -> Error {
        let what = match self.members {
            [_] => "the one profile".to_owned(),
            all => format!("all {} profiles", all.len()),
        };
        Error::new(Category::Auth, self.told(&what))
    }

    fn told(&self, what: &str) -> String {
        let failures = self.failures.borrow();
        let item = |member: &Member| {
            let error = failures.get(&member.name)?.clone();
            let Error { message, hints, .. } = member.context.output.told_elsewhere(error);
            let hints: String = hints.iter().map(|hint| format!("\n  {hint}")).collect();
            Some(format!("- {message}{hints}"))
        };
        let items: Vec<String> = self.members.iter().filter_map(item).collect();
        format!("{what} failed:\n{}", items.join("\n"))
    }
}
