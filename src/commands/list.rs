//! `uns3 list`: the connectors, in one request a kind.

use clap::Args;

use crate::args::globals::Globals;
use crate::args::selection::{FilterArgs, KindsArg};
use crate::context::Context;
use crate::domain::listed::Listed;
use crate::error::Result;
use crate::ops::session::{self, Pool};
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
        session::open(globals, context, Pool::One, async |session| {
            let kinds = self.kinds.kinds();
            let listings = session.client.list_all(&kinds, self.all_types).await?;
            let filter = self.filter.filter();
            let mut found = 0;
            let mut all = Vec::new();
            for listing in &listings {
                all.push(listing.by_name()?);
            }
            let admitted = |one: &Listed<'_>| filter.admits(one.name(), one.setting("remote_url"));
            let wanted = all
                .into_iter()
                .flatten()
                .filter(|one| one.as_ref().map_or(true, admitted))
                .inspect(|_| found += 1);
            context.output.connectors(wanted.map(|one| one.map(|one| session.shown(one))))?;
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
}
