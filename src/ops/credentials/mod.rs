//! A connector's credentials: the one source that flags, the environment or the sandbox name, what
//! it gives, and the one place that judges it.

mod aws;
mod judge;
mod read;
mod reference;

use crate::args::credentials::CredentialArgs;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::s3::credential_file;
use crate::domain::s3::credentials::Auth;
use crate::domain::s3::policy::Scope;
use crate::env;
use crate::error::{Error, Result};
use crate::ops::runtime;
use crate::ops::session::Session;

pub(crate) use aws::AwsSource;
use judge::learnt;
pub(crate) use judge::{Judged, judge, mind};
pub(crate) use reference::References;

/// What has to be said where a source is needed and none is given.
pub(crate) const SOURCES: &str = "--key ID with --secret-file FILE (and --token-file FILE for \
    STS), --credentials-file FILE, --aws (with --role-arn ARN for a role), --anonymous, \
    --ambient-credentials, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment";

/// Where credentials come from.
pub(crate) enum Source {
    /// They are there, or there are none by intent.
    Fixed(Auth),
    /// AWS's chain, and perhaps a role: asked when it is known what they are for.
    Aws(AwsSource),
    /// The sandbox's own keys.
    Sandbox,
}

/// The source that flags name, else the sandbox where one is used, else the environment; `None`
/// where none of them has any, or all that is wrong.
pub(crate) fn choose(
    context: &Context,
    flags: &CredentialArgs,
    in_sandbox: bool,
) -> Result<Judged<Option<Source>>> {
    Ok(match from_flags(context, flags)? {
        Ok(None) if in_sandbox => Ok(Some(Source::Sandbox)),
        Ok(None) => from_environment(context).map(|found| found.map(Source::Fixed)),
        given => given,
    })
}

/// The source that flags name, `None` where they name none, or all that is wrong. Files are read,
/// and what they do not say is asked for, before anything else: never from within the runtime.
pub(crate) fn from_flags(
    context: &Context,
    flags: &CredentialArgs,
) -> Result<Judged<Option<Source>>> {
    let keys = match flags.named().as_slice() {
        [] => return Ok(Ok(None)),
        ["--anonymous"] => return Ok(Ok(Some(Source::Fixed(Auth::Anonymous)))),
        ["--ambient-credentials"] => return Ok(Ok(Some(Source::Fixed(Auth::Ambient)))),
        ["--aws"] => return Ok(Ok(Some(Source::Aws(AwsSource::new(&flags.aws))))),
        ["--key"] => runtime::block_on(context, read::keys(context, flags))?,
        [_file] => {
            let file = flags.credentials_file.as_deref().unwrap_or_default();
            let keys = runtime::block_on(context, read::file(context, file))?;
            keys.map_err(|problem| vec![problem])
        }
        several => {
            let several = several.join(" and ");
            let problem = format!("{several} are several sources of credentials: give one");
            return Ok(Err(vec![problem]));
        }
    };
    Ok(keys.and_then(|keys| learnt(context, keys)).map(|auth| Some(Source::Fixed(auth))))
}

/// The credentials of a file, as it is now.
pub(crate) async fn from_file(context: &Context, file: &str) -> Result<Auth> {
    let keys = read::file(context, file).await?.map_err(Error::usage)?;
    learnt(context, keys).map_err(|problems| Error::problems(&problems))
}

/// The credentials in the environment, read as one set; `None` where there are none.
pub(crate) fn from_environment(context: &Context) -> Result<Option<Auth>, Vec<String>> {
    let found = read_environment(context)?;
    if let Some(Auth::Keys(keys)) = &found {
        let id = &keys.id;
        context.output.notice(&format!("using the credentials in the environment, key id {id}"));
    }
    Ok(found)
}

/// The same for what only compares them: without a word, and what cannot be right is none.
pub(crate) fn in_environment(context: &Context) -> Option<Auth> {
    read_environment(context).ok().flatten()
}

fn read_environment(context: &Context) -> Result<Option<Auth>, Vec<String>> {
    const NAMES: [&str; 4] = [env::KEY_ID, env::SECRET, env::TOKEN, env::EXPIRATION];
    let values = NAMES.map(|name| context.variable(name).map(str::to_owned));
    if values[0].is_none() && values[1].is_none() {
        return Ok(None);
    }
    let keys = credential_file::from_environment(values)
        .map_err(|problem| vec![format!("the environment {problem}")])?;
    learnt(context, keys).map(Some)
}

impl Source {
    /// The same without a service: not those of the sandbox.
    pub(crate) async fn obtain_alone(
        &self,
        globals: &Globals,
        context: &Context,
        scope: impl FnOnce() -> Result<Scope>,
    ) -> Result<Auth> {
        match self {
            Self::Fixed(auth) => Ok(auth.clone()),
            Self::Aws(source) => {
                let on = if source.is_scoped() { vec![scope()?] } else { Vec::new() };
                let aws = source.load(globals, context).await?;
                source.lease(context, &aws, &on).await
            }
            Self::Sandbox => Err(Error::usage(format!("credentials are needed: {SOURCES}"))),
        }
    }

    /// Credentials for one connector of a kind, where it will be.
    pub(crate) async fn obtain(
        &self,
        session: &Session<'_>,
        scope: impl FnOnce() -> Result<Scope>,
    ) -> Result<Auth> {
        match self {
            Self::Sandbox => {
                let own = session.sandbox_keys();
                let none = || Error::usage(format!("credentials are needed: {SOURCES}"));
                Ok(Auth::Keys(own.ok_or_else(none)?.0))
            }
            other => other.obtain_alone(session.globals, session.context, scope).await,
        }
    }
}
