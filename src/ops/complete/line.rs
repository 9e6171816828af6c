//! The names that shells complete: connectors from a short-lived private cache, profiles from their
//! file. Silent and quick: what is not had at once is not offered.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, Command, FromArgMatches};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::kind::Kind;
use crate::env::{self, Environment};
use crate::error::Result;
use crate::ops::service::in_sandbox;
use crate::ops::session::{self, Pool};
use crate::output::{Format, Output, OutputOptions, Terminals};
use crate::storage::files;
use crate::storage::profiles::{KeySource, Profiles};

/// How long names are good without another look; also how long a service that did not answer is
/// left alone.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// What a shell waits for at the most, as the parser reads it.
const PATIENCE: [&str; 6] = ["--timeout", "1s", "--retries", "0", "--no-input", "--quiet"];

/// What stands on the line that is being completed.
pub(crate) struct Line {
    words: Vec<String>,
    environment: Environment,
}

/// A connector's name, and what is shown beside it.
pub(crate) type Named = (String, String);

/// The cache's file.
#[derive(Serialize, Deserialize)]
struct Cache {
    at: Timestamp,
    names: Vec<Named>,
}

impl Line {
    /// Takes the words of the line over.
    pub(crate) fn new(words: Vec<String>, environment: Environment) -> Self {
        Self { words, environment }
    }

    /// The names of the profiles.
    pub(crate) fn profiles(&self) -> Vec<String> {
        let context = self.context();
        let profiles = context.config_dir().and_then(|folder| Profiles::load(&folder));
        profiles.map_or_else(|_| Vec::new(), |profiles| profiles.names())
    }

    /// The names of the connectors of the line's service and kind.
    pub(crate) fn connectors(&self) -> Vec<Named> {
        let Some(globals) = self.globals() else { return Vec::new() };
        let context = self.context();
        let now = context.now();
        let file = self.file(&context);
        let cached: Option<Cache> = file
            .as_ref()
            .and_then(|file| std::fs::read(file).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(cache) = cached.as_ref()
            && now.duration_since(cache.at).abs() < FRESH
        {
            return cache.names.clone();
        }
        let old = cached.map_or_else(Vec::new, |cache| cache.names);
        let names = match asks_a_program(&globals, &context) {
            // A password manager may ask its user something, which no TAB should.
            true => old,
            false => self.ask(&globals, &context).unwrap_or(old),
        };
        let cache = Cache { at: now, names };
        if let (Some(file), Ok(text)) = (file, serde_json::to_vec(&cache))
            && file.parent().is_some_and(|folder| files::make_folder(folder).is_ok())
        {
            let _ = files::write(&file, &text);
        }
        cache.names
    }

    fn ask(&self, globals: &Globals, context: &Context) -> Result<Vec<Named>> {
        let kinds: &[Kind] = match self.after("--kind") {
            Some("source") => &[Kind::Source],
            Some("all") => &[Kind::Source, Kind::Destination],
            _ => &[Kind::Destination],
        };
        session::open(globals, context, Pool::One, async |session| {
            let mut names = Vec::new();
            for listing in session.client.list_all(kinds, false).await? {
                for connector in listing.connectors()? {
                    let url = connector.setting("remote_url").to_owned();
                    names.push((connector.name().to_owned(), url));
                }
            }
            Ok(names)
        })
    }

    /// One file for each service, key and kind, named by nothing that could be read from it.
    fn file(&self, context: &Context) -> Option<PathBuf> {
        let folder = context.state_dir().ok()?.join("complete");
        let flags = ["--profile", "--api-url", "--api-key-file", "--kind"].map(|f| self.after(f));
        let names = [env::PROFILE, env::API_URL, env::API_KEY, env::SANDBOX];
        let variables = names.map(|name| self.environment.get(name));
        let sandbox = self.words.iter().any(|word| word == "--sandbox");
        let digest = Sha256::digest(format!("{flags:?}{variables:?}{sandbox}").as_bytes());
        let name: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Some(folder.join(name))
    }

    /// The value of a flag on the line.
    fn after(&self, flag: &str) -> Option<&str> {
        let at = self.words.iter().position(|word| word == flag)?;
        self.words.get(at + 1).map(String::as_str)
    }

    fn globals(&self) -> Option<Globals> {
        let given = ["--profile", "--api-url", "--api-key-file"];
        let given = given.iter().filter_map(|flag| Some([*flag, self.after(flag)?])).flatten();
        let sandbox = self.words.iter().any(|word| word == "--sandbox").then_some("--sandbox");
        let words = ["uns3"].into_iter().chain(PATIENCE).chain(given).chain(sandbox);
        let matches =
            Globals::augment_args(Command::new("uns3")).try_get_matches_from(words).ok()?;
        Globals::from_arg_matches(&matches).ok().map(Globals::settled)
    }

    /// A context that says nothing.
    fn context(&self) -> Context {
        let terminals = Terminals { stdin: false, stdout: false, stderr: false, columns: None };
        let options = OutputOptions {
            format: Format::Id,
            quiet: true,
            verbose: 0,
            color: false,
            color_tables: false,
        };
        let output = Output::new(Box::new(io::sink()), Box::new(io::sink()), terminals, options);
        let environment = self.environment.clone();
        Context::new(environment, Box::new(io::empty()), Rc::new(output), false, Timestamp::now)
    }
}

/// Whether the API key would be printed by a program.
fn asks_a_program(globals: &Globals, context: &Context) -> bool {
    if in_sandbox(globals, context) || globals.api_key_file.is_some() {
        return false;
    }
    if globals.profile.is_none() && context.variable(env::API_KEY).is_some() {
        return false;
    }
    let profiles = context.config_dir().and_then(|folder| Profiles::load(&folder));
    let profile = profiles.and_then(|profiles| {
        let named = globals.profile.as_deref().or(context.variable(env::PROFILE));
        named.map_or_else(|| profiles.current(), |name| profiles.named(name).map(Some))
    });
    let by_program = |source: &KeySource| matches!(source, KeySource::Command(_));
    profile.is_ok_and(|profile| profile.is_some_and(|profile| by_program(&profile.source)))
}
