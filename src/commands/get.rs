//! `uns3 get`: one connector.

use clap::Args;

use crate::args::globals::Globals;
use crate::args::selection::KindsArg;
use crate::context::Context;
use crate::error::{Category, Error, Result};
use crate::ops::session::{self, Pool};
use crate::ops::targets::{self, Need, usable};

/// Show one connector, secrets masked
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 get invoices-out
  uns3 get invoices-in --kind source -o yaml
  uns3 get 2b7a1c1e-55a4-4dd0-8ed5-2f0a8f0b7c11 -o json | jq .config.remote_url")]
pub(crate) struct Get {
    /// The connector's name or id
    #[arg(value_name = "TARGET")]
    target: String,

    #[command(flatten)]
    kinds: KindsArg,
}

impl Get {
    /// Shows it.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        session::open(globals, context, Pool::One, async |session| {
            let kinds = self.kinds.kinds();
            let targets = std::slice::from_ref(&self.target);
            let found = targets::resolve(&session.client, kinds, targets).await?;
            let need = Need { any_type: true, ..Need::default() };
            let mut connectors = usable(&session.client, found, kinds, need).await?;
            match (connectors.pop(), connectors.pop()) {
                (Some(connector), None) => context.output.connector(session.shown(connector)),
                _ => {
                    let message = format!("{:?} is a source and a destination", self.target);
                    Err(Error::new(Category::Conflict, message).hint("say which by --kind"))
                }
            }
        })
    }
}
