//! `uns3 bucket create`: the bucket, made or brought up to what a connector needs.

use clap::{Args, ValueHint};

use crate::args::bucket::{BucketArgs, endpoint};
use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::args::owner::OwnerArgs;
use crate::context::Context;
use crate::env;
use crate::error::{Error, Result};
use crate::ops::bucket::{self, Making};
use crate::ops::credentials::{self, Source};
use crate::ops::runtime;

#[derive(Args, Debug)]
pub(super) struct Create {
    #[command(flatten)]
    bucket: BucketArgs,

    /// The address of an S3 server that is not AWS [env: UNS3_ENDPOINT_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    endpoint_url: Option<String>,

    /// Print a script of `aws` commands that do the same, and send nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    credentials: OwnerArgs,
}

impl Create {
    pub(super) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let variable = |names: &[&str]| context.environment().first(names).map(str::to_owned);
        let endpoint_url = endpoint(context, self.endpoint_url.as_deref())?;
        let wanted = self.bucket.wanted(context, endpoint_url.as_deref())?;
        let making = Making {
            region: wanted.region.clone().or_else(|| variable(&env::AWS_REGIONS)),
            region_is_given: wanted.region.is_some(),
            wanted,
            endpoint_url,
            aws_profile: self.credentials.aws_profile.clone(),
        };
        if self.dry_run && !making.needs_account() {
            return context.output.text(&making.script()?);
        }
        let source = source(self.credentials, context)?;
        runtime::block_on(context, async {
            let no_role = || Err(Error::usage("a role is not assumed to make a bucket"));
            let auth = source.obtain_alone(globals, context, no_role).await?;
            let making = making.with_account(globals, context, &auth).await?;
            if self.dry_run {
                return context.output.text(&making.script()?);
            }
            making.wanted.tell_delegation(context);
            bucket::create(globals, context, &making, &auth).await
        })
    }
}

/// What the flags name, else the environment, else AWS's chain.
fn source(owner: OwnerArgs, context: &Context) -> Result<Source> {
    let mut flags = CredentialArgs::from(owner);
    let chosen = credentials::choose(context, &flags, false);
    match chosen?.map_err(|problems| Error::problems(&problems))? {
        Some(source) => Ok(source),
        None => {
            flags.aws.aws = true;
            let chain = credentials::choose(context, &flags, false);
            chain?.ok().flatten().ok_or_else(|| Error::usage("there are no credentials"))
        }
    }
}
