//! `uns3 profile list` and `show`: the profiles, without their keys.

use clap::Args;
use serde_json::{Value, json};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::{Category, Error, Result};
use crate::output::{Column, Rendering, Shape};
use crate::storage::profiles::{KeySource, Profile, Profiles};

#[derive(Args, Debug)]
pub(super) struct Show {
    /// The profile's name; else the one in use
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl Show {
    /// Shows one.
    pub(super) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let profiles = Profiles::load(&context.config_dir()?)?;
        let name = self.name.as_deref().or(globals.profile.as_deref());
        let name = name.or(profiles.current_name()).ok_or_else(|| {
            Error::new(Category::NotFound, "no profile is in use").hint("uns3 profile use NAME")
        })?;
        let one = std::iter::once(profiles.named(name));
        show(context, Shape::One, profiles.current_name(), one)
    }
}

/// Shows all.
pub(super) fn list(context: &Context) -> Result<()> {
    let profiles = Profiles::load(&context.config_dir()?)?;
    let all = profiles.names().into_iter().map(|name| profiles.named(&name));
    show(context, Shape::Many, profiles.current_name(), all)
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
            "state": self.0.state,
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
    let shown = shown.collect::<Result<Vec<_>>>()?.into_iter();
    let id = |one: &Shown| one.0.name.clone();
    context.output.items(shown, &Rendering { shape, columns: &COLUMNS, json: &Shown::json, id })
}
