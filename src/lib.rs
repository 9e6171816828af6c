//! uns3: manage Amazon S3 destination connectors on the Unstructured platform.
//!
//! The binary is an adapter around [`run`], which can be called any number of times in a process.
//!
//! Who may import whom, and nothing else (`tests/layers.rs` guards it):
//!
//! - `domain` and `sandbox`: only themselves. The sandbox shares no type with the client, or one
//!   mistake would cancel itself.
//! - `error`: `domain`.
//! - `private`: `error`.
//! - `api`, `aws`, `output`: `domain` and `error`; `profiles`, `ledger`, `scratch`: `private` too;
//!   never each other.
//! - `context`: those, and `sandbox`, which it embeds.
//! - `commands`: all above, never one another but for the flags they share (`credentials`,
//!   `settings`), and never `cli`.
//! - `cli`: `commands`, `context`, `error`.

pub mod api;
pub mod aws;
pub mod cli;
pub mod commands;
pub mod context;
pub mod domain;
pub mod error;
pub mod ledger;
pub mod output;
pub mod private;
pub mod profiles;
pub mod sandbox;
pub mod scratch;

use std::collections::HashMap;
use std::ffi::OsString;
use std::rc::Rc;

use clap::error::ErrorKind;

use crate::context::{Context, System};
use crate::domain::redaction::Redactor;
use crate::domain::secret::looks_secret;
use crate::error::{Category, Error, Result};
use crate::output::{Color, Format, Manner, Output};

/// Runs one command line and tells its exit code; see `uns3 help exit-codes`.
pub fn run(args: Vec<OsString>, system: System) -> u8 {
    let System { environment, stdin, stdout, stderr, terminals, now } = system;
    let color = |when| colored(when, &environment, terminals.stderr);
    let early = Manner {
        format: if asks_for_json(&args) { Format::Json } else { Format::Table },
        quiet: false,
        verbose: 0,
        color: color(Color::Auto),
    };
    let output = Rc::new(Output::new(stdout, stderr, terminals, early));
    learn_secrets(&output.redactor(), &args, &environment);
    let given = args.clone();
    let result = match cli::parse(args) {
        Err(error) => explain(&error, &given, &output),
        Ok(cli) => {
            let globals = cli.globals().clone();
            output.set_manner(Manner {
                format: globals.output,
                quiet: globals.quiet,
                verbose: globals.verbose,
                color: color(globals.color),
            });
            cli.run(&Context::new(globals, environment, stdin, Rc::clone(&output), now))
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            error.category.exit_code()
        }
    }
}

/// Help and version are results; all else that the parser says is an error. It repeats what it
/// does not understand, which may be a secret in the wrong place: what looks like one is masked.
fn explain(error: &clap::Error, args: &[OsString], output: &Output) -> Result<u8> {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return output.text(&text).map(|()| 0);
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if output.format() == Format::Table => {
            output.notice(text.trim_end());
            return Ok(Category::Usage.exit_code());
        }
        _ => {}
    }
    for arg in args.iter().filter_map(|arg| arg.to_str()) {
        let value = arg.split_once('=').map_or(arg, |(_, value)| value);
        if !arg.starts_with('-') || arg.contains('=') {
            Some(value)
                .filter(|value| looks_secret(value) && !value.starts_with("arn:"))
                .into_iter()
                .for_each(|value| {
                    output.redactor().learn(value);
                });
        }
    }
    let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let message = message.trim_start_matches("error: ").trim_end();
    let hint: Vec<&str> = rest.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(Error::usage(message).hint(hint.join("\n")))
}

/// How errors of the parser itself are to be shown, before it has read anything.
fn asks_for_json(args: &[OsString]) -> bool {
    let mut args = args.iter().filter_map(|arg| arg.to_str());
    while let Some(arg) = args.next() {
        let value = match arg {
            "-o" | "--output" => args.next(),
            _ => arg.strip_prefix("--output=").or(arg.strip_prefix("-o")),
        };
        if value.is_some_and(|value| value.trim_start_matches('=') == "json") {
            return true;
        }
    }
    false
}

/// Secrets that stand in the arguments and the environment are known before anything can say them.
fn learn_secrets(redactor: &Redactor, args: &[OsString], environment: &HashMap<String, String>) {
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "UNSTRUCTURED_API_KEY"] {
        environment.get(name).into_iter().for_each(|value| redactor.learn(value));
    }
    // The last three do not exist, but are tried.
    const SECRET: [&str; 7] = [
        "--secret",
        "--secret-access-key",
        "--token",
        "--session-token",
        "--api-key",
        "--api-token",
        "--password",
    ];
    let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    for (at, arg) in args.iter().enumerate() {
        let value = match arg.split_once('=') {
            Some((flag, value)) if SECRET.contains(&flag) => Some(value),
            None if SECRET.contains(arg) => args.get(at + 1).copied(),
            _ => None,
        };
        value.into_iter().for_each(|value| redactor.learn(value));
    }
}

/// Whether messages are coloured. Sources: no-color.org, bixense.com/clicolors.
fn colored(when: Color, environment: &HashMap<String, String>, terminal: bool) -> bool {
    let set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto => {
            terminal || environment.get("CLICOLOR_FORCE").is_some_and(|v| v != "0" && !v.is_empty())
        }
    }
}
