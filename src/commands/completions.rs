//! `uns3 completions`: what a shell needs to complete commands and flags.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::context::Context;
use crate::error::Result;

/// Print the completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 completions bash > ~/.local/share/bash-completion/completions/uns3
  uns3 completions zsh > \"${fpath[1]}/_uns3\"
  uns3 completions fish > ~/.config/fish/completions/uns3.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Prints them.
    pub(crate) fn run(self, context: &Context, mut command: Command) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "uns3", &mut script);
        context.output.text(&String::from_utf8_lossy(&script))
    }
}
