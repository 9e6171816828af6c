//! `uns3 rotate`: new credentials on one connector or a thousand, tried out before they are set.

use std::time::Duration;

use clap::Args;

use crate::args::credentials::CredentialArgs;
use crate::args::globals::{Globals, duration, duration_or_none};
use crate::args::selection::TargetArgs;
use crate::args::trying::TryArgs;
use crate::args::watching::WatchArgs;
use crate::context::Context;
use crate::error::Result;
use crate::ops::rotate::{self, Listener, Once, Options, Selection, SourceFlags, Staying};
use crate::ops::service::in_sandbox;
use crate::ops::session::Session;

/// Replace connectors' credentials, tried out first on a scratch connector
#[derive(Args, Debug)]
#[command(
    after_help = "The new credentials are checked on a scratch connector (uns3-stage-…, always deleted), then set
on every target, then checked on every target. A failed stage changes nothing (exit 7).

Examples:
  aws sts assume-role … | uns3 rotate invoices-out --credentials-file -
  uns3 rotate --all --kind all --bucket my-bucket --role-arn arn:aws:iam::123456789012:role/uns3
  uns3 rotate --all --expiring-within 30m --aws       # from cron
  uns3 rotate --all --watch --role-arn arn:aws:iam::123456789012:role/uns3 -o json"
)]
pub(crate) struct Rotate {
    #[command(flatten)]
    on: TargetArgs,

    /// With --all: only what expires within this time
    ///
    /// Those whose credentials end at an unknown time are taken too
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expiring_within: Option<Duration>,

    /// Set the credentials without trying them out first
    #[arg(long)]
    direct: bool,

    /// Do not check the connectors afterwards
    #[arg(long)]
    no_verify: bool,

    /// How many requests are under way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,

    #[command(flatten)]
    staying: WatchArgs,

    /// Where the state is shared: how long to wait for another rotation to end [default: 0]
    #[arg(long, hide_short_help = true, value_name = "DURATION", value_parser = duration_or_none, conflicts_with = "watch")]
    lock_timeout: Option<Duration>,

    /// Only say which connectors would be rotated
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    trying: TryArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

impl Rotate {
    /// Rotates.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        self.on.filter()?;
        let flags = SourceFlags { credentials: &self.credentials, watch: self.staying.watch };
        let given = flags.choose(context, in_sandbox(globals, context))?;
        let options = Options {
            stage_first: !self.direct,
            verify: !self.no_verify,
            preflight: self.trying.preflight,
            renewing: self.staying.watch,
            at_once: self.concurrency.into(),
        };
        let listener = self.staying.listen.as_deref().map(Listener::bind).transpose()?;
        let once = Once {
            given,
            selection: Selection { on: &self.on, expiring_within: self.expiring_within },
            options,
            dry_run: self.dry_run,
            patience: self.lock_timeout.unwrap_or_default(),
        };
        let prepare = |session: &Session<'_>| {
            session.client.set_concurrency(options.at_once);
            session.leave_undiagnosed(self.trying.diagnose.no_diagnose);
        };
        let hooks = &self.staying.hooks;
        let staying = self.staying.watch.then_some(Staying { once: &once, listener, hooks });
        rotate::run(globals, context, &once, staying, prepare)
    }
}
