//! `uns3 bucket`: what a connector needs of its bucket, printed or done.

use clap::{Args, Subcommand, ValueHint};
use serde_json::Value;

use crate::args::bucket::{BucketArgs, Wanted};
use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::s3::bucket_policy::{document, trust};
use crate::domain::s3::cloudformation::template;
use crate::domain::s3::location::check_endpoint;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::ops::bucket::{self, Making};
use crate::ops::credentials::{self, Source};
use crate::ops::runtime;

/// Print or make what a connector needs of its bucket
#[derive(Args, Debug)]
pub(crate) struct BucketCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Print the least policy: the bucket's, one for a user or role to carry, or a role's trust
    #[command(after_help = "Examples:
  uns3 bucket policy --remote-url s3://my-bucket/out/ --account-id 123456789012 --user unstructured
  uns3 bucket policy --remote-url s3://my-bucket/out/ --identity
  uns3 bucket policy --remote-url s3://my-bucket/ --trust --account-id 123456789012 --external-id X")]
    Policy(Policy),
    /// Print a CloudFormation template with the bucket, its policy and, if asked for, a role
    #[command(after_help = "Examples:
  uns3 bucket cloudformation --remote-url s3://my-bucket/out/ --with-role uns3-lease > bucket.yaml
  aws cloudformation deploy --template-file bucket.yaml --stack-name my-bucket --capabilities CAPABILITY_NAMED_IAM")]
    Cloudformation(Cloudformation),
    /// Make the bucket, with public access blocked, and add the least policy to its own
    #[command(after_help = "Safe to run twice: it says what it changed, and loosens nothing.

Examples:
  uns3 bucket create --remote-url s3://my-bucket/out/ --region eu-west-1 --user unstructured
  uns3 bucket create --remote-url s3://my-bucket/out/ --aws-profile ops --dry-run | sh")]
    Create(Create),
}

#[derive(Args, Debug)]
struct Policy {
    #[command(flatten)]
    bucket: BucketArgs,

    /// Print the policy for a user or role to carry
    #[arg(long, conflicts_with = "trust")]
    identity: bool,

    /// Print the trust policy of a role that the user, or the account, may assume
    #[arg(long)]
    trust: bool,

    /// The external id that whoever assumes the role has to give
    #[arg(long, value_name = "ID", requires = "trust")]
    external_id: Option<String>,
}

#[derive(Args, Debug)]
struct Cloudformation {
    #[command(flatten)]
    bucket: BucketArgs,

    /// Make a role of this name too, for --role-arn of create and rotate
    #[arg(long, value_name = "NAME", value_parser = role_name)]
    with_role: Option<String>,

    /// The external id that whoever assumes the role has to give
    #[arg(long, value_name = "ID", requires = "with_role")]
    external_id: Option<String>,
}

#[derive(Args, Debug)]
struct Create {
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

/// The credentials of whoever makes the bucket.
#[derive(Args, Debug)]
#[command(next_help_heading = "Your own credentials (else the environment's, else AWS's chain)")]
struct OwnerArgs {
    /// AWS's own chain: environment, shared config, SSO, web identity, ECS, IMDS
    #[arg(long)]
    aws: bool,

    /// The same, by a profile of AWS's shared config
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,

    /// The access key id
    #[arg(long, value_name = "ID")]
    key: Option<String>,

    /// Read the secret access key from a file, or from standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    secret_file: Option<String>,

    /// Read the session token from a file, or from standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    token_file: Option<String>,

    /// Read all from what `aws sts assume-role` and the like printed
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    credentials_file: Option<String>,
}

/// Source: IAM API Reference, `CreateRole`.
fn role_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.into());
    }
    Err("a role's name has 1 to 64 letters, digits and _+=,.@-".into())
}

impl BucketCommand {
    /// Runs what is asked for.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Policy(policy) => policy.run(context),
            Verb::Cloudformation(template) => template.run(context),
            Verb::Create(create) => create.run(globals, context),
        }
    }
}

const NOBODY: &str = "say who may use the bucket: --user NAME with --account-id NUMBER, --role-arn \
    ARN, or --account-id NUMBER alone";

/// That a policy for the account lets in no one by itself.
fn tell_delegation(context: &Context, wanted: &Wanted) {
    if wanted.principals.only_delegate() {
        context.output.aside(
            "this names the account only, and so lets in no one by itself: each user or role needs a \
             policy of its own too (uns3 bucket policy --identity); better name it: --user, --role-arn",
        );
    }
}

impl Policy {
    fn run(self, context: &Context) -> Result<()> {
        let wanted = self.bucket.wanted(context, false)?;
        let Wanted { grant, principals } = &wanted;
        let policy = if self.identity {
            document(grant.statements(&[]))
        } else if self.trust {
            let trusted = principals.trusted().ok_or_else(|| Error::usage(NOBODY))?;
            trust(&[trusted], self.external_id.as_deref())
        } else {
            let arns = principals.arns();
            if arns.is_empty() {
                return Err(Error::usage(NOBODY));
            }
            tell_delegation(context, &wanted);
            document(grant.statements(&arns))
        };
        context.output.text(&format!("{}\n", pretty(&policy)?))
    }
}

fn pretty(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(|error| anyhow::Error::from(error).into())
}

impl Cloudformation {
    fn run(self, context: &Context) -> Result<()> {
        let wanted = self.bucket.wanted(context, false)?;
        let Wanted { grant, principals } = &wanted;
        if self.with_role.is_none() {
            if principals.arns().is_empty() {
                return Err(Error::usage(format!("{NOBODY}; or --with-role NAME")));
            }
            tell_delegation(context, &wanted);
        }
        let role = self.with_role.as_deref();
        let template = template(grant, principals, role, self.external_id.as_deref());
        let text = serde_saphyr::to_string(&template).map_err(|error| {
            Error::new(Category::Internal, format!("the template cannot be written: {error}"))
        })?;
        context.output.text(&text)
    }
}

impl OwnerArgs {
    fn source(&self, context: &Context) -> Result<Source> {
        let mut flags = CredentialArgs {
            key: self.key.clone(),
            secret_file: self.secret_file.clone(),
            token_file: self.token_file.clone(),
            credentials_file: self.credentials_file.clone(),
            ..CredentialArgs::default()
        };
        flags.aws.aws = self.aws;
        flags.aws.aws_profile = self.aws_profile.clone();
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
}

impl Create {
    fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let variable = |names: &[&str]| context.environment().first(names).map(str::to_owned);
        let own = self.endpoint_url.clone();
        // The owner's own tools go where these variables say; so does this, which takes their place.
        let endpoint_url =
            own.or_else(|| variable(&[env::ENDPOINT_URL])).or_else(|| variable(&env::AWS_S3_URLS));
        if let Some(problem) = endpoint_url.as_deref().and_then(|url| check_endpoint(url).err()) {
            return Err(Error::usage(problem));
        }
        let wanted = self.bucket.wanted(context, endpoint_url.is_some())?;
        let explicit = self.bucket.region.clone();
        let making = Making {
            wanted,
            region: explicit.clone().or_else(|| variable(&env::AWS_REGIONS)),
            region_is_given: explicit.is_some(),
            endpoint_url,
            aws_profile: self.credentials.aws_profile.clone(),
        };
        if self.dry_run && !making.needs_account() {
            return context.output.text(&making.script()?);
        }
        let source = self.credentials.source(context)?;
        runtime::block_on(context, async {
            let nowhere = || Err(Error::usage("a role is not assumed to make a bucket"));
            let auth = source.obtain_alone(globals, context, nowhere).await?;
            let making = making.with_account(globals, context, &auth).await?;
            if self.dry_run {
                return context.output.text(&making.script()?);
            }
            tell_delegation(context, &making.wanted);
            bucket::create(globals, context, &making, &auth).await
        })
    }
}
