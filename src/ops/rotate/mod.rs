//! Rotation: new credentials on many connectors, by stage, set, verify and record.

mod leftovers;
mod once;
mod outcome;
mod pass;
mod prepare;
mod select;
mod source;
mod stage;
mod watch;

use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::Result;
use crate::ops::session::{self, Pool, Session};
use crate::ops::{each, fleet};

pub(crate) use once::Once;
pub(crate) use pass::Pass;
pub(crate) use select::Selection;
pub(crate) use source::{CredentialSource, SourceFlags};
pub(crate) use watch::{Listener, Staying};

/// How a rotation is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Whether the new credentials are tried out on a scratch connector first.
    pub(crate) stage_first: bool,
    /// Whether each connector is checked afterwards.
    pub(crate) verify: bool,
    /// Whether the bucket is tried from here before anything is written.
    pub(crate) preflight: bool,
    /// Whether credentials that a connector has already are not set again.
    pub(crate) renewing: bool,
    /// How many requests are under way at once.
    pub(crate) at_once: usize,
}

/// A rotation: where, with which credentials, and how.
pub(crate) struct Rotation<'a> {
    /// The service.
    pub(crate) session: &'a Session<'a>,
    /// Where the new credentials come from.
    pub(crate) source: &'a CredentialSource<'a>,
    /// How it is done.
    pub(crate) options: Options,
}

/// Rotates over the service, or those of several profiles: once, or for as long as it is to stay.
pub(crate) fn run(
    globals: &Globals,
    context: &Context,
    once: &Once<'_>,
    staying: Option<Staying<'_>>,
    prepare: impl Fn(&Session<'_>),
) -> Result<()> {
    if globals.means_several() {
        return fleet::open(globals, context, Pool::Many, async |fleet| {
            if let Some(staying) = staying {
                return staying.over_many(context, fleet, prepare).await;
            }
            fleet.begin().iter().for_each(|(session, ())| prepare(session));
            each::finish(context, once.over_many(fleet).await?)
        });
    }
    session::open(globals, context, Pool::Many, async |session| {
        prepare(session);
        match staying {
            // In a box: the compiler counts how deep futures lie within each other.
            Some(staying) => Box::pin(staying.over_one(session)).await,
            None => each::finish(context, once.over_one(session).await?),
        }
    })
}
