//! The sandbox on disk: who it is, which ports it had, and what was made in it.
//!
//! `state.json` is replaced whole, under a lock file, so that processes that share a folder see
//! each other's changes and lose none. A foreign secret never reaches it (see [`super::vault`]).

use super::{identity::Identity, state::State, target::follow, vault::Vault};
use crate::storage::files;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What `state.json` holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Data {
    pub(super) identity: Identity,
    pub(super) api_port: Option<u16>,
    pub(super) s3_port: Option<u16>,
    /// The ports that the S3 server had last: connectors may still name them.
    pub(super) s3_ports: Vec<u16>,
    pub(super) state: State,
}

/// The way to the folder.
pub(super) struct Store {
    folder: PathBuf,
    vault: Vault,
    pub(super) identity: Identity,
    /// Where this process's S3 server listens, once it does.
    s3_port: OnceLock<u16>,
    /// Held while this process lives, so that nobody takes the folder away.
    _in_use: File,
}

impl Store {
    /// Opens a folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        files::make_folder(folder)?;
        let in_use = in_use_file(folder);
        let shared = files::options().open(&in_use);
        let shared = shared.and_then(|file| file.lock_shared().map(|()| file));
        let _in_use = shared.with_context(|| format!("cannot lock {}", in_use.display()))?;
        let _lock = files::lock(&lock_file(folder))?;
        let saved = load(folder)?.map(|data| data.identity);
        let identity = saved.unwrap_or_else(Identity::generate);
        let vault = Vault::new(identity.values());
        let s3_port = OnceLock::new();
        let store = Self { folder: folder.to_owned(), vault, identity, s3_port, _in_use };
        let data = store.load()?;
        store.save(data)?;
        Ok(store)
    }

    /// Where the objects of the S3 server are.
    pub(super) fn s3_folder(&self) -> PathBuf {
        s3_folder(&self.folder)
    }

    /// Remembers the ports that this process listens on; `asked` is whether the API's was asked for.
    pub(super) fn listens(&self, api_port: u16, asked: bool, s3_port: u16) -> Result<()> {
        let _ = self.s3_port.set(s3_port);
        self.update(|data| {
            // A port that was taken is most likely held by a sandbox on the same folder, and stays
            // the one to come back to.
            data.api_port = data.api_port.filter(|_| !asked).or(Some(api_port));
            data.s3_port = data.s3_port.or(Some(s3_port));
            data.s3_ports.retain(|port| *port != s3_port);
            data.s3_ports.push(s3_port);
            let surplus = data.s3_ports.len().saturating_sub(MOST_PORTS);
            data.s3_ports.drain(..surplus);
        })
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
        if let Some(port) = self.s3_port.get() {
            data.state.configs().for_each(|config| follow(config, &data.s3_ports, *port));
        }
        Ok(data)
    }

    fn save(&self, mut data: Data) -> Result<()> {
        data.state.open_to().for_each(|value| self.vault.seal(value));
        let text = serde_json::to_vec_pretty(&data)?;
        Ok(files::write(&state_file(&self.folder), &text)?)
    }
}

/// How many of its ports the S3 server remembers.
const MOST_PORTS: usize = 64;

/// Where the objects of the S3 server are.
pub(super) fn s3_folder(folder: &Path) -> PathBuf {
    folder.join("s3")
}

/// What running sandboxes share and a reset has alone.
pub(super) fn in_use_file(folder: &Path) -> PathBuf {
    folder.join("in-use")
}

/// What stands for the right to change `state.json`.
pub(super) fn lock_file(folder: &Path) -> PathBuf {
    folder.join("lock")
}

pub(super) fn state_file(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

pub(super) fn load(folder: &Path) -> Result<Option<Data>> {
    let path = state_file(folder);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    serde_json::from_slice(&text)
        .map(Some)
        .with_context(|| format!("{} is damaged; deleting it resets the sandbox", path.display()))
}
