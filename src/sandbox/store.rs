//! The sandbox on disk: who it is, which ports it had, and what was made in it.
//!
//! `state.json` is replaced whole, under a lock file, so that processes that share a folder see
//! each other's changes and lose none. A foreign secret never reaches it (see [`super::vault`]).

use super::{identity::Identity, state::State, vault::Vault};
use crate::storage::files;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

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

/// The way to the folder.
pub(super) struct Store {
    folder: PathBuf,
    vault: Vault,
    pub(super) identity: Identity,
}

impl Store {
    /// Opens a folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        files::make_folder(folder)?;
        let _lock = files::lock(&lock_file(folder))?;
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
        let _lock = files::lock(&lock_file(&self.folder))?;
        self.load()
    }

    /// Reads, changes and saves as one.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut Data) -> T) -> Result<T> {
        let _lock = files::lock(&lock_file(&self.folder))?;
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
        let text = serde_json::to_vec_pretty(&data)?;
        Ok(files::write(&state_file(&self.folder), &text)?)
    }
}

fn lock_file(folder: &Path) -> PathBuf {
    folder.join("lock")
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
