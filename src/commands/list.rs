//! `uns3 list`: the connectors, in one request a kind.

use clap::Args;

use crate::api::Listing;
use crate::args::globals::Globals;
use crate::args::selection::{FilterArgs, KindsArg};
use crate::context::Context;
use crate::error::Result;
use crate::ops::fleet::{self, Fleet};
use crate::ops::listed;
use crate::ops::session::{self, Pool, Session};
use crate::ops::targets;

/// List connectors
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 list
  uns3 list --match 'invoices-*' -o json
  uns3 list --bucket my-bucket --kind all -o id")]
pub(crate) struct List {
    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    kinds: KindsArg,

    /// Show connectors of every type, not only S3's
    #[arg(long)]
    all_types: bool,
}

impl List {
    /// Lists.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        if globals.means_several() {
            return fleet::open(globals, context, Pool::One, async |fleet| {
                self.over_many(fleet, context).await
            });
        }
        session::open(globals, context, Pool::One, async |session| {
            let kinds = self.kinds.kinds();
            let listings = session.client.list_all(&kinds, self.all_types).await?;
            let filter = self.filter.filter();
            let mut found = 0;
            let whole = context.output.shows_objects();
            let wanted = listed::shown(&listings, whole, &filter)?.inspect(|_| found += 1);
            context.output.connectors(wanted.map(|one| session.shown(one)))?;
            if found == 0 && context.output.notices() {
                let nothing = filter.nothing(&kinds);
                // A second request is for somebody who watches.
                let others = match context.output.terminals().stderr {
                    true => targets::elsewhere(&session.client, &kinds, &filter).await,
                    false => String::new(),
                };
                context.output.notice(&format!("{nothing}{others}"));
            }
            Ok(())
        })
    }

    /// The same over several profiles, by profile.
    async fn over_many(&self, fleet: &Fleet<'_>, context: &Context) -> Result<()> {
        let (kinds, filter) = (self.kinds.kinds(), self.filter.filter());
        let list =
            async |session: &Session<'_>, ()| session.client.list_all(&kinds, self.all_types).await;
        let listed = fleet.each(fleet.begin(), list).await?;
        // All of it is read before anything is shown: what cannot be fails its profile alone.
        let read = listed.iter().map(|(session, all)| (*session, all)).collect();
        let whole = context.output.shows_objects();
        let read = fleet.each(read, async |session, listings: &Vec<Listing>| {
            let shown = listed::shown(listings, whole, &filter)?;
            Ok(shown.map(|one| session.shown(one)).collect::<Vec<_>>())
        });
        let read = read.await?;
        if read.iter().all(|(_, found)| found.is_empty()) {
            context.output.notice(&filter.nothing(&kinds));
        }
        context.output.connectors(read.into_iter().flat_map(|(_, found)| found))
    }
}
