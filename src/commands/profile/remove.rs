//! `uns3 profile remove`: a profile and its key are forgotten, after a question.

use clap::Args;

use crate::context::Context;
use crate::error::Result;
use crate::ops::runtime;
use crate::storage::profiles::{self, Profiles};

#[derive(Args, Debug)]
pub(super) struct Remove {
    /// The profile's name
    #[arg(value_name = "NAME")]
    name: String,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Remove {
    pub(super) fn run(self, context: &Context) -> Result<()> {
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
