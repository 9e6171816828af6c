//! `uns3 status`: when the connectors' credentials end, as far as is known.

use std::cmp::Reverse;
use std::time::Duration;

use clap::Args;

use crate::args::globals::{Globals, duration};
use crate::args::selection::{FilterArgs, KindsArg};
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::lease::Lease;
use crate::error::Result;
use crate::ops::session::{self, Pool, Session};
use crate::ops::{fleet, targets};

/// The exit code that tells a monitor that something was found.
const FOUND: u8 = 10;

/// Show when connectors' credentials expire, the soonest first
#[derive(Args, Debug)]
#[command(
    after_help = "The service keeps no expiry: uns3 knows of what it wrote itself, on this machine or, where --state
names a shared state, on any that shares it.

Exit codes: 0 nothing ends within --expiring-within, 10 something does.

Examples:
  uns3 status
  uns3 status invoices-out nightly
  uns3 status --kind all --expiring-within 30m -o json || page-the-operator"
)]
pub(crate) struct Status {
    /// Names or ids of connectors; without any, all that the filters admit
    #[arg(value_name = "TARGET", conflicts_with_all = ["pattern", "bucket"])]
    targets: Vec<String>,

    /// Only connectors whose credentials are known to end within this time
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expiring_within: Option<Duration>,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    kinds: KindsArg,
}

/// Connectors, each with its service and what is known of its credentials.
type Known<'s, 'a> = Vec<(&'s Session<'a>, Option<Lease>, Connector)>;

impl Status {
    /// Shows them, and tells whether any ends within the time that was asked about.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<u8> {
        if globals.means_several() {
            return fleet::open(globals, context, Pool::One, async |fleet| {
                let known = async |session, ()| self.known(session, true).await;
                let known = fleet.each(fleet.begin(), known).await?;
                let known: Known<'_, '_> = known.into_iter().flat_map(|(_, one)| one).collect();
                targets::check_all_named(&self.targets, known.iter().map(|(.., one)| one))?;
                self.show(context, known)
            });
        }
        session::open(globals, context, Pool::One, async |session| {
            self.show(context, self.known(session, false).await?)
        })
    }

    /// Those that are named, of `several` services perhaps another's, or all that the filters admit.
    async fn known<'s, 'a>(
        &self,
        session: &'s Session<'a>,
        several: bool,
    ) -> Result<Known<'s, 'a>> {
        let (client, kinds) = (&session.client, self.kinds.kinds());
        let connectors = match (self.targets.is_empty(), several) {
            (true, _) => targets::select(client, &kinds, &self.filter.filter()).await?,
            (false, true) => targets::find_some(client, kinds, &self.targets).await?,
            (false, false) => targets::find(client, kinds, &self.targets).await?,
        };
        Ok(connectors.into_iter().map(|one| (session, session.leases.of(&one), one)).collect())
    }

    fn show(&self, context: &Context, mut known: Known<'_, '_>) -> Result<u8> {
        if let Some(within) = self.expiring_within {
            let ends = |lease: &Lease| lease.ends_within(within, context.now());
            known.retain(|(_, lease, _)| lease.as_ref().is_some_and(ends));
        }
        known.sort_by_key(|(_, lease, connector)| {
            let end = lease.as_ref().and_then(|lease| lease.expires_at);
            // Reversed twice, so that what is not known comes last.
            (Reverse(end.map(Reverse)), connector.name().to_owned())
        });
        let found = self.expiring_within.is_some() && !known.is_empty();
        let shown = known.into_iter().map(|(session, _, one)| session.shown(one));
        context.output.expiries(shown)?;
        Ok(if found { FOUND } else { 0 })
    }
}
