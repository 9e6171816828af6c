//! `uns3 completions`: what a shell needs to complete commands, flags and names.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Arg, Args, Command};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use crate::context::Context;
use crate::env::{self, Environment};
use crate::error::{Error, Result};
use crate::ops::complete::Line;

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
        let script = String::from_utf8_lossy(&script);
        let end =
            "# It asks uns3 for commands (create, list, get, …), flags and names at each TAB.";
        context.output.text(&format!("{}\n{end}\n", script.trim_end()))
    }
}

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
    let texts: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let at = environment.get(env::COMPLETE_INDEX).and_then(|at| at.parse::<usize>().ok());
    let typed = texts.get(at.unwrap_or(texts.len().saturating_sub(1)));
    // Flags are offered to those who begin one: among names, one that is alone would not be taken.
    let command = match typed.is_some_and(|word| word.starts_with('-')) {
        true => command,
        false => without_flags(command),
    };
    let line = Arc::new(Line::new(texts, environment.clone()));
    let mut text = Vec::new();
    let folder = std::env::current_dir().ok();
    shell
        .write_complete(&mut with_names(command, &line), words, folder.as_deref(), &mut text)
        .context("cannot complete")?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn without_flags(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.is_positional() {
        true => arg,
        false => arg.hide(true),
    });
    command.disable_help_flag(true).disable_version_flag(true).mut_subcommands(without_flags)
}

/// The command tree whose arguments for connectors and profiles complete names.
fn with_names(command: Command, line: &Arc<Line>) -> Command {
    let profiles = command.get_name() == "profile";
    let command = command.mut_args(|arg| with_name(arg, line));
    command.mut_subcommands(|below| match profiles && below.get_name() != "add" {
        true => below.mut_args(|arg| match arg.is_positional() {
            true => profile_names(arg, line),
            false => arg,
        }),
        false => with_names(below, line),
    })
}

fn with_name(arg: Arg, line: &Arc<Line>) -> Arg {
    match arg.get_id().as_str() {
        "profile" => profile_names(arg, line),
        "target" | "targets" => {
            let line = Arc::clone(line);
            arg.add(ArgValueCompleter::new(move |typed: &std::ffi::OsStr| {
                let typed = typed.to_string_lossy();
                let named = line.connectors().into_iter();
                let fits = named.filter(|(name, _)| name.starts_with(&*typed));
                let candidate = |(name, url): (String, String)| {
                    CompletionCandidate::new(name).help(Some(url.into()))
                };
                fits.map(candidate).collect()
            }))
        }
        _ => arg,
    }
}

fn profile_names(arg: Arg, line: &Arc<Line>) -> Arg {
    let line = Arc::clone(line);
    arg.add(ArgValueCompleter::new(move |typed: &std::ffi::OsStr| {
        let typed = typed.to_string_lossy();
        let names = line.profiles().into_iter().filter(|name| name.starts_with(&*typed));
        names.map(CompletionCandidate::new).collect()
    }))
}
