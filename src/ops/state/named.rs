//! What a shared state is named by, and what this process is called in it.

use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::state::place::Place;
use crate::env;
use crate::error::{Error, Result};
use crate::ops::service;

/// The place that a flag, the environment or the profile names.
pub(super) fn place(globals: &Globals, context: &Context) -> Result<Option<Place>> {
    let by_flag = globals.state.clone().map(|text| (text, "--state"));
    let named = by_flag.or_else(|| Some((context.variable(env::STATE)?.to_owned(), env::STATE)));
    let (text, from) = match named {
        Some(named) => named,
        None => match service::profile(globals, context)?.and_then(|profile| profile.state) {
            Some(text) => (text, "the profile's state"),
            None => return Ok(None),
        },
    };
    let custom_endpoint = context.environment().first(&env::AWS_S3_URLS).is_some();
    let place = Place::parse(&text, custom_endpoint).map(whole);
    place.map(Some).map_err(|problem| Error::usage(format!("{from}: {problem}")))
}

/// A folder by its whole path: what a killed process left for it is kept by that name, and not to
/// be shared with one of the same name elsewhere.
fn whole(place: Place) -> Place {
    match place {
        Place::Folder(path) => match std::path::absolute(&path) {
            Ok(whole) => Place::Folder(whole.display().to_string()),
            Err(_) => Place::Folder(path),
        },
        bucket @ Place::Bucket { .. } => bucket,
    }
}

/// What needs a shared state, and has none.
pub(super) fn none() -> Error {
    Error::usage("no shared state is named")
        .hint("name it: --state s3://bucket/prefix/, UNS3_STATE, or state in the profile")
}

/// An id that no other process has.
pub(super) fn id() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..16].to_owned()
}

/// `user@host (pid N)`.
pub(super) fn owner(context: &Context) -> String {
    let user = context.environment().first(&env::USERS).map_or_else(unnamed_user, str::to_owned);
    let host = host(context);
    // What somebody set in the environment is shown on other machines' terminals.
    let clean =
        |text: String| text.chars().filter(|c| !c.is_control()).take(100).collect::<String>();
    format!("{}@{} (pid {})", clean(user), clean(host), std::process::id())
}

#[cfg(unix)]
fn unnamed_user() -> String {
    format!("uid{}", rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn unnamed_user() -> String {
    "unknown".into()
}

#[cfg(unix)]
fn host(_: &Context) -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host(context: &Context) -> String {
    context.variable(env::COMPUTER).unwrap_or("unknown").to_owned()
}
