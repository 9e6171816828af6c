//! Where a rotation's new credentials come from: the same for all, or one lease a bucket.

use crate::args::credentials::CredentialArgs;
use crate::aws::Aws;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::rotation::scope;
use crate::domain::s3::credentials::Auth;
use crate::error::{Error, Result};
use crate::ops::credentials::{self, AwsSource, SOURCES, Source};
use crate::ops::session::Session;

/// What the command line says of the source.
pub(crate) struct SourceFlags<'a> {
    /// The flags for credentials.
    pub(crate) credentials: &'a CredentialArgs,
    /// Whether the source must be one that can be asked again.
    pub(crate) watch: bool,
}

/// The source that flags, the sandbox or the environment name, not asked yet.
#[derive(Clone)]
pub(crate) enum Given<'a> {
    Fixed(Auth),
    File(&'a str),
    Aws(AwsSource),
    Sandbox,
}

impl<'a> SourceFlags<'a> {
    /// The source, checked as far as it can be without the connectors.
    pub(crate) fn choose(&self, context: &Context, in_sandbox: bool) -> Result<Given<'a>> {
        let flags = self.credentials;
        let chosen = credentials::choose(context, flags, in_sandbox)?;
        let chosen = chosen.map_err(|problems| Error::problems(&problems))?;
        let none = || Error::usage(format!("a rotation needs new credentials: {SOURCES}"));
        match chosen.ok_or_else(none)? {
            Source::Sandbox => Ok(Given::Sandbox),
            Source::Aws(source) => Ok(Given::Aws(source)),
            Source::Fixed(Auth::Anonymous | Auth::Ambient) => {
                Err(Error::usage("a rotation replaces keys: to take them away, use uns3 update"))
            }
            Source::Fixed(auth) => match (self.watch, flags.renewable_file()) {
                (false, _) => Ok(Given::Fixed(auth)),
                (true, Some(file)) => Ok(Given::File(file)),
                (true, None) => Err(Error::usage(
                    "--watch needs a source that can be asked again: --aws, --role-arn, or a \
                 --credentials-file that something else keeps fresh",
                )),
            },
        }
    }
}

impl<'a> Given<'a> {
    /// The source, ready to be asked.
    pub(crate) async fn ready(self, session: &Session<'_>) -> Result<CredentialSource<'a>> {
        match self {
            Self::Fixed(auth) => Ok(CredentialSource::Fixed(auth)),
            Self::File(file) => Ok(CredentialSource::File(file)),
            Self::Aws(given) => {
                let aws = Box::new(given.load(session.globals, session.context).await?);
                Ok(CredentialSource::Aws { given, aws })
            }
            Self::Sandbox => {
                let own = session.sandbox_keys();
                let none = || Error::usage(format!("a rotation needs new credentials: {SOURCES}"));
                Ok(CredentialSource::Fixed(Auth::Keys(own.ok_or_else(none)?.0)))
            }
        }
    }
}

/// The source of new credentials.
pub(crate) enum CredentialSource<'a> {
    /// One set for all targets.
    Fixed(Auth),
    /// A file that something else keeps fresh, read anew each time.
    File(&'a str),
    /// AWS's chain; with a role, one lease a bucket.
    Aws {
        /// What flags name.
        given: AwsSource,
        /// The chain, set up.
        aws: Box<Aws>,
    },
}

impl<'a> CredentialSource<'a> {
    /// The same source as it is now: AWS's shared config may have been written meanwhile, which
    /// the SDK reads but once.
    pub(super) async fn renewed(&self, session: &Session<'_>) -> Result<CredentialSource<'a>> {
        match self {
            Self::Fixed(auth) => Ok(Self::Fixed(auth.clone())),
            Self::File(file) => Ok(Self::File(file)),
            Self::Aws { given, .. } => Given::Aws(given.clone()).ready(session).await,
        }
    }

    /// Refuses credentials, known already, that one of the connectors cannot use: before anything
    /// is written.
    pub(crate) fn judge(&self, context: &Context, on: &[Connector]) -> Result<()> {
        let Self::Fixed(auth) = self else { return Ok(()) };
        credentials::mind(context, auth, on.iter().all(Connector::has_endpoint));
        let problems: Vec<String> =
            on.iter().filter_map(|one| problem(auth, one).map(|error| error.message)).collect();
        if problems.is_empty() { Ok(()) } else { Err(Error::problems(&problems)) }
    }

    /// Credentials for connectors on one bucket.
    pub(super) async fn lease(&self, context: &Context, on: &[Connector]) -> Result<Auth> {
        match self {
            Self::Fixed(auth) => Ok(auth.clone()),
            Self::File(file) => credentials::from_file(context, file).await,
            Self::Aws { given, aws } => {
                let scopes: Vec<_> = on.iter().filter_map(scope).collect();
                given.lease(context, aws, &scopes).await
            }
        }
    }

    /// Whether credentials are good for the connectors' places only.
    pub(super) fn is_scoped(&self) -> bool {
        matches!(self, Self::Aws { given, .. } if given.is_scoped())
    }

    /// Whether each bucket gets credentials of its own.
    pub(super) fn is_by_bucket(&self) -> bool {
        matches!(self, Self::Aws { given, .. } if given.has_role())
    }
}

/// Why a connector cannot use credentials, by where it is.
pub(super) fn problem(auth: &Auth, connector: &Connector) -> Option<Error> {
    let url = connector.remote_url().ok();
    let problems = credentials::judge(auth, url, connector.has_endpoint());
    let title = connector.title();
    (!problems.is_empty()).then(|| Error::usage(format!("{title}: {}", problems.join("; "))))
}
