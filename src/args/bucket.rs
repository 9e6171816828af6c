//! The flags that say what a bucket is for, and who may use it.

use clap::{Args, ValueEnum, ValueHint};

use crate::context::Context;
use crate::domain::s3::grants::{Access, Grant};
use crate::domain::s3::location::{RemoteUrl, check_endpoint};
use crate::domain::s3::pattern::Dialect;
use crate::domain::s3::principals::Principals;
use crate::domain::s3::region;
use crate::env;
use crate::error::{Error, Result};

/// The bucket, what is done in it, and by whom.
#[derive(Args, Clone, Debug)]
pub(crate) struct BucketArgs {
    /// The connector's remote URL: s3://bucket/folder/ [env: UNS3_REMOTE_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    remote_url: Option<String>,

    /// What connectors do there; a write includes the listing that each upload begins with
    #[arg(long, value_name = "ACCESS", default_value = "write")]
    access: AccessArg,

    /// The account whose users or roles these are, of 12 digits
    #[arg(long, value_name = "NUMBER")]
    account_id: Option<String>,

    /// The user whose keys the connector has: a name in the account, or an ARN
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// The role that the connector's credentials are leases of
    #[arg(long, value_name = "ARN", value_parser = crate::domain::role::arn)]
    role_arn: Option<String>,

    /// The bucket's region
    #[arg(long, value_name = "REGION", value_parser = known_region)]
    region: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AccessArg {
    Write,
    Read,
    ReadWrite,
}

/// What the flags name.
pub(crate) struct Wanted {
    pub(crate) grant: Grant,
    pub(crate) principals: Principals,
    /// The bucket's region, where a flag or a host names it.
    pub(crate) region: Option<String>,
}

/// What has to be said where a policy would let in nobody.
pub(crate) const NOBODY: &str = "say who may use the bucket: --user NAME with --account-id NUMBER, \
    --role-arn ARN, or --account-id NUMBER alone";

impl Wanted {
    /// Says that a policy for the account lets in no one by itself, where it is one.
    pub(crate) fn tell_delegation(&self, context: &Context) {
        if self.principals.only_delegate() {
            context.output.notice(
                "this names the account only, and so lets in no one by itself: each user or role needs \
                 a policy of its own too (uns3 bucket policy --identity); better name it: --user, \
                 --role-arn",
            );
        }
    }
}

fn known_region(text: &str) -> Result<String, String> {
    let fits = region::is_region(text);
    if fits { Ok(text.into()) } else { Err("a region is written as eu-west-1".into()) }
}

impl BucketArgs {
    /// What the flags name, or all that is wrong with them. `endpoint_url`: another server.
    pub(crate) fn wanted(&self, context: &Context, endpoint_url: Option<&str>) -> Result<Wanted> {
        let url = self.remote_url.as_deref().or_else(|| context.variable(env::REMOTE_URL));
        let mut problems = Vec::new();
        let parsed = url.map(RemoteUrl::parse);
        match &parsed {
            None => problems.push("say which bucket: --remote-url s3://bucket/folder/".into()),
            Some(Err(problem)) => problems.push(problem.clone()),
            Some(Ok(url)) => problems.extend(url.check_bucket(endpoint_url.is_some()).err()),
        }
        let host = parsed.as_ref().and_then(|url| url.as_ref().ok()?.fips_host());
        let of_host = host.and_then(region::of_host).map(str::to_owned);
        if let (Some(flag), Some(of_host)) = (&self.region, &of_host)
            && flag != of_host
        {
            problems.push(format!("the remote URL is in {of_host}, and --region names {flag}"));
        }
        let region = self.region.clone().or(of_host);
        let principals = self.principals(context, region.as_deref());
        problems.extend(principals.problems());
        match parsed {
            Some(Ok(url)) if problems.is_empty() => Ok(Wanted {
                grant: Grant {
                    partition: principals.partition.clone(),
                    bucket: url.bucket().into(),
                    folder: url.folder(),
                    access: match self.access {
                        AccessArg::Write => Access::Write,
                        AccessArg::Read => Access::Read,
                        AccessArg::ReadWrite => Access::ReadWrite,
                    },
                    dialect: Dialect::of(endpoint_url),
                },
                principals,
                region,
            }),
            _ => Err(Error::problems(&problems)),
        }
    }

    /// The partition is the region's, else that of an ARN, else that of the environment's region.
    fn principals(&self, context: &Context, region: Option<&str>) -> Principals {
        let named = [&self.role_arn, &self.user].into_iter().flatten();
        let mut arns = named.filter(|text| text.starts_with("arn:"));
        let of_arn = || arns.next().and_then(|arn| arn.split(':').nth(1));
        let usual = || context.environment().first(&env::AWS_REGIONS).map(region::partition_of);
        let partition = region.map(region::partition_of).or_else(of_arn).or_else(usual);
        Principals {
            partition: partition.unwrap_or("aws").to_owned(),
            account: self.account_id.clone(),
            user: self.user.clone(),
            role_arn: self.role_arn.clone(),
        }
    }
}

/// The address of another S3 server. The owner's own tools go where these variables say; so does what
/// takes their place.
pub(crate) fn endpoint(context: &Context, flag: Option<&str>) -> Result<Option<String>> {
    let variable = |names: &[&str]| context.environment().first(names).map(str::to_owned);
    let url = flag.map(str::to_owned).or_else(|| variable(&[env::ENDPOINT_URL]));
    let url = url.or_else(|| variable(&env::AWS_S3_URLS));
    match url.as_deref().and_then(|url| check_endpoint(url).err()) {
        Some(problem) => Err(Error::usage(problem)),
        None => Ok(url),
    }
}
