//! AWS: the SDK's own chain of credential sources, and a role assumed on top of it.
//!
//! Nothing here is touched by a command that does not ask for it. The SDK reads its settings itself
//! (`AWS_PROFILE`, `AWS_ENDPOINT_URL…`, `AWS_REGION`, …); what its sources leave out on the TLS
//! stack that uns3 has is added: proxies from the environment, and `AWS_CA_BUNDLE`.

use std::time::{Duration, SystemTime};

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, ProvideCredentials, SharedHttpClient};
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::{RequestId, assume_role::AssumeRoleError};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use tokio::sync::OnceCell;

use crate::domain::s3::credentials::Keys;
use crate::domain::s3::policy::{default_region, partition};
use crate::domain::secret::{MASK, Secret};
use crate::error::{Category, Error, Result};
use crate::net::Trust;

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

/// What lies on the way to AWS.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// Whom TLS trusts.
    pub(crate) trust: Trust,
    /// The proxy of `https://` addresses. Others are of this machine or its network, such as a
    /// container's agent, which hands credentials out in the clear: no proxy is let in on that.
    pub(crate) https_proxy: Option<String>,
    /// The hosts that are reached without it.
    pub(crate) no_proxy: Option<String>,
}

/// AWS as one command needs it: the chain is set up once, for any number of leases.
pub(crate) struct Aws {
    config: SdkConfig,
    source: Source,
    /// What the chain gave, asked for once: it may be a program that takes its time.
    own: OnceCell<Credentials>,
}

impl Aws {
    /// Sets the chain up.
    pub(crate) async fn load(source: Source, route: &Route) -> Result<Self> {
        let http = http_client(route)?;
        let region = region(&http, &source).await?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(20))
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
        }
        let config = loader.load().await;
        Ok(Self { config, source, own: OnceCell::new() })
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
                })
            }
        }
    }

    async fn own(&self) -> Result<&Credentials> {
        let nothing = || Error::usage("AWS's chain of credentials is empty").hint(CHAIN_HINT);
        let provider = self.config.credentials_provider().ok_or_else(nothing)?;
        let asked = self.own.get_or_try_init(|| provider.provide_credentials()).await;
        asked.map_err(|error| {
            // A profile's own role: what STS said lies deep beneath, with its code and its words.
            let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
            while let Some(one) = cause {
                if let Some(refusal) = one.downcast_ref::<SdkError<AssumeRoleError>>() {
                    return refused("the role of the AWS profile", refusal);
                }
                cause = one.source();
            }
            let why = DisplayErrorContext(&error).to_string();
            Error::usage(format!("AWS's chain gave no credentials: {}", short(&why)))
                .hint(CHAIN_HINT)
        })
    }

    async fn assume(&self, role: &Role, policy: Option<&str>) -> Result<Keys> {
        let own = self.own().await?.clone();
        let config = aws_sdk_sts::config::Builder::from(&self.config).credentials_provider(own);
        let answer = aws_sdk_sts::Client::from_conf(config.build())
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(&role.session_name)
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration.map(|duration| duration.as_secs() as i32))
            .set_policy(policy.map(str::to_owned))
            .send()
            .await
            .map_err(|error| refused(&role.arn, &error))?;
        let nothing = || Error::new(Category::Unavailable, "STS answered without credentials");
        let found = answer.credentials().ok_or_else(nothing)?;
        Ok(Keys {
            id: found.access_key_id().into(),
            secret: Secret::new(found.secret_access_key()),
            token: Some(Secret::new(found.session_token())),
            expires: SystemTime::try_from(*found.expiration()).ok().and_then(timestamp),
        })
    }
}

const CHAIN_HINT: &str = "sign in (aws sso login), name a profile (--aws-profile NAME), or set \
    AWS_ACCESS_KEY_ID and its kin";

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

fn http_client(route: &Route) -> Result<SharedHttpClient> {
    let (all, added) = (route.trust.all()?, route.trust.added()?);
    // Only where the system does not keep them in files are they read by the SDK.
    let mut trusted = TrustStore::empty().with_native_roots(all.is_none());
    for one in all.unwrap_or(added) {
        trusted.add_pem_certificate(pem(&one));
    }
    let broken = |error: &dyn std::error::Error| {
        Error::new(Category::Internal, format!("cannot set up TLS for AWS: {error}"))
    };
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|error| broken(&error))?;
    let proxy = proxy(route)?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context.clone())
            .proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    }))
}

/// A certificate in the only form that the SDK takes.
fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = base64_simd::STANDARD.encode_to_string(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn proxy(route: &Route) -> Result<ProxyConfig> {
    let Some(url) = &route.https_proxy else { return Ok(ProxyConfig::disabled()) };
    let url = if url.contains("://") { url.clone() } else { format!("http://{url}") };
    // Not repeated: it may hold a password.
    let wrong = |_| Error::usage("HTTPS_PROXY is not the address of a proxy for AWS");
    let proxy = ProxyConfig::https(url).map_err(wrong)?;
    Ok(match &route.no_proxy {
        Some(hosts) => proxy.no_proxy(hosts),
        None => proxy,
    })
}

/// A refusal of AssumeRole. Codes: AWS STS API Reference, "AssumeRole" and "Common errors".
fn refused<E>(arn: &str, error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    SdkError<E>: RequestId,
{
    let code = error.code().unwrap_or_default();
    let words = match (code, error.message()) {
        ("", _) => short(&DisplayErrorContext(error).to_string()),
        (code, words) => format!("{code}: {}", words.unwrap_or_default()),
    };
    let message = format!("cannot assume {arn}: {words}");
    let (category, hint) = match code {
        "AccessDenied" => (
            Category::Auth,
            "the role's trust policy must allow you (and name the --external-id, where it asks for \
             one), and your own policy sts:AssumeRole on it",
        ),
        "ExpiredToken" | "ExpiredTokenException" => {
            (Category::Auth, "your own AWS credentials have expired: sign in again (aws sso login)")
        }
        "InvalidClientTokenId" | "SignatureDoesNotMatch" | "UnrecognizedClientException" => {
            (Category::Auth, "your own AWS credentials are wrong: see aws sts get-caller-identity")
        }
        "MalformedPolicyDocument" | "PackedPolicyTooLarge" => (
            Category::Usage,
            "the session policy is not accepted: --no-scope assumes the role without one",
        ),
        "ValidationError" => (
            Category::Usage,
            "--duration must be at least 15m and at most the role's maximum (1h by default, and \
             always where a role assumes a role)",
        ),
        "" => (Category::Unavailable, CHAIN_HINT),
        _ => (Category::Unavailable, "try again later"),
    };
    let request_id = error.request_id().map(str::to_owned);
    Error { request_id, ..Error::new(category, message).hint(hint) }
}

/// The SDK tells an error by its whole chain of causes, and then its internals: the last is cut. It
/// quotes what a credential process said, which may be a secret: what looks like one is masked.
fn short(text: &str) -> String {
    let text = text.split(" (").next().unwrap_or(text);
    let line: String = text.lines().next().unwrap_or(text).chars().take(300).collect();
    let words = line.split(' ').map(|word| if may_be_key(word) { MASK } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a word is as long and mixed as keys are, and neither a URL nor an ARN.
fn may_be_key(word: &str) -> bool {
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    word.len() >= 16
        && has(char::is_ascii_digit)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && !word.contains("://")
        && !word.starts_with("arn:")
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}
