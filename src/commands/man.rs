//! `uns3 man`: the manual pages.

use std::io;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command, ValueHint};

use crate::context::Context;
use crate::error::Result;
use crate::output::manual;

/// Print the manual page, or write the pages of all commands to a folder
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 man | man -l -
  uns3 man --dir ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write a page for each command and help topic to this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints or writes them.
    pub(crate) fn run(self, context: &Context, mut command: Command) -> Result<()> {
        command.build();
        let Some(folder) = self.dir else {
            let page = manual::page(&command, false).context("cannot write the manual page")?;
            return context.output.text(&String::from_utf8_lossy(&page));
        };
        let write = || -> io::Result<()> {
            std::fs::create_dir_all(&folder)?;
            let mut pages = manual::pages(&command)?.into_iter();
            pages.try_for_each(|(name, page)| std::fs::write(folder.join(name), page))
        };
        write()
            .with_context(|| format!("cannot write manual pages to {}", folder.display()))
            .map_err(Into::into)
    }
}
