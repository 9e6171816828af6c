//! uns3: manage Amazon S3 destination connectors on the Unstructured platform.
//!
//! The binary is an adapter around [`run`], which can be called any number of times in a process.
//!
//! Who may import whom, and nothing else (`tests/layers.rs` guards it):
//!
//! - `domain`: only itself; it decides, and does no I/O.
//! - `error`: `domain`.
//! - `env`, `process`: nothing.
//! - `storage`, `net`, `output`: `domain`, `error`. `api`, `aws`, `s3`: those two and `net`; never each
//!   other. `aws` also `process`.
//! - `sandbox`: itself and `storage/files`. It shares no type with the client, or one mistake would
//!   cancel itself.
//! - `context`: those, `env` and `process`.
//! - `args`: `context`, `env`, `domain`, `error`.
//! - `ops`: all above. What verbs share is here, never in a verb.
//! - `commands`: all above, never one another, and never `cli`.
//! - `cli`: `commands`, `context`, `error` and the flags that every command has.

pub(crate) mod api;
pub(crate) mod args;
pub(crate) mod aws;
pub mod cli;
pub(crate) mod commands;
pub mod context;
pub mod domain;
pub(crate) mod env;
pub(crate) mod error;
pub(crate) mod net;
pub(crate) mod ops;
pub mod output;
pub(crate) mod process;
pub(crate) mod s3;
pub mod sandbox;
pub(crate) mod storage;

use std::ffi::OsString;
use std::rc::Rc;

use clap::error::ErrorKind;

use crate::context::{Context, System};
use crate::domain::redaction::Redactor;
use crate::domain::secret::looks_secret;
use crate::env::Environment;
use crate::error::{Category, Error, Result};
use crate::output::{Color, Format, Output, OutputOptions};

/// Runs one command line and tells its exit code; see `uns3 help exit-codes`.
pub fn run(args: Vec<OsString>, system: System) -> u8 {
    let System { environment, stdin, stdout, stderr, terminals, now } = system;
    let (environment, problems) = Environment::new(environment);
    let terminals = terminals.as_wide_as(environment.get(env::COLUMNS));
    let color = |when| colored(when, &environment, terminals.stderr);
    let early = OutputOptions {
        format: if asks_for_json(&args) { Format::Json } else { Format::Table },
        quiet: false,
        verbose: 0,
        color: color(Color::Auto),
        color_tables: false,
    };
    let output = Rc::new(Output::new(stdout, stderr, terminals, early));
    learn_secrets(&output.redactor(), &args, &environment);
    if let Some(candidates) = cli::complete(&args, &environment) {
        // A shell that asks has no place for an error.
        return candidates.and_then(|text| output.text(&text)).map_or(1, |()| 0);
    }
    let given = args.clone();
    let result = match cli::parse(args) {
        Err(error) => explain(&error, &given, &output),
        Ok(cli) => {
            let globals = cli.globals().clone();
            output.set_options(OutputOptions {
                format: globals.output,
                quiet: globals.quiet,
                verbose: globals.verbose,
                color: color(globals.color),
                color_tables: colored(globals.color, &environment, terminals.stdout),
            });
            output.repeat_flags(globals.service_flags());
            match problems.is_empty() {
                true => {
                    let may_ask = !globals.no_input;
                    let output = Rc::clone(&output);
                    cli.run(&Context::new(environment, stdin, output, may_ask, now))
                }
                false => Err(Error::problems(&problems)),
            }
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
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if output.format().is_table() => {
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
    Err(cli::usage::error(error))
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
fn learn_secrets(redactor: &Redactor, args: &[OsString], environment: &Environment) {
    for name in env::SECRETS {
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
fn colored(when: Color, environment: &Environment, terminal: bool) -> bool {
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if environment.get(env::NO_COLOR).is_some() => false,
        Color::Auto => {
            terminal || environment.get(env::CLICOLOR_FORCE).is_some_and(|value| value != "0")
        }
    }
}
