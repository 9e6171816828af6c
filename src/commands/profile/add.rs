//! `uns3 profile add`: an address and a key, checked before they are saved.

use clap::Args;

use crate::api::Address;
use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::kind::Kind;
use crate::domain::state::place::Place;
use crate::env;
use crate::error::{Error, Result};
use crate::ops::runtime;
use crate::ops::service;
use crate::ops::session::{self, Pool};
use crate::storage::profiles::{self, KeySource, Profile, Profiles};

#[derive(Args, Debug)]
pub(super) struct Add {
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

impl Add {
    pub(super) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
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
        let state = globals.state.clone();
        if let Some(state) = &state {
            Place::parse(state, true).map_err(Error::usage)?;
        }
        let profile = Profile { name: name.clone(), api_url: address.to_string(), source, state };
        if let KeySource::Key(key) = &profile.source
            && key.expose().is_empty()
        {
            return Err(Error::usage("the API key is empty"));
        }
        if !no_verify {
            let checked = runtime::block_on(context, async {
                let key = service::saved_key(context, &profile.source).await?;
                let client = session::client(globals, context, Pool::One, address, key).await?;
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
