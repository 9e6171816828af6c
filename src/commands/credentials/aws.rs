//! AWS as the source of a connector's credentials: its flags, and leases for what needs them.

use std::time::Duration;

use clap::Args;

use super::checked;
use crate::aws::{Aws, Role, Route, Source};
use crate::context::{Context, duration};
use crate::domain::connector::Kind;
use crate::domain::credentials::Auth;
use crate::domain::location::RemoteUrl;
use crate::domain::policy::{Place, partition, session_policy};
use crate::error::Error;

/// AWS's chain, and a role on top of it.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct AwsArgs {
    /// AWS's own chain: environment, shared config, SSO, web identity, ECS, IMDS
    #[arg(long)]
    aws: bool,

    /// The same, by a profile of AWS's shared config
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,

    /// Assume this role with what the chain finds, narrowed to the connector's bucket and folder
    #[arg(long, value_name = "ARN", value_parser = role_arn)]
    role_arn: Option<String>,

    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID", requires = "role_arn")]
    external_id: Option<String>,

    /// The name of the role's session, seen in CloudTrail
    #[arg(long, value_name = "NAME", requires = "role_arn", value_parser = session_name)]
    session_name: Option<String>,

    /// How long the role's credentials live: 15m to 12h [default: 1h]
    #[arg(long, value_name = "DURATION", requires = "role_arn", value_parser = lifetime)]
    duration: Option<Duration>,

    /// Do not narrow the role, such as for a bucket with a KMS key of its own
    #[arg(long, requires = "role_arn")]
    no_scope: bool,
}

impl AwsArgs {
    /// Whether a flag names AWS as the source.
    pub(super) fn is_given(&self) -> bool {
        self.aws || self.aws_profile.is_some() || self.role_arn.is_some()
    }

    /// What the flags name.
    pub(super) fn given(&self) -> AwsGiven {
        let role = self.role_arn.as_ref().map(|arn| Role {
            arn: arn.clone(),
            external_id: self.external_id.clone(),
            session_name: self.session_name.clone().unwrap_or_else(|| "uns3".into()),
            duration: self.duration,
        });
        let profile = self.aws_profile.clone();
        AwsGiven { source: Source { profile, role }, scope: !self.no_scope }
    }
}

fn role_arn(text: &str) -> Result<String, String> {
    let mut parts = text.splitn(6, ':');
    let account = |part: &str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit());
    let fits = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(account)
        && parts.next().is_some_and(|role| role.len() > 5 && role.starts_with("role/"));
    if fits { Ok(text.into()) } else { Err("a role is arn:aws:iam::123456789012:role/NAME".into()) }
}

/// Source of both rules: AWS STS API Reference, `AssumeRole`.
fn session_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (2..=64).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.into());
    }
    Err("a session's name has 2 to 64 letters, digits and _+=,.@-".into())
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let lifetime = duration(text)?;
    if (900..=43200).contains(&lifetime.as_secs()) {
        return Ok(lifetime);
    }
    Err("a role's credentials live 15m to 12h".into())
}

/// AWS as the source.
#[derive(Clone, Debug)]
pub struct AwsGiven {
    source: Source,
    scope: bool,
}

impl AwsGiven {
    /// Whether a role is assumed, and narrowed.
    pub fn is_scoped(&self) -> bool {
        self.has_role() && self.scope
    }

    /// Whether a role is assumed.
    pub fn has_role(&self) -> bool {
        self.source.role.is_some()
    }

    /// Sets AWS's chain up.
    pub async fn load(&self, context: &Context) -> Result<Aws, Error> {
        let bundle = context.variable("AWS_CA_BUNDLE").map(Into::into);
        let first = |names: &[&str]| names.iter().find_map(|name| context.variable(name));
        let https = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
        let route = Route {
            ca_files: context.globals.ca_file.clone().into_iter().chain(bundle).collect(),
            https_proxy: https.map(str::to_owned),
            no_proxy: first(&["NO_PROXY", "no_proxy"]).map(str::to_owned),
        };
        Aws::load(self.source.clone(), &route).await
    }

    /// Credentials for places on one bucket: a role is narrowed to them, unless told not to.
    pub async fn lease(
        &self,
        context: &Context,
        aws: &Aws,
        bucket: &str,
        places: &[Place],
        custom_endpoint: bool,
    ) -> Result<Auth, Error> {
        let policy = self.source.role.as_ref().filter(|_| self.scope);
        let policy = policy.map(|role| session_policy(partition(&role.arn), bucket, places));
        let keys = aws.lease(policy.as_deref()).await?;
        checked(context, keys, custom_endpoint).map_err(|problems| Error::problems(&problems))
    }

    /// Credentials for one connector.
    pub async fn lease_for(
        &self,
        context: &Context,
        kind: Kind,
        remote_url: &str,
        custom_endpoint: bool,
    ) -> Result<Auth, Error> {
        let url = RemoteUrl::parse(remote_url, custom_endpoint).map_err(Error::usage)?;
        let aws = self.load(context).await?;
        let place = Place::new(kind, &url);
        self.lease(context, &aws, url.bucket(), &[place], custom_endpoint).await
    }
}
