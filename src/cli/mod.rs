//! The command line: the root parser, the commands and their dispatch.

mod help;
mod named;
pub(crate) mod usage;

use std::ffi::OsString;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::args::globals::Globals;
use crate::commands::apply::Apply;
use crate::commands::bucket::BucketCommand;
use crate::commands::completions::{self, Completions};
use crate::commands::create::Create;
use crate::commands::delete::Delete;
use crate::commands::doctor::Doctor;
use crate::commands::export::Export;
use crate::commands::get::Get;
use crate::commands::list::List;
use crate::commands::man::Man;
use crate::commands::preflight::Preflight;
use crate::commands::profile::ProfileCommand;
use crate::commands::rotate::Rotate;
use crate::commands::sandbox::SandboxCommand;
use crate::commands::state::StateCommand;
use crate::commands::status::Status;
use crate::commands::test::Test;
use crate::commands::update::Update;
use crate::context::Context;
use crate::env::{self, Environment};
use crate::error::{Error, Result};

/// Manage Amazon S3 destination connectors on the Unstructured platform
#[derive(Parser, Debug)]
#[command(
    name = "uns3",
    bin_name = "uns3",
    version,
    propagate_version = false,
    subcommand_required = true
)]
#[command(
    max_term_width = 100,
    after_help = "Try it without an account:
  uns3 --sandbox create demo --remote-url s3://sandbox-bucket/out/ --test

Help topics: uns3 help environment, uns3 help exit-codes"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Verb,

    #[command(flatten)]
    globals: Globals,
}

#[derive(Subcommand, Debug)]
enum Verb {
    Create(Create),
    #[command(visible_alias = "ls")]
    List(List),
    #[command(visible_alias = "show")]
    Get(Get),
    Update(Update),
    Test(Test),
    #[command(visible_alias = "rm")]
    Delete(Delete),
    Rotate(Rotate),
    Status(Status),
    Preflight(Preflight),
    Bucket(BucketCommand),
    Apply(Apply),
    Export(Export),
    Profile(ProfileCommand),
    State(StateCommand),
    Sandbox(SandboxCommand),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
    /// The environment variables that uns3 heeds
    #[command(hide = true, long_about = env::help().trim_end().to_owned())]
    Environment,
    /// The exit codes and what each means
    #[command(hide = true, long_about = EXIT_CODES)]
    ExitCodes,
}

impl Verb {
    /// Whether it works with several profiles at once.
    fn takes_several(&self) -> bool {
        matches!(self, Self::List(_) | Self::Status(_) | Self::Test(_) | Self::Rotate(_))
    }
}

const EXIT_CODES: &str = "\
The exit codes and, as JSON errors (-o json) name them, the categories.

  0                done
  1  internal      a failure that is none of those below: a file that cannot be written, a bug
  2  usage         a flag, URL or credential that cannot be right, or that the service refuses;
                   a question that nobody can answer
  3  partial       some of many targets failed, others did not
  4  auth          no API key, or one that the service refuses (401, 403)
  5  not_found     no such connector or profile
  6  conflict      the name is taken or ambiguous, workflows use the connector, or someone else
                   changed it meanwhile
  7  check_failed  the connection check's verdict is a failure
  8  timeout       no verdict by the deadline
  9  unavailable   no usable answer after the retries: the network, 408, 429, 5xx, or an answer
                   that is not the API's
 10                what `status --expiring-within` asks about was found; `apply
                   --detailed-exitcode`: something differs
130, 143           interrupted by SIGINT or SIGTERM, after saying what was left half done";

/// Reads the command line.
pub fn parse(args: Vec<OsString>) -> Result<Cli, clap::Error> {
    let named = with_ours(named::tree(&args));
    match read(named, args.clone()) {
        Err(_) => read(command(), args),
        read => read,
    }
}

fn read(tree: Command, args: Vec<OsString>) -> Result<Cli, clap::Error> {
    let matches = tree.try_get_matches_from(args)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    if let Some(timeout) = timeout_after_command(&matches) {
        cli.globals.timeout = timeout;
    }
    cli.globals.profiles = profiles(&matches);
    cli.globals = cli.globals.settled();
    Ok(cli)
}

/// The whole command tree.
pub fn command() -> Command {
    help::with_short_ends(with_ours(Cli::command()))
}

/// `--timeout` limits one request wherever it stands, except after `test`, where it is the deadline
/// of the verdict; and of a `--profile` before the command and one after it both count: so neither
/// is a global flag of the parser's.
fn with_ours(root: Command) -> Command {
    let ours = |arg: &&Arg| [TIMEOUT, PROFILE].contains(&arg.get_id().as_str());
    let ours: Vec<Arg> = root.get_arguments().filter(ours).cloned().collect();
    fn add(command: Command, ours: &[Arg]) -> Command {
        let taken =
            |one: &&Arg| !command.get_arguments().any(|arg| arg.get_long() == one.get_long());
        let missing: Vec<Arg> = ours.iter().filter(taken).cloned().collect();
        command.args(missing).mut_subcommands(|command| add(command, ours))
    }
    root.mut_subcommands(|command| add(command, &ours))
}

const TIMEOUT: &str = "request_timeout";
const PROFILE: &str = "profile";

/// The profiles that are named before the command, after it, or both, each once.
fn profiles(matches: &ArgMatches) -> Vec<String> {
    let named = matches.try_get_many::<String>(PROFILE).ok().flatten();
    let named = named.into_iter().flatten().cloned();
    let below = matches.subcommand().map(|(_, below)| profiles(below));
    named.chain(below.into_iter().flatten()).collect()
}

fn timeout_after_command(matches: &ArgMatches) -> Option<Duration> {
    let (_, below) = matches.subcommand()?;
    timeout_after_command(below).or_else(|| {
        let given = || below.value_source(TIMEOUT) == Some(clap::parser::ValueSource::CommandLine);
        let there = below.try_contains_id(TIMEOUT).is_ok();
        (there && given()).then(|| below.get_one(TIMEOUT).copied()).flatten()
    })
}

/// What a shell asks for at a TAB, where the environment says that one does.
pub(crate) fn complete(args: &[OsString], environment: &Environment) -> Option<Result<String>> {
    let shell = environment.get(env::COMPLETE)?;
    Some(completions::complete(shell, args.to_vec(), environment, command()))
}

impl Cli {
    /// The flags that every command has.
    pub(crate) fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Runs the command: its exit code where that is no error's.
    pub(crate) fn run(self, context: &Context) -> Result<u8> {
        let globals = &self.globals;
        if globals.means_several() && !self.command.takes_several() {
            return Err(Error::usage(
                "only list, status, test and rotate work with several profiles at once",
            )
            .hint("give one by --profile NAME"));
        }
        match self.command {
            Verb::Status(status) => return status.run(globals, context),
            Verb::Sandbox(sandbox) => return sandbox.run(context),
            Verb::Doctor(doctor) => return doctor.run(globals, context),
            Verb::Apply(apply) => return apply.run(globals, context),
            Verb::Export(export) => export.run(globals, context),
            Verb::Create(create) => create.run(globals, context),
            Verb::List(list) => list.run(globals, context),
            Verb::Get(get) => get.run(globals, context),
            Verb::Update(update) => update.run(globals, context),
            Verb::Test(test) => test.run(globals, context),
            Verb::Delete(delete) => delete.run(globals, context),
            Verb::Rotate(rotate) => rotate.run(globals, context),
            Verb::Preflight(preflight) => preflight.run(globals, context),
            Verb::Bucket(bucket) => bucket.run(globals, context),
            Verb::Profile(profile) => profile.run(globals, context),
            Verb::State(state) => state.run(globals, context),
            Verb::Completions(completions) => completions.run(context),
            Verb::Man(man) => man.run(context, command()),
            Verb::Environment => context.output.text(&env::help()),
            Verb::ExitCodes => context.output.text(&format!("{EXIT_CODES}\n")),
        }
        .map(|()| 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, flags and values, at every level; not in which order help shows them.
    fn told(command: &Command) -> String {
        let flags = command.get_arguments().map(|arg| arg.clone().display_order(0));
        let flags = flags.map(|arg| format!("{arg:?}")).collect::<Vec<_>>();
        let below = command.get_subcommands().map(told).collect::<Vec<_>>();
        let other = command.get_all_aliases().collect::<Vec<_>>();
        format!("{} {other:?} {flags:?} {below:?}", command.get_name())
    }

    #[test]
    fn every_command_alone_is_as_it_is_among_all() {
        let all = command();
        for of_all in all.get_subcommands().filter(|one| !one.is_hide_set()) {
            let name = of_all.get_name();
            let args = ["uns3", "-q", name, "--no-input"].map(OsString::from);
            let lone = with_ours(named::tree(&args));
            let alone: Vec<_> = lone.get_subcommands().collect();
            assert_eq!(alone.len(), 1, "{name}");
            assert!(told(alone[0]) == told(of_all), "{name}");
        }
    }
}
