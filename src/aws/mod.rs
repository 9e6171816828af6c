//! AWS: the SDK's own chain of credential sources, and a role assumed on top of it.
//!
//! Nothing here is touched by a command that does not ask for it. The SDK reads its settings itself
//! (`AWS_PROFILE`, `AWS_ENDPOINT_URL…`, `AWS_REGION`, …); what its sources leave out on the TLS
//! stack that uns3 has is added: proxies from the environment, and `AWS_CA_BUNDLE`.

mod http;
mod refusal;

use std::time::{Duration, SystemTime};

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, ProvideCredentials, SharedHttpClient};
use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio::time::timeout;

pub(crate) use http::Route;

use crate::domain::s3::credentials::Keys;
use crate::domain::s3::policy::{default_region, partition};
use crate::domain::secret::Secret;
use crate::error::{Category, Error, Result};
use crate::process::{self, Started};

/// Where credentials come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// A profile of AWS's shared config; `None`: the chain's own choice.
    pub(crate) profile: Option<String>,
    /// A role to assume with what the chain finds.
    pub(crate) role: Option<Role>,
}

/// A role to assume.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// Its ARN.
    pub(crate) arn: String,
    /// What its trust policy may ask for.
    pub(crate) external_id: Option<String>,
    /// The session's name, seen in CloudTrail.
    pub(crate) session_name: String,
    /// How long the credentials live; `None`: STS's own default, an hour.
    pub(crate) duration: Option<Duration>,
}

/// Whose credentials are.
pub(crate) struct Identity {
    /// The account's number.
    pub(crate) account: String,
    /// The ARN of the user, or of the role's session.
    pub(crate) arn: String,
}

/// AWS as one command needs it: the chain is set up once, for any number of leases.
pub(crate) struct Aws {
    config: SdkConfig,
    source: Source,
    /// What the chain gave, asked for once: it may be a program that takes its time.
    own: OnceCell<Result<Credentials>>,
}

impl Aws {
    /// Sets the chain up.
    pub(crate) async fn load(source: Source, route: &Route) -> Result<Self> {
        let http = http::client(route)?;
        let region = region(&http, &source).await?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(20))
                    // With all attempts: a watch has other buckets to look after.
                    .operation_timeout(Duration::from_secs(45))
                    .build(),
            );
        if let Some(profile) = &source.profile {
            // Alone: in the SDK's chain, keys in the environment come before a profile's.
            let settings =
                ProviderConfig::without_region().with_region(Some(region)).with_http_client(http);
            let named = ProfileFileCredentialsProvider::builder().configure(&settings);
            loader = loader
                .profile_name(profile)
                .credentials_provider(named.profile_name(profile).build());
        } else if route.keys_in_environment {
            // The chain's first source has them: no other is set up.
            loader = loader.credentials_provider(EnvironmentVariableCredentialsProvider::new());
        }
        let config = loader.load().await;
        Ok(Self { config, source, own: OnceCell::new() })
    }

    /// The region that the settings name, or AWS's usual one.
    pub(crate) fn region(&self) -> &str {
        self.config.region().map_or("us-east-1", Region::as_ref)
    }

    /// Credentials for a connector: of the role, narrowed by a session policy where one is given,
    /// or, without a role, what the chain has.
    pub(crate) async fn lease(&self, policy: Option<&str>) -> Result<Keys> {
        match &self.source.role {
            Some(role) => self.assume(role, policy).await,
            None => {
                let found = self.own().await?;
                Ok(Keys {
                    id: found.access_key_id().into(),
                    secret: Secret::new(found.secret_access_key()),
                    token: found.session_token().map(Secret::new),
                    expires: found.expiry().and_then(timestamp),
                    arn: None,
                })
            }
        }
    }

    /// What the chain has, asked for once: a failure too is every bucket's, and none waits for it
    /// again.
    async fn own(&self) -> Result<&Credentials> {
        let asked = self.own.get_or_init(|| async {
            let nothing =
                || Error::usage("AWS's chain of credentials is empty").hint(refusal::CHAIN_HINT);
            let provider = self.config.credentials_provider().ok_or_else(nothing)?;
            let asked = provider.provide_credentials();
            tokio::pin!(asked);
            // Made after it, and so ended before it: a program whose parent is gone is not found.
            let started = Started::by_this_process();
            let Ok(answer) = timeout(process::LIMIT, &mut asked).await else {
                let seconds = process::LIMIT.as_secs();
                let message = format!("AWS's chain gave no credentials within {seconds} s");
                return Err(Error::new(Category::Unavailable, message)
                    .hint("is it a credential_process or an agent that hangs, or one that asks?"));
            };
            started.let_go();
            answer.map_err(|error| refusal::of_chain(&error))
        });
        asked.await.as_ref().map_err(Error::clone)
    }

    /// Who AWS says that the chain's credentials are. Source: AWS STS API Reference,
    /// `GetCallerIdentity`, which needs no permission.
    pub(crate) async fn identity(&self) -> Result<Identity> {
        let answer = self
            .sts()
            .await?
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| refusal::of_identity(&error))?;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(Identity { account: text(answer.account()), arn: text(answer.arn()) })
    }

    /// STS, asked with what the chain has.
    async fn sts(&self) -> Result<aws_sdk_sts::Client> {
        let own = self.own().await?.clone();
        let config = aws_sdk_sts::config::Builder::from(&self.config).credentials_provider(own);
        Ok(aws_sdk_sts::Client::from_conf(config.build()))
    }

    /// The secrets that the chain gave, as far as it was asked.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let Some(Ok(own)) = self.own.get() else { return Vec::new() };
        [Some(own.secret_access_key()), own.session_token()].into_iter().flatten().collect()
    }

    async fn assume(&self, role: &Role, policy: Option<&str>) -> Result<Keys> {
        let answer = self
            .sts()
            .await?
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(&role.session_name)
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration.map(|duration| duration.as_secs() as i32))
            .set_policy(policy.map(str::to_owned))
            .send()
            .await
            .map_err(|error| refusal::of_role(&role.arn, &error))?;
        let nothing = || Error::new(Category::Unavailable, "STS answered without credentials");
        let found = answer.credentials().ok_or_else(nothing)?;
        Ok(Keys {
            id: found.access_key_id().into(),
            secret: Secret::new(found.secret_access_key()),
            token: Some(Secret::new(found.session_token())),
            expires: SystemTime::try_from(*found.expiration()).ok().and_then(timestamp),
            arn: answer.assumed_role_user().map(|user| user.arn().to_owned()),
        })
    }
}

/// The region by the SDK's own chain, with an end to it: where that finds none, the SDK asks IMDS for
/// one again and again, a second each where there is no IMDS, before it looks for credentials.
async fn region(http: &SharedHttpClient, source: &Source) -> Result<Region> {
    let settings = ProviderConfig::without_region().with_http_client(http.clone());
    let mut file = ProfileFileRegionProvider::builder();
    if let Some(profile) = &source.profile {
        file = file.profile_name(profile);
    }
    let arn = source.role.as_ref().map_or("", |role| role.arn.as_str());
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(file.build())
        .or_else(ImdsRegionProvider::builder().configure(&settings).build());
    let found = chain.region().await;
    let usual = || default_region(partition(arn)).map(Region::new);
    let unknown = || Error::usage(format!("no region is set for {arn}")).hint("set AWS_REGION");
    found.or_else(usual).ok_or_else(unknown)
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}
