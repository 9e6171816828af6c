//! `uns3 rotate`: new credentials on one connector or a thousand, tried out before they are set.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::future::try_join;

use crate::args::credentials::CredentialArgs;
use crate::args::globals::{Globals, duration, duration_or_none};
use crate::args::selection::TargetArgs;
use crate::args::trying::TryArgs;
use crate::args::watching::WatchArgs;
use crate::context::Context;
use crate::error::Result;
use crate::ops::each::{self, Status};
use crate::ops::rotate::{
    Given, Listener, Options, Outcome, Pass, Rotation, Selection, SourceFlags, line, planned, watch,
};
use crate::ops::service::in_sandbox;
use crate::ops::session::{self, Pool, Session};
use crate::ops::targets;

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
    /// Takes the lock, where the state is shared and anything is to be written.
    async fn lock(&self, session: &Session<'_>) -> Result<()> {
        let patience = self.lock_timeout.unwrap_or_default();
        match self.dry_run {
            true => Ok(()),
            false => session.shared.lock(session.leases.service(), patience).await,
        }
    }

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
        session::open(globals, context, Pool::Many, async |session| {
            session.client.set_concurrency(options.at_once);
            session.leave_undiagnosed(self.trying.diagnose.no_diagnose);
            let selection = Selection { on: &self.on, expiring_within: self.expiring_within };
            if self.staying.watch {
                let source = &given.ready(session).await?;
                let rotation = Rotation { session, source, options };
                return watch(&rotation, &selection, listener, &self.staying.hooks).await;
            }
            self.lock(session).await?;
            let outcomes = self.once(session, given, options, &selection).await?;
            each::finish(context, outcomes)
        })
    }

    /// Rotates once: the outcomes in the order of the selection.
    async fn once(
        &self,
        session: &Session<'_>,
        given: Given<'_>,
        options: Options,
        selection: &Selection<'_>,
    ) -> Result<Vec<Outcome>> {
        let context = session.context;
        // Side by side: neither AWS nor the service waits for the other.
        let kinds = self.on.kinds();
        let list = session.client.list_all(&kinds, false);
        let (source, listings) = try_join(given.ready(session), list).await?;
        let rotation = Rotation { session, source: &source, options };
        let (taken, skipped) = selection.of(session, &listings, None).await?;
        source.judge(context, &taken)?;
        let order: HashMap<String, usize> = taken
            .iter()
            .map(|one| one.id().to_owned())
            .chain(skipped.iter().filter_map(|one| one.connector.id.clone()))
            .zip(0..)
            .collect();
        if order.is_empty() {
            targets::warn_of_nothing(&context.output, &self.on)?;
        }
        let mut outcomes = skipped;
        if self.dry_run {
            outcomes.extend(taken.iter().map(planned));
        } else {
            rotation.remove_leftovers(&listings).await?;
            drop(listings);
            // What fails is said once, at the end.
            let report = |one: &Outcome| match one.status {
                Status::Failed => {}
                _ => context.output.step(&line(one)),
            };
            let (all, begun) = (taken.len(), Instant::now());
            outcomes.extend(Pass::new(&rotation, &report).run(taken).await);
            let rotated = outcomes.iter().filter(|one| one.status == Status::Rotated).count();
            if all > 1 {
                let seconds = begun.elapsed().as_secs_f32();
                context.output.notice(&format!("rotated {rotated} of {all} ({seconds:.1} s)"));
            }
        }
        outcomes.sort_by_cached_key(|one| {
            one.connector.id.as_ref().and_then(|id| order.get(id)).copied()
        });
        Ok(outcomes)
    }
}
