//! `uns3 sandbox`: the service on this machine, to try things out and to test scripts.

mod described;
mod folder;
mod reset;
mod serve;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::Result;

use reset::Reset;
use serve::Serve;

/// A local service with its own S3, to try things out
#[derive(Args, Debug)]
pub(crate) struct SandboxCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Serve a Workflow Endpoint and an S3 on this machine until interrupted
    #[command(after_help = "Single commands need no server: uns3 --sandbox create …

Examples:
  uns3 sandbox serve
  uns3 sandbox serve -o json --port 8765 --data ./sandbox
  uns3 sandbox serve --latency 300ms --fail 503:0.2   # a bad day: every fifth request fails
  uns3 sandbox serve --fail drop:0.1                  # answers that are lost
  uns3 sandbox serve --fail PUT,429@5:2x              # the first two updates come too soon")]
    Serve(Serve),

    /// Remove what a sandbox has kept: its connectors, workflows and objects, its key and its ports
    #[command(after_help = "Examples:
  uns3 sandbox reset
  uns3 sandbox reset --data ./sandbox --yes")]
    Reset(Reset),
}

impl SandboxCommand {
    /// Does what the verb says: its exit code.
    pub(crate) fn run(self, context: &Context) -> Result<u8> {
        match self.verb {
            Verb::Serve(serve) => serve.run(context),
            Verb::Reset(reset) => reset.run(context).map(|()| 0),
        }
    }
}
