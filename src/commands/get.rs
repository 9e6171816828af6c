//! `uns3 get`: one connector.

use clap::Args;

use super::settings::KindsArg;
use crate::api::{Need, usable};
use crate::context::Context;
use crate::error::{Category, Error, Result};

/// Show one connector, secrets masked
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 get invoices-out
  uns3 get invoices-in --kind source -o yaml
  uns3 get 2b7a1c1e-55a4-4dd0-8ed5-2f0a8f0b7c11 -o json | jq .config.remote_url")]
pub struct Get {
    /// The connector's name or id
    #[arg(value_name = "TARGET")]
    target: String,

    #[command(flatten)]
    kinds: KindsArg,
}

impl Get {
    /// Shows it.
    pub fn run(self, context: &Context) -> Result<()> {
        context.run(async {
            let kinds = self.kinds.kinds();
            let client = context.client().await?;
            let found = client.resolve(kinds, std::slice::from_ref(&self.target)).await?;
            let need = Need { any_type: true, ..Need::default() };
            let mut connectors = usable(found, kinds, need)?;
            match (connectors.pop(), connectors.pop()) {
                (Some(connector), None) => context.output.connector(context.shown(connector)),
                _ => {
                    let message = format!("{:?} is a source and a destination", self.target);
                    Err(Error::new(Category::Conflict, message).hint("say which by --kind"))
                }
            }
        })
    }
}
