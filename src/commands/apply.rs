//! `uns3 apply`: makes what is live what a manifest says, and does nothing the second time.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use glob::Pattern;

use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::manifest;
use crate::domain::names;
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
    /// A manifest, a folder of them, or standard input; may be given several times
    #[arg(short, long = "file", value_name = "FILE|-", value_hint = ValueHint::AnyPath,
        required_unless_present_any = ["schema", "plan_file"])]
    files: Vec<String>,

    /// Only say what would be done
    #[arg(long)]
    plan: bool,

    /// Save the plan, for --plan-file; it holds no secret
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "plan")]
    out: Option<PathBuf>,

    /// Carry a saved plan out, if the world is as it was then
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["files", "plan", "prune", "refresh_credentials", "schema"])]
    plan_file: Option<PathBuf>,

    /// Delete connectors that --match fits and the manifest does not name
    #[arg(long, requires = "pattern")]
    prune: bool,

    /// Which connectors --prune may delete: a pattern of *, ? and […]
    #[arg(long = "match", value_name = "GLOB", value_parser = names::pattern, requires = "prune")]
    pattern: Option<Pattern>,

    /// Write the credentials of all connectors anew
    #[arg(long)]
    refresh_credentials: bool,

    /// Check what was made or changed, and wait for the verdicts
    #[arg(long)]
    test: bool,

    /// Try every bucket from this machine first, as the platform would
    #[arg(long)]
    preflight: bool,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Exit 10 where something differs, or did
    #[arg(long)]
    detailed_exitcode: bool,

    /// How many requests are under way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,

    /// Print the manifest's JSON Schema, for editors
    #[arg(long, conflicts_with_all = ["files", "plan"])]
    schema: bool,
}

impl Apply {
    /// Applies; the exit code where that is no error's.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<u8> {
        if self.schema {
            return context.output.text(&format!("{:#}\n", manifest::schema())).map(|()| 0);
        }
        if !self.yes && !self.plan && self.files.iter().any(|file| file == "-") {
            return Err(Error::usage(
                "the manifest comes from standard input: nobody can be asked",
            )
            .hint("answer by --yes, or look first by --plan"));
        }
        let desired = match &self.plan_file {
            Some(file) => Desired::of_plan(context, file)?,
            None => Desired::of_manifests(context, &self.files)?,
        };
        session::open(globals, context, Pool::Many, async |session| {
            session.client.set_concurrency(self.concurrency.into());
            self.converge(session, desired).await
        })
    }

    async fn converge(&self, session: &Session<'_>, mut desired: Desired) -> Result<u8> {
        let context = session.context;
        let folders = desired.folders();
        let references = References::new(context, &folders);
        let prune = self.pattern.clone().filter(|_| self.prune);
        let options = Options { refresh: self.refresh_credentials, prune };
        let planned = converge::plan(session, &mut desired, &references, &options).await?;
        let differs = match planned.plan.is_empty() {
            false if self.detailed_exitcode => DIFFERENCES,
            _ => 0,
        };
        if self.plan {
            if let Some(file) = &self.out {
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
        converge::preview(context, &planned.plan, !self.yes);
        if !self.yes && !context.confirm("Do this?", "--yes").await? {
            context.output.notice("nothing was changed");
            return Ok(differs);
        }
        if self.preflight {
            converge::preflight(session, &references, &planned.plan).await?;
        }
        let how = Carry { test: self.test, at_once: self.concurrency.into() };
        let outcomes = converge::carry_out(session, &references, planned, &how).await;
        converge::finish(context, outcomes)?;
        Ok(differs)
    }
}
