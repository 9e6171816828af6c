//! `uns3 profile`: services and their API keys, saved once.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::api::Address;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::kind::Kind;
use crate::env;
use crate::error::{Category, Error, Result};
use crate::ops::runtime;
use crate::ops::service;
use crate::ops::session::{self, Pool};
use crate::output::{Column, Rendering, Shape};
use crate::storage::profiles::{self, KeySource, Profile, Profiles};

/// Save addresses and API keys under a name
#[derive(Args, Debug)]
pub(crate) struct ProfileCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Save a profile; the first one is used from then on
    #[command(
        after_help = "The key is asked for on the terminal, or comes by --api-key-file or --api-key-command.

Examples:
  uns3 profile add work
  uns3 profile add prod --api-url https://acme.unstructuredapp.io --api-key-file key.txt
  uns3 profile add work --api-key-command 'pass show unstructured/work'"
    )]
    Add(Add),
    /// List the profiles
    #[command(visible_alias = "ls")]
    List,
    /// Show a profile, without its key
    Show(Show),
    /// Use a profile from now on
    Use(Named),
    /// Forget a profile and its key
    #[command(visible_alias = "rm")]
    Remove(Remove),
}

#[derive(Args, Debug)]
struct Add {
    /// The profile's name; an existing one is replaced, and keeps its address unless one is given
    #[arg(value_name = "NAME")]
    name: String,

    /// A command that prints the key, for a password manager or keychain
    #[arg(long, value_name = "CMD", conflicts_with = "api_key_file")]
    api_key_command: Option<String>,

    /// Do not check the key by a call to the service
    #[arg(long)]
    no_verify: bool,
}

#[derive(Args, Debug)]
struct Show {
    /// The profile's name; else the one in use
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

#[derive(Args, Debug)]
struct Named {
    /// The profile's name
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Args, Debug)]
struct Remove {
    /// The profile's name
    #[arg(value_name = "NAME")]
    name: String,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl ProfileCommand {
    /// Does what the verb says.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Add(add) => add.run(globals, context),
            Verb::List => {
                let profiles = Profiles::load(&context.config_dir()?)?;
                let all = profiles.names().into_iter().map(|name| profiles.named(&name));
                show(context, Shape::Many, profiles.current_name(), all)
            }
            Verb::Show(named) => {
                let profiles = Profiles::load(&context.config_dir()?)?;
                let name = named.name.as_deref().or(globals.profile.as_deref());
                let name = name.or(profiles.current_name()).ok_or_else(|| {
                    Error::new(Category::NotFound, "no profile is in use")
                        .hint("uns3 profile use NAME")
                })?;
                let one = std::iter::once(profiles.named(name));
                show(context, Shape::One, profiles.current_name(), one)
            }
            Verb::Use(Named { name }) => {
                profiles::edit(&context.config_dir()?, |profiles| {
                    profiles.named(&name)?;
                    profiles.select(&name);
                    Ok(())
                })?;
                context.output.notice(&format!("profile {name:?} is used from now on"));
                Ok(())
            }
            Verb::Remove(remove) => remove.run(context),
        }
    }
}

impl Add {
    fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let Self { name, api_key_command, no_verify } = self;
        let strange = |c: char| !(c.is_alphanumeric() || "-_.".contains(c));
        if name.is_empty() || name.contains(strange) {
            return Err(Error::usage("a profile's name has letters, digits, dots, - and _ only"));
        }
        let folder = context.config_dir()?;
        let profiles = Profiles::load(&folder)?;
        // A dedicated instance's address stays: its new key is not for the public service.
        let kept = profiles.address_of(&name);
        let given = globals.api_url.as_deref().or(context.variable(env::API_URL));
        let address = Address::parse(given.or(kept).unwrap_or(Address::PUBLIC))?;
        let replaced = if profiles.names().contains(&name) { "replaced, " } else { "" };
        let source = match (api_key_command, &globals.api_key_file) {
            (Some(command), _) => KeySource::Command(command),
            (None, Some(file)) => KeySource::Key(runtime::block_on(
                context,
                context.read_secret(file, "the API key"),
            )?),
            (None, None) => KeySource::Key(runtime::block_on(
                context,
                context.ask_secret("API key", "--api-key-file or --api-key-command"),
            )?),
        };
        let profile = Profile { name: name.clone(), api_url: address.to_string(), source };
        if let KeySource::Key(key) = &profile.source
            && key.expose().is_empty()
        {
            return Err(Error::usage("the API key is empty"));
        }
        if !no_verify {
            let checked = runtime::block_on(context, async {
                let key = service::saved_key(context, &profile.source).await?;
                let client = session::client(globals, context, Pool::One, address, key)?;
                client.list(Kind::Destination, false).await
            });
            checked.map_err(|error| Error {
                message: format!("nothing was saved: {}", error.message),
                ..error
            })?;
        }
        profiles::edit(&folder, |profiles| profiles.put(&profile))?;
        let checked = if no_verify { "saved, not checked" } else { "checked and saved" };
        let address = &profile.api_url;
        context.output.notice(&format!("profile {name:?}: {replaced}{checked} ({address})"));
        Ok(())
    }
}

impl Remove {
    fn run(self, context: &Context) -> Result<()> {
        let folder = context.config_dir()?;
        Profiles::load(&folder)?.named(&self.name)?;
        if !self.yes {
            let question = format!("Forget profile {:?} and its key?", self.name);
            if !runtime::block_on(context, context.confirm(&question, "--yes"))? {
                context.output.notice("nothing was removed");
                return Ok(());
            }
        }
        profiles::edit(&folder, |profiles| {
            profiles.named(&self.name)?;
            profiles.remove(&self.name);
            Ok(())
        })?;
        context.output.notice(&format!("profile {:?} is removed", self.name));
        Ok(())
    }
}

/// A profile to be shown, and whether it is in use.
struct Shown(Profile, bool);

const COLUMNS: [Column<Shown>; 4] = [
    Column::new("name", |one| one.0.name.clone()),
    Column::new("current", |one| if one.1 { "yes" } else { "no" }.into()),
    Column::new("api_url", |one: &Shown| one.0.api_url.clone()).long(),
    Column::new("credential", Shown::source).long(),
];

impl Shown {
    fn source(&self) -> String {
        match &self.0.source {
            KeySource::Key(_) => "saved here".into(),
            KeySource::Command(command) => format!("printed by: {command}"),
        }
    }

    fn json(&self) -> Value {
        let command = match &self.0.source {
            KeySource::Key(_) => None,
            KeySource::Command(command) => Some(command),
        };
        json!({
            "name": self.0.name,
            "current": self.1,
            "api_url": self.0.api_url,
            "api_key_command": command,
        })
    }
}

fn show(
    context: &Context,
    shape: Shape,
    current: Option<&str>,
    profiles: impl Iterator<Item = Result<Profile>>,
) -> Result<()> {
    let shown = profiles.map(|profile| {
        let profile = profile?;
        let is_current = current == Some(profile.name.as_str());
        if let KeySource::Key(key) = &profile.source {
            context.redactor.learn(key.expose());
        }
        Ok(Shown(profile, is_current))
    });
    let id = |one: &Shown| one.0.name.clone();
    context.output.items(shown, &Rendering { shape, columns: &COLUMNS, json: &Shown::json, id })
}
