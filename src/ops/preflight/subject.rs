//! What is tried: a place, and the credentials that a connector there has, or would have.

use crate::context::Context;
use crate::domain::kind::Kind;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::credentials::{Auth, Keys};
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::preflight::Report;
use crate::domain::s3::region;
use crate::env;
use crate::error::{Error, Result};
use crate::s3::Server;

/// What a connector has, or would have.
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    pub(crate) remote_url: RemoteUrl,
    pub(crate) endpoint_url: Option<String>,
    /// Whether a source reads sub-folders.
    pub(crate) recursive: bool,
    pub(crate) auth: Auth,
    /// The connector's name, quoted for a shell, where there is one.
    pub(crate) name: Option<String>,
    /// What may pass later, in words.
    pub(crate) again: String,
}

impl Subject {
    pub(super) fn keys(&self) -> Option<&Keys> {
        match &self.auth {
            Auth::Keys(keys) => Some(keys),
            Auth::Anonymous | Auth::Ambient => None,
        }
    }

    pub(super) fn auth_kind(&self) -> AuthKind {
        match &self.auth {
            Auth::Keys(keys) if keys.token.is_some() => AuthKind::Sts,
            Auth::Keys(_) => AuthKind::Keys,
            Auth::Anonymous => AuthKind::Anonymous,
            Auth::Ambient => AuthKind::Ambient,
        }
    }

    /// A report before anything was tried.
    pub(super) fn report(&self) -> Report {
        Report {
            remote_url: self.remote_url.as_str().to_owned(),
            endpoint_url: self.endpoint_url.clone(),
            region: None,
            auth: self.auth_kind().name(),
            key_id: self.keys().map(|keys| keys.id.clone()),
            account: None,
            arn: None,
            steps: Vec::new(),
            diagnosis: None,
        }
    }

    /// Where the bucket is asked for, and the region to begin with. The endpoint is what the
    /// connector has: no variable of AWS's moves it, since the platform has none of them.
    pub(super) fn server(&self, context: &Context) -> Result<(Server, String)> {
        let broken = |_| Error::usage("the endpoint URL is not a URL");
        let usual = || "us-east-1".to_owned();
        let url = match (&self.endpoint_url, self.remote_url.fips_host()) {
            (_, Some(host)) => format!("https://{host}/"),
            (Some(url), None) => url.clone(),
            (None, None) => {
                let guess = context.environment().first(&env::AWS_REGIONS);
                let in_reach =
                    |name: &&str| region::is_region(name) && region::partition_of(name) == "aws";
                return Ok((Server::Aws, guess.filter(in_reach).map_or_else(usual, str::to_owned)));
            }
        };
        let url = url::Url::parse(&url).map_err(broken)?;
        let named = url.host_str().and_then(region::of_host).map(str::to_owned);
        let region = named.unwrap_or_else(usual);
        match self.remote_url.fips_host() {
            Some(_) => Ok((Server::Bucket(url), region)),
            None => Ok((Server::Endpoint(url), region)),
        }
    }
}
