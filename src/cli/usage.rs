//! What the parser does not understand, in uns3's words: what was meant, and how it is written.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Error;

/// Flags of other tools, or of other commands, and what is written here. `None` for the command:
/// it is so for all.
const FLAGS: [(&str, Option<&str>, &str); 24] = [
    ("--url", None, "the URL of a connector is --remote-url s3://bucket/folder/"),
    ("--uri", None, "the URL of a connector is --remote-url s3://bucket/folder/"),
    ("--bucket", Some("create"), "the bucket is in the URL: --remote-url s3://BUCKET/folder/"),
    ("--bucket", Some("update"), "the bucket is in the URL: --remote-url s3://BUCKET/folder/"),
    ("--bucket", None, "many are chosen by uns3 list --bucket NAME, or test --all --bucket NAME"),
    ("--prefix", None, "the folder is in the URL: --remote-url s3://bucket/FOLDER/"),
    ("--folder", None, "the folder is in the URL: --remote-url s3://bucket/FOLDER/"),
    ("--endpoint", None, "the address of another S3 server is --endpoint-url URL"),
    ("--json", None, "JSON is -o json"),
    ("--yaml", None, "YAML is -o yaml"),
    ("--csv", None, "CSV is -o csv"),
    ("--format", None, "the format is -o table, json, yaml, csv or id"),
    ("--name", None, "the name stands alone: uns3 COMMAND NAME; to choose many: --match GLOB"),
    ("--id", None, "the id stands alone: uns3 COMMAND ID"),
    ("--filter", None, "many are chosen by --match GLOB or --bucket NAME"),
    ("--type", None, "sources are chosen by --kind source; uns3 manages S3 connectors only"),
    ("--source", None, "sources are chosen by --kind source"),
    ("--destination", None, "destinations are chosen by --kind destination, the default"),
    (
        "--api-key",
        None,
        "no flag takes the key itself: --api-key-file FILE, or UNSTRUCTURED_API_KEY",
    ),
    ("--secret-key", None, "the secret access key is --secret-file FILE"),
    ("--access-key", None, "the access key id is --key ID"),
    (
        "--region",
        None,
        "a bucket's region is found by itself; another S3 server: --endpoint-url URL",
    ),
    ("--wait", None, "uns3 test waits by itself; --no-wait only starts the check"),
    ("--force", None, "what is asked is answered by --yes"),
];

/// Commands of other tools, and uns3's.
const COMMANDS: [(&str, &str); 22] = [
    ("describe", "get"),
    ("read", "get"),
    ("view", "get"),
    ("check", "test"),
    ("verify", "test"),
    ("add", "create"),
    ("new", "create"),
    ("edit", "update"),
    ("set", "update"),
    ("patch", "update"),
    ("remove", "delete"),
    ("destroy", "delete"),
    ("renew", "rotate"),
    ("refresh", "rotate"),
    ("expiry", "status"),
    ("login", "profile add"),
    ("auth", "profile add"),
    ("config", "profile"),
    ("configure", "profile add"),
    ("whoami", "doctor"),
    ("diagnose", "doctor"),
    ("connectors", "list"),
];

/// The parser's error as the user's. The message repeats what was given, which the caller must
/// keep from holding secrets.
pub(crate) fn error(error: &clap::Error) -> Error {
    let given = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        Some(ContextValue::Strings(texts)) => texts.last().map_or("", String::as_str),
        _ => "",
    };
    let command = command(error);
    let help = match command.as_str() {
        "" => "see uns3 --help".to_owned(),
        command => format!("see uns3 {command} --help"),
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let flag = given(ContextKind::InvalidArg);
            let flag = flag.split('=').next().unwrap_or_default();
            let known = FLAGS.iter().find(|(name, on, _)| {
                *name == flag && on.is_none_or(|on| command.split(' ').next() == Some(on))
            });
            let hint = match (known, given(ContextKind::SuggestedArg)) {
                (Some((_, _, hint)), _) => (*hint).to_owned(),
                (None, "") => help,
                (None, near) => format!("did you mean {near}?"),
            };
            let what = if flag.starts_with('-') { "flag" } else { "argument" };
            let of = if command.is_empty() { String::new() } else { format!("{command} ") };
            Error::usage(format!("uns3 {of}has no {what} {flag:?}")).hint(hint)
        }
        ErrorKind::InvalidSubcommand => {
            let name = given(ContextKind::InvalidSubcommand);
            let known = COMMANDS.iter().find(|(other, _)| *other == name && command.is_empty());
            let hint = match (known, given(ContextKind::SuggestedSubcommand)) {
                (Some((_, ours)), _) => format!("that is: uns3 {ours}"),
                (None, "") => help,
                (None, near) => format!("did you mean uns3 {}?", joined(&command, near)),
            };
            Error::usage(format!("there is no command {:?}", joined(&command, name))).hint(hint)
        }
        ErrorKind::MissingRequiredArgument if lacks_targets(error) => {
            let many = ["test", "rotate", "delete", "status"].contains(&command.as_str());
            let hint = match (many, command.as_str()) {
                (true, "delete") => "name connectors, or choose many by --all --match GLOB",
                (true, _) => {
                    "name connectors, or take all: --all (with --match GLOB, --bucket NAME)"
                }
                (false, _) => "give the connector's name or id; uns3 list shows them",
            };
            Error::usage(format!("uns3 {command}: which connector?")).hint(hint)
        }
        ErrorKind::ArgumentConflict if given(ContextKind::InvalidArg).contains("TARGET") => {
            Error::usage("names and --all: give one")
                .hint("--match and --bucket choose among --all")
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Error::usage(format!("uns3 {}: which command?", command).replace(" :", ":")).hint(help)
        }
        _ => other(error, help),
    }
}

/// The parser's own words, without its tips, which mislead as often as not.
fn other(error: &clap::Error, help: String) -> Error {
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or(&text);
    let message = message.trim_start_matches("error: ").trim_end();
    let near = match error.get(ContextKind::SuggestedValue) {
        Some(ContextValue::String(near)) => Some(near.as_str()),
        Some(ContextValue::Strings(near)) => near.last().map(String::as_str),
        _ => None,
    };
    let hint = near.map_or(help, |near| format!("did you mean {near}?"));
    Error::usage(message).hint(hint)
}

/// The command that the parser was in, by its line of usage: `test`, `profile add` or nothing.
fn command(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let usage = text.lines().find_map(|line| line.trim().strip_prefix("Usage: uns3"));
    let words = usage.unwrap_or_default().split_whitespace();
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let words: Vec<&str> =
        words.take_while(is_name).filter(|word| !word.starts_with('-')).collect();
    words.join(" ")
}

fn lacks_targets(error: &clap::Error) -> bool {
    let lacking = error.get(ContextKind::InvalidArg);
    matches!(lacking, Some(ContextValue::Strings(names))
        if names.iter().any(|name| name.contains("<TARGET>")))
}

fn joined(command: &str, name: &str) -> String {
    if command.is_empty() { name.to_owned() } else { format!("{command} {name}") }
}
