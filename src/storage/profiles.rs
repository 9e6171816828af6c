//! The file of profiles: each an address and a key, or the command that prints the key.
//!
//! Written whole and atomically, for its owner only, under a lock, so that two processes at once
//! lose nothing of each other's. Comments and fields that uns3 does not know are kept.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

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
    /// Where the state is that is shared with others, if it is.
    pub(crate) state: Option<String>,
}

/// Where a profile's key comes from.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// The file itself.
    Key(Secret),
    /// A command that prints it, for a password manager or keychain.
    Command(String),
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
        let text = match open(&path) {
            Ok(Some(file)) => {
                refuse_others(&path, &file)?;
                files::read(file).map_err(|error| files::cannot("read", &path, &error))?
            }
            Ok(None) => String::new(),
            Err(error) => return Err(files::cannot("read", &path, &error)),
        };
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
        Ok(Profile { name: name.into(), api_url, source, state: text("state") })
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
        if let Some(state) = &profile.state {
            table.insert("state", value(state));
        }
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

/// Opens the file; `None`: there is none. What is no file, such as a pipe, could keep it waiting.
fn open(path: &Path) -> io::Result<Option<File>> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(io::Error::other("it is no file")),
        Ok(_) => File::open(path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The file names services, holds keys and says what to run: it must be the user's, or the
/// system's, and nobody else may read it, or put another in its place.
#[cfg(unix)]
fn refuse_others(path: &Path, file: &File) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    const OTHERS: u32 = 0o077;
    const WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;
    let broken = |error: io::Error| files::cannot("read", path, &error);
    let folder = path.parent().unwrap_or(Path::new("."));
    let user = rustix::process::geteuid().as_raw();
    let [shown, shown_folder] = [path, folder].map(|path| path.display().to_string());
    let (file, around) = (file.metadata().map_err(broken)?, fs::metadata(folder).map_err(broken)?);
    for (name, what) in [(&shown, &file), (&shown_folder, &around)] {
        if ![user, 0].contains(&what.uid()) {
            let owner = what.uid();
            let message = format!("{name} belongs to another user ({owner}), who may change it");
            let mend = format!("sudo chown {user} {}", quoted(name));
            return Err(Error::usage(message).hint(format!(
                "if you trust what is in it: {mend}; else set UNS3_CONFIG_DIR to a folder of yours"
            )));
        }
    }
    if file.mode() & OTHERS != 0 {
        let message = format!("{shown} holds API keys, and others than you can read it");
        return Err(Error::usage(message).hint(format!("chmod 600 {}", quoted(&shown))));
    }
    // In a sticky folder, nobody puts a file in the place of another's.
    if around.mode() & WRITE != 0 && around.mode() & STICKY == 0 {
        let message = format!("others than you can write to {shown_folder}, and replace {shown}");
        return Err(Error::usage(message).hint(format!("chmod go-w {}", quoted(&shown_folder))));
    }
    Ok(())
}

/// Windows keeps a user's configuration folder from other users by itself.
#[cfg(not(unix))]
fn refuse_others(_: &Path, _: &File) -> Result<()> {
    Ok(())
}
