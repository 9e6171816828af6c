//! `uns3 state`: what many machines share.

mod show;
mod unlock;

use clap::{Args, Subcommand};
use serde_json::json;

use self::unlock::Unlock;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::Result;
use crate::ops::runtime;
use crate::ops::state::Shared;

/// Look at the state that machines share, copy it, unlock it
#[derive(Args, Debug)]
#[command(
    after_help = "The state is named by --state, UNS3_STATE or the profile; without any, it is this user's own folder.

Examples:
  uns3 state show --state s3://my-bucket/uns3/
  uns3 state push --state s3://my-bucket/uns3/"
)]
pub(crate) struct StateCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Show where it is, who has the lock, and what is known
    Show,
    #[command(after_help = "Examples:
  uns3 state push --state s3://my-bucket/uns3/
  uns3 state push --state /mnt/shared/uns3")]
    /// Add what this user's own folder knows to the shared state; the newest of two records wins
    Push,
    #[command(after_help = "Examples:
  uns3 state pull --state s3://my-bucket/uns3/
  uns3 status                                      # the same without it from then on")]
    /// Add what the shared state knows to this user's own folder; the newest of two records wins
    Pull,
    /// Take the lock on the service's rotations from a process that is gone
    ///
    /// It lapses by itself two minutes after its process ended. One that still works stops at its next
    /// renewal, within half a minute.
    #[command(after_help = "Examples:
  uns3 state unlock --state s3://my-bucket/uns3/
  uns3 state unlock --state s3://my-bucket/uns3/ --yes")]
    Unlock(Unlock),
}

impl StateCommand {
    /// Does what the verb says.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let shared = Shared::new(globals, context)?;
        runtime::block_on(context, async {
            match self.verb {
                Verb::Show => show::show(globals, context, &shared).await,
                Verb::Push => told(context, &shared, "pushed", shared.push().await?),
                Verb::Pull => told(context, &shared, "pulled", shared.pull().await?),
                Verb::Unlock(unlock) => unlock.run(globals, context, &shared).await,
            }
        })
    }
}

fn told(context: &Context, shared: &Shared<'_>, what: &str, count: (usize, usize)) -> Result<()> {
    let ((newer, all), location) = (count, shared.location()?);
    let json = json!({"location": location, "records": all, what: newer});
    let preposition = if what == "pushed" { "to" } else { "from" };
    let words = format!("{what} {newer} of {all} record(s) {preposition} {location}");
    context.output.object(json, &words)
}
