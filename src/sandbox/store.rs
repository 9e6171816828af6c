//! The sandbox on disk: who it is, which ports it had, and what was made in it.
//!
//! `state.json` is replaced whole, under a lock file, so that processes that share a folder see
//! each other's changes and lose none. A foreign secret never reaches it (see [`super::vault`]).

use super::{ACCESS_KEY_ID, EXPIRED_SESSION_TOKEN, SESSION_ACCESS_KEY_ID, SESSION_TOKEN};
use super::{state::State, vault::Vault};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What `state.json` holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Data {
    pub(super) identity: Identity,
    pub(super) api_port: Option<u16>,
    pub(super) s3_port: Option<u16>,
    /// Every port that the S3 server ever had: connectors may still name them.
    pub(super) s3_ports: Vec<u16>,
    pub(super) state: State,
}

/// The sandbox's own secrets, made up when its folder is first used.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) api_key: String,
    pub(super) secret_access_key: String,
    pub(super) session_secret_access_key: String,
}

impl Identity {
    fn generate() -> Self {
        let random = || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self { api_key: random(), secret_access_key: random(), session_secret_access_key: random() }
    }

    /// What may be saved as it is in a connector's config.
    fn values(&self) -> Vec<String> {
        let constants =
            [ACCESS_KEY_ID, SESSION_ACCESS_KEY_ID, SESSION_TOKEN, EXPIRED_SESSION_TOKEN];
        let secrets = [&*self.secret_access_key, &*self.session_secret_access_key];
        constants.into_iter().chain(secrets).map(str::to_owned).collect()
    }
}

/// The way to the folder.
pub(super) struct Store {
    folder: PathBuf,
    vault: Vault,
    pub(super) identity: Identity,
}

impl Store {
    /// Opens a folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        private_folder(folder)?;
        let _lock = lock(folder, "lock")?;
        let saved = load(folder)?.map(|data| data.identity);
        let identity = saved.unwrap_or_else(Identity::generate);
        let store =
            Self { folder: folder.to_owned(), vault: Vault::new(identity.values()), identity };
        let data = store.load()?;
        store.save(data)?;
        Ok(store)
    }

    /// Where the objects of the S3 server are.
    pub(super) fn s3_folder(&self) -> PathBuf {
        self.folder.join("s3")
    }

    /// The folder as it is now.
    pub(super) fn read(&self) -> Result<Data> {
        let _lock = lock(&self.folder, "lock")?;
        self.load()
    }

    /// Reads, changes and saves as one.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut Data) -> T) -> Result<T> {
        let _lock = lock(&self.folder, "lock")?;
        let mut data = self.load()?;
        let result = change(&mut data);
        self.save(data)?;
        Ok(result)
    }

    fn load(&self) -> Result<Data> {
        let mut data = load(&self.folder)?.unwrap_or_else(|| Data {
            identity: self.identity.clone(),
            api_port: None,
            s3_port: None,
            s3_ports: Vec::new(),
            state: State::default(),
        });
        data.state.open_to().for_each(|value| self.vault.open(value));
        Ok(data)
    }

    fn save(&self, mut data: Data) -> Result<()> {
        data.state.open_to().for_each(|value| self.vault.seal(value));
        let path = state_file(&self.folder);
        let write = || -> Result<()> {
            // Temporary files are 0600 from the start, and stay so.
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer_pretty(&mut file, &data)?;
            file.flush()?;
            file.persist(&path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Makes a folder that only its owner can enter; one that exists stays as it is.
pub(super) fn private_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// Waits for a lock file; dropping what it returns releases it.
pub(super) fn lock(folder: &Path, name: &str) -> Result<File> {
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).and_then(|file| file.lock().map(|()| file));
    file.with_context(|| format!("cannot lock {}", path.display()))
}

fn state_file(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

fn load(folder: &Path) -> Result<Option<Data>> {
    let path = state_file(folder);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    serde_json::from_slice(&text)
        .map(Some)
        .with_context(|| format!("{} is damaged; deleting it resets the sandbox", path.display()))
}
