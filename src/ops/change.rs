//! What an update changes of a connector: its credentials, and the whole config that is written.

use crate::args::credentials::CredentialArgs;
use crate::args::settings::SettingArgs;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::names::is_id;
use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::config::{self, Change, Config};
use crate::domain::s3::fields::is_auth;
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::policy::Scope;
use crate::error::{Error, Result};
use crate::ops::credentials::{self, SOURCES, Source};
use crate::ops::service::in_sandbox;
use crate::ops::session::Session;

/// What the flags ask for, checked as far as it can be without the connector.
pub(crate) fn of_flags(
    context: &Context,
    target: &str,
    kind: Kind,
    settings: &SettingArgs,
    flags: &CredentialArgs,
) -> Result<(Change, Option<Source>)> {
    // An id may be another kind's: then what fits is judged when that is known.
    let mut problems = if is_id(target) { Vec::new() } else { settings.unfit(kind) };
    let change = settings.change(context, &mut problems);
    match credentials::from_flags(context, flags)? {
        Ok(source) if problems.is_empty() => return Ok((change, source)),
        Ok(_) => {}
        Err(more) => problems.extend(more),
    }
    Err(Error::problems(&problems))
}

/// An error where flags set what no connector of a kind has.
pub(crate) fn refuse_unfit(settings: &SettingArgs, kind: Kind) -> Result<()> {
    let problems = settings.unfit(kind);
    if problems.is_empty() { Ok(()) } else { Err(Error::problems(&problems)) }
}

/// Credentials for the place where the connector will be. A connector with keys that shall
/// change needs them again: from the environment, where no flag names a source. Others never
/// get any from there.
pub(crate) async fn add_credentials(
    session: &Session<'_>,
    current: &Connector,
    source: Option<&Source>,
    change: &mut Change,
) -> Result<()> {
    let context = session.context;
    let settled = config::settings_agree(current.config(), change);
    let found;
    let source = match source {
        Some(source) => source,
        None if !current.auth().has_keys() || settled => return Ok(()),
        None if in_sandbox(session.globals, context) => &Source::Sandbox,
        None => match credentials::from_environment(context) {
            Ok(None) => return Ok(()),
            Ok(Some(auth)) => {
                found = Source::Fixed(auth);
                &found
            }
            Err(problems) => return Err(Error::problems(&problems)),
        },
    };
    let endpoint = match change.settings.get("endpoint_url") {
        Some(changed) => changed.as_str(),
        None => Some(current.setting("endpoint_url")),
    };
    let url = || url_of(current, change).map_err(Error::usage);
    let scope = || Ok(Scope::new(current.kind, url()?, endpoint));
    change.auth = Some(source.obtain(session, scope).await?);
    Ok(())
}

/// The remote URL that the connector will have.
fn url_of<'a>(current: &'a Connector, change: &'a Change) -> Result<&'a RemoteUrl, String> {
    change.remote_url.as_ref().map_or_else(|| current.remote_url(), Ok)
}

/// The whole config to write, or what is missing for it.
pub(crate) fn whole(context: &Context, current: &Connector, change: &Change) -> Result<Config> {
    if change.auth.is_none() && config::settings_agree(current.config(), change) {
        // Nothing is written, and so nothing is missing for it.
        return Ok(current.config().into());
    }
    let missing = match config::updated(current.kind, current.config(), change) {
        Ok(config) => return judged(context, config, current, change),
        Err(missing) => missing,
    };
    let message = format!(
        "the service hides {} of {}, and every update must send them anew, or they would be lost",
        missing.join(", "),
        current.title()
    );
    let (keys, others): (Vec<_>, Vec<_>) = missing.iter().partition(|field| is_auth(field));
    let mut hints = Vec::new();
    if !keys.is_empty() {
        hints.push(format!("give the credentials: {SOURCES}"));
    }
    if !others.is_empty() {
        hints.push(
            "give each other field by --set FIELD=VALUE, or clear it by --unset FIELD".into(),
        );
    }
    Err(Error::usage(message).hint(hints.join("; ")))
}

/// The config, if all of it fits where the connector will be: the flags alone do not say.
fn judged(
    context: &Context,
    config: Config,
    current: &Connector,
    change: &Change,
) -> Result<Config> {
    let custom = !config.setting("endpoint_url").is_empty();
    let url = url_of(current, change);
    let mut problems = Vec::new();
    // A place that stays as it is may be one that only the service understands.
    if change.remote_url.is_some() || change.settings.contains_key("endpoint_url") {
        let checked = url.clone().and_then(|url| url.check_bucket(custom));
        problems.extend(checked.err());
    }
    match &change.auth {
        Some(auth) => problems.extend(credentials::judge(auth, url.ok(), custom)),
        None => {
            let ambient = config.auth() == AuthKind::Ambient;
            problems.extend(url.ok().and_then(|url| url.check_credentials(ambient).err()));
        }
    }
    if !problems.is_empty() {
        return Err(Error::problems(&problems));
    }
    if let Some(auth) = &change.auth {
        credentials::mind(context, auth, custom);
    }
    Ok(config)
}
