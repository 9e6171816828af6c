//! `uns3 list`: the connectors, in one request a kind.

use clap::Args;

use super::settings::{FilterArgs, KindsArg};
use crate::context::Context;
use crate::error::Result;

/// List connectors
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 list
  uns3 list --match 'invoices-*' -o json
  uns3 list --bucket my-bucket --kind all -o id")]
pub struct List {
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
    pub fn run(self, context: &Context) -> Result<()> {
        context.run(async {
            let client = context.client().await?;
            let listings = client.list_all(self.kinds.kinds(), self.all_types).await?;
            let filter = self.filter.filter();
            let mut found = 0;
            let mut all = Vec::new();
            for listing in &listings {
                all.push(listing.connectors()?);
            }
            let wanted = all
                .into_iter()
                .flatten()
                .filter(|one| one.as_ref().map_or(true, |one| filter.admits(one)))
                .inspect(|_| found += 1);
            context.output.connectors(wanted.map(|one| one.map(|one| context.shown(one))))?;
            if found == 0 {
                context.output.notice("no such connectors");
            }
            Ok(())
        })
    }
}
