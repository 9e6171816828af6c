//! What shells complete: the command tree, and the names of connectors and profiles in it.

mod line;

use std::ffi::OsString;
use std::sync::Arc;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::env::{self, Environment};

use line::Line;

/// The command tree as a shell completes it at the words that are typed.
pub(crate) fn completing(
    command: Command,
    words: &[OsString],
    environment: &Environment,
) -> Command {
    let texts: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let at = environment.get(env::COMPLETE_INDEX).and_then(|at| at.parse::<usize>().ok());
    let typed = texts.get(at.unwrap_or(texts.len().saturating_sub(1)));
    // Flags are offered to those who begin one: among names, one that is alone would not be taken.
    let command = match typed.is_some_and(|word| word.starts_with('-')) {
        true => command,
        false => without_flags(command),
    };
    with_names(command, &Arc::new(Line::new(texts, environment.clone())))
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
                // Shells hand a word on as it is typed, its blanks quoted.
                let typed = typed.to_string_lossy().replace('\\', "");
                let named = line.connectors().into_iter();
                let fits = named.filter(|(name, _)| name.starts_with(&typed));
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
