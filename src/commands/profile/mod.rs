//! `uns3 profile`: services and their API keys, saved once.

mod add;
mod remove;
mod show;

use clap::{Args, Subcommand};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::Result;
use crate::storage::profiles;

use add::Add;
use remove::Remove;
use show::Show;

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
struct Named {
    /// The profile's name
    #[arg(value_name = "NAME")]
    name: String,
}

impl ProfileCommand {
    /// Does what the verb says.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Add(add) => add.run(globals, context),
            Verb::List => show::list(context),
            Verb::Show(show) => show.run(globals, context),
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
