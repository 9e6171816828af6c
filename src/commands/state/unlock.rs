//! `uns3 state unlock`: the lock of a process that is gone is taken away.

use clap::Args;

use crate::args::globals::Globals;
use crate::context::Context;
use crate::error::Result;
use crate::ops::service;
use crate::ops::state::Shared;

#[derive(Args, Debug)]
pub(super) struct Unlock {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Unlock {
    /// Names the owner, asks, and takes the lock away.
    pub(super) async fn run(
        self,
        globals: &Globals,
        context: &Context,
        shared: &Shared<'_>,
    ) -> Result<()> {
        let service = service::name(globals, context)?;
        let Some(locked) = shared.holder(&service).await? else {
            context.output.notice(&format!("nothing to unlock: nobody rotates at {service}"));
            return Ok(());
        };
        let question = format!("{locked}. Take it away?");
        if !self.yes && !context.confirm(&question, "--yes").await? {
            context.output.notice("nothing was unlocked");
            return Ok(());
        }
        shared.unlock(&service).await?;
        context.output.notice(&format!("unlocked; it was {}'s", locked.owner));
        Ok(())
    }
}
