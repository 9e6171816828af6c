//! Where a preflight tries: a connector's place, before it has its credentials.

use super::subject::Subject;
use crate::args::place::PlaceArgs;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::names::quoted;
use crate::domain::s3::config::Config;
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::location::{RemoteUrl, check_endpoint};
use crate::domain::s3::policy::Scope;
use crate::env;
use crate::error::{Error, Result};
use crate::ops::credentials;

/// Where a connector is, or would be.
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) remote_url: RemoteUrl,
    /// `None`: AWS.
    pub(crate) endpoint_url: Option<String>,
    /// Whether a source reads sub-folders.
    pub(crate) recursive: bool,
}

impl Place {
    /// That of a connector.
    pub(crate) fn of(connector: &Connector) -> Result<Self> {
        Self::of_config(connector.kind, &connector.config().into())
    }

    /// That of a config which is to be written.
    pub(crate) fn of_config(kind: Kind, config: &Config) -> Result<Self> {
        let endpoint = Some(config.setting("endpoint_url")).filter(|url| !url.is_empty());
        Ok(Self {
            kind,
            remote_url: RemoteUrl::parse(config.setting("remote_url")).map_err(Error::usage)?,
            endpoint_url: endpoint.map(str::to_owned),
            recursive: config.agrees("recursive", Some(&true.into())),
        })
    }

    /// That which flags name, else the environment, or all that is wrong with it.
    pub(crate) fn of_flags(
        flags: &PlaceArgs,
        kind: Kind,
        context: &Context,
        in_sandbox: bool,
    ) -> Result<Self> {
        let variable = |name| context.variable(name).map(str::to_owned);
        let url = flags.remote_url.clone().or_else(|| variable(env::REMOTE_URL));
        let endpoint = flags.endpoint_url.clone().or_else(|| variable(env::ENDPOINT_URL));
        let missing = "say where: --remote-url s3://bucket/folder/, or the name of a connector";
        let url = url.ok_or_else(|| Error::usage(missing))?;
        let mut problems: Vec<String> =
            endpoint.as_deref().and_then(|url| check_endpoint(url).err()).into_iter().collect();
        let parsed = RemoteUrl::parse(&url);
        let custom = endpoint.is_some() || in_sandbox;
        match &parsed {
            Ok(url) => problems.extend(url.check_bucket(custom).err()),
            Err(problem) => problems.push(problem.clone()),
        }
        if flags.recursive.is_some() && kind == Kind::Destination {
            problems.push("--recursive is for sources (--kind source)".into());
        }
        match parsed {
            Ok(remote_url) if problems.is_empty() => Ok(Self {
                kind,
                remote_url,
                endpoint_url: endpoint,
                recursive: flags.recursive.unwrap_or(false),
            }),
            _ => Err(Error::problems(&problems)),
        }
    }

    /// What a role has to be narrowed to.
    pub(crate) fn scope(&self) -> Result<Scope> {
        Ok(Scope::new(self.kind, &self.remote_url, self.endpoint_url.as_deref()))
    }

    /// Credentials, where they fit this place.
    pub(crate) fn judged(&self, auth: Auth) -> Result<Auth> {
        let custom = self.endpoint_url.is_some();
        let problems = credentials::judge(&auth, Some(&self.remote_url), custom);
        if problems.is_empty() { Ok(auth) } else { Err(Error::problems(&problems)) }
    }

    /// What is tried there; `name` is the connector's, where there is one.
    pub(crate) fn subject(self, auth: Auth, name: Option<&str>) -> Subject {
        let Self { kind, remote_url, endpoint_url, recursive } = self;
        let again = "try again in a few minutes".to_owned();
        Subject { kind, remote_url, endpoint_url, recursive, auth, name: name.map(quoted), again }
    }
}
