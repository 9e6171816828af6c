//! The two lengths of help: `-h` fits a screen, `--help` says all.

use clap::Command;

/// How many of a command's examples `-h` shows.
const EXAMPLES: usize = 2;

/// The command and all below it, each with an end of its own to its short help: a few examples, the
/// names of the flags that every command has, and where the rest is.
pub(super) fn with_short_ends(command: Command) -> Command {
    let globals: Vec<String> = command
        .get_arguments()
        .filter(|arg| arg.get_help_heading() == Some("Global options"))
        .filter_map(|arg| match arg.get_short() {
            Some(short) => Some(format!("-{short}")),
            None => arg.get_long().map(|long| format!("--{long}")),
        })
        .collect();
    with_short_end(command, "uns3", &globals)
}

fn with_short_end(command: Command, path: &str, globals: &[String]) -> Command {
    let long = command.get_after_help().map(ToString::to_string);
    let mut short = match long.as_deref().and_then(|text| text.split_once("Examples:\n")) {
        Some((_, examples)) => {
            let lines: Vec<&str> = examples.lines().take(EXAMPLES).collect();
            format!("Examples:\n{}\n\n", lines.join("\n"))
        }
        None => long.as_ref().map_or_else(String::new, |text| format!("{text}\n\n")),
    };
    short += &format!("Global: {}\nAll flags in full: {path} --help", globals.join(" "));
    let command = match long {
        Some(long) => command.after_help(short).after_long_help(long),
        None => command.after_help(short).after_long_help(""),
    };
    command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        with_short_end(below, &path, globals)
    })
}
