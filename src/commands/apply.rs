//! `uns3 apply`: makes what is live what a manifest says, and does nothing the second time.

use clap::Args;

use crate::args::apply::ApplyArgs;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::manifest;
use crate::domain::plan::Options;
use crate::error::{Error, Result};
use crate::ops::converge::{self, Carry, Desired};
use crate::ops::credentials::References;
use crate::ops::session::{self, Pool, Session};

/// The exit code of `--detailed-exitcode` where something differs.
const DIFFERENCES: u8 = 10;

/// Make what is live what a manifest says
#[derive(Args, Debug)]
#[command(
    after_help = "A manifest names connectors and where their credentials come from, never a secret:

  version: 1
  connectors:
    - name: invoices-out
      remote_url: s3://my-bucket/out/
      credentials: {env: {key: OUT_KEY, secret: OUT_SECRET}}

Examples:
  uns3 apply -f connectors.yaml --plan
  uns3 apply -f connectors/ --yes --test
  uns3 apply -f connectors.yaml --prune --match 'ci-*' --yes -o json
  uns3 apply -f connectors.yaml --plan --out plan.json
  uns3 apply --plan-file plan.json --yes"
)]
pub(crate) struct Apply {
    #[command(flatten)]
    args: ApplyArgs,
}

impl Apply {
    /// Applies; the exit code where that is no error's.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<u8> {
        let args = &self.args;
        if args.schema {
            return context.output.text(&format!("{:#}\n", manifest::schema())).map(|()| 0);
        }
        if !args.yes && !args.plan && args.files.iter().any(|file| file == "-") {
            return Err(Error::usage(
                "the manifest comes from standard input: nobody can be asked",
            )
            .hint("answer by --yes, or look first by --plan"));
        }
        let desired = match &args.plan_file {
            Some(file) => Desired::of_plan(context, file)?,
            None => Desired::of_manifests(context, &args.files)?,
        };
        session::open(globals, context, Pool::Many, async |session| {
            session.client.set_concurrency(args.concurrency.into());
            self.converge(session, desired).await
        })
    }

    async fn converge(&self, session: &Session<'_>, mut desired: Desired) -> Result<u8> {
        let (args, context) = (&self.args, session.context);
        let folders = desired.folders();
        let references = References::new(context, &folders);
        let prune = args.pattern.clone().filter(|_| args.prune);
        let options = Options { refresh: args.refresh_credentials, prune };
        let planned = converge::plan(session, &mut desired, &references, &options).await?;
        let tells = args.detailed_exitcode && !planned.plan.is_empty();
        let differs = if tells { DIFFERENCES } else { 0 };
        if args.plan {
            if let Some(file) = &args.out {
                converge::save(session, &desired, &planned.plan, file)?;
            }
            converge::show_plan(context, planned.plan)?;
            return Ok(differs);
        }
        if planned.plan.is_empty() {
            converge::show_plan(context, planned.plan)?;
            return Ok(0);
        }
        converge::check_credentials(&planned.plan, &references)?;
        converge::preview(context, &planned.plan, !args.yes);
        if !args.yes && !context.confirm("Do this?", "--yes").await? {
            context.output.notice("nothing was changed");
            return Ok(differs);
        }
        if args.preflight {
            converge::preflight(session, &references, &planned.plan).await?;
        }
        let how = Carry { test: args.test, at_once: args.concurrency.into() };
        let outcomes = converge::carry_out(session, &references, planned, &how).await;
        converge::finish(context, outcomes)?;
        Ok(differs)
    }
}
