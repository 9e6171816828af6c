//! `uns3 test`: starts a connection check and waits for that check's verdict.

use clap::Args;

use crate::args::checking::CheckingArgs;
use crate::args::globals::Globals;
use crate::args::selection::TargetArgs;
use crate::args::trying::DiagnoseArg;
use crate::context::Context;
use crate::error::Result;
use crate::ops::checks::{Checked, Checking};
use crate::ops::each::{self, Outcome};
use crate::ops::fleet::{self, Fleet};
use crate::ops::session::{self, Pool, Session};
use crate::ops::targets;

/// Check connections and wait for the verdicts
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 all passed, 7 failed, 8 no verdict by the deadline, 3 some of many failed.

Examples:
  uns3 test invoices-out
  uns3 test invoices-out --retry-for 2h      # a bucket or policy was changed just now
  uns3 test --all --match 'invoices-*' -o json
  uns3 test invoices-out --last              # what came of the latest check"
)]
pub(crate) struct Test {
    #[command(flatten)]
    on: TargetArgs,

    #[command(flatten)]
    how: CheckingArgs,

    #[command(flatten)]
    diagnose: DiagnoseArg,
}

impl Test {
    /// Checks them, side by side; one's failure stops no other.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let filter = self.on.filter()?;
        if globals.means_several() {
            return fleet::open(globals, context, Pool::Many, async |fleet| {
                each::finish(context, self.over_many(fleet).await?)
            });
        }
        session::open(globals, context, Pool::Many, async |session| {
            session.leave_undiagnosed(self.diagnose.no_diagnose);
            let (client, kinds) = (&session.client, self.on.kinds());
            let connectors = match self.on.all {
                true => targets::select(client, &kinds, &filter).await?,
                false => targets::find(client, kinds, &self.on.targets).await?,
            };
            if connectors.is_empty() {
                targets::warn_of_nothing(&context.output, &self.on)?;
            }
            let outcomes = Checking::of(&self.how).all(session, connectors).await;
            each::finish(context, outcomes)
        })
    }

    /// The same over several profiles: the outcomes by profile.
    async fn over_many(&self, fleet: &Fleet<'_>) -> Result<Vec<Outcome<Checked>>> {
        let (filter, kinds) = (self.on.filter()?, self.on.kinds());
        let choose = async |session: &Session<'_>, ()| {
            session.leave_undiagnosed(self.diagnose.no_diagnose);
            match self.on.all {
                true => targets::select(&session.client, &kinds, &filter).await,
                false => targets::find_some(&session.client, kinds, &self.on.targets).await,
            }
        };
        let chosen = fleet.each(fleet.begin(), choose).await?;
        let all = || chosen.iter().flat_map(|(_, chosen)| chosen);
        targets::check_all_named(&self.on.targets, all())?;
        if let (Some((session, _)), None) = (chosen.first(), all().next()) {
            targets::warn_of_nothing(session.output(), &self.on)?;
        }
        let check = async |session: &Session<'_>, chosen| {
            Ok(Checking::of(&self.how).all(session, chosen).await)
        };
        Ok(each::of_profiles(fleet.each(chosen, check).await?))
    }
}
