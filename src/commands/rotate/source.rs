//! Where a rotation's new credentials come from: the same for all, or one lease a bucket.

use crate::aws::Aws;
use crate::commands::credentials::{self, AwsGiven, CredentialArgs, Given, SOURCES};
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::credentials::Auth;
use crate::domain::rotation::place;
use crate::error::{Error, Result};

/// The source of new credentials.
pub(super) enum CredentialSource<'a> {
    /// One set for all targets.
    Fixed(Auth),
    /// A file that something else keeps fresh, read anew each time.
    File(&'a CredentialArgs),
    /// AWS's chain; with a role, one lease a bucket.
    Aws {
        /// What flags name.
        given: AwsGiven,
        /// The chain, once it is set up.
        aws: Option<Box<Aws>>,
    },
}

/// The source that flags or the environment name, checked; `None`: the sandbox's own keys. A watch
/// needs one that can be asked again.
pub(super) fn given<'a>(
    context: &Context,
    flags: &'a CredentialArgs,
    watch: bool,
) -> Result<Option<CredentialSource<'a>>> {
    let problems = |problems: Vec<String>| Error::problems(&problems);
    let given = match flags.from_flags(context, false).map_err(problems)? {
        Some(given) => given,
        None if context.in_sandbox() => return Ok(None),
        None => {
            let found = credentials::from_environment(context, false).map_err(problems)?;
            let none = || Error::usage(format!("a rotation needs new credentials: {SOURCES}"));
            Given::Fixed(found.ok_or_else(none)?)
        }
    };
    match given {
        Given::Aws(given) => Ok(Some(CredentialSource::Aws { given, aws: None })),
        Given::Fixed(Auth::Anonymous | Auth::Ambient) => {
            Err(Error::usage("a rotation replaces keys: to take them away, use uns3 update"))
        }
        Given::Fixed(_) if watch && flags.is_renewable_file() => {
            Ok(Some(CredentialSource::File(flags)))
        }
        Given::Fixed(_) if watch => Err(Error::usage(
            "--watch needs a source that can be asked again: --aws, --role-arn, or a \
             --credentials-file that something else keeps fresh",
        )),
        Given::Fixed(auth) => Ok(Some(CredentialSource::Fixed(auth))),
    }
}

impl<'a> CredentialSource<'a> {
    /// The source, ready to be asked.
    pub(super) async fn new(
        context: &Context,
        given: Option<CredentialSource<'a>>,
    ) -> Result<Self> {
        match given {
            Some(Self::Aws { given, .. }) => {
                let aws = Some(Box::new(given.load(context).await?));
                Ok(Self::Aws { given, aws })
            }
            Some(other) => Ok(other),
            None => {
                let own = context.sandbox_keys().await?;
                let none = || Error::usage(format!("a rotation needs new credentials: {SOURCES}"));
                Ok(Self::Fixed(own.ok_or_else(none)?.0))
            }
        }
    }

    /// The same source as it is now: AWS's shared config may have been written meanwhile, which
    /// the SDK reads but once.
    pub(super) async fn renewed(&self, context: &Context) -> Result<CredentialSource<'a>> {
        match self {
            Self::Fixed(auth) => Ok(Self::Fixed(auth.clone())),
            Self::File(flags) => Ok(Self::File(flags)),
            Self::Aws { given, .. } => {
                let given = Some(Self::Aws { given: given.clone(), aws: None });
                Self::new(context, given).await
            }
        }
    }

    /// Credentials for connectors on one bucket.
    pub(super) async fn lease(&self, context: &Context, on: &[&Connector]) -> Result<Auth> {
        match self {
            Self::Fixed(auth) => Ok(auth.clone()),
            Self::File(flags) => match flags.from_flags(context, false) {
                Ok(Some(Given::Fixed(auth))) => Ok(auth),
                Ok(_) => Err(Error::usage("the file holds no credentials")),
                Err(problems) => Err(Error::problems(&problems)),
            },
            Self::Aws { given, aws } => {
                let Some(aws) = aws else { unreachable!("set up by new") };
                let places: Vec<_> = on.iter().filter_map(|connector| place(connector)).collect();
                let bucket = places.first().map_or("", |place| place.bucket.as_str());
                let custom = on.iter().any(|one| !one.setting("endpoint_url").is_empty());
                given.lease(context, aws, bucket, &places, custom).await
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
