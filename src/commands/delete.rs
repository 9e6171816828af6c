//! `uns3 delete`: names what it will delete, asks, and leaves alone what workflows use.

use clap::Args;

use crate::args::globals::Globals;
use crate::args::selection::TargetArgs;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ops::delete::{Deleting, Deletion, question};
use crate::ops::each::{self, Outcome, Status};
use crate::ops::session::{self, Pool};
use crate::ops::workflows;

/// Delete connectors
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 delete invoices-out
  uns3 delete invoices-out old-out --yes --if-exists
  uns3 delete --all --match 'tmp-*' --dry-run")]
pub(crate) struct Delete {
    #[command(flatten)]
    on: TargetArgs,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Succeed where there is no such connector
    #[arg(long)]
    if_exists: bool,

    /// Only say which connectors would be deleted
    #[arg(long)]
    dry_run: bool,

    /// Delete even what workflows use, without looking
    #[arg(long)]
    force: bool,
}

impl Delete {
    /// Deletes them; one's failure stops no other.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let filter = self.on.filter()?;
        if self.on.all && filter.is_empty() {
            return Err(Error::usage("--all deletes by a filter only: add --match or --bucket")
                .hint("to delete every connector all the same: --match '*'"));
        }
        session::open(globals, context, Pool::Many, async |session| {
            let Self { on, if_exists, force, .. } = &self;
            let deleting = Deleting { session, on, if_exists: *if_exists, force: *force };
            let (mut connectors, mut outcomes) = deleting.chosen(&filter).await?;
            if !self.force {
                workflows::refuse_used(session, &connectors, Some("--force")).await?;
            }
            if self.dry_run {
                let planned = |one| Outcome::new(one, Status::Planned, Deletion);
                outcomes.extend(connectors.iter().map(planned));
                return each::finish(context, outcomes);
            }
            if !self.yes && !connectors.is_empty() {
                if !context.confirm(&question(&connectors), "--yes").await? {
                    context.output.notice("nothing was deleted");
                    return each::finish::<Deletion>(context, Vec::new());
                }
                connectors = deleting.as_they_are_now(connectors, &mut outcomes).await?;
            }
            outcomes.splice(0..0, deleting.all(connectors).await);
            each::finish(context, outcomes)
        })
    }
}
