//! The command tree with nothing but the commands that a command line may mean. To build all of
//! them, each with the flags that every command has, took longer than to read the command line.

use std::ffi::OsString;

use clap::{Args, Command};

use crate::args::globals::Globals;
use crate::commands::apply::Apply;
use crate::commands::bucket::BucketCommand;
use crate::commands::completions::Completions;
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

/// A command: its name, its other name, and what adds its flags.
type Verb = (&'static str, Option<&'static str>, fn(Command) -> Command);

/// The commands that do something, as the root parser declares them; a test holds the two together.
const VERBS: [Verb; 18] = [
    ("create", None, Create::augment_args),
    ("list", Some("ls"), List::augment_args),
    ("get", Some("show"), Get::augment_args),
    ("update", None, Update::augment_args),
    ("test", None, Test::augment_args),
    ("delete", Some("rm"), Delete::augment_args),
    ("rotate", None, Rotate::augment_args),
    ("status", None, Status::augment_args),
    ("preflight", None, Preflight::augment_args),
    ("bucket", None, BucketCommand::augment_args),
    ("apply", None, Apply::augment_args),
    ("export", None, Export::augment_args),
    ("profile", None, ProfileCommand::augment_args),
    ("state", None, StateCommand::augment_args),
    ("sandbox", None, SandboxCommand::augment_args),
    ("doctor", None, Doctor::augment_args),
    ("completions", None, Completions::augment_args),
    ("man", None, Man::augment_args),
];

/// The tree for a command line. What it does not parse, the whole tree is asked about: help and
/// errors speak of all commands. What it parses, the whole tree parses to the same: every word that
/// could be a command's name is one here too.
pub(super) fn tree(args: &[OsString]) -> Command {
    let root = Globals::augment_args(Command::new("uns3")).subcommand_required(true);
    let among = |name: &str| args.iter().skip(1).any(|arg| arg == name);
    let named = VERBS.iter().filter(|(name, alias, _)| among(name) || alias.is_some_and(among));
    named.fold(root, |root, (name, alias, add_flags)| {
        root.subcommand(add_flags(Command::new(*name)).aliases(*alias))
    })
}
