//! Which service a command speaks to, and by which key: flags, environment, profile, sandbox.

use crate::api::Address;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::secret::Secret;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::process::{Input, Program};
use crate::storage::profiles::{KeySource, Profile, Profiles};

/// The embedded sandbox, as the state names it: it has another port each time, and is one service
/// all the same.
pub(crate) const SANDBOX: &str = "sandbox";

/// Where requests go.
pub(crate) enum Service {
    /// The embedded sandbox.
    Sandbox,
    /// A Workflow Endpoint.
    Remote(Remote),
}

/// A Workflow Endpoint, the API key for it, and where the two come from.
pub(crate) struct Remote {
    pub(crate) address: Address,
    pub(crate) key: Secret,
    /// The profile that anything comes from.
    pub(crate) profile: Option<String>,
    pub(crate) address_from: &'static str,
    pub(crate) key_from: &'static str,
}

/// Whether a command runs in the sandbox: by flag, or by environment where no flag names another
/// service.
pub(crate) fn in_sandbox(globals: &Globals, context: &Context) -> bool {
    let no = |value: &str| ["0", "false", "no", "off"].contains(&value.to_lowercase().as_str());
    let asked = || context.variable(env::SANDBOX).is_some_and(|value| !no(value));
    globals.sandbox || (!names_service(globals) && asked())
}

fn names_service(globals: &Globals) -> bool {
    globals.profile.is_some() || globals.means_several() || globals.api_url.is_some()
}

impl Service {
    /// Finds the address and the key. It may run a program that prints the key, or read what
    /// somebody types.
    pub(crate) async fn choose(globals: &Globals, context: &Context) -> Result<Self> {
        if !in_sandbox(globals, context) {
            return remote(globals, context).await;
        }
        if names_service(globals) {
            let message = "--sandbox and --profile or --api-url name two services: give one";
            return Err(Error::usage(message));
        }
        if !globals.sandbox {
            context.output.notice("UNS3_SANDBOX is set: this runs in the sandbox");
        }
        Ok(Self::Sandbox)
    }
}

/// Whether the key and the address come from elsewhere than a profile.
fn given(flags: &Globals, context: &Context) -> (bool, bool) {
    let set = |name| flags.profile.is_none() && context.variable(name).is_some();
    let has_key = flags.api_key_file.is_some() || set(env::API_KEY);
    (has_key, flags.api_url.is_some() || set(env::API_URL))
}

/// The profile that a command uses. The file is not even opened where nothing of it would be used.
pub(crate) fn profile(flags: &Globals, context: &Context) -> Result<Option<Profile>> {
    let load = || Profiles::load(&context.config_dir()?);
    match flags.profile.as_deref().or_else(|| context.variable(env::PROFILE)) {
        _ if in_sandbox(flags, context) => Ok(None),
        Some(name) => load()?.named(name).map(Some),
        None if given(flags, context) == (true, true) => Ok(None),
        None => load()?.current(),
    }
}

/// The service that a command means, as the state names it, without asking for any key.
pub(crate) fn name(flags: &Globals, context: &Context) -> Result<String> {
    if in_sandbox(flags, context) {
        return Ok(SANDBOX.into());
    }
    let by_variable = context.variable(env::API_URL).filter(|_| flags.profile.is_none());
    let address = match flags.api_url.as_deref().or(by_variable) {
        Some(url) => Address::parse(url)?,
        None => {
            let profile = profile(flags, context)?;
            Address::parse(profile.as_ref().map_or(Address::PUBLIC, |one| &one.api_url))?
        }
    };
    Ok(address.to_string())
}

async fn remote(flags: &Globals, context: &Context) -> Result<Service> {
    let key_variable = context.variable(env::API_KEY);
    let url_variable = context.variable(env::API_URL);
    let by_flag = flags.profile.as_deref();
    let (has_key, has_url) = given(flags, context);
    let profile = profile(flags, context)?;
    if let Some(name) = by_flag {
        tell_overridden(flags, context, name);
    }
    let (url, address_from) = match (&flags.api_url, url_variable, &profile) {
        (Some(url), _, _) => (url.as_str(), "--api-url"),
        (None, Some(url), _) if by_flag.is_none() => (url, env::API_URL),
        (None, _, Some(profile)) => (profile.api_url.as_str(), "the profile"),
        (None, _, None) => (Address::PUBLIC, "the default"),
    };
    let address = Address::parse(url)?;
    if let (Some(profile), None, true) = (&profile, by_flag, has_key && !has_url) {
        let name = &profile.name;
        context.output.notice(&format!("the address is profile {name:?}'s: {address}"));
    }
    let (key, key_from) = if let Some(file) = &flags.api_key_file {
        (context.read_secret(file, "the API key").await?, "--api-key-file")
    } else if let Some(key) = key_variable.filter(|_| by_flag.is_none()) {
        (context.learnt(key.trim()), env::API_KEY)
    } else {
        (profile_key(context, profile.as_ref(), &address).await?, "the profile")
    };
    if key.expose().is_empty() {
        return Err(no_key("the API key is empty"));
    }
    context.output.detail(&format!("the service is {address}"));
    let profile = profile.map(|profile| profile.name);
    Ok(Service::Remote(Remote { address, key, profile, address_from, key_from }))
}

fn tell_overridden(flags: &Globals, context: &Context, profile: &str) {
    let set: Vec<&str> =
        [(env::API_KEY, flags.api_key_file.is_none()), (env::API_URL, flags.api_url.is_none())]
            .into_iter()
            .filter(|(name, unnamed)| *unnamed && context.variable(name).is_some())
            .map(|(name, _)| name)
            .collect();
    if !set.is_empty() {
        let names = set.join(" and ");
        context.output.notice(&format!("--profile {profile} is used instead of {names}"));
    }
}

async fn profile_key(
    context: &Context,
    profile: Option<&Profile>,
    address: &Address,
) -> Result<Secret> {
    let Some(profile) = profile else { return Err(no_key("there is no API key")) };
    let own = Address::parse(&profile.api_url)?;
    if own.origin() != address.origin() {
        let name = &profile.name;
        context.output.notice(&format!("the key of profile {name:?} is used at {address}"));
    }
    saved_key(context, &profile.source).await
}

/// A profile's key, from the file or printed by the profile's command.
pub(crate) async fn saved_key(context: &Context, source: &KeySource) -> Result<Secret> {
    match source {
        KeySource::Key(key) => Ok(context.learnt(key.expose())),
        KeySource::Command(command) => key_by_command(context, command).await,
    }
}

async fn key_by_command(context: &Context, command: &str) -> Result<Secret> {
    let input = match context.output.terminals().stdin {
        true => Input::Terminal,
        false => Input::Inherited,
    };
    let program = Program { line: command, folder: None, input, hidden: &[] };
    let text = program.text().await.map_err(|what| {
        let named = program.repeated();
        let named = named.unwrap_or_else(|| "it is in the profile's api_key_command".into());
        Error::new(Category::Auth, format!("the command that prints the API key {what}"))
            .hint(format!("run it by hand: {named}"))
    })?;
    Ok(context.learnt(text.trim()))
}

fn no_key(message: &str) -> Error {
    Error::new(Category::Auth, message).hint(
        "set UNSTRUCTURED_API_KEY, or save the key once: uns3 profile add NAME \
         (to try uns3 without an account: --sandbox)",
    )
}
