//! The profiles that are meant, and what each needs before it can sign in.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::names::near;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::ops::service;
use crate::ops::state::Shared;
use crate::storage::profiles::Profiles;

/// One of the profiles, with flags and a context of its own.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) globals: Globals,
    pub(super) context: Context,
}

/// Profiles by name, and why they failed.
pub(super) type Failures = RefCell<BTreeMap<String, Error>>;

pub(super) fn failed(failures: &Failures, context: &Context, error: Error) {
    let name = context.output.profile().unwrap_or_default().to_owned();
    failures.borrow_mut().insert(name, error);
}

/// The profiles that are meant, or all that is wrong with them.
pub(super) fn members(globals: &Globals, context: &Context) -> Result<Vec<Member>> {
    let one_service = [
        (globals.sandbox, "--sandbox"),
        (globals.api_url.is_some(), "--api-url"),
        (globals.api_key_file.is_some(), "--api-key-file"),
        (globals.all_profiles && !globals.profiles.is_empty(), "--profile"),
    ];
    let given = if globals.all_profiles { "--all-profiles" } else { "several --profile" };
    if let Some((_, flag)) = one_service.iter().find(|(named, _)| *named) {
        let message = format!("{given} and {flag} do not go together: each profile has its own");
        return Err(Error::usage(message));
    }
    let mut known = Profiles::load(&context.config_dir()?)?.names();
    known.sort_unstable();
    let names = match globals.all_profiles {
        true => known,
        false => named(&globals.profiles, &known)?,
    };
    if names.is_empty() {
        let error = Error::new(Category::NotFound, "there are no profiles yet");
        return Err(error.hint("uns3 profile add NAME"));
    }
    let member = |name: String| {
        let globals = globals.of_profile(&name);
        let context = context.of_profile(&name);
        Member { name, globals, context }
    };
    Ok(names.into_iter().map(member).collect())
}

/// The names, each once, in the order in which they were given.
fn named(given: &[String], known: &[String]) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    let mut problems = Vec::new();
    for name in given {
        if names.contains(name) {
            continue;
        }
        names.push(name.clone());
        if !known.contains(name) {
            let near = near(name, known.iter().map(String::as_str));
            let near = if near.is_empty() {
                String::new()
            } else {
                format!(" (near: {})", near.join(", "))
            };
            problems.push(format!("no profile {name:?}{near}"));
        }
    }
    match problems.is_empty() {
        true => Ok(names),
        false => {
            let error = Error { category: Category::NotFound, ..Error::problems(&problems) };
            Err(error.hint("see what there is: uns3 profile list"))
        }
    }
}

/// The shared state of each; `None`: it failed. A place that all of them are given is as wrong for
/// one as for all.
pub(super) fn shared<'m>(
    members: &'m [Member],
    globals: &Globals,
    context: &Context,
    failures: &Failures,
) -> Result<Vec<Option<Shared<'m>>>> {
    let for_all = globals.state.is_some() || context.variable(env::STATE).is_some();
    let shared = |member: &'m Member| match Shared::new(&member.globals, &member.context) {
        Ok(shared) => Ok(Some(shared)),
        Err(error) if for_all => Err(error),
        Err(error) => {
            failed(failures, &member.context, error);
            Ok(None)
        }
    };
    members.iter().map(shared).collect()
}

/// By which shared state each goes: two of the same service have one, or one would keep the other
/// from rotating.
pub(super) fn places(members: &[Member], shared: &[Option<Shared<'_>>]) -> Vec<usize> {
    let address = |one: &Member| service::name(&one.globals, &one.context).ok();
    let addresses: Vec<Option<String>> = members.iter().map(address).collect();
    let like = |at: usize, other: &usize| match (&shared[*other], &shared[at]) {
        (Some(other_one), Some(one)) => {
            addresses[*other] == addresses[at] && other_one.is_at_the_place_of(one)
        }
        _ => false,
    };
    (0..shared.len()).map(|at| (0..at).find(|other| like(at, other)).unwrap_or(at)).collect()
}
