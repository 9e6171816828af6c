//! `uns3 completions`: what a shell needs to complete commands, flags and names.

use std::ffi::OsString;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::context::Context;
use crate::env::{self, Environment};
use crate::error::{Error, Result};
use crate::ops::complete::completing;

/// Print the completions for a shell
#[derive(Args, Debug)]
#[command(
    after_help = "Names of connectors and profiles are completed too. Print it anew after an upgrade.

Examples:
  uns3 completions bash > ~/.local/share/bash-completion/completions/uns3
  uns3 completions zsh > \"${fpath[1]}/_uns3\"
  uns3 completions fish > ~/.config/fish/completions/uns3.fish"
)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Prints them: a script that asks uns3 itself at each TAB.
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let mut script = Vec::new();
        let shells = Shells::builtins();
        let name = self.shell.to_string();
        let shell = shells.completer(&name).context("this shell cannot ask for completions")?;
        shell
            .write_registration(env::COMPLETE, "uns3", "uns3", "uns3", &mut script)
            .context("cannot write the completions")?;
        let script = String::from_utf8_lossy(&script).replace(BASH_END, BASH_QUOTES);
        let end =
            "# It asks uns3 for commands (create, list, get, …), flags and names at each TAB.";
        let first = if matches!(self.shell, Shell::Zsh) { ZSH_FIRST } else { "" };
        context.output.text(&format!("{}\n{first}{end}\n", script.trim_end()))
    }
}

/// Zsh runs the file itself at the first TAB, which only defines the function: it is to answer too.
const ZSH_FIRST: &str =
    "[ \"$funcstack[1]\" = \"_uns3\" ] && _clap_dynamic_completer_uns3 \"$@\"\n";

/// The end of bash's function, and the same with names quoted that have blanks: as it does for files,
/// which all names are not, or it would take one for a folder.
const BASH_END: &str = "        compopt -o nospace\n    fi\n}";
const BASH_QUOTES: &str = "        compopt -o nospace\n    fi
    [[ \"${COMPREPLY[*]-}\" != *[[:blank:]]* ]] || compopt -o filenames 2> /dev/null\n}";

/// What a shell asks for at a TAB: the candidates, as that shell reads them.
pub(crate) fn complete(
    shell: &str,
    args: Vec<OsString>,
    environment: &Environment,
    command: Command,
) -> Result<String> {
    let shells = Shells::builtins();
    let shell = shells
        .completer(shell)
        .ok_or_else(|| Error::usage(format!("{} names no shell: {shell:?}", env::COMPLETE)))?;
    let words: Vec<OsString> = args.into_iter().skip_while(|arg| arg != "--").skip(1).collect();
    let mut command = completing(command, &words, environment);
    let mut text = Vec::new();
    let folder = std::env::current_dir().ok();
    shell
        .write_complete(&mut command, words, folder.as_deref(), &mut text)
        .context("cannot complete")?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
