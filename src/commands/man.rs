//! `uns3 man`: the manual pages.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command, ValueHint};

use crate::context::Context;
use crate::error::Result;

/// Print the manual page, or write the pages of all commands to a folder
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 man | man -l -
  uns3 man --dir ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write a page for each command to this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints or writes them.
    pub(crate) fn run(self, context: &Context, command: Command) -> Result<()> {
        if let Some(folder) = self.dir {
            std::fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(command, &folder))
                .with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
            return Ok(());
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).context("cannot write the manual page")?;
        context.output.text(&String::from_utf8_lossy(&page))
    }
}
