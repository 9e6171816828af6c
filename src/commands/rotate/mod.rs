//! `uns3 rotate`: new credentials on one connector or a thousand, tried out before they are set.

mod outcome;
mod pass;
mod source;
mod stage;
mod watch;

use std::cell::Cell;
use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::credentials::CredentialArgs;
use super::settings::TargetArgs;
use crate::api::{Client, Listing, Need, select_in, usable};
use crate::context::{Context, duration};
use crate::domain::connector::Connector;
use crate::domain::names::SCRATCH;
use crate::domain::rotation::skip_reason;
use crate::error::Result;

use outcome::Outcome;
use pass::Pass;
use source::CredentialSource;

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
pub struct Rotate {
    #[command(flatten)]
    on: TargetArgs,

    /// With --all: only those whose credentials end within this time, or at an unknown one
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

    /// Stay, and rotate again when a quarter of the lease is left (at least 5 minutes)
    #[arg(long, conflicts_with_all = ["dry_run", "expiring_within"])]
    watch: bool,

    /// Only say which connectors would be rotated
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    credentials: CredentialArgs,
}

impl Rotate {
    /// Rotates.
    pub fn run(self, context: &Context) -> Result<()> {
        self.on.filter()?;
        let given = source::given(context, &self.credentials, self.watch)?;
        context.sign_in()?;
        context.expect_many();
        context.run(async {
            let source = CredentialSource::new(context, given).await?;
            let client = context.client().await?;
            client.set_concurrency(self.concurrency.into());
            if self.watch {
                return self.watch(context, client, &source).await;
            }
            let listings = client.list_all(self.on.kinds(), false).await?;
            let (taken, skipped) = self.select(context, client, &listings, None).await?;
            let order: Vec<String> = taken
                .iter()
                .map(|connector| connector.id())
                .chain(skipped.iter().map(|one| one.connector.id()))
                .map(str::to_owned)
                .collect();
            if order.is_empty() {
                context.output.notice("no such connectors");
            }
            let mut outcomes = skipped;
            if self.dry_run {
                outcomes.extend(taken.into_iter().map(Outcome::planned));
            } else {
                let report = |outcome: &Outcome| context.output.step(&outcome.line());
                let pass = self.pass(context, client, &source, &report);
                pass.remove_leftovers(&listings).await?;
                drop(listings);
                outcomes.extend(pass.run(taken).await);
            }
            outcomes.sort_by_cached_key(|one| order.iter().position(|id| id == one.connector.id()));
            outcome::finish(context, outcomes)
        })
    }

    fn pass<'a>(
        &self,
        context: &'a Context,
        client: &'a Client,
        source: &'a CredentialSource<'a>,
        report: &'a dyn Fn(&Outcome),
    ) -> Pass<'a> {
        let at_once = self.concurrency.into();
        let read_at = Cell::new(Instant::now());
        Pass {
            context,
            client,
            source,
            stage_first: !self.direct,
            verify: !self.no_verify,
            renewing: self.watch,
            at_once,
            read_at,
            report,
        }
    }

    /// The connectors that are taken, and the outcomes of those that are not; `known`: the ids that
    /// the targets had before, of which some may be no more.
    async fn select(
        &self,
        context: &Context,
        client: &Client,
        listings: &[Listing],
        known: Option<&[String]>,
    ) -> Result<(Vec<Connector>, Vec<Outcome>)> {
        let kinds = self.on.kinds();
        if !self.on.all {
            let targets = known.unwrap_or(&self.on.targets);
            let found = client.resolve_in(listings, kinds, targets).await?;
            let need = Need { absent_ok: known.is_some(), any_type: false };
            return Ok((usable(found, kinds, need)?, Vec::new()));
        }
        let mut taken = Vec::new();
        let mut skipped = Vec::new();
        for connector in select_in(listings, &self.on.filter()?)? {
            if connector.name().starts_with(SCRATCH) {
                continue;
            }
            let lease = context.lease(&connector);
            match skip_reason(&connector, lease.as_ref(), self.expiring_within, context.now()) {
                Some(reason) => skipped.push(Outcome::skipped(connector, reason, lease)),
                None => taken.push(connector),
            }
        }
        Ok((taken, skipped))
    }
}
