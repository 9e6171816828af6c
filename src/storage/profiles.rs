//! The file of profiles: each an address and a key, or the command that prints the key.
//!
//! Written whole and atomically, for its owner only, under a lock, so that two processes at once
//! lose nothing of each other's. Comments and fields that uns3 does not know are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use toml_edit::{DocumentMut, Item, Table, value};

#[cfg(unix)]
use crate::domain::names::quoted;
use crate::domain::secret::Secret;
use crate::error::{Category, Error, Result};
use crate::storage::files;

/// One profile.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// What `--profile` calls it.
    pub(crate) name: String,
    /// The service's base URL.
    pub(crate) api_url: String,
    /// Where the key comes from.
    pub(crate) source: KeySource,
}

/// Where a profile's key comes from.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// The file itself.
    Key(Secret),
    /// A command that prints it, for a password manager or keychain.
    Command(String),
}

impl Profile {
    /// The key, from the file or printed by the profile's command.
    pub(crate) fn key(&self) -> Result<Secret> {
        match &self.source {
            KeySource::Key(key) => Ok(key.clone()),
            KeySource::Command(command) => key_by_command(command),
        }
    }
}

/// Runs a command that prints an API key: by the shell, as the user would.
pub(crate) fn key_by_command(command: &str) -> Result<Secret> {
    let failed = |what: String| {
        Error::new(Category::Auth, format!("the command that prints the API key {what}"))
            .hint(format!("run it by hand: {command}"))
    };
    let output = shell(command).stdin(Stdio::inherit()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| failed(format!("did not start: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("failed ({})", output.status)));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| failed("printed no text".into()))?;
    match text.trim() {
        "" => Err(failed("printed nothing".into())),
        key => Ok(Secret::new(key)),
    }
}

#[cfg(not(windows))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    shell
}

/// `cmd` reads its command line itself, and knows nothing of the usual quoting of arguments.
#[cfg(windows)]
fn shell(command: &str) -> Command {
    use std::os::windows::process::CommandExt;
    let mut shell = Command::new("cmd");
    shell.raw_arg("/C").raw_arg(command);
    shell
}

/// All profiles, as the file has them.
pub(crate) struct Profiles {
    document: DocumentMut,
    path: PathBuf,
}

impl Profiles {
    /// Reads the file in a configuration folder; none is the same as an empty one.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("config.toml");
        let shown = path.display();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(files::cannot("read", &path, &error)),
        };
        refuse_readable_by_others(&path)?;
        let document = text.parse::<DocumentMut>().map_err(|error| {
            // The parser's own message would show the line, which may hold a key.
            let start = error.span().map_or(0, |span| span.start);
            let line = text[..start.min(text.len())].lines().count().max(1);
            Error::usage(format!("{shown}, line {line}: not TOML: {}", error.message()))
        })?;
        Ok(Self { document, path })
    }

    /// The names, in the file's order.
    pub(crate) fn names(&self) -> Vec<String> {
        let table = self.document.get("profiles").and_then(Item::as_table_like);
        table.map_or(Vec::new(), |table| table.iter().map(|(name, _)| name.into()).collect())
    }

    /// The profile of a name.
    pub(crate) fn named(&self, name: &str) -> Result<Profile> {
        let path = self.path.display();
        let Some(table) = self.table(name) else {
            let known = match self.names().as_slice() {
                [] => "there are none yet: uns3 profile add NAME".into(),
                names => format!("there are: {}", names.join(", ")),
            };
            let message = format!("no profile {name:?} in {path}");
            return Err(Error::new(Category::NotFound, message).hint(known));
        };
        let text = |field: &str| table.get(field).and_then(Item::as_str).map(str::to_owned);
        let source = match (text("api_key"), text("api_key_command")) {
            (Some(key), None) => KeySource::Key(Secret::new(key)),
            (None, Some(command)) => KeySource::Command(command),
            _ => {
                let message =
                    format!("profile {name:?} in {path}: either api_key or api_key_command");
                return Err(Error::usage(message));
            }
        };
        let api_url = text("api_url")
            .ok_or_else(|| Error::usage(format!("profile {name:?} in {path} has no api_url")))?;
        Ok(Profile { name: name.into(), api_url, source })
    }

    /// The address of a profile, even of one that is broken otherwise.
    pub(crate) fn address_of(&self, name: &str) -> Option<&str> {
        self.table(name)?.get("api_url")?.as_str()
    }

    fn table(&self, name: &str) -> Option<&dyn toml_edit::TableLike> {
        self.document.get("profiles")?.get(name)?.as_table_like()
    }

    /// The name of the profile in use, where one is.
    pub(crate) fn current_name(&self) -> Option<&str> {
        self.document.get("current").and_then(Item::as_str)
    }

    /// The profile in use, where one is.
    pub(crate) fn current(&self) -> Result<Option<Profile>> {
        self.current_name().map(|name| self.named(name)).transpose()
    }

    /// Adds a profile, or replaces it; the first one is in use from then on.
    pub(crate) fn put(&mut self, profile: &Profile) -> Result<()> {
        let profiles = self.document.entry("profiles").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let path = self.path.display();
        let broken = |what: &str| Error::usage(format!("{path}: {what} is no table"));
        let profiles = profiles.as_table_like_mut().ok_or_else(|| broken("profiles"))?;
        let table = profiles.entry(&profile.name).or_insert_with(|| Item::Table(Table::new()));
        let table = table.as_table_like_mut().ok_or_else(|| broken(&profile.name))?;
        let (keep, drop, text) = match &profile.source {
            KeySource::Key(key) => ("api_key", "api_key_command", key.expose()),
            KeySource::Command(command) => ("api_key_command", "api_key", command.as_str()),
        };
        table.insert("api_url", value(&profile.api_url));
        table.insert(keep, value(text));
        table.remove(drop);
        if self.current_name().is_none() {
            self.select(&profile.name);
        }
        Ok(())
    }

    /// Makes a profile the one in use.
    pub(crate) fn select(&mut self, name: &str) {
        self.document["current"] = value(name);
    }

    /// Removes a profile; if it was in use, none is then.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(table) = self.document.get_mut("profiles").and_then(Item::as_table_like_mut) {
            table.remove(name);
        }
        if self.current_name() == Some(name) {
            self.document.remove("current");
        }
    }
}

/// Changes the file: reads it, lets `change` work on it, writes it, all under a lock.
pub(crate) fn edit<T>(folder: &Path, change: impl FnOnce(&mut Profiles) -> Result<T>) -> Result<T> {
    files::make_folder(folder)?;
    let _held = files::lock(&folder.join("config.lock"))?;
    let mut profiles = Profiles::load(folder)?;
    let result = change(&mut profiles)?;
    files::write(&profiles.path, profiles.document.to_string().as_bytes())?;
    Ok(result)
}

#[cfg(unix)]
fn refuse_readable_by_others(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display();
    match fs::metadata(path) {
        Ok(file) if file.permissions().mode() & 0o077 != 0 => {
            Err(Error::usage(format!("{shown} holds API keys, and others than you can read it"))
                .hint(format!("chmod 600 {}", quoted(&path.display().to_string()))))
        }
        _ => Ok(()),
    }
}

/// Windows keeps a user's configuration folder from other users by itself.
#[cfg(not(unix))]
fn refuse_readable_by_others(_: &Path) -> Result<()> {
    Ok(())
}
